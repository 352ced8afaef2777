"""One request and its answer: signing, the gate before the first byte, the deadline, errors of our own kind."""

import logging
import re
from collections.abc import Callable
from pathlib import Path

import httpx

from mlc.errors import PluginError, RejectedError, TransientError
from mlc.http.calls import CallKind, Calls
from mlc.http.clocks import boottime
from mlc.http.permits import Permit
from mlc.http.quota import QuotaGate

logger = logging.getLogger("mlc.http")

BODY_MAX = 64 * 1024 * 1024
#: A transport that is not ours raises these before any byte left.
BEFORE_ANY_BYTE = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
SENDS_MAX = 2

#: A UUID, or a vendor's short form of one.
_ID = re.compile(r"[0-9A-Fa-f-]{16,64}")

#: Where a download goes, and how many bytes it may have.
Sink = tuple[Path, int]


class Exchange:
    """Sends requests over a transport; the last room before the network."""

    def __init__(
        self,
        transport: httpx.BaseTransport,
        *,
        connection: str,
        system: str,
        calls: Calls,
        quota: QuotaGate,
        redact: Callable[[str], str],
    ) -> None:
        self.transport = transport
        self._connection = connection
        self._system = system
        self.calls = calls
        self.quota = quota
        self._redact = redact
        self._transport_calls_gate = bool(getattr(transport, "calls_gate", False))

    def signed(
        self,
        request: httpx.Request,
        auth: httpx.Auth | None,
        *,
        kind: CallKind,
        deadline: float,
        permit: Permit | None = None,
        sink: Sink | None = None,
    ) -> httpx.Response:
        """Send with the plugin's ``Auth``, which may send this same request once more.

        Raises: TransientError; PluginError when the Auth sends anything else; whatever the Auth raises.
        """
        if auth is None:
            return self.once(request, kind=kind, deadline=deadline, permit=permit, sink=sink)
        flow = auth.sync_auth_flow(request)
        try:
            self._same(next(flow), request)
            for sends in range(1, SENDS_MAX + 1):
                response = self.once(request, kind=kind, deadline=deadline, permit=permit, sink=sink)
                try:
                    again = flow.send(response)
                except StopIteration:
                    return response
                self._same(again, request)
                if sends < SENDS_MAX and permit is not None:
                    permit.reopen()
        finally:
            flow.close()
        raise PluginError(f"The Auth of {self._system} wanted to send a request a third time.", system=self._system)

    def once(
        self,
        request: httpx.Request,
        *,
        kind: CallKind,
        deadline: float,
        permit: Permit | None = None,
        gate: Callable[[], None] | None = None,
        sink: Sink | None = None,
    ) -> httpx.Response:
        """Send one request and read its answer to the end. Raises TransientError."""
        departure = _Departure(gate if permit is None else permit.start)
        left = max(0.001, deadline - boottime())
        extensions = request.extensions
        extensions["deadline"] = deadline
        extensions["gate"] = departure
        if not self._transport_calls_gate:
            extensions["timeout"] = dict.fromkeys(("connect", "read", "write", "pool"), left)
        began = boottime()
        try:
            response = self._answer(request, departure, permit)
            response.request = request
            response.extensions["system"] = self._system
            response.extensions["connection"] = self._connection
            if permit is not None:
                permit.answer(response.status_code, complete=False)
            self.calls.answered(response.status_code)
            self._read(response, deadline, sink)
        except (httpx.TransportError, httpx.DecodingError, httpx.StreamError) as error:
            raise self._translated(error, request) from self._quiet(error)
        finally:
            if departure.left:
                self.calls.sent(kind)
        if permit is not None:
            permit.answer(response.status_code, complete=True)
        self.quota.answered()
        if logger.isEnabledFor(logging.DEBUG):
            took_ms = (boottime() - began) * 1000
            url = request.url
            logger.debug("%s %s %s%s %d %.0f ms%s", self._connection, request.method, url.host, url.path,
                         response.status_code, took_ms, _named(request))  # fmt: skip
        return response

    def _answer(self, request: httpx.Request, departure: "_Departure", permit: Permit | None) -> httpx.Response:
        if self._transport_calls_gate:
            return self.transport.handle_request(request)
        departure()
        try:
            return self.transport.handle_request(request)
        except BEFORE_ANY_BYTE:
            departure.left = False
            if permit is not None:
                permit.retract()
            raise

    def _read(self, response: httpx.Response, deadline: float, sink: Sink | None) -> None:
        """Read the body whole, or into a file; stops at the deadline and at the size limit."""
        if sink is not None and response.status_code == 200:
            self._pour(response, deadline, sink)
            return
        if response.is_stream_consumed or response.is_closed:
            response.read()
            return
        pieces: list[bytes] = []
        size = 0
        assert isinstance(response.stream, httpx.SyncByteStream)
        # As it came where nothing has to be unpacked: httpx's own way there took longer than the sockets.
        packed = "content-encoding" in response.headers
        try:
            for piece in response.iter_bytes() if packed else response.stream:
                pieces.append(piece)
                size += len(piece)
                if size > BODY_MAX:
                    raise httpx.RemoteProtocolError("the answer is larger than allowed")
                if boottime() > deadline:
                    raise httpx.ReadTimeout("no whole answer in time")
        finally:
            response.close()
        response.is_stream_consumed = True
        response._content = b"".join(pieces)

    def _pour(self, response: httpx.Response, deadline: float, sink: Sink) -> None:
        path, most = sink
        size = 0
        try:
            with path.open("wb") as file:
                for piece in response.iter_bytes():
                    size += len(piece)
                    if size > most:
                        raise RejectedError(f"The file is larger than the {most} bytes allowed.", system=self._system)
                    if boottime() > deadline:
                        raise httpx.ReadTimeout("no whole file in time")
                    file.write(piece)
        finally:
            response.close()

    def _same(self, given: httpx.Request, request: httpx.Request) -> None:
        if given is not request:
            raise PluginError(
                f"The Auth of {self._system} sent a request of its own; token calls go through connection.http.mint.",
                system=self._system,
            )

    def _translated(self, error: httpx.HTTPError | httpx.StreamError, request: httpx.Request) -> TransientError:
        host = request.url.host
        if isinstance(error, httpx.TimeoutException):
            self.quota.timed_out()
            sentence = f"{host} did not answer in time."
        elif isinstance(error, httpx.ConnectError):
            sentence = f"{host} cannot be reached; check its name in the configuration and this machine's network."
        elif isinstance(error, httpx.DecodingError):
            sentence = f"{host} sent an answer that cannot be decompressed."
        else:
            sentence = f"The connection to {host} broke before the answer was complete."
        return self.trouble(sentence, self._redact(f"{type(error).__name__}: {error}"))

    def _quiet(self, error: httpx.HTTPError | httpx.StreamError) -> Exception:
        """The cause as it may be shown: a transport that is not ours may have quoted what it sent."""
        text = str(error)
        redacted = self._redact(text)
        return error if redacted == text else httpx.TransportError(f"{type(error).__name__}: {redacted}")

    def trouble(self, sentence: str, detail: str | None = None, *, code: str | None = None) -> TransientError:
        """An error of this connection that may pass."""
        return TransientError(sentence, detail, code=code, system=self._system, connection=self._connection)


def _named(request: httpx.Request) -> str:
    """The id that the plugin gave this request (X-Request-ID and the like), by which the vendor finds it in its own
    log; made of what an id may consist of, so that nothing else can stand there."""
    found = (value for name, value in request.headers.items() if name.endswith("request-id"))
    given = next(found, "")
    return f" request {given}" if _ID.fullmatch(given) else ""


class _Departure:
    """The gate before the first byte, and whether it was passed."""

    __slots__ = ("_check", "left")

    def __init__(self, check: Callable[[], None] | None) -> None:
        self._check = check
        self.left = False

    def __call__(self) -> None:
        if self._check is not None:
            self._check()
        self.left = True
