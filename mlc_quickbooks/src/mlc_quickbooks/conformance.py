"""What ``mlc plugin certify quickbooks`` and the tests hold this connector to."""

import json
from collections.abc import Iterator, Mapping, Sequence
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

#: The second company of the stand-in.
REALM = "9130000000000002"
SECRETS = {
    "client_id": "ABdemoClient",
    "client_secret": "demo-secret",
    "refresh_token": "RT1-conformance-2",
    "webhook_verifier": "verifier-demo-conformance-1",
}
#: After every closing date of the stand-in's company.
DAY = date(2026, 11, 5)
DUE = date(2026, 12, 5)
#: How a supplier is reached, so that samples show every part of one.
CONTACT = {
    "PrimaryEmailAddr": {"Address": "ap@example.test"},
    "PrimaryPhone": {"FreeFormNumber": "+44 20 5550 100"},
    "BillAddr": {"Line1": "1 Quay", "City": "Hull", "PostalCode": "HU1 1AA", "Country": "GB"},
}
#: Every check connects anew with the same refresh token, in a company whose clock is moved by years.
LONG_LIVED = {"rotate_after_s": 10**9, "idle_days": 10_000, "hard_cap_days": 10_000}


class QuickBooksConformance(SystemConformance):
    """Against a British company of the stand-in, with short pages and documents of each kind: one in the United States
    has no tax codes to read."""

    system = SYSTEM
    settings = {"realm_id": REALM, "page_size": 10, "currencies": ["EUR"], "rate_days": 2}
    secrets = SECRETS
    standin = SYSTEM
    standin_records = 1
    country = "GB"
    currency = "GBP"
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
            others = {kind: len(vendor.get(f"objects/{kind}")) for kind in ("Account", "TaxCode")}
            company = {"name": "Harbour Paper Ltd", "country": cls.country, "currency": cls.currency}
            vendor.post("objects/companies", {**company, "refresh_token": SECRETS["refresh_token"]})
            _furnish(
                vendor, cls.currency, {kind: vendor.get(f"objects/{kind}")[first:] for kind, first in others.items()}
            )
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
        first = next(one for one in vendor.get("objects/Vendor") if one["DisplayName"] == "Supplier 00")
        seen = {"realmId": REALM, "id": first["Id"], "CompanyName": f"Seen {self.bench.number()}"}
        vendor.post("objects/Vendor", seen)
        return str(first["Id"])

    def remove(self, vendor: Vendor, object_type: ObjectType) -> str | None:
        if object_type is not ObjectType.BILL:
            return None
        ours = [
            bill for bill in vendor.get("objects/Bill") if str(bill["DocNumber"]).startswith(("INV-0", "INV-1", "CF-"))
        ]
        gone = next(bill for bill in reversed(ours) if bill["Balance"] == bill["TotalAmt"])
        vendor.post("objects/Bill", {"realmId": REALM, "id": gone["Id"], "action": "delete"})
        return str(gone["Id"])

    def webhook(self, at: datetime) -> WebhookRequest | None:
        changed = {"name": "Vendor", "id": "1", "operation": "Update", "lastUpdated": at.isoformat()}
        notification = {"realmId": REALM, "dataChangeEvent": {"entities": [changed]}}
        body = json.dumps({"eventNotifications": [notification]}).encode()
        headers = {"content-type": "application/json", HEADER: signature(SECRETS["webhook_verifier"], body).decode()}
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
        kept = {"source", "currency", "exchange_rate", "lines", "total", "vendor", "memo", "subtotal", "tax_total"}
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
            currency=self.currency,
            memo="Moved",
            lines=(JournalLine(account=first, debit=amount), JournalLine(account=second, credit=amount)),
        )


def _furnish(vendor: Vendor, currency: str, own: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """What the company has none of: vendors, bills over several pages, a payment, one of everything else.

    ``own``: its accounts and tax codes.
    """

    def enter(kind: str, **body: Any) -> str:
        return str(vendor.post(f"objects/{kind}", {"realmId": REALM, **body}).get("Id"))

    accounts = {str(one["AccountType"]): str(one["Id"]) for one in own["Account"]}
    codes = [str(one["Id"]) for one in own["TaxCode"] if str(one["Name"]).startswith("20")]
    taxed = {"GlobalTaxCalculation": "TaxExcluded"} if codes else {}
    enter("Preferences", CurrencyPrefs={"MultiCurrencyEnabled": True})
    enter("rates", currency="EUR", day="2020-01-01", rate="0.86")
    suppliers = [
        enter("Vendor", DisplayName=f"Supplier {number:02}", CompanyName=f"Supplier {number:02} Ltd", **CONTACT)
        for number in range(24)
    ]
    detail = {"AccountRef": {"value": accounts["Expense"]}, "TaxCodeRef": {"value": codes[0] if codes else "NON"}}
    document = {
        "VendorRef": {"value": suppliers[0]}, "APAccountRef": {"value": accounts["Accounts Payable"]},
        "TxnDate": DAY.isoformat(), "CurrencyRef": {"value": currency}, **taxed,
        "Line": [{"DetailType": "AccountBasedExpenseLineDetail", "Amount": "24.00", "Description": "Paper",
                  "AccountBasedExpenseLineDetail": detail}],
    }  # fmt: skip
    for number in range(14):
        owed = {**document, "VendorRef": {"value": suppliers[number]}, "DueDate": DUE.isoformat()}
        enter("Bill", **owed, DocNumber=f"INV-{number:02}", PrivateNote=f"Order {number:02}")
    enter("BillPayment", action="pay", bills=["INV-00"], DocNumber="CHK-1")
    enter("PurchaseOrder", **document, DocNumber="PO-CF", PrivateNote="Office")
    enter("VendorCredit", **document, DocNumber="CR-CF", PrivateNote="Returned")
    sides = [
        {"DetailType": "JournalEntryLineDetail", "Amount": "24.00",
         "JournalEntryLineDetail": {"PostingType": side, "AccountRef": {"value": accounts[kind]}}}
        for side, kind in (("Debit", "Expense"), ("Credit", "Income"))
    ]  # fmt: skip
    enter("JournalEntry", DocNumber="JE-CF", TxnDate=DAY.isoformat(), Line=sides, CurrencyRef={"value": currency})
    enter("Item", Name="Pen", Type="Service", IncomeAccountRef={"value": accounts["Income"]})
