"""What ``mlc plugin certify quickbooks`` and the tests hold this connector to."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from mlc import WebhookRequest
from mlc.http import Response
from mlc.records import Account, Bill, JournalEntry, JournalLine, ObjectType, PurchaseOrder, Record, Ref, VendorCredit
from mlc.testing import SystemConformance, Vendor

from mlc_quickbooks import SYSTEM
from mlc_quickbooks.webhooks import HEADER, signature

REALM = "9130000000000001"
VERIFIER = "verifier-demo-conformance-1"
#: After every closing date of the stand-in's company.
DAY = date(2026, 11, 5)
DUE = date(2026, 12, 5)
#: Every check connects anew with the same refresh token, in a company whose clock is moved by years.
LONG_LIVED = {"rotate_after_s": 10**9, "idle_days": 10_000, "hard_cap_days": 10_000}


class QuickBooksConformance(SystemConformance):
    """Against the stand-in, with short pages and one document of each kind that its company lacks."""

    system = SYSTEM
    settings = {"realm_id": REALM, "page_size": 10, "currencies": ["EUR"], "rate_days": 2}
    secrets = {
        "client_id": "ABdemoClient",
        "client_secret": "demo-secret",
        "refresh_token": "RT1-demo-refresh",
        "webhook_verifier": VERIFIER,
    }
    standin = SYSTEM
    standin_records = 40
    webhook_has_time = False
    enums = {
        ObjectType.BILL: ("GlobalTaxCalculation",),
        ObjectType.PURCHASE_ORDER: ("POStatus",),
        ObjectType.PAYMENT: ("PayType",),
        ObjectType.ACCOUNT: ("AccountType", "Classification"),
    }

    @classmethod
    @contextmanager
    def serve(cls) -> Iterator[str | None]:
        with super().serve() as url:
            vendor = Vendor(url or "")
            vendor.post("switches", LONG_LIVED)
            _furnish(vendor)
            yield url

    def to_create(self, object_type: ObjectType, number: int) -> Record | None:
        match object_type:
            case ObjectType.BILL:
                return self._document(Bill, number, bill_number=f"CF-{number}", due_date=DUE)
            case ObjectType.VENDOR_CREDIT:
                return self._document(VendorCredit, number, bill_number=f"CF-{number}")
            case ObjectType.PURCHASE_ORDER:
                return self._document(PurchaseOrder, number, po_number=f"CF-{number}")
            case ObjectType.JOURNAL_ENTRY:
                return self._entry(number)
        return super().to_create(object_type, number)

    def to_change(self, record: Record) -> tuple[Record, frozenset[str]] | None:
        if isinstance(record, JournalEntry):
            memo = "Seen again." if record.memo != "Seen again." else "Seen once more."
            return record.model_copy(update={"memo": memo}), frozenset({"memo"})
        return super().to_change(record)

    def touch(self, vendor: Vendor, object_type: ObjectType) -> str | None:
        if object_type is not ObjectType.VENDOR:
            return None
        first = next(one for one in vendor.get("objects/Vendor") if one["Active"])
        vendor.post("objects/Vendor", {"id": first["Id"], "CompanyName": f"Seen {self.bench.number()}"})
        return str(first["Id"])

    def remove(self, vendor: Vendor, object_type: ObjectType) -> str | None:
        if object_type is not ObjectType.BILL:
            return None
        unpaid = [bill for bill in vendor.get("objects/Bill") if bill["Balance"] == bill["TotalAmt"]]
        gone = max(unpaid, key=lambda bill: (str(bill["TxnDate"]), int(bill["Id"])))
        vendor.post("objects/Bill", {"id": gone["Id"], "action": "delete"})
        return str(gone["Id"])

    def webhook(self, at: datetime) -> WebhookRequest | None:
        changed = {"name": "Vendor", "id": "1", "operation": "Update", "lastUpdated": at.isoformat()}
        notification = {"realmId": REALM, "dataChangeEvent": {"entities": [changed]}}
        body = json.dumps({"eventNotifications": [notification]}).encode()
        headers = {"content-type": "application/json", HEADER: signature(VERIFIER, body).decode()}
        return WebhookRequest("POST", (), headers, body, at)

    def unauthorised(self) -> Response:
        error = {"message": "message=AuthenticationFailed; errorCode=003200; statusCode=401", "code": "3200"}
        return Response(401, json={"fault": {"error": [error], "type": "AUTHENTICATION"}, "time": 1777885200000})

    def refused_credentials(self) -> Response:
        return Response(400, json={"error": "invalid_grant"})

    def rate_limited(self) -> Response:
        error = {"Message": "message=ThrottleExceeded; errorCode=003001; statusCode=429", "code": "003001"}
        return Response(429, json={"Fault": {"Error": [error], "type": "SYSTEM"}})

    def _document(self, model: type[Any], number: int, **own: Any) -> Record | None:
        """Another document with the lines of a bill, on a day that is open."""
        bill = super().to_create(ObjectType.BILL, number)
        if not isinstance(bill, Bill):
            return None
        kept = {"source", "currency", "exchange_rate", "lines", "total", "vendor", "memo", "subtotal"}
        shared = {name: getattr(bill, name) for name in kept & bill.model_fields_set}
        document: Record = model.model_validate({**shared, "issue_date": DAY, **own})
        return document

    def _entry(self, number: int) -> JournalEntry | None:
        """A small sum from one expense account to another."""
        accounts = [one for one in self.bench.readable(ObjectType.ACCOUNT) if isinstance(one, Account)]
        spent = [one for one in accounts if one.postable and one.active and one.classification == "expense"]
        if len(spent) < 2:
            return None
        amount = Decimal("12.50")
        first, second = (Ref(record_type=ObjectType.ACCOUNT, source_id=one.source.source_id) for one in spent[:2])
        return JournalEntry(
            source=spent[0].source,
            entry_number=f"CF-{number}",
            posting_date=DAY,
            currency="USD",
            memo="Moved",
            lines=(JournalLine(account=first, debit=amount), JournalLine(account=second, credit=amount)),
        )


def _furnish(vendor: Vendor) -> None:
    """What the company of the stand-in has none of: an order, a credit, a journal entry, an item."""
    accounts = vendor.get("objects/Account")
    expense, income = (
        next(one["Id"] for one in accounts if one["AccountType"] == kind and one["Active"])
        for kind in ("Expense", "Income")
    )
    payables = next(one["Id"] for one in accounts if one["AccountType"] == "Accounts Payable")
    supplier = next(
        one["Id"] for one in vendor.get("objects/Vendor") if one["Active"] and one["CurrencyRef"]["value"] == "USD"
    )
    line = {
        "DetailType": "AccountBasedExpenseLineDetail",
        "Amount": "24.00",
        "Description": "Paper",
        "AccountBasedExpenseLineDetail": {"AccountRef": {"value": expense}, "TaxCodeRef": {"value": "NON"}},
    }
    document = {
        "VendorRef": {"value": supplier}, "APAccountRef": {"value": payables}, "TxnDate": DAY.isoformat(),
        "Line": [line],
        "CurrencyRef": {"value": "USD"},
    }  # fmt: skip
    vendor.post("objects/PurchaseOrder", {**document, "DocNumber": "PO-CF", "PrivateNote": "Office"})
    vendor.post("objects/VendorCredit", {**document, "DocNumber": "CR-CF", "PrivateNote": "Returned"})
    vendor.post("objects/Bill", {**document, "DocNumber": "INV-CF", "PrivateNote": "Open", "DueDate": DUE.isoformat()})
    sides = [
        {"DetailType": "JournalEntryLineDetail", "Amount": "24.00",
         "JournalEntryLineDetail": {"PostingType": side, "AccountRef": {"value": account}}}
        for side, account in (("Debit", expense), ("Credit", income))
    ]  # fmt: skip
    vendor.post(
        "objects/JournalEntry",
        {"DocNumber": "JE-CF", "TxnDate": DAY.isoformat(), "Line": sides, "CurrencyRef": {"value": "USD"}},
    )
    vendor.post("objects/Item", {"Name": "Pen", "Type": "Service", "IncomeAccountRef": {"value": income}})
