from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import httpx
import pytest
from mlc_sandbox.toolkit.clock import Clock
from mlc_sandbox.toolkit.server import Server
from mlc_sandbox.toolkit.wirejson import dumps, loads
from mlc_sandbox.zoho_crm.app import ZohoCrmStandIn

NOW = datetime(2026, 3, 16, 9, 30, tzinfo=UTC)


class Crm:
    """A caller of the stand-in over real HTTP."""

    def __init__(self, server: Server) -> None:
        self.standin: ZohoCrmStandIn = server.standin
        self.http = httpx.Client(base_url=server.url)
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
        headers = {"Authorization": f"Zoho-oauthtoken {self.token}", **kwargs.pop("headers", {})}
        if body is not None:
            kwargs["content"] = dumps(body)
            headers["Content-Type"] = "application/json"
        return self.http.request(method, f"/crm/v8{path}", headers=headers, **kwargs)

    def call(self, method: str, path: str, body: Any = None, **kwargs: Any) -> Any:
        response = self.raw(method, path, body, **kwargs)
        return loads(response.content) if response.content else None

    def get(self, path: str, **params: Any) -> Any:
        return self.call("GET", path, params=params)

    def refused(self, method: str, path: str, body: Any = None, **kwargs: Any) -> tuple[int, str, dict[str, Any]]:
        response = self.raw(method, path, body, **kwargs)
        reply = loads(response.content)
        assert reply["status"] == "error", reply
        return response.status_code, reply["code"], reply["details"]

    def add(self, module: str, *rows: dict[str, Any]) -> list[str]:
        reply = self.call("POST", f"/{module}", {"data": list(rows), "trigger": []})
        assert all(row["code"] == "SUCCESS" for row in reply["data"]), reply
        return [row["details"]["id"] for row in reply["data"]]

    def account(self, name: str = "Northgate Hospital", **fields: Any) -> str:
        return self.add("Accounts", {"Account_Name": name, **fields})[0]

    def contact(self, last: str = "Okafor", **fields: Any) -> str:
        return self.add("Contacts", {"Last_Name": last, **fields})[0]

    def select(self, query: str) -> list[dict[str, Any]]:
        reply = self.call("POST", "/coql", {"select_query": query})
        return [] if reply is None else reply["data"]

    def control(self, method: str, path: str, body: Any = None) -> Any:
        content = None if body is None else dumps(body)
        response = self.http.request(method, f"/_sandbox/{path}", content=content)
        assert response.status_code == 200, response.text
        return loads(response.content)

    def switch(self, **values: Any) -> None:
        self.control("POST", "switches", values)

    def later(self, seconds: float) -> None:
        self.control("POST", "clock", {"advance_s": seconds})

    def screen(self, type: str, **change: Any) -> dict[str, Any]:
        return self.control("POST", f"objects/{type}", change)


@pytest.fixture
def crm() -> Iterator[Crm]:
    """An organisation without records, the clock standing still, the limits open, a token in hand."""
    standin = ZohoCrmStandIn(clock=Clock(frozen_at=NOW))
    standin.limits_enabled = False
    with Server(standin) as server:
        caller = Crm(server)
        caller.mint()
        yield caller
        assert caller.control("GET", "crashes") == []
        caller.http.close()


class Listener:
    """Somebody who is told: every message that arrived, in order."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.told: list[dict[str, Any]] = []


@pytest.fixture
def listener() -> Iterator[Listener]:
    heard: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    told = Listener(f"http://127.0.0.1:{server.server_port}/hook?k=v")
    told.told = heard
    yield told
    server.shutdown()
    server.server_close()
