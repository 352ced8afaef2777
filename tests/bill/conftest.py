"""A BILL connection on a transport that answers from a script; invented values in the documented shapes."""

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
from mlc_bill.parts import MapContext

from mlc_bill import plugin

NOW = datetime(2026, 4, 30, 10, 20, tzinfo=UTC)
DATE = "Thu, 30 Apr 2026 10:20:00 GMT"
ORGANISATION = "00801DEMOORGANIZATN1"
VENDOR = "00901DEMOVENDORAAAA1"
BILL = "00n01DEMOBILLAAAAAA1"
CONTEXT = MapContext("payables", ORGANISATION, "USD", "UTC")
SECRETS = {"dev_key": "01DEMODEVKEY", "username": "ap-sync", "password": "tok_demo_1"}

VENDOR_ROW: Mapping[str, Any] = {
    "id": VENDOR, "archived": False, "name": "Northwind Supply", "accountType": "BUSINESS",
    "email": "ar@northwind.example", "phone": "", "shortName": "V-7",
    "address": {"line1": "1 Harbor Way", "city": "Oakland", "stateOrProvince": "CA", "zipOrPostalCode": "94607",
                "country": "US"},
    "paymentInformation": {"payeeName": "Northwind", "bankAccount": {"accountNumber": "111222333"}},
    "additionalInfo": {"taxId": "12-3456789", "taxIdType": "EIN", "track1099": True},
    "billCurrency": "USD", "networkStatus": "NOT_CONNECTED", "balance": {"amount": 10},
    "createdTime": "2026-04-02T08:00:00.000+00:00", "updatedTime": "2026-04-02T08:00:00.000+00:00",
}  # fmt: skip
BILL_ROW: Mapping[str, Any] = {
    "id": BILL, "archived": False, "recordStatus": "ACTIVE", "vendorId": VENDOR, "vendorName": "Northwind Supply",
    "amount": 228.99, "dueAmount": 228.99, "paidAmount": 0, "creditAmount": 0, "dueDate": "2026-05-30",
    "invoice": {"invoiceNumber": "NW-2207", "invoiceDate": "2026-04-30"}, "purchaseOrderNumber": "PO-00017",
    "billLineItems": [
        {"id": "bli01DEMO1", "amount": 210.0, "description": "Racking", "quantity": 2, "price": 105,
         "classifications": {"chartOfAccountId": "0ca01A", "departmentId": "0de01D"}},
        {"id": "bli01DEMO2", "amount": 18.99, "description": "Sales tax"},
    ],
    "paymentStatus": "UNPAID", "approvalStatus": "UNASSIGNED",
    "createdTime": "2026-04-30T09:15:02.114+00:00", "updatedTime": "2026-04-30T09:15:02.114+00:00",
}  # fmt: skip


def problem(code: str, message: str = "No.") -> list[dict[str, str]]:
    """An error body: a bare array."""
    return [{"timestamp": "2026-04-30T10:00:00.000+00:00", "code": code, "severity": "ERROR", "message": message}]


def reply(body: Any, status: int = 200, **headers: str) -> Response:
    text = json.dumps(body).encode() if body is not None else b""
    return Response(status, content=text, headers={"Date": DATE, "Content-Type": "application/json", **headers})


def page(*found: Any, following: str | None = None) -> dict[str, Any]:
    return {"results": list(found), **({} if following is None else {"nextPage": following})}


@dataclass
class Gateway:
    """Answers by method and path below ``/v3/``; logins by itself. Remembers what was asked."""

    answers: dict[str, Callable[[Request], Response]] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    logins: int = 0

    def __call__(self, request: Request) -> Response:
        request.read()
        path = request.url.path.partition("/v3/")[2]
        key = f"{request.method} {path}"
        self.requests.append(Request(request.method, request.url, headers=request.headers, content=request.content))
        if key == "POST login" and key not in self.answers:
            self.logins += 1
            return reply({"sessionId": f"session-{self.logins}", "organizationId": ORGANISATION, "userId": "00601U",
                          "trusted": False})  # fmt: skip
        if key not in self.answers:
            return reply(problem("BDC_1121", "API not supported"), 404)
        return self.answers[key](request)

    def on(self, key: str, *bodies: Any, status: int = 200) -> None:
        """Answer with these in turn, the last one for ever."""
        left = list(bodies)

        def answer(request: Request) -> Response:
            body = left.pop(0) if len(left) > 1 else left[0]
            return body if isinstance(body, Response) else reply(body, status)

        self.answers[key] = answer

    def asked(self, key: str) -> list[Request]:
        return [one for one in self.requests if f"{one.method} {one.url.path.partition('/v3/')[2]}" == key]

    def sent(self, key: str) -> Any:
        """The body of the only request of that kind."""
        (one,) = self.asked(key)
        return json.loads(one.content)

    def connect(
        self, *, now: datetime = NOW, secrets: Mapping[str, str] | None = None, **settings: Any
    ) -> AnyConnection:
        return open_test_connection(
            plugin, settings={"organization_id": ORGANISATION, **settings}, secrets={**SECRETS, **(secrets or {})},
            respond=self, now=lambda: now, name="payables",
        )  # fmt: skip


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


@pytest.fixture
def connection(gateway: Gateway) -> AnyConnection:
    return gateway.connect()


def binding(record: Record | None = None, *, lines: Mapping[str, str] | None = None, record_id: str = BILL) -> Binding:
    return Binding({"main": BoundPart("main", record_id, "v1", lines or {})}, base=record)


def context(
    operation: Operation = Operation.CREATE, *, fields: frozenset[str] | None = None, **extra: str
) -> RenderContext:
    return RenderContext(operation, Probe(base_currency="USD", extra=extra), "key-1", fields=fields)


def later(**delta: float) -> datetime:
    return NOW + timedelta(**delta)
