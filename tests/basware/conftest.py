"""A Basware connection on a transport that answers from a script; invented values in the documented shapes."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from mlc import Binding, BoundPart, Operation, Probe, RenderContext
from mlc.connection import AnyConnection
from mlc.http import Request, Response
from mlc.records import Record
from mlc.testing import open_test_connection
from mlc_basware.parts import MapContext
from mlc_basware.settings import BaswareSettings

from mlc_basware import plugin

NOW = datetime(2026, 4, 30, 10, 20, tzinfo=UTC)
DATE = "Thu, 30 Apr 2026 10:20:00 GMT"
REQUEST = "0b6e8a3e-2f1d-4d7e-9d63-111122223333"
SETTINGS: Mapping[str, Any] = {
    "source_system": "ZOHO-EU1",
    "code_prefix": "zb",
    "company_codes": ["FI10"],
    "organization_element": "FI10",
    "payment_means_code": "WIRE",
    "dimensions": {"cost_center": "costCenters", "project": "projects", "tag:Region": "ACC_LIST_3"},
}
SECRETS = {"client_id": "demo-client-id", "client_secret": "demo-client-secret", "webhook_token": "pöst-box-token"}
CONTEXT = MapContext("p2p", BaswareSettings.model_validate(SETTINGS))
INVOICE_ID = "5f1c0de0aa114b6e9c0f7d3e22aa9001"
INVOICE: Mapping[str, Any] = {
    "invoiceId": INVOICE_ID, "invoiceNumber": "HP-7781", "processingStatus": "WaitingForTransfer",
    "p2pProcessingMode": "Standard", "companyCode": "FI10", "supplierCode": "V-1001", "supplierName": "Harbour Paper",
    "currencyCode": "EUR", "paymentBlock": False, "netSum": 200.0, "taxSum1": 51.0, "taxSum2": 4.0, "grossSum": 251.0,
    "invoiceDate": "2026-03-02T00:00:00Z", "dueDate": "2026-04-01T00:00:00Z", "orderNumbers": ["PO-00042"],
    "lastUpdated": "2026-03-05T09:14:02Z", "supplierBankIBAN": "FI2112345600000785", "paymentTermCode": "NET30",
    "invoiceImageURL": "https://images.example/x?token=1", "referenceNumber": "RF18", "invoiceTypeCode": "INV",
    "attachments": [
        {"externalCode": "a1", "category": "ORIGINALIMAGE", "filename": "hp.pdf", "isConfidential": False},
        {"externalCode": "a2", "category": "ORIGINALIMAGE", "filename": "secret.pdf", "isConfidential": True},
        {"externalCode": "a3", "category": "ATTACHMENT", "filename": "mail.msg", "isConfidential": False},
    ],
    "codingRows": [
        {"externalCode": "c1", "rowIndex": 1, "accountCode": "6100", "costCenterCode": "220", "netTotal": 150.0,
         "grossTotal": 188.25, "taxSum": 38.25, "taxCode": "FI255", "taxPercent": 25.5, "orderNumber": "PO-00042",
         "orderLineNumber": "1", "matchedQuantity": 3, "dimCode3": "NORD"},
        {"externalCode": "c2", "rowIndex": 4, "accountCode": "6200", "netTotal": 50.0, "taxSum": 12.75},
    ],
}  # fmt: skip
COPY: Mapping[str, Any] = {
    "externalCode": "zb-460000000012345", "vendorCode": "V-1001", "name": "Harbour Paper Oy", "vendorClass": "A",
    "companies": [{"companyCode": "FI10", "inheritToChildUnits": False}, {"companyCode": "SE10"}],
    "identifiers": [{"schemeId": "VAT", "id": "FI01234567"}, {"schemeId": "OVT", "id": "003712345678"}],
    "paymentMeans": [{"paymentMeansCode": "WIRE", "currencyCode": "EUR", "default": True, "financialAccounts": [
        {"financialAccountIdentifiers": [{"schemeId": "IBAN", "id": "FI2112345600000785"}]}]}],
    "processingStatus": {"active": True, "paymentDenied": True}, "orderingDetails": {"orderingFormat": "email"},
    "lastUpdated": "2026-03-05T09:00:11Z", "buvid": "b-1",
}  # fmt: skip


def reply(body: Any, status: int = 200, **headers: str) -> Response:
    content = b"" if body is None else json.dumps(body).encode()
    told = {"Date": DATE, "Content-Type": "application/json", "x-amzn-RequestId": REQUEST}
    return Response(status, content=content, headers={**told, **{k.replace("_", "-"): v for k, v in headers.items()}})


def problem(code: str, message: str = "No.", info: str | None = None) -> dict[str, Any]:
    entry = {"externalCode": "x", "type": "VALIDATION", "code": code, "message": message, "info": info}
    return {"requestId": REQUEST, "hasErrors": True, "errors": [entry]}


@dataclass
class Api:
    """Answers by method and path; tokens and echoes of posted arrays by itself. Remembers what was asked."""

    answers: dict[str, Callable[[Request], Response]] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    granted: str | None = None

    def __call__(self, request: Request) -> Response:
        request.read()
        key = f"{request.method} {request.url.path}"
        self.requests.append(Request(request.method, request.url, headers=request.headers, content=request.content))
        if key in self.answers:
            return self.answers[key](request)
        if key == "POST /v1/tokens":
            asked = dict(pair.split("=") for pair in request.content.decode().split("&"))["scope"].replace("+", " ")
            scope = asked if self.granted is None else self.granted
            return reply({"access_token": "tok-1", "scope": scope, "expires_in": 3600, "token_type": "Bearer"})
        if request.method == "POST":
            return reply(json.loads(request.content))
        return reply(None, 404)

    def on(self, key: str, *bodies: Any, status: int = 200) -> None:
        """Answer with these in turn, the last one for ever."""
        left = list(bodies)

        def answer(request: Request) -> Response:
            body = left.pop(0) if len(left) > 1 else left[0]
            return body if isinstance(body, Response) else reply(body, status)

        self.answers[key] = answer

    def asked(self, key: str) -> list[Request]:
        return [one for one in self.requests if f"{one.method} {one.url.path}" == key]

    def sent(self, key: str) -> Any:
        """The body of the only request of that kind."""
        (one,) = self.asked(key)
        return json.loads(one.content)

    def connect(self, *, secrets: Mapping[str, str] | None = None, **settings: Any) -> AnyConnection:
        return open_test_connection(
            plugin, settings={**SETTINGS, **settings}, secrets=SECRETS if secrets is None else secrets, respond=self,
            now=lambda: NOW, name="p2p",
        )  # fmt: skip


@pytest.fixture
def api() -> Api:
    return Api()


@pytest.fixture
def connection(api: Api) -> AnyConnection:
    return api.connect()


def bound(record: Record | None, record_id: str, *, lines: Mapping[str, str] | None = None) -> Binding:
    return Binding({"main": BoundPart("main", record_id, "v1", lines or {})}, base=record)


def context(
    operation: Operation = Operation.CREATE, *, fields: set[str] | None = None, refusals: int = 0,
    key: str = "zoho:vendor:460000000012345",
) -> RenderContext:  # fmt: skip
    wanted = None if fields is None else frozenset(fields)
    return RenderContext(operation, Probe(), key, fields=wanted, refusals=refusals)
