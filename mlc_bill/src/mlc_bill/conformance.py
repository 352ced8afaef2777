"""What ``mlc plugin certify bill`` and the tests hold this connector to."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from mlc import WebhookRequest
from mlc.http import Response
from mlc.records import (
    Account,
    AttachmentRef,
    Bill,
    ContactPoint,
    Customer,
    Expense,
    Invoice,
    Line,
    MoneyMovement,
    ObjectType,
    Party,
    Payment,
    PaymentAllocation,
    Record,
    Ref,
)
from mlc.testing import SystemConformance, Vendor

from mlc_bill import SYSTEM
from mlc_bill.errors import HOUR_REACHED
from mlc_bill.webhooks import HEADER, signature

ORGANISATION = "00801BDL5ULDKJUSEHPT"
WEBHOOK_KEY = "sk_demo_4f1c9a77"
CREDITS = 4


class BillConformance(SystemConformance):
    """Against the stand-in: the US organisation of its company, with small pages so that lists have several."""

    system = SYSTEM
    settings = {"organization_id": ORGANISATION, "page_size": 20}
    secrets = {
        "dev_key": "01DEMODEVKEY",
        "username": "mlc-sync",
        "password": "tok_demo_1",
        "api_token": "se_demo_1",
        "webhook_key": WEBHOOK_KEY,
    }
    standin = "bill"
    standin_records = 40
    webhook_has_time = False
    enums = {
        ObjectType.BILL: ("recordStatus", "paymentStatus", "approvalStatus"),
        ObjectType.VENDOR: ("accountType", "networkStatus"),
        ObjectType.PAYMENT: ("status", "singleStatus", "disbursementType"),
    }

    @classmethod
    @contextmanager
    def serve(cls) -> Iterator[str | None]:
        with super().serve() as url:
            _furnish(Vendor(url or ""))
            yield url

    def to_create(self, object_type: ObjectType, number: int) -> Record | None:
        match object_type:
            case ObjectType.PAYMENT:
                return self._payment()
            case ObjectType.EXPENSE:
                return self._reimbursement(number)
        made = super().to_create(object_type, number)
        if isinstance(made, Customer):
            person = ContactPoint(email=f"cf{number}@customer.example", is_primary=True)
            return made.model_copy(update={"contacts": (person,)})
        return made.model_copy(update={"code": f"CF{number}"}) if isinstance(made, Account) else made

    def to_change(self, record: Record) -> tuple[Record, frozenset[str]] | None:
        if isinstance(record, Party):
            person = record.contacts[0] if record.contacts else ContactPoint(is_primary=True)
            phone = "+1 555 0100" if person.phone != "+1 555 0100" else "+1 555 0101"
            people = (person.model_copy(update={"phone": phone}),)
            return record.model_copy(update={"contacts": people}), frozenset({"contacts"})
        if isinstance(record, Invoice):
            due = (record.due_date or date(2026, 12, 1)) + timedelta(days=1)
            return record.model_copy(update={"due_date": due}), frozenset({"due_date"})
        return super().to_change(record)

    def touch(self, vendor: Vendor, object_type: ObjectType) -> str | None:
        if object_type is not ObjectType.VENDOR:
            return None
        first = _own(vendor.get("objects/vendors"))[0]
        phone = "+1 555 0177" if first.get("phone") != "+1 555 0177" else "+1 555 0178"
        vendor.post("objects/vendors", {"id": first["id"], "phone": phone})
        return str(first["id"])

    def remove(self, vendor: Vendor, object_type: ObjectType) -> str | None:
        if object_type is not ObjectType.VENDOR_CREDIT:
            return None
        live = [one for one in _own(vendor.get("objects/vendor_credits")) if not one["archived"]]
        vendor.post("objects/vendor_credits", {"id": live[-1]["id"], "action": "archive"})
        return str(live[-1]["id"])

    def webhook(self, at: datetime) -> WebhookRequest | None:
        metadata = {
            "eventId": "3b0c9f1e-6a52-4b0e-9d1f-0a4f4b1c7e11",
            "subscriptionId": "7a1d2c3e-1111-4222-8333-944455566677",
            "organizationId": ORGANISATION,
            "eventType": "bill.updated",
            "version": "1",
        }
        bill = {"id": "00n01DEMOBILLAAAAAA1", "updatedTime": at.isoformat()}
        body = json.dumps({"metadata": metadata, "bill": bill}, separators=(",", ":")).encode()
        signed = signature(WEBHOOK_KEY.encode(), body).decode()
        return WebhookRequest("POST", (), {"content-type": "application/json", HEADER: signed}, body, at)

    def rate_limited(self) -> Response:
        message = "Max number of allowed requests per hour reached: 20000."
        return Response(422, json=[{"code": HOUR_REACHED, "severity": "ERROR", "message": message}])

    def _payment(self) -> Payment | None:
        """A few cents of a bill that has much left to pay, another amount each time."""
        bills = [
            one for one in self.bench.readable(ObjectType.BILL) if isinstance(one, Bill) and (one.balance or 0) > 5
        ]
        if not bills:
            return None
        bill = max(bills, key=lambda one: one.balance or Decimal(0))
        amount = Decimal(self.bench.number() % 97 + 1) / 100
        document = Ref(record_type=ObjectType.BILL, source_id=bill.source.source_id)
        return Payment(
            source=bill.source,
            party=bill.vendor,
            payment_date=date(2026, 11, 2),
            amount=amount,
            currency=bill.currency,
            allocations=(PaymentAllocation(document=document, amount=amount),),
            movement=MoneyMovement.MOVED,
        )

    def _reimbursement(self, number: int) -> Expense | None:
        """Of the same person and budget as one that is there."""
        known = [one for one in self.bench.readable(ObjectType.EXPENSE) if isinstance(one, Expense)]
        like = next((one for one in known if one.employee and one.extensions.get("budget")), None)
        if like is None:
            return None
        receipt = AttachmentRef(source_id="1", filename="lunch.jpg", is_image_of_document=True)
        return Expense(
            source=like.source,
            employee=like.employee,
            issue_date=date(2026, 11, 2),
            total=Decimal("12.50"),
            currency=like.currency,
            memo=f"Conformance {number}",
            merchant="Corner Cafe",
            lines=(Line(position=1, line_net_amount=Decimal("12.50"), description=f"Conformance {number}"),),
            attachments=(receipt,),
            extensions={"budget": like.extensions["budget"]},
        )


def _own(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in rows if row.get("organizationId") == ORGANISATION]


def _furnish(vendor: Vendor) -> None:
    """What the company of the stand-in has none of: customers, invoices, credits."""
    customer = {"name": "Lakeside Labs", "email": "ap@lakeside.example", "accountType": "BUSINESS"}
    made = vendor.post("objects/customers", {**customer, "invoiceCurrency": "USD"})
    line = {"quantity": 2, "price": 40, "description": "Advice"}
    vendor.post(
        "objects/invoices",
        {"customer": {"id": made["id"]}, "invoiceNumber": "AR-1", "invoiceDate": "2026-11-03", "dueDate": "2026-12-03",
         "invoiceLineItems": [line]},
    )  # fmt: skip
    supplier = next(one for one in _own(vendor.get("objects/vendors")) if not one["archived"])
    for number in range(CREDITS):
        vendor.post(
            "objects/vendor_credits",
            {"vendorId": supplier["id"], "referenceNumber": f"CR-{number}", "creditDate": "2026-11-04",
             "vendorCreditLineItems": [{"amount": 25, "description": "Returned"}]},
        )  # fmt: skip
