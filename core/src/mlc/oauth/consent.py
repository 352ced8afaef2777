"""A person's consent: the browser comes back to a loopback address, or where it ended is pasted."""

import hmac
import secrets as randomness
import webbrowser
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from mlc.clock import Clock
from mlc.connection import AnyConnection
from mlc.errors import AuthError, ConfigError
from mlc.oauth.shared import with_scopes
from mlc.oauth.tokens import StoredTokens
from mlc.system import Consent

LOOPBACK = ("localhost", "127.0.0.1")
WAIT_S = 300.0
_PAGE = b"""<!doctype html><html lang="en"><meta charset="utf-8"><title>ml-connector</title>
<body style="font-family:sans-serif;margin:4rem"><h1>%s</h1><p>%s</p></body></html>"""


@dataclass(frozen=True, slots=True)
class Invitation:
    """One request for consent: the URL a person opens, and the state that its answer must carry."""

    url: str = field(repr=False)
    state: str = field(repr=False)
    redirect_uri: str


def invite(
    connection: AnyConnection,
    consent: Consent,
    *,
    redirect_uri: str | None = None,
    guests: Sequence[tuple[AnyConnection, Consent]] = (),
) -> Invitation:
    """Make the URL to open.

    Args:
        redirect_uri: replaces the registered one, e.g. with another port.
        guests: connections that the same consent is to cover.
    """
    uri = consent.redirect_uri if redirect_uri is None else redirect_uri
    state = randomness.token_urlsafe(32)
    url = consent.authorize_url(connection.settings, connection.secrets, uri, state)
    others = [theirs.authorize_url(one.settings, one.secrets, uri, state) for one, theirs in guests]
    return Invitation(with_scopes(url, others) if others else url, state, uri)


def open_browser(invitation: Invitation) -> bool:
    """Open the person's browser. False when there is none: show the URL and ask to paste."""
    return webbrowser.open(invitation.url)


def read_callback(pasted: str, *, state: str) -> Mapping[str, str]:
    """The parameters of the address that the browser ended at: the whole URL, or what follows its question mark.

    Raises: AuthError when it answers another request, was refused, or brings no code.
    """
    text = pasted.strip().strip("'\"<>")
    query = urlsplit(text).query if "://" in text else text.partition("?")[2] or text
    parameters = dict(parse_qsl(query, keep_blank_values=True))
    if not hmac.compare_digest(parameters.pop("state", "").encode(), state.encode()):
        raise AuthError("That address does not belong to this request (its state differs); start again.")
    refusal = parameters.get("error")
    if refusal is not None:
        raise AuthError(f"Consent was refused: {refusal[:80]}.")
    if not parameters.get("code"):
        raise AuthError("That address carries no code; paste the whole address that the browser ended at.")
    return parameters


class Callback:
    """A server on the loopback address that waits for the browser to come back. Listens as soon as it is made.

    Raises: ConfigError when the redirect address is not on this machine, or its port is taken.
    """

    def __init__(self, redirect_uri: str, *, state: str) -> None:
        parts = urlsplit(redirect_uri)
        if parts.scheme != "http" or parts.hostname not in LOOPBACK:
            raise ConfigError("The redirect address is not on this machine; paste the address instead.")
        try:
            self._server = _Server(parts.port or 80, path=parts.path or "/", state=state)
        except OSError as error:
            raise ConfigError(f"Port {parts.port} is taken, so the browser cannot come back to it.") from error

    @property
    def port(self) -> int:
        return self._server.server_port

    def wait(self, *, timeout_s: float = WAIT_S, clock: Clock | None = None) -> Mapping[str, str]:
        """The parameters that the browser brought. Whatever else calls is turned away and waited past.

        Raises: AuthError when consent was refused or nobody came in time.
        """
        clock = Clock() if clock is None else clock
        give_up = clock.boottime() + timeout_s
        while self._server.parameters is None and self._server.refusal is None:
            left = give_up - clock.boottime()
            if left <= 0:
                raise AuthError(
                    f"Nobody gave consent within {timeout_s / 60:.0f} minutes; start again, "
                    "with --paste where this machine has no browser."
                )
            self._server.timeout = min(left, 1.0)
            self._server.handle_request()
        if self._server.refusal is not None:
            raise self._server.refusal
        assert self._server.parameters is not None
        return self._server.parameters

    def close(self) -> None:
        self._server.server_close()

    def __enter__(self) -> "Callback":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def accept(
    connection: AnyConnection,
    consent: Consent,
    tokens: StoredTokens,
    *,
    callback: Mapping[str, str],
    redirect_uri: str | None,
) -> None:
    """Exchange what consent brought for a token and keep it. A self-client code is ``{"code": …}`` alone.

    Raises: what the plugin's exchange raises.
    """
    tokens.store(consent.exchange(connection, callback, redirect_uri))


class _Server(HTTPServer):
    def __init__(self, port: int, *, path: str, state: str) -> None:
        super().__init__(("127.0.0.1", port), _Answer)
        self.path = path
        self.state = state
        self.parameters: Mapping[str, str] | None = None
        self.refusal: AuthError | None = None

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that hangs up early is no news."""


class _Answer(BaseHTTPRequestHandler):
    server: _Server
    timeout = 5

    def do_GET(self) -> None:
        if urlsplit(self.path).path != self.server.path:
            self._show(404, b"Not here", b"")
            return
        query = urlsplit(self.path).query
        try:
            self.server.parameters = read_callback(f"?{query}", state=self.server.state)
        except AuthError as error:
            if _answers(query, self.server.state):
                self.server.refusal = error
            self._show(400, b"Not connected", error.sentence.encode("ascii", "replace").replace(b"<", b""))
            return
        self._show(200, b"Connected", b"You may close this page and go back to the terminal.")

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the request line carries the code."""

    def _show(self, status: int, title: bytes, text: bytes) -> None:
        page = _PAGE % (title, text)
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        self.end_headers()
        self.wfile.write(page)


def _answers(query: str, state: str) -> bool:
    """Whether a callback belongs to our request, refused or not."""
    return hmac.compare_digest(dict(parse_qsl(query)).get("state", "").encode(), state.encode())
