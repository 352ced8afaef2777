from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from mlc_sandbox.quickbooks.app import QuickBooksStandIn
from mlc_sandbox.quickbooks.tokens import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN
from mlc_sandbox.toolkit.clock import Clock
from mlc_sandbox.toolkit.server import Server
from mlc_sandbox.toolkit.wirejson import dumps, loads

NOW = datetime(2026, 3, 16, 17, 30, tzinfo=UTC)
JSON = {"Accept": "application/json", "Content-Type": "application/json; charset=utf-8"}


class Company:
    """A caller of one company of the stand-in over real HTTP."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.standin: QuickBooksStandIn = server.standin
        self.http = httpx.Client(base_url=server.url)
        self.realm = self.standin.realm_id
        self.token = ""
        self.refresh_token = REFRESH_TOKEN

    def mint(self, **changes: str) -> httpx.Response:
        form = {"grant_type": "refresh_token", "refresh_token": self.refresh_token, **changes}
        reply = self.http.post("/oauth2/v1/tokens/bearer", data=form, auth=(CLIENT_ID, CLIENT_SECRET))
        if reply.status_code == 200:
            self.token, self.refresh_token = reply.json()["access_token"], reply.json()["refresh_token"]
        return reply

    def raw(self, method: str, path: str, body: Any = None, **kwargs: Any) -> httpx.Response:
        headers = {**JSON, "Authorization": f"Bearer {self.token}", **kwargs.pop("headers", {})}
        realm = kwargs.pop("realm", self.realm)
        if body is not None:
            kwargs["content"] = body if isinstance(body, bytes) else dumps(body)
        return self.http.request(method, f"/v3/company/{realm}{path}", headers=headers, **kwargs)

    def call(self, method: str, path: str, body: Any = None, **kwargs: Any) -> Any:
        reply = self.raw(method, path, body, **kwargs)
        told = loads(reply.content)
        assert reply.status_code == 200, reply.text
        assert "Fault" not in told, reply.text
        return told

    def post(self, kind: str, body: Any, **params: Any) -> Any:
        return self.call("POST", f"/{kind.lower()}", body, params=params)[kind]

    def get(self, kind: str, id: str) -> Any:
        return self.call("GET", f"/{kind.lower()}/{id}")[kind]

    def code(self, method: str, path: str, body: Any = None, **kwargs: Any) -> str:
        reply = self.raw(method, path, body, **kwargs)
        told = loads(reply.content)
        assert "Fault" in told, reply.text
        assert reply.headers["intuit_tid"]
        return str(told["Fault"]["Error"][0]["code"])

    def refused(self, kind: str, body: Any, **params: Any) -> str:
        return self.code("POST", f"/{kind.lower()}", body, params=params)

    def query(self, text: str) -> Any:
        return self.call("GET", "/query", params={"query": text})["QueryResponse"]

    def ids(self, text: str) -> list[str]:
        found = self.query(text)
        return [row["Id"] for rows in found.values() if isinstance(rows, list) for row in rows]

    def bad_query(self, text: str) -> str:
        return self.code("GET", "/query", params={"query": text})

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

    def account(self, name: str = "Materials") -> dict[str, str]:
        return {"value": self.ids(f"select * from Account where Name = '{name}'")[0]}

    def vendor(self, name: str = "Nordic Bearings", **fields: Any) -> Any:
        return self.post("Vendor", {"DisplayName": name, **fields})

    def line(self, amount: str = "120.50", account: str = "Materials", **fields: Any) -> dict[str, Any]:
        detail = {"AccountRef": self.account(account), **fields.pop("detail", {})}
        head = {"DetailType": "AccountBasedExpenseLineDetail", "Amount": Decimal(amount)}
        return {**head, "AccountBasedExpenseLineDetail": detail, **fields}

    def bill_body(self, vendor_id: str, number: str = "NB-2207", *lines: Any, **fields: Any) -> dict[str, Any]:
        head = {"VendorRef": {"value": vendor_id}, "DocNumber": number}
        return {**head, "Line": list(lines) or [self.line()], **fields}

    def bill(self, vendor_id: str, number: str = "NB-2207", *lines: Any, **fields: Any) -> Any:
        return self.post("Bill", self.bill_body(vendor_id, number, *lines, **fields))

    def payment_body(self, vendor_id: str, amount: str, *parts: tuple[str, str, str]) -> dict[str, Any]:
        lines = [{"Amount": Decimal(part), "LinkedTxn": [{"TxnId": id, "TxnType": kind}]} for kind, id, part in parts]
        check = {"BankAccountRef": self.account("Operating Account")}
        head = {"VendorRef": {"value": vendor_id}, "PayType": "Check", "CheckPayment": check}
        return {**head, "TotalAmt": Decimal(amount), "Line": lines}

    def pay(self, vendor_id: str, amount: str, *parts: tuple[str, str, str]) -> Any:
        return self.post("BillPayment", self.payment_body(vendor_id, amount, *parts))


@pytest.fixture
def qbo() -> Iterator[Company]:
    """A US company with a small chart, the clock standing still, quotas open, a token at hand."""
    standin = QuickBooksStandIn(clock=Clock(frozen_at=NOW))
    standin.limits_enabled = False
    with Server(standin) as server:
        caller = Company(server)
        caller.mint()
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
