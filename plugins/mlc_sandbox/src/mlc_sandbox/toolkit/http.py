"""Requests and responses as a stand-in sees them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from mlc_sandbox.toolkit.wirejson import dumps, loads

WRITE_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class Query:
    """The parsed query string; a name may occur more than once."""

    __slots__ = ("_pairs", "raw")

    def __init__(self, raw: str) -> None:
        self.raw = raw
        self._pairs: list[tuple[str, str]] | None = None

    def items(self) -> list[tuple[str, str]]:
        """Every pair in the order sent, blank values included."""
        if self._pairs is None:
            self._pairs = parse_qsl(self.raw, keep_blank_values=True) if self.raw else []
        return self._pairs

    def get(self, name: str, default: str | None = None) -> str | None:
        """The last value sent under a name, as most vendors take it."""
        found = default
        if self.raw:
            for key, value in self.items():
                if key == name:
                    found = value
        return found

    def all(self, name: str) -> list[str]:
        """Every value sent under a name."""
        return [value for key, value in self.items() if key == name]

    def __contains__(self, name: str) -> bool:
        return any(key == name for key, _ in self.items())


@dataclass(slots=True)
class Request:
    """One request, complete.

    Attributes:
        number: Counts from 1 per stand-in and names the request in the log.
        template: The path template it was routed to, for the counts.
        late: Whether the handler runs after its connection was dropped.
        root: The path prefix of a tenant that was taken off ``path``.
        shrunk: The fault that shrinks what this request may see; ``views.shrunk_for`` asks for it once.
    """

    method: str
    path: str
    query: Query
    headers: dict[str, str]
    body: bytes
    number: int
    template: str = ""
    late: bool = False
    root: str = ""
    shrunk: Any = None
    shrunk_asked: bool = False

    def json(self) -> Any:
        """The body as JSON. Raises ValueError when it is none."""
        return loads(self.body)

    def form(self) -> dict[str, str]:
        """The body as ``application/x-www-form-urlencoded``; the last of equal names wins."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    @property
    def is_write(self) -> bool:
        """Whether the method is one that may change something."""
        return self.method in WRITE_METHODS

    @property
    def base_url(self) -> str:
        """The root the client used (with the tenant's prefix ``root``), for absolute links in replies."""
        return "http://" + self.headers.get("host", "127.0.0.1") + self.root

    def cause(self) -> dict[str, Any]:
        """What the log names as the cause of a change made by this request."""
        cause: dict[str, Any] = {
            "kind": "request",
            "request": self.number,
            "method": self.method,
            "path": self.path,
        }
        if self.late:
            cause["late"] = True
        return cause


@dataclass(slots=True)
class Response:
    """One reply. ``headers`` may leave out content-type (JSON) and never names content-length."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


class Refused(Exception):
    """Raised by a handler to answer with ``response`` at once."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


def json_response(status: int, obj: object, headers: dict[str, str] | None = None) -> Response:
    """A JSON reply; Decimals are written as numbers, digit by digit."""
    return Response(status, dumps(obj), {"content-type": "application/json", **(headers or {})})


def text_response(status: int, text: str, headers: dict[str, str] | None = None) -> Response:
    """A plain-text reply."""
    return Response(status, text.encode(), {"content-type": "text/plain; charset=utf-8", **(headers or {})})


def html_response(status: int, html: str, headers: dict[str, str] | None = None) -> Response:
    """An HTML reply, as gateways and crashed applications send it."""
    return Response(status, html.encode(), {"content-type": "text/html; charset=utf-8", **(headers or {})})


def redirect(status: int, location: str) -> Response:
    """A redirect to ``location``."""
    return Response(status, b"", {"location": location, "content-type": "text/html; charset=utf-8"})
