from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

import httpx
import pytest
from mlc_sandbox.bill.app import BillStandIn
from mlc_sandbox.toolkit.clock import Clock
from mlc_sandbox.toolkit.server import Server
from mlc_sandbox.toolkit.wirejson import dumps, loads

NOW = datetime(2026, 3, 16, 9, 30, tzinfo=UTC)
KEY = "01DEMODEVKEY"
ADDRESS = {
    "line1": "1 Harbor Way",
    "city": "Oakland",
    "stateOrProvince": "CA",
    "zipOrPostalCode": "94607",
    "country": "US",
}


class Bill:
    """A caller of the stand-in over real HTTP."""

    def __init__(self, server: Server) -> None:
        self.standin: BillStandIn = server.standin
        self.url = server.url
        self.http = httpx.Client(base_url=server.url)
        self.us, self.eu = self.standin.store.ids("organizations")
        self.session = ""

    def login(self, username: str = "mlc-sync", password: str = "tok_demo_1", **changes: Any) -> httpx.Response:
        body = {"username": username, "password": password, "organizationId": self.us, "devKey": KEY, **changes}
        reply = self.http.post("/connect/v3/login", content=dumps(body))
        if reply.status_code == 200:
            self.session = reply.json()["sessionId"]
        return reply

    def raw(self, method: str, path: str, body: Any = None, **kwargs: Any) -> httpx.Response:
        headers = {"sessionId": self.session, "devKey": KEY, **kwargs.pop("headers", {})}
        if body is not None:
            kwargs["content"] = body if isinstance(body, bytes) else dumps(body)
        return self.http.request(method, f"/connect/v3{path}", headers=headers, **kwargs)

    def call(self, method: str, path: str, body: Any = None, **kwargs: Any) -> Any:
        reply = self.raw(method, path, body, **kwargs)
        assert reply.status_code < 300, reply.text
        return loads(reply.content) if reply.content else None

    def refused(self, method: str, path: str, body: Any = None, **kwargs: Any) -> tuple[int, str | None, str]:
        reply = self.raw(method, path, body, **kwargs)
        assert reply.status_code >= 400, reply.text
        problem = loads(reply.content)[0]
        return reply.status_code, problem.get("code"), problem["message"]

    def get(self, path: str, **params: Any) -> Any:
        return self.call("GET", path, params=params)

    def spend(self, method: str, path: str, body: Any = None, **kwargs: Any) -> httpx.Response:
        content = None if body is None else dumps(body)
        headers = {"apiToken": "se_demo_1", **kwargs.pop("headers", {})}
        return self.http.request(method, f"/connect/v3/spend{path}", content=content, headers=headers, **kwargs)

    def events(self, method: str, path: str, body: Any = None, *, key: str | None = None) -> httpx.Response:
        headers = {"sessionId": self.session, "devKey": KEY, "X-Idempotent-Key": key or str(uuid4())}
        content = None if body is None else dumps(body)
        return self.http.request(method, f"/connect-events/v3{path}", content=content, headers=headers)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        content = None if body is None else dumps(body)
        reply = self.http.request(method, f"/_sandbox/{path}", content=content)
        assert reply.status_code == 200, reply.text
        return loads(reply.content)

    def switch(self, **values: Any) -> None:
        self.control("POST", "switches", values)

    def fault(self, match: str, kind: str, **options: Any) -> None:
        self.control("POST", "faults", {"match": match, "kind": kind, **options})

    def screen(self, type: str, **change: Any) -> Any:
        return self.control("POST", f"objects/{type}", change)

    def advance(self, seconds: float) -> None:
        self.control("POST", "clock", {"advance_s": seconds})

    def account(self, number: str = "5000") -> str:
        rows = self.get("/classifications/chart-of-accounts", max=100)["results"]
        return str(next(row["id"] for row in rows if row["account"].get("number") == number))

    def vendor(self, name: str = "Nordic Bearings", **fields: Any) -> Any:
        return self.call("POST", "/vendors", {"name": name, "address": ADDRESS, **fields})

    def body(self, vendor_id: str, number: str = "NB-2207", **fields: Any) -> dict[str, Any]:
        return {
            "vendorId": vendor_id,
            "dueDate": "2026-04-30",
            "invoice": {"invoiceNumber": number, "invoiceDate": "2026-03-10"},
            "billLineItems": [
                {"amount": Decimal("210.00"), "description": "Racking"},
                {"amount": Decimal("18.99"), "description": "Sales tax"},
            ],
            **fields,
        }

    def bill(self, vendor_id: str, number: str = "NB-2207", **fields: Any) -> Any:
        return self.call("POST", "/bills", self.body(vendor_id, number, **fields))


@pytest.fixture
def bill() -> Iterator[Bill]:
    """Two organisations with small charts, the clock standing still, a session of the first one open."""
    standin = BillStandIn(clock=Clock(frozen_at=NOW))
    with Server(standin) as server:
        caller = Bill(server)
        caller.login()
        yield caller
        caller.http.close()
        assert standin.crashes == []


class Receiver:
    """Takes webhook deliveries; answers with the next of ``statuses``, then 200."""

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
