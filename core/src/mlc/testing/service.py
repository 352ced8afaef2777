"""A tiny vendor over real HTTP: paged collections behind a token, faults on request. For plugins' own tests.

Rows go in as plain data; amounts may be Decimal. Everything is in one process, so a test may look inside.
"""

import hashlib
import hmac
import threading
from collections.abc import Iterable, Mapping
from datetime import datetime
from http.server import ThreadingHTTPServer
from types import TracebackType
from typing import Any

from mlc.deliveries import WebhookRequest
from mlc.testing.servicerows import Row, Shelf
from mlc.testing.servicewire import Answers, Strike

API = "https://api.example.com"
CLIENT_ID = "demo-client"
CLIENT_SECRET = "demo-secret"  # noqa: S105 - invented
API_TOKEN = "demo-token"  # noqa: S105 - invented


class Service:
    """The service and what it knows. Use it in a ``with`` block, or ``start`` and ``stop`` it."""

    def __init__(self, rows: Mapping[str, Iterable[Mapping[str, Any]]], *, page_size: int = 50) -> None:
        self.page_size = page_size
        self.shelf = Shelf(rows)
        self.calls: list[tuple[str, str]] = []
        self.strikes: list[Strike] = []
        self.tokens: set[str] = set()
        self.refreshes: set[str] = set()
        self.minted = 0
        self._server: ThreadingHTTPServer | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def log(self) -> list[dict[str, Any]]:
        """Every change, in order: ``op`` (create, update, delete), ``type``, ``id``."""
        return self.shelf.log

    def rows(self, name: str) -> list[Row]:
        """Copies of a collection's rows, as stored."""
        return self.shelf.rows(name)

    def advance(self, seconds: float) -> None:
        """Move the service's clock; its tokens stay good."""
        self.shelf.advance(seconds)

    def fault(
        self,
        match: str,
        kind: str,
        *,
        times: int | None = 1,
        after: int = 0,
        status: int = 500,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        retry_after_s: int = 7,
    ) -> None:
        """Let requests go wrong: ``match`` is ``*``, a path, or ``METHOD path`` (the path's beginning).

        Kinds: status, html, drop, commit_then_drop, commit_then_500, truncate, rate_limit, token_revoked.
        """
        self.strikes.append(Strike(match, kind, times, after, status, body, dict(headers or {}), retry_after_s))

    def heal(self) -> None:
        """Take all faults out."""
        self.strikes.clear()

    def start(self) -> "Service":
        """Listen on a free port of the loopback address."""

        class Bound(Answers):
            service = self

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Bound)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Close the port."""
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()
            self._server = self._thread = None

    def __enter__(self) -> "Service":
        return self.start()

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.stop()


def service_delivery(secret: str, body: bytes, at: datetime) -> WebhookRequest:
    """A delivery as the service would send it, signed with ``secret`` at that moment."""
    moment = str(int(at.timestamp()))
    digest = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    headers = {"content-type": "application/json", "x-signature": f"t={moment},v1={digest}"}
    return WebhookRequest("POST", (), headers, body, at)
