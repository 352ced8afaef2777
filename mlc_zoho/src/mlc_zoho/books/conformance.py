"""What ``mlc plugin certify zoho-books`` and the tests hold this connector to."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any

from mlc import WebhookRequest
from mlc.records import (
    Bill,
    Contact,
    MoneyMovement,
    ObjectType,
    Payment,
    PaymentAllocation,
    PurchaseOrder,
    Record,
    Ref,
    VendorCredit,
)
from mlc.testing import SystemConformance, Vendor

from mlc_zoho.books.description import NAME
from mlc_zoho.books.webhooks import HEADER

WEBHOOK_SECRET = "abc123def456"  # noqa: S105 - invented
ORGANISATION = "700001234"
#: A file of a bill, in base 64.
FILE = "JVBERi0xLjQK"
#: Three pages of 200.
ITEMS = 410


class BooksConformance(SystemConformance):
    """Against the stand-in, with a list of several pages and one record of each kind that the company lacks."""

    system = NAME
    settings = {"organization_id": ORGANISATION}
    secrets = {
        "client_id": "1000.DEMO",
        "client_secret": "demo-secret",
        "refresh_token": "1000.demo.refresh",
        "webhook_secret": WEBHOOK_SECRET,
    }
    standin = "zoho-books"
    standin_records = 60
    webhook_has_time = False

    @classmethod
    @contextmanager
    def serve(cls) -> Iterator[str | None]:
        with super().serve() as url:
            _furnish(Vendor(url or ""))
            yield url

    def to_create(self, object_type: ObjectType, number: int) -> Record | None:
        match object_type:
            case ObjectType.PURCHASE_ORDER:
                return self._from_bill(PurchaseOrder, number, po_number=f"CF-{number}")
            case ObjectType.VENDOR_CREDIT:
                return self._from_bill(VendorCredit, number, bill_number=f"CF-{number}")
            case ObjectType.PAYMENT:
                return self._payment(number)
            case ObjectType.CONTACT:
                return self._person(number)
        return super().to_create(object_type, number)

    def touch(self, vendor: Vendor, object_type: ObjectType) -> str | None:
        if object_type is not ObjectType.VENDOR:
            return None
        first = next(one for one in vendor.get("objects/contacts") if one["contact_type"] == "vendor")
        vendor.post("objects/contacts", {"id": first["contact_id"], "notes": f"Seen, {first.get('notes', '')}"[:200]})
        return str(first["contact_id"])

    def remove(self, vendor: Vendor, object_type: ObjectType) -> str | None:
        if object_type is not ObjectType.BILL:
            return None
        unpaid = [bill for bill in vendor.get("objects/bills") if bill["balance"] == bill["total"]]
        gone = max(unpaid, key=lambda bill: str(bill["date"]))
        vendor.post("objects/bills", {"id": gone["bill_id"], "action": "delete"})
        return str(gone["bill_id"])

    def webhook(self, at: datetime) -> WebhookRequest | None:
        changed = at.replace(microsecond=0).isoformat()
        body = json.dumps({"organization_id": ORGANISATION, "bill": {"bill_id": "31", "last_modified_time": changed}})
        signature = hmac.new(WEBHOOK_SECRET.encode(), body.encode(), hashlib.sha256).hexdigest()
        return WebhookRequest("POST", (), {"content-type": "application/json", HEADER: signature}, body.encode(), at)

    def _from_bill(self, model: type[PurchaseOrder] | type[VendorCredit], number: int, **own: Any) -> Record | None:
        """Another document with the lines of a bill."""
        bill = super().to_create(ObjectType.BILL, number)
        if not isinstance(bill, Bill):
            return None
        shared = bill.model_fields_set & model.model_fields.keys() - {"status", "due_date", "bill_number"}
        return model.model_validate({**{name: getattr(bill, name) for name in shared}, **own})

    def _person(self, number: int) -> Contact | None:
        """A colleague of somebody who is there."""
        known = next((one for one in self.bench.readable(ObjectType.CONTACT) if isinstance(one, Contact)), None)
        if known is None:
            return None
        return Contact(
            source=known.source,
            name=f"Casey Conformance-{number}",
            first_name="Casey",
            last_name=f"Conformance-{number}",
            email=f"cf-{number}@customer.example",
            phone="+44 20 7946 0000",
            title="Buyer",
            customer=known.customer,
        )

    def _payment(self, number: int) -> Payment | None:
        """One unit of money for a bill that has much left to pay."""
        bills = [
            bill for bill in self.bench.readable(ObjectType.BILL) if isinstance(bill, Bill) and (bill.balance or 0) > 0
        ]
        paid = next((one for one in self.bench.readable(ObjectType.PAYMENT) if isinstance(one, Payment)), None)
        if not bills or paid is None:
            return None
        bill = max(bills, key=lambda bill: bill.balance or Decimal(0))
        document = Ref(record_type=ObjectType.BILL, source_id=bill.source.source_id)
        amount = Decimal("0.05")
        return Payment(
            source=bill.source,
            party=bill.vendor,
            payment_date=bill.issue_date,
            amount=amount,
            currency=bill.currency,
            exchange_rate=bill.exchange_rate,
            method="wire",
            money_account=paid.money_account,
            reference=f"CF-{number}",
            allocations=(PaymentAllocation(document=document, amount=amount),),
            movement=MoneyMovement.MOVED,
        )


def _furnish(vendor: Vendor) -> None:
    """What the company of the stand-in has none of: items, an expense, an order, a credit, an invoice, a file."""
    for number in range(ITEMS):
        vendor.post("objects/items", {"name": f"Item {number}", "sku": f"SKU-{number}", "rate": "9.50"})
    accounts = vendor.get("objects/chartofaccounts")
    spent = next(one["account_id"] for one in accounts if one["account_type"] == "expense")
    bank = next(one["account_id"] for one in accounts if one["account_type"] in ("bank", "cash"))
    expense = {"account_id": spent, "paid_through_account_id": bank, "date": "2026-11-02", "amount": "18.00"}
    vendor.post("objects/expenses", {**expense, "reference_number": "EX-1"})
    contacts = vendor.get("objects/contacts")
    supplier = next(one["contact_id"] for one in contacts if one["contact_type"] == "vendor")
    bought = {"account_id": spent, "name": "Paper", "rate": "12.00", "quantity": "2"}
    for kind in ("purchaseorders", "vendorcredits"):
        vendor.post(f"objects/{kind}", {"vendor_id": supplier, "date": "2026-11-04", "line_items": [bought]})
    customer = next(one["contact_id"] for one in contacts if one["contact_type"] == "customer")
    line = {"name": "Advice", "rate": "80.00", "quantity": "1"}
    vendor.post("objects/invoices", {"customer_id": customer, "date": "2026-11-03", "line_items": [line]})
    newest = max(vendor.get("objects/bills"), key=lambda bill: str(bill["date"]))
    vendor.post("objects/bills", {"id": newest["bill_id"], "action": "attach", "file_name": "b.pdf", "content": FILE})
