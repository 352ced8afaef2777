"""A seeded stand-in on loopback and a client that knows its ways."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from mlc_sandbox.company import Company, make_company
from mlc_sandbox.procurify.app import ProcurifyStandIn
from mlc_sandbox.toolkit.server import Server

TOKEN_REQUEST = {
    "client_id": "demo-client",
    "client_secret": "demo-secret",
    "audience": "https://api.procurify.com/",
    "grant_type": "client_credentials",
}


@pytest.fixture(scope="session")
def company() -> Company:
    return make_company(1, 120)


@pytest.fixture
def standin(company: Company) -> Iterator[ProcurifyStandIn]:
    made = ProcurifyStandIn(company=company)
    yield made
    assert made.crashes == []


@pytest.fixture
def server(standin: ProcurifyStandIn) -> Iterator[Server]:
    with Server(standin) as running:
        yield running


@pytest.fixture
def bare(server: Server) -> Iterator[httpx.Client]:
    """Without credentials."""
    with httpx.Client(base_url=server.url, timeout=10) as client:
        yield client


@pytest.fixture
def http(bare: httpx.Client) -> httpx.Client:
    """With a token and the required header."""
    token = bare.post("/oauth/token", json=TOKEN_REQUEST).json()["access_token"]
    bare.headers.update({"authorization": f"Bearer {token}", "x-procurify-client": "api"})
    return bare


@pytest.fixture
def ui(http: httpx.Client) -> Callable[..., Any]:
    """``ui(type, **change)``: what a user does on the screens."""

    def act(type: str, **change: Any) -> Any:
        reply = http.post(f"/_sandbox/objects/{type}", json=change)
        assert reply.status_code == 200, reply.text
        return reply.json()

    return act


@pytest.fixture
def switch(http: httpx.Client) -> Callable[..., None]:
    """``switch(name=value)``."""

    def flip(**values: Any) -> None:
        assert http.post("/_sandbox/switches", json=values).status_code == 200

    return flip


@pytest.fixture
def approved(ui: Callable[..., Any]) -> dict[str, Any]:
    """A fresh approved bill of 100.00 over two lines, typed on the screens."""
    lines = [
        {"description": "Paper", "quantity": 4, "unit_cost": "15.00", "account_code": "6200", "department": 11},
        {"description": "Ink", "quantity": 1, "unit_cost": "40.00", "account_code": "6200", "department": 12},
    ]
    bill: dict[str, Any] = ui("bills", vendor=1, invoice_number="T-1", invoice_date="2026-11-01", items=lines, status=2)
    return bill
