"""A connection to an invented tenant, answered by a handler of the test's own."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from mlc import Connection, Token
from mlc.http import MockTransport, Request, Response, VendorClient
from mlc_procurify.auth import ProcurifyConnection
from mlc_procurify.settings import ProcurifySecrets, ProcurifySettings
from pydantic import SecretStr

from mlc_procurify import auth, plugin

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
HTTP_DATE = "Tue, 10 Mar 2026 11:59:30 GMT"
FIXTURES = Path(__file__).parent / "fixtures"

Handler = Callable[[Request], Response]


def load(name: str) -> Any:
    """A fixture, numbers as the client would parse them."""
    return json.loads((FIXTURES / name).read_text(), parse_float=Decimal)


def answer(body: Any, status: int = 200, **headers: str) -> Response:
    """A JSON answer with the vendor's clock."""
    text = json.dumps(body, default=float)
    named = {"Date": HTTP_DATE, "Content-Type": "application/json", **headers}
    return Response(status, content=text.encode(), headers=named)


def listing(rows: list[Any], *, following: str | None = None, count: int | None = None) -> Response:
    """A list in the usual envelope."""
    pagination = {"count": len(rows) if count is None else count, "next": following, "previous": None}
    return answer({"metadata": {"pagination": pagination}, "data": rows})


class MemoryTokens:
    """A token store of one test."""

    def __init__(self, token: Token | None = None) -> None:
        self.token = token

    def current(self) -> Token | None:
        return self.token

    def obtain(
        self, mint: Callable[[Token | None], Token], *, margin_s: float, stale: SecretStr | None = None
    ) -> Token:
        held = self.token
        alive = held is not None and held.expires_at > NOW + timedelta(seconds=margin_s)
        if held is None or not alive or (stale is not None and held.access == stale):
            self.token = held = mint(held)
        return held


class Tenant:
    """Records what was asked and answers with the test's handler, tokens by itself."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.token_requests: list[Request] = []
        self.handler: Handler = lambda request: answer({"detail": "Not found."}, 404)
        self.token_handler: Handler = lambda request: answer(
            {"access_token": f"token-{len(self.token_requests)}", "token_type": "Bearer", "expires_in": 86400}
        )

    def __call__(self, request: Request) -> Response:
        if request.url.path == "/oauth/token":
            self.token_requests.append(request)
            return self.token_handler(request)
        # A copy: a repeated request is the same object, signed anew.
        self.requests.append(Request(request.method, request.url, headers=request.headers, content=request.content))
        return self.handler(request)

    def connect(self, **settings: Any) -> ProcurifyConnection:
        made = ProcurifySettings(**{"subdomain": "northwind", **settings})
        tokens = MemoryTokens()
        client = VendorClient(
            "purchasing",
            "procurify",
            hosts=plugin.mlc_describe().hosts(made),
            transport=MockTransport(self),
            sleep=lambda seconds: None,
        )
        connection: ProcurifyConnection = Connection(
            name="purchasing",
            system="procurify",
            settings=made,
            secrets=ProcurifySecrets(client_id=SecretStr("app-1"), client_secret=SecretStr("s3cret-of-app-1")),
            http=client,
            tokens=tokens,
            now=lambda: NOW,
        )
        client.use(auth.bearer(connection, tokens))
        return connection


@pytest.fixture
def tenant() -> Tenant:
    return Tenant()


@pytest.fixture
def connection(tenant: Tenant) -> ProcurifyConnection:
    return tenant.connect()
