from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest
from mlc_sandbox.toolkit.clock import Clock
from mlc_sandbox.toolkit.server import Server
from mlc_sandbox.toolkit.wirejson import dumps, loads
from mlc_sandbox.zoho_books.app import ZohoBooksStandIn

NOW = datetime(2026, 3, 16, 9, 30, tzinfo=UTC)


class Books:
    """A caller of the stand-in over real HTTP, and what it holds by name."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.standin: ZohoBooksStandIn = server.standin
        self.http = httpx.Client(base_url=server.url)
        self.organization_id = self.standin.organization_id
        self.token = ""

    def mint(self, **changes: str) -> dict[str, Any]:
        form = {
            "grant_type": "refresh_token",
            "client_id": "1000.DEMO",
            "client_secret": "demo-secret",
            "refresh_token": "1000.demo.refresh",
            **changes,
        }
        reply = loads(self.http.post("/oauth/v2/token", data=form).content)
        self.token = reply.get("access_token", self.token)
        return reply

    def raw(self, method: str, path: str, body: Any = None, **kwargs: Any) -> httpx.Response:
        params = {"organization_id": self.organization_id, **kwargs.pop("params", {})}
        headers = {"Authorization": f"Zoho-oauthtoken {self.token}", **kwargs.pop("headers", {})}
        if body is not None:
            kwargs["content"] = dumps(body)
            headers["Content-Type"] = "application/json"
        return self.http.request(method, f"/books/v3{path}", params=params, headers=headers, **kwargs)

    def call(self, method: str, path: str, body: Any = None, **kwargs: Any) -> dict[str, Any]:
        return loads(self.raw(method, path, body, **kwargs).content)

    def refused(self, method: str, path: str, body: Any = None, **kwargs: Any) -> tuple[int, int, str]:
        response = self.raw(method, path, body, **kwargs)
        reply = loads(response.content)
        assert reply["code"] != 0, reply
        return response.status_code, reply["code"], reply["message"]

    def get(self, path: str, **params: Any) -> dict[str, Any]:
        return self.call("GET", path, params=params)

    def ids(self, path: str, id_key: str, **params: Any) -> list[str]:
        return [row[id_key] for row in self.get(path, **params)[path.strip("/")]]

    def control(self, method: str, path: str, body: Any = None) -> Any:
        content = None if body is None else dumps(body)
        response = self.http.request(method, f"/_sandbox/{path}", content=content)
        assert response.status_code == 200, response.text
        return loads(response.content)

    def switch(self, **values: Any) -> None:
        self.control("POST", "switches", values)

    def account(self, code: str = "5000") -> str:
        rows = self.get("/chartofaccounts", account_code=code)["chartofaccounts"]
        return str(rows[0]["account_id"])

    def currency(self, code: str) -> str:
        rows = self.get("/settings/currencies")["currencies"]
        return str(next(row["currency_id"] for row in rows if row["currency_code"] == code))

    def tax(self, percent: str) -> str:
        rows = self.get("/settings/taxes")["taxes"]
        return str(next(row["tax_id"] for row in rows if row["tax_percentage"] == Decimal(percent)))

    def vendor(self, name: str = "Nordic Bearings AS", **fields: Any) -> str:
        body = {"contact_name": name, "contact_type": "vendor", **fields}
        reply = self.call("POST", "/contacts", body)
        assert reply["code"] == 0, reply
        return str(reply["contact"]["contact_id"])

    def line(self, rate: Any = Decimal("55.5"), quantity: Any = 40, **fields: Any) -> dict[str, Any]:
        return {"account_id": self.account(), "name": "Bearing", "rate": rate, "quantity": quantity, **fields}

    def bill_body(self, vendor_id: str, number: str = "NB-20931", **fields: Any) -> dict[str, Any]:
        body = {"vendor_id": vendor_id, "bill_number": number, "date": "2026-03-10", "due_date": "2026-04-09"}
        return {**body, "line_items": [self.line()], **fields}

    def bill(self, vendor_id: str, number: str = "NB-20931", **fields: Any) -> dict[str, Any]:
        reply = self.call("POST", "/bills", self.bill_body(vendor_id, number, **fields))
        assert reply["code"] == 0, reply
        bill: dict[str, Any] = reply["bill"]
        return bill

    def order(self, vendor_id: str, *, status: str = "open", **fields: Any) -> dict[str, Any]:
        body = {"vendor_id": vendor_id, "date": "2026-03-02", "line_items": [self.line()], **fields}
        order: dict[str, Any] = self.call("POST", "/purchaseorders", body)["purchaseorder"]
        if status == "open":
            self.call("POST", f"/purchaseorders/{order['purchaseorder_id']}/status/open")
        return order


@pytest.fixture
def books() -> Iterator[Books]:
    """An organisation with a small chart, the clock standing still, the quotas open, a token in hand."""
    standin = ZohoBooksStandIn(clock=Clock(frozen_at=NOW))
    standin.limits_enabled = False
    with Server(standin) as server:
        caller = Books(server)
        caller.mint()
        yield caller
        caller.http.close()
