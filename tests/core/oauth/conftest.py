"""A token server on loopback, and custody over a real database."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest
from mlc.clock import Clock
from mlc.connection import Token
from mlc.errors import AuthError, TransientError
from mlc.http import VendorClient, decode
from mlc.oauth.tokens import StoredTokens
from mlc.store.credentials import Credentials, Keys
from mlc.store.database import Database, open_database
from pydantic import SecretStr

HOST = "api.vendor.example"


class Moving(Clock):
    """The real clock, moved by hand."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


class TokenServer:
    """Rotates the refresh token at every use and gives no grace: a second use of one kills the grant."""

    def __init__(self) -> None:
        self.refresh = "refresh-0"
        self.mints = 0
        self.calls: list[str] = []
        self.good: set[str] = set()
        self.dead = False
        self.delay_s = 0.0
        self.mode = "ok"
        self._lock = threading.Lock()
        outer = self

        class Answer(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                status, reply = outer.token(parse_qs(body.decode())) if self.path == "/token" else outer.api(self)
                self.reply(status, reply)

            def do_GET(self) -> None:
                self.reply(*outer.api(self))

            def reply(self, status: int, value: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(value)))
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(value)

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        self.endpoint = f"http://127.0.0.1:{self._server.server_port}"

    def token(self, form: dict[str, list[str]]) -> tuple[int, bytes]:
        time.sleep(self.delay_s)
        with self._lock:
            self.mints += 1
            if self.mode == "html":
                return 200, b"<html>"
            if self.mode == "down":
                return 503, b"{}"
            if self.dead or form.get("refresh_token") != [self.refresh]:
                self.dead = True
                return 400, b'{"error":"invalid_grant"}'
            self.refresh = f"refresh-{self.mints}"
            access = f"access-{self.mints}"
            self.good = {access}
            reply = {"access_token": access, "refresh_token": self.refresh, "expires_in": 3600}
            return 200, json.dumps(reply).encode()

    def api(self, request: BaseHTTPRequestHandler) -> tuple[int, bytes]:
        given = request.headers.get("Authorization", "")
        self.calls.append(given)
        return (200, b"{}") if given.removeprefix("Bearer ") in self.good else (401, b"{}")

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


@pytest.fixture
def vendor() -> Iterator[TokenServer]:
    server = TokenServer()
    yield server
    server.close()


@pytest.fixture
def clock() -> Moving:
    return Moving()


@pytest.fixture
def database(tmp_path) -> Iterator[Database]:
    opened = open_database(tmp_path / "mlc.db")
    yield opened
    opened.close()


class Custody:
    """What one process holds: a client, its tokens, and the mint that a plugin would write."""

    def __init__(self, vendor: TokenServer, database: Database, clock: Clock, alerts: list[str]) -> None:
        self.clock = clock
        self.client = VendorClient("acme", "vendor", hosts=(HOST,), endpoint=vendor.endpoint, sleep=lambda _: None)
        self.credentials = Credentials(database, Keys(b"k" * 32), now=clock.now)
        self.tokens = StoredTokens(
            "acme", "vendor", credentials=self.credentials, client=self.client, clock=clock, on_paused=alerts.append
        )

    def mint(self, stored: Token | None) -> Token:
        if stored is None or stored.refresh is None:
            raise AuthError("Not connected yet.")
        response = self.client.mint(
            "POST", f"https://{HOST}/token", data={"refresh_token": stored.refresh.get_secret_value()}
        )
        if response.status_code >= 500:
            raise TransientError("The token server is down.")
        reply: dict[str, Any] = decode(response)
        if "error" in reply:
            raise AuthError(f"The grant is gone: {reply['error']}.")
        return Token(
            access=SecretStr(reply["access_token"]),
            refresh=SecretStr(reply["refresh_token"]),
            expires_at=self.clock.now() + timedelta(seconds=reply["expires_in"]),
        )

    def obtain(self, **options: Any) -> str:
        return self.tokens.obtain(self.mint, margin_s=300, **options).access.get_secret_value()


@pytest.fixture
def alerts() -> list[str]:
    return []


@pytest.fixture
def process(vendor, database, clock, alerts) -> Iterator[Callable[[], Custody]]:
    """Each call stands for another process on the same database."""
    made: list[Custody] = []

    def start() -> Custody:
        made.append(Custody(vendor, database, clock, alerts))
        return made[-1]

    yield start
    for each in made:
        each.client.close()


@pytest.fixture
def custody(process, clock) -> Custody:
    """A process with a token that has just expired."""
    started = process()
    started.tokens.store(Token(SecretStr("access-0"), clock.now() - timedelta(seconds=1), SecretStr("refresh-0")))
    return started
