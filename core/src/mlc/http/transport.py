"""Pooled keep-alive connections over plain sockets: little CPU, and exact about the first byte."""

import socket
import ssl
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

import httpx

from mlc.http.clocks import boottime
from mlc.http.wire import Head, Wire

if TYPE_CHECKING:
    from collections.abc import Callable

Origin = tuple[str, str, int]

#: A pooled connection idle for longer is not used for a write: servers close theirs after five seconds and more.
WRITE_IDLE_S = 4.0
READ_IDLE_S = 50.0
SMALL_BODY = 262_144


class SocketTransport(httpx.BaseTransport):
    """HTTP/1.1 without proxies. Threads may share it.

    A request's ``extensions`` say: ``deadline`` (on the clock of ``boottime``), ``gate`` (called as the last statement
    before the first byte; may raise), ``read`` (False asks for a connection that is as good as new).
    """

    calls_gate = True

    def __init__(
        self,
        *,
        connect_timeout_s: float = 8.0,
        io_timeout_s: float = 25.0,
        max_idle: int = 16,
        tls: "Callable[[], ssl.SSLContext]" = ssl.create_default_context,
    ) -> None:
        self._connect_timeout_s = connect_timeout_s
        self._io_timeout_s = io_timeout_s
        self._max_idle = max_idle
        self._make_tls = tls
        self._tls: ssl.SSLContext | None = None
        self._lock = threading.Lock()
        self._idle: dict[Origin, list[Wire]] = {}
        self._closed = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        extensions = request.extensions
        deadline: float = extensions["deadline"] if "deadline" in extensions else boottime() + self._io_timeout_s
        url = request.url
        origin = url.scheme, url.host, url.port or (443 if url.scheme == "https" else 80)
        wire = self._take(origin, max_idle_s=READ_IDLE_S if extensions.get("read", True) else WRITE_IDLE_S)
        if wire is None:
            wire = self._connect(origin, deadline)
        wire.deadline = deadline
        try:
            head = self._exchange(wire, request)
        except BaseException:
            wire.close()
            raise
        return httpx.Response(
            head.status,
            headers=head.headers,
            stream=_Body(self, origin, wire, head),
            extensions={"http_version": b"HTTP/1.1", "reason_phrase": head.reason},
        )

    def _exchange(self, wire: Wire, request: httpx.Request) -> Head:
        start = _start_of(request)
        stream = request.stream
        assert isinstance(stream, httpx.SyncByteStream)
        chunked = "transfer-encoding" in request.headers
        pieces = (_framed(piece) for piece in stream if piece) if chunked else iter(stream)
        first = next(pieces, b"")
        gate = request.extensions.get("gate")
        if gate is not None:
            gate()
        if len(first) <= SMALL_BODY:
            wire.send(start + first)
        else:
            wire.send(start)
            wire.send(first)
        for piece in pieces:
            wire.send(piece)
        if chunked:
            wire.send(b"0\r\n\r\n")
        return wire.read_head(bodiless=request.method == "HEAD")

    def close(self) -> None:
        """Close what is idle; what is in use closes when it is done."""
        with self._lock:
            self._closed = True
            idle = [wire for wires in self._idle.values() for wire in wires]
            self._idle.clear()
        for wire in idle:
            wire.close()

    def _take(self, origin: Origin, *, max_idle_s: float) -> Wire | None:
        oldest = boottime() - max_idle_s
        while True:
            with self._lock:
                wires = self._idle.get(origin)
                if not wires:
                    return None
                wire = wires.pop()
            if wire.idle_since >= oldest and wire.is_fresh():
                return wire
            wire.close()

    def _give_back(self, origin: Origin, wire: Wire) -> None:
        wire.idle_since = boottime()
        with self._lock:
            wires = self._idle.setdefault(origin, [])
            if not self._closed and len(wires) < self._max_idle:
                wires.append(wire)
                return
        wire.close()

    def _connect(self, origin: Origin, deadline: float) -> Wire:
        scheme, host, port = origin
        timeout_s = min(self._connect_timeout_s, deadline - boottime())
        if timeout_s <= 0:
            raise httpx.ConnectTimeout("no time left to connect")
        try:
            sock = socket.create_connection((host, port), timeout_s)
        except TimeoutError as error:
            raise httpx.ConnectTimeout("connecting took too long") from error
        except OSError as error:
            raise httpx.ConnectError(error.strerror or type(error).__name__) from error
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if scheme == "https":
                sock = self._tls_context().wrap_socket(sock, server_hostname=host)
        except TimeoutError as error:
            sock.close()
            raise httpx.ConnectTimeout("the TLS handshake took too long") from error
        except OSError as error:
            sock.close()
            reason = error.verify_message if isinstance(error, ssl.SSLCertVerificationError) else error.strerror
            raise httpx.ConnectError(f"TLS: {reason or type(error).__name__}") from error
        except BaseException:
            sock.close()
            raise
        return Wire(sock, io_timeout_s=self._io_timeout_s)

    def _tls_context(self) -> ssl.SSLContext:
        with self._lock:
            if self._tls is None:
                self._tls = self._make_tls()
                self._tls.set_alpn_protocols(["http/1.1"])
            return self._tls


class _Body(httpx.SyncByteStream):
    """Reads the body as asked for; a connection read to the end goes back to the pool, any other is closed."""

    def __init__(self, transport: SocketTransport, origin: Origin, wire: Wire, head: Head) -> None:
        self._transport = transport
        self._origin = origin
        self._wire = wire
        self._head = head
        self._finished = False
        self._released = False

    def __iter__(self) -> Iterator[bytes]:
        yield from self._wire.body(self._head)
        self._finished = True

    def close(self) -> None:
        if self._released:
            return
        self._released = True
        if self._finished and self._head.keep_alive:
            self._transport._give_back(self._origin, self._wire)
        else:
            self._wire.close()


def _start_of(request: httpx.Request) -> bytes:
    lines = [f"{request.method} ".encode("ascii") + request.url.raw_path + b" HTTP/1.1"]
    lines.extend(name + b": " + value for name, value in request.headers.raw)
    start = b"\r\n".join(lines)
    if b"\n" in start.replace(b"\r\n", b"") or start.count(b"\r") != len(lines) - 1:
        raise httpx.LocalProtocolError("a header holds a line break")
    return start + b"\r\n\r\n"


def _framed(piece: bytes) -> bytes:
    return f"{len(piece):x}\r\n".encode("ascii") + piece + b"\r\n"


def open_transport(proxy: str | None = None) -> httpx.BaseTransport:
    """Pooled sockets; through a proxy, httpx's own transport, which is as right and slower."""
    return SocketTransport() if proxy is None else httpx.HTTPTransport(proxy=proxy)
