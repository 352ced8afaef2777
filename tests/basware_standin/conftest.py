from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from mlc_sandbox.basware.access import SCOPES
from mlc_sandbox.basware.app import BaswareStandIn
from mlc_sandbox.toolkit.clock import Clock
from mlc_sandbox.toolkit.server import Server
from mlc_sandbox.toolkit.wirejson import dumps, loads

NOW = datetime(2026, 3, 16, 9, 30, tzinfo=UTC)
CLIENT = ("demo-client", "demo-secret")
BASIC = ("demo-openapi-consultant@harbour.example", "Harbour-4711")


class Basware:
    """A caller of the stand-in over real HTTP."""

    def __init__(self, server: Server) -> None:
        self.standin: BaswareStandIn = server.standin
        self.url = server.url
        self.http = httpx.Client(base_url=server.url)
        self.token = self.mint().json()["access_token"]

    def mint(self, scope: str | None = None, auth: Any = CLIENT, **form: Any) -> httpx.Response:
        data = {"grant_type": "client_credentials", "scope": scope or " ".join(sorted(SCOPES)), **form}
        return self.http.post("/v1/tokens", data=data, auth=auth)

    def raw(self, method: str, path: str, body: Any = None, **kwargs: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}", **kwargs.pop("headers", {})}
        if body is not None:
            kwargs["content"] = body if isinstance(body, bytes) else dumps(body)
        return self.http.request(method, path, headers=headers, **kwargs)

    def call(self, method: str, path: str, body: Any = None, **kwargs: Any) -> Any:
        reply = self.raw(method, path, body, **kwargs)
        assert reply.status_code == 200, (reply.status_code, reply.text)
        return loads(reply.content)

    def post(self, path: str, *records: Any) -> str:
        """Post records; returns the id of the request."""
        reply = self.raw("POST", path, list(records))
        assert reply.status_code == 200, reply.text
        return reply.headers["x-amzn-RequestId"]

    def refused(self, method: str, path: str, body: Any = None, **kwargs: Any) -> tuple[int, str, str]:
        reply = self.raw(method, path, body, **kwargs)
        assert reply.status_code >= 400, reply.text
        told = reply.json()
        assert told["requestId"] == reply.headers["x-amzn-RequestId"]
        return reply.status_code, told["errors"][0]["code"], told["errors"][0]["message"]

    def get(self, path: str, **params: Any) -> Any:
        """What a list or a record says, behind its redirect; the second call carries no credentials."""
        return loads(self.final(path, **params).content)

    def final(self, path: str, headers: dict[str, str] | None = None, **params: Any) -> httpx.Response:
        reply = self.raw("GET", path, params=params or None, headers=headers or {})
        if reply.status_code == 302:
            parts = urlsplit(reply.headers["location"])
            reply = self.http.get(f"{parts.path}?{parts.query}")
        assert reply.status_code == 200, (reply.status_code, reply.text)
        return reply

    def status(self, request_id: str) -> Any:
        return self.get(f"/v1/requestStatus/{request_id}")["requestStatus"][0]

    def outcome(self, request_id: str) -> list[tuple[str, str]]:
        """Each record of a request with what became of it and why, once its time has come."""
        self.advance(3)
        items = self.status(request_id)["systems"][0]["items"]
        return [(one["status"], "; ".join(error["message"] for error in one["errors"])) for one in items]

    def control(self, method: str, path: str, body: Any = None) -> Any:
        reply = self.http.request(method, f"/_sandbox/{path}", content=None if body is None else dumps(body))
        assert reply.status_code == 200, reply.text
        return loads(reply.content)

    def switch(self, **values: Any) -> None:
        self.control("POST", "switches", values)

    def fault(self, match: str, kind: str, **options: Any) -> None:
        self.control("POST", "faults", {"match": match, "kind": kind, **options})

    def screen(self, kind: str, **change: Any) -> Any:
        return self.control("POST", f"objects/{kind}", change)

    def advance(self, seconds: float) -> None:
        self.control("POST", "clock", {"advance_s": seconds})

    def vendor(self, code: str = "V-1001", **fields: Any) -> dict[str, Any]:
        return {
            "externalCode": f"ext-{code}",
            "vendorCode": code,
            "name": "Alder Paper Ltd",
            "companies": [{"companyCode": "1000"}],
            "paymentTerms": {"paymentTermCode": "NET30"},
            "paymentMeans": [{"paymentMeansCode": "WIRE", "currencyCode": "USD", "default": True}],
            **fields,
        }

    def account(self, code: str = "6200", **fields: Any) -> dict[str, Any]:
        return {
            "externalCode": f"acc-{code}",
            "accountCode": code,
            "accountNames": [{"language": "en-US", "translation": "Travel"}],
            "companies": [{"companyCode": "1000", "inherit": False, "active": True}],
            **fields,
        }

    def invoice(self, number: str = "NB-7781", *, approve: bool = True, **fields: Any) -> str:
        """Type an invoice into P2P and approve it; returns its id."""
        given = {
            "invoiceNumber": number,
            "companyCode": "1000",
            "supplierCode": "V-9001",
            "currencyCode": "USD",
            "netSum": Decimal("200.00"),
            "taxSum1": Decimal("40.00"),
            "grossSum": Decimal("240.00"),
            "invoiceDate": "2026-03-02T00:00:00Z",
            "dueDate": "2026-04-01T00:00:00Z",
            "paymentTermCode": "NET30",
            "paymentMethod": "WIRE",
            "codingRows": [
                {"accountCode": "6100", "costCenterCode": "220", "netTotal": Decimal("200.00"),
                 "taxSum": Decimal("40.00"), "grossTotal": Decimal("240.00"), "taxCode": "VAT20"},
            ],
            **fields,
        }  # fmt: skip
        made = str(self.screen("invoices", **given)["invoiceId"])
        if approve:
            self.screen("invoices", id=made, action="approve")
        return made

    def document(self, invoice_id: str) -> Any:
        return self.get(f"/v1/accountingDocuments/{invoice_id}")

    def transfer(self, invoice_id: str, code: str = "t-1", *, success: bool = True, **fields: Any) -> httpx.Response:
        said = "Posted" if success else "Account 6100 is closed"
        body = {"externalCode": code, "success": success, "responseMessage": said, "paymentBlock": False, **fields}
        return self.raw("POST", f"/v1/accountingDocuments/{invoice_id}/transferResponses", body)

    def pay(self, invoice_id: str, code: str = "p-1", **fields: Any) -> httpx.Response:
        body = {"externalCode": code, "success": True, "paymentBlock": False, **fields}
        return self.raw("POST", f"/v1/accountingDocuments/{invoice_id}/paymentResponses", body)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One server for the tests of a file; each of them gets a tenant that nobody has touched."""
    with Server(BaswareStandIn()) as server:
        yield server


@pytest.fixture
def basware(server: Server) -> Iterator[Basware]:
    """A small tenant, the clock standing still, a token with every scope."""
    server.standin = BaswareStandIn(clock=Clock(frozen_at=NOW))
    caller = Basware(server)
    yield caller
    caller.http.close()
    assert caller.standin.crashes == []


class Receiver:
    """Takes deliveries; answers with the next of ``statuses``, then 200."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.statuses: list[int] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(outer.statuses.pop(0) if outer.statuses else 200)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    @property
    def told(self) -> list[Any]:
        return [loads(body) for _, body in self.got]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()
