"""HTTP/1.1 on one socket: sends a request's bytes, reads the answer, and never waits past its deadline."""

import select
import socket
from collections.abc import Iterator
from dataclasses import dataclass

import httpx

from mlc.http.clocks import boottime

HEAD_MAX = 65_536
CHUNK = 65_536
#: A wait is set so much too short, and kept until it would be too long, or short by twice as much: setting it is a call
#: of the system, and hands the interpreter to another thread. No deadline is overrun by it.
NEAR = 0.01


@dataclass(frozen=True, slots=True)
class Head:
    """Status line and headers. ``length`` None and not chunked: the body ends with the connection."""

    status: int
    reason: bytes
    headers: list[tuple[bytes, bytes]]
    length: int | None
    chunked: bool
    keep_alive: bool


class Wire:
    """One connection. ``deadline`` is on the clock of ``boottime``; each wait is also bounded by ``io_timeout_s``."""

    def __init__(self, sock: socket.socket, *, io_timeout_s: float) -> None:
        self._sock = sock
        self._io_timeout_s = io_timeout_s
        self._buffer = bytearray()
        self._armed_s = 0.0
        self.deadline = 0.0
        self.idle_since = 0.0
        self._poll = select.poll()
        self._poll.register(sock, select.POLLIN)

    def is_fresh(self) -> bool:
        """Whether an idle connection looks open: nothing to read. An end, or bytes nobody asked for, both say no."""
        return not self._buffer and not self._poll.poll(0)

    def close(self) -> None:
        self._sock.close()

    def send(self, data: bytes) -> None:
        """Raises httpx.WriteTimeout, httpx.WriteError."""
        try:
            self._arm()
            self._sock.sendall(data)
        except TimeoutError as error:
            raise httpx.WriteTimeout("sending took too long") from error
        except OSError as error:
            raise httpx.WriteError(_words(error)) from error

    def read_head(self, *, bodiless: bool) -> Head:
        """The first answer that is not interim. Raises httpx.RemoteProtocolError, ReadError, ReadTimeout."""
        while True:
            head = _parse_head(self._until(b"\r\n\r\n", HEAD_MAX), bodiless=bodiless)
            if head.status >= 200:
                return head

    def body(self, head: Head) -> Iterator[bytes]:
        """The body in pieces. Raises httpx.RemoteProtocolError when it ends before it should."""
        if head.chunked:
            yield from self._chunks()
        elif head.length is None:
            yield from self._rest()
        else:
            yield from self._exactly(head.length)

    def _chunks(self) -> Iterator[bytes]:
        while True:
            line = self._until(b"\r\n", 1024)
            try:
                size = int(line.split(b";", 1)[0].strip(), 16)
            except ValueError as error:
                raise httpx.RemoteProtocolError("bad chunk size") from error
            if size == 0:
                break
            yield from self._exactly(size)
            if bytes(self._take(2)) != b"\r\n":
                raise httpx.RemoteProtocolError("chunk without its end")
        while self._until(b"\r\n", HEAD_MAX):
            pass

    def _rest(self) -> Iterator[bytes]:
        if self._buffer:
            yield bytes(self._buffer)
            self._buffer.clear()
        while data := self._receive():
            yield data

    def _exactly(self, size: int) -> Iterator[bytes]:
        if self._buffer and size:
            piece = bytes(self._buffer[:size])
            del self._buffer[:size]
            size -= len(piece)
            yield piece
        while size > 0:
            data = self._receive()
            if not data:
                raise httpx.RemoteProtocolError("the answer broke off")
            if len(data) > size:
                self._buffer += data[size:]
                data = data[:size]
            size -= len(data)
            yield data

    def _take(self, size: int) -> bytearray:
        while len(self._buffer) < size:
            self._more()
        piece = self._buffer[:size]
        del self._buffer[:size]
        return piece

    def _until(self, end: bytes, most: int) -> bytes:
        searched = 0
        while (at := self._buffer.find(end, searched)) < 0 and len(self._buffer) <= most:
            searched = max(0, len(self._buffer) - len(end) + 1)
            self._more()
        if at < 0 or at > most:
            raise httpx.RemoteProtocolError("headers too long")
        piece = bytes(self._buffer[:at])
        del self._buffer[: at + len(end)]
        return piece

    def _more(self) -> None:
        data = self._receive()
        if not data:
            raise httpx.RemoteProtocolError("the server hung up without a whole answer")
        self._buffer += data

    def _receive(self) -> bytes:
        try:
            self._arm()
            return self._sock.recv(CHUNK)
        except TimeoutError as error:
            raise httpx.ReadTimeout("no whole answer in time") from error
        except OSError as error:
            raise httpx.ReadError(_words(error)) from error

    def _arm(self) -> None:
        left = self.deadline - boottime()
        if left <= 0:
            raise TimeoutError
        wait_s = min(left, self._io_timeout_s)
        if not wait_s * (1 - 2 * NEAR) <= self._armed_s <= wait_s:
            self._armed_s = wait_s * (1 - NEAR)
            self._sock.settimeout(self._armed_s)


def _parse_head(raw: bytes, *, bodiless: bool) -> Head:
    first, *lines = raw.split(b"\r\n")
    version, _, rest = first.partition(b" ")
    code, _, reason = rest.partition(b" ")
    if version not in (b"HTTP/1.1", b"HTTP/1.0") or len(code) != 3 or not code.isdigit():
        raise httpx.RemoteProtocolError("not an HTTP answer")
    status = int(code)
    headers: list[tuple[bytes, bytes]] = []
    length: int | None = None
    chunked = False
    keep_alive = version == b"HTTP/1.1"
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon or not name or name != name.strip():
            raise httpx.RemoteProtocolError("malformed header")
        value = value.strip()
        headers.append((name, value))
        lower = name.lower()
        if lower == b"content-length":
            if not value.isdigit() or (length is not None and length != int(value)):
                raise httpx.RemoteProtocolError("bad content length")
            length = int(value)
        elif lower == b"transfer-encoding":
            chunked = value.lower() == b"chunked"
            if not chunked:
                raise httpx.RemoteProtocolError("unknown transfer encoding")
        elif lower == b"connection":
            keep_alive = b"keep-alive" in value.lower() or (keep_alive and b"close" not in value.lower())
    if bodiless or status < 200 or status in (204, 304):
        length, chunked = 0, False
    elif chunked:
        length = None
    elif length is None:
        keep_alive = False
    return Head(status, reason, headers, length, chunked, keep_alive)


def _words(error: OSError) -> str:
    return error.strerror or type(error).__name__
