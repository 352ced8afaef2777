"""What ``mlc plugin certify procurify`` and the tests hold this connector to."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from mlc.records import MoneyMovement, ObjectType, Payment, PaymentAllocation, Record, Ref, SourceMeta
from mlc.testing import SystemConformance, Vendor

from mlc_procurify import SYSTEM

DRAFT, APPROVED = 0, 2
#: Bills that may be deleted.
DRAFTS = 4


class ProcurifyConformance(SystemConformance):
    """Against the stand-in: small pages, so that lists have several."""

    system = SYSTEM
    settings = {"subdomain": "demo", "page_size": 5}
    secrets = {"client_id": "demo-client", "client_secret": "demo-secret"}
    standin = "procurify"

    @classmethod
    @contextmanager
    def serve(cls) -> Iterator[str | None]:
        with super().serve() as url:
            vendor = Vendor(url or "")
            for number in range(DRAFTS):
                vendor.post("objects/bills", _typed(vendor, f"DRAFT-{number}", DRAFT))
            yield url

    def to_create(self, object_type: ObjectType, number: int) -> Record | None:
        return self._payment(number) if object_type is ObjectType.PAYMENT else super().to_create(object_type, number)

    def touch(self, vendor: Vendor, object_type: ObjectType) -> str | None:
        if object_type is not ObjectType.VENDOR:
            return None
        first = vendor.get("objects/vendors")[0]
        vendor.post("objects/vendors", {"id": first["id"], "name": f"{first['name'].rstrip('.')}."})
        return str(first["id"])

    def remove(self, vendor: Vendor, object_type: ObjectType) -> str | None:
        if object_type is not ObjectType.BILL:
            return None
        draft = next((bill for bill in vendor.get("objects/bills") if bill["status"] == DRAFT), None)
        if draft is None:
            return None
        vendor.post("objects/bills", {"id": draft["uuid"], "action": "delete"})
        return str(draft["uuid"])

    def _payment(self, number: int) -> Payment:
        """Of a bill that somebody has just approved, whole: a part cannot be marked."""
        vendor = self.bench.vendor
        bill = vendor.post("objects/bills", _typed(vendor, f"CF-{number}", APPROVED))
        total = Decimal(str(bill["total_cost_with_tax"]))
        document = Ref(record_type=ObjectType.BILL, source_id=str(bill["uuid"]))
        return Payment(
            source=SourceMeta(system=SYSTEM, source_id=f"CF-{number}"),
            payment_date=datetime.now(UTC).date(),
            amount=total,
            allocations=(PaymentAllocation(document=document, amount=total),),
            movement=MoneyMovement.MOVED,
        )


def _typed(vendor: Vendor, number: str, status: int) -> dict[str, Any]:
    """A bill as a person types it."""
    code, department, party = _ids(vendor.url)
    line = {"name": "Paper", "quantity": 1, "unit_cost": "12.50", "account_code": code, "department": department}
    return {"vendor": party, "invoice_number": number, "status": status, "items": [line]}


@lru_cache(maxsize=1)
def _ids(url: str) -> tuple[int, int, int]:
    """An account code, a department and the vendor of some bill."""
    vendor = Vendor(url)
    party = vendor.get("objects/bills")[0]["vendor"]["id"]
    return vendor.get("objects/account_codes")[0]["id"], vendor.get("objects/departments")[0]["id"], party
