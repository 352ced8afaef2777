"""A Zoho Books connection on a transport that answers from a script; fixtures of invented values."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from mlc import Connection, Token
from mlc.http import MockTransport, Request, Response, VendorClient
from mlc_zoho.books import plugin
from mlc_zoho.books.parts import MapContext
from mlc_zoho.books.schemas import ORGANISATION
from mlc_zoho.books.settings import BooksSettings
from mlc_zoho.settings import ZohoSecrets, hosts
from pydantic import SecretStr

FIXTURES = Path(__file__).parent / "fixtures"
NOW = datetime(2026, 2, 12, 9, 0, tzinfo=UTC)
DATE = "Thu, 12 Feb 2026 09:00:00 GMT"

Handler = Callable[[Request], Response]


@dataclass
class MemoryTokens:
    """Keeps one token; obtains a fresh one when it is stale or about to end."""

    token: Token | None = None
    minted: int = 0

    def current(self) -> Token | None:
        return self.token

    def obtain(
        self, mint: Callable[[Token | None], Token], *, margin_s: float, stale: SecretStr | None = None
    ) -> Token:
        token = self.token
        if token is None or token.access == stale or token.expires_at - NOW < timedelta(seconds=margin_s):
            self.minted += 1
            self.token = mint(token)
        assert self.token is not None
        return self.token


@dataclass
class Script:
    """Answers by method and path, and remembers what was asked."""

    answers: dict[str, Handler] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    signatures: list[str] = field(default_factory=list)

    def __call__(self, request: Request) -> Response:
        request.read()
        self.requests.append(request)
        self.signatures.append(request.headers.get("authorization", ""))
        key = f"{request.method} {request.url.path}"
        if key not in self.answers:
            return reply({"code": 5, "message": "Invalid URL Passed"}, status=404)
        return self.answers[key](request)

    def on(self, key: str, *bodies: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        """Answer with these bodies in turn, the last one for ever."""
        left = list(bodies)

        def answer(request: Request) -> Response:
            body = left.pop(0) if len(left) > 1 else left[0]
            return body if isinstance(body, Response) else reply(body, status=status, headers=headers)

        self.answers[key] = answer

    def asked(self, key: str) -> list[Request]:
        return [request for request in self.requests if f"{request.method} {request.url.path}" == key]


def reply(body: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    text = body if isinstance(body, str) else json.dumps(body, default=str)
    return Response(status, text=text, headers={"Content-Type": "application/json", "Date": DATE, **(headers or {})})


def load(name: str) -> Any:
    return json.loads((FIXTURES / f"{name}.json").read_text(), parse_float=Decimal)


def plain_json(name: str) -> Any:
    """A fixture as it goes over the wire in these tests."""
    return json.loads((FIXTURES / f"{name}.json").read_text())


@pytest.fixture
def script() -> Script:
    made = Script()
    made.on("GET /books/v3/organizations", plain_json("organizations"))
    return made


Connect = Callable[..., Connection[BooksSettings, ZohoSecrets]]


@pytest.fixture
def connect(script: Script) -> Iterator[Connect]:
    """Open a connection on the script; keywords are settings, ``token`` is the stored one, ``real`` takes sockets."""

    opened: list[VendorClient] = []

    def make(
        *,
        token: Token | None = None,
        secrets: Mapping[str, str] | None = None,
        without_token: bool = False,
        real: bool = False,
        **given: Any,
    ) -> Connection[BooksSettings, ZohoSecrets]:
        settings = BooksSettings(**given)
        values = {"client_id": "1000.CLIENT", "client_secret": "s3cret", **(secrets or {})}
        held = ZohoSecrets.model_validate(values)
        stored = None if without_token else token or live_token()
        tokens = MemoryTokens(stored)
        http = VendorClient(
            "books", "zoho-books", hosts=hosts(settings), endpoint=settings.endpoint,
            transport=None if real else MockTransport(script), sleep=lambda seconds: None,
        )  # fmt: skip
        opened.append(http)
        connection = Connection(
            name="books", system="zoho-books", settings=settings, secrets=held, http=http, tokens=tokens,
            now=lambda: NOW,
        )  # fmt: skip
        http.use(plugin.mlc_auth(connection=connection, tokens=tokens))
        return connection

    yield make
    for http in opened:
        http.close()


def live_token(**extra: str) -> Token:
    return Token(
        SecretStr("1000.live"), NOW + timedelta(hours=1), refresh=SecretStr("1000.refresh"), extra=extra or None
    )


@pytest.fixture
def context() -> MapContext:
    return MapContext("zoho-books", "books", "cf_source_id")


def marked(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as fetch hands it to map: with the facts of its organisation."""
    facts = {"id": "700001234", "currency_code": "EUR", "currency_id": "4600000000000097"}
    return {**row, ORGANISATION: facts}
