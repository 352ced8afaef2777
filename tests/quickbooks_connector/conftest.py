"""A QuickBooks connection on a transport that answers from a script; invented values in the documented shapes."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from mlc import Binding, BoundPart, Operation, Probe, RenderContext
from mlc.connection import AnyConnection
from mlc.http import Request, Response
from mlc.records import Record
from mlc.testing import open_test_connection
from mlc_quickbooks.parts import MapContext

from mlc_quickbooks import plugin

NOW = datetime(2026, 5, 4, 16, 20, tzinfo=UTC)
TIME = "2026-05-04T09:20:00.000-07:00"
REALM = "9130000000000001"
CONTEXT = MapContext("quickbooks", "books")
SECRETS = {"client_id": "ABClientDEMO", "client_secret": "demo-secret-1", "refresh_token": "RT1-11-H0-DEMO"}
COMPANY = {"realm": REALM, "currency": "USD", "numbers": True, "us": True}
EXTRA = {
    "us": "yes", "multicurrency": "on", "departments": "on", "classes": "line", "payable_account": "33",
    "payable_account:USD": "33", "payable_account:EUR": "34",
}  # fmt: skip
META = {"CreateTime": "2026-03-01T08:00:00-08:00", "LastUpdatedTime": "2026-05-04T09:00:10-07:00"}

VENDOR: Mapping[str, Any] = {
    "Id": "56", "SyncToken": "2", "domain": "QBO", "sparse": False, "DisplayName": "Example Supplies",
    "CompanyName": "Example Supplies Ltd", "PrintOnCheckName": "Example Supplies", "AcctNum": "SUP-1042",
    "Active": True, "Balance": 20.5, "Vendor1099": False, "TaxIdentifier": "XXXXX6789",
    "CurrencyRef": {"value": "USD", "name": "Dollar"},
    "PrimaryEmailAddr": {"Address": "ap@example.test"}, "WebAddr": {"URI": "https://supplies.example"},
    "VendorPaymentBankDetail": {"BankAccountName": "Example", "BankAccountNumber": "111222333"},
    "BillAddr": {"Id": "91", "Line1": "1 Sample St", "City": "Springfield", "CountrySubDivisionCode": "IL",
                 "PostalCode": "62701"},
    "MetaData": META,
}  # fmt: skip
BILL: Mapping[str, Any] = {
    "Id": "145", "SyncToken": "3", "domain": "QBO", "sparse": False, "VendorRef": {"value": "56", "name": "Example"},
    "APAccountRef": {"value": "33", "name": "Accounts Payable (A/P)"}, "TxnDate": "2026-05-02", "DueDate": "2026-06-01",
    "DocNumber": "INV-0107", "PrivateNote": "Paper and pens", "DepartmentRef": {"value": "1", "name": "Office"},
    "CurrencyRef": {"value": "USD"}, "TotalAmt": 120.5, "Balance": 100.5,
    "LinkedTxn": [{"TxnId": "118", "TxnType": "BillPaymentCheck"}],
    "Line": [
        {"Id": "1", "LineNum": 1, "Description": "Paper", "Amount": 100.0,
         "DetailType": "AccountBasedExpenseLineDetail",
         "LinkedTxn": [{"TxnId": "77", "TxnType": "PurchaseOrder", "TxnLineId": "2"}],
         "AccountBasedExpenseLineDetail": {"AccountRef": {"value": "64", "name": "Supplies"},
                                           "ClassRef": {"value": "5"}, "BillableStatus": "NotBillable",
                                           "TaxCodeRef": {"value": "NON"}}},
        {"Id": "2", "LineNum": 2, "Description": "Pens", "Amount": 20.5, "DetailType": "ItemBasedExpenseLineDetail",
         "ItemBasedExpenseLineDetail": {"ItemRef": {"value": "9", "name": "Pen"}, "Qty": 10, "UnitPrice": 2.05,
                                        "TaxCodeRef": {"value": "NON"}}},
        {"Id": "3", "DetailType": "DescriptionOnly", "Description": "Thank you",
         "DescriptionLineDetail": {}},
    ],
    "MetaData": META,
}  # fmt: skip
INFO: Mapping[str, Any] = {
    "Id": "1", "SyncToken": "4", "CompanyName": "Demo Company", "Country": "US",
    "NameValue": [{"Name": "OfferingSku", "Value": "QuickBooks Online Plus"},
                  {"Name": "SubscriptionStatus", "Value": "PAID"}],
}  # fmt: skip
PREFERENCES: Mapping[str, Any] = {
    "Id": "1", "AccountingInfoPrefs": {"TrackDepartments": True, "ClassTrackingPerTxn": False,
                                       "ClassTrackingPerTxnLine": True, "UseAccountNumbers": True,
                                       "BookCloseDate": "2026-03-31"},
    "CurrencyPrefs": {"MultiCurrencyEnabled": True, "HomeCurrency": {"value": "USD"}},
    "OtherPrefs": {"NameValue": [{"Name": "WarnDuplicateJournalNumber", "Value": "true"}]},
}  # fmt: skip
PAYABLES = {"Id": "33", "Name": "Accounts Payable (A/P)", "AccountType": "Accounts Payable", "Active": True,
            "CurrencyRef": {"value": "USD"}, "SyncToken": "0"}  # fmt: skip


def reply(body: Any, status: int = 200, **headers: str) -> Response:
    return Response(status, content=json.dumps(body).encode(), headers={"Content-Type": "application/json", **headers})


def answered(entity: str, *rows: Mapping[str, Any], time: str = TIME) -> dict[str, Any]:
    """A query's answer."""
    inside: dict[str, Any] = {entity: [dict(row) for row in rows], "startPosition": 1, "maxResults": len(rows)}
    return {"QueryResponse": inside if rows else {}, "time": time}


def cdc(*blocks: Mapping[str, Any], time: str = TIME) -> dict[str, Any]:
    return {"CDCResponse": [{"QueryResponse": [dict(block) for block in blocks]}], "time": time}


def fault(code: str, message: str = "No.", detail: str = "", kind: str = "ValidationFault") -> dict[str, Any]:
    error = {"Message": message, "Detail": detail or message, "code": code, "element": ""}
    return {"Fault": {"Error": [error], "type": kind}, "time": TIME}


def gateway_fault(code: str, status: int) -> dict[str, Any]:
    """The other casing."""
    said = f"message=Failed; errorCode=00{code}; statusCode={status}"
    error = {"message": said, "detail": "Token expired", "code": code, "element": None}
    return {"warnings": None, "fault": {"error": [error], "type": "AUTHENTICATION"}, "time": 1777885200000}


@dataclass
class Books:
    """Answers by method and path below the company; queries by entity. Hands out tokens by itself."""

    answers: dict[str, Callable[[Request], Response]] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    tokens: int = 0

    def __post_init__(self) -> None:
        self.on(f"GET companyinfo/{REALM}", {"CompanyInfo": INFO, "time": TIME})
        self.on("GET preferences", {"Preferences": PREFERENCES, "time": TIME})
        self.on("query Account", answered("Account", PAYABLES))

    def __call__(self, request: Request) -> Response:
        request.read()
        self.requests.append(Request(request.method, request.url, headers=request.headers, content=request.content))
        key = self.key_of(request)
        if key in self.answers:
            return self.answers[key](request)
        if key.startswith("POST /oauth2"):
            self.tokens += 1
            return reply({"token_type": "bearer", "access_token": f"access-token-{self.tokens}", "expires_in": 3600,
                          "refresh_token": f"RT1-refreshed-{self.tokens}",
                          "x_refresh_token_expires_in": 8726400})  # fmt: skip
        if key.startswith("query "):
            return reply(answered(key.removeprefix("query ")))
        return reply({}, 404)

    def key_of(self, request: Request) -> str:
        path = request.url.path
        inside = path.partition(f"/v3/company/{REALM}/")[2]
        if inside == "query":
            return f"query {request.content.decode().split()[3]}"
        return f"{request.method} {inside or path}"

    def on(self, key: str, *bodies: Any, status: int = 200) -> None:
        """Answer with these in turn, the last one for ever."""
        left = list(bodies)

        def answer(request: Request) -> Response:
            body = left.pop(0) if len(left) > 1 else left[0]
            return body if isinstance(body, Response) else reply(body, status)

        self.answers[key] = answer

    def asked(self, key: str) -> list[Request]:
        return [one for one in self.requests if self.key_of(one) == key]

    def statements(self, entity: str) -> list[str]:
        return [one.content.decode() for one in self.asked(f"query {entity}")]

    def connect(
        self, *, now: datetime = NOW, secrets: Mapping[str, str] | None = None, **settings: Any
    ) -> AnyConnection:
        return open_test_connection(
            plugin, settings={"realm_id": REALM, **settings}, secrets={**SECRETS, **(secrets or {})}, respond=self,
            now=lambda: now, name="books",
        )  # fmt: skip


@pytest.fixture
def books() -> Books:
    return Books()


@pytest.fixture
def connection(books: Books) -> AnyConnection:
    return books.connect()


def binding(
    record: Record | None = None, *, lines: Mapping[str, str] | None = None, record_id: str = "145", version: str = "3"
) -> Binding:
    return Binding({"main": BoundPart("main", record_id, version, lines or {})}, base=record)


def context(
    operation: Operation = Operation.CREATE,
    *,
    fields: frozenset[str] | None = None,
    overrides: Mapping[str, str] | None = None,
    **extra: str,
) -> RenderContext:
    probe = Probe(base_currency="USD", extra={**EXTRA, **extra})
    return RenderContext(operation, probe, "key-1", fields=fields, overrides=overrides or {})


def later(**delta: float) -> datetime:
    return NOW + timedelta(**delta)


def exact(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as the connector sees it: numbers as Decimal, with its company."""
    from decimal import Decimal

    found: dict[str, Any] = json.loads(json.dumps(row), parse_float=Decimal)
    return {**found, "_company": COMPANY}
