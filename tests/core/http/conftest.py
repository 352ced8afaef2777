"""A vendor on a loopback socket that can misbehave at any byte."""

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from mlc.http import VendorClient

HOST = "api.vendor.example"
URL = f"https://{HOST}"


@dataclass
class Incoming:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    peer: socket.socket
    connection_no: int


def answer(status: int = 200, body: bytes = b"{}", **headers: str) -> bytes:
    """A well-formed answer. Header names are given with underscores."""
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", "Content-Type: application/json"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


Script = Callable[[Incoming], bytes | None]


@dataclass
class Vendor:
    """Calls ``script`` per request: bytes are sent and the connection kept, None closes it."""

    script: Script
    seen: list[Incoming] = field(default_factory=list)
    connections: int = 0

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.port: int = self._listener.getsockname()[1]
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self._start(self._accept)

    def _start(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(peer)
            self._start(self._serve, peer, self.connections)

    def _serve(self, peer: socket.socket, number: int) -> None:
        with peer:
            stream = peer.makefile("rb")
            try:
                while (incoming := read_request(stream, peer, number)) is not None:
                    self.seen.append(incoming)
                    reply = self.script(incoming)
                    if reply is None:
                        return
                    peer.sendall(reply)
            except OSError:
                return
            finally:
                stream.close()

    def drop_connections(self) -> None:
        """Close every open connection from the vendor's side."""
        for peer in self._open:
            try:
                peer.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.drop_connections()
        for thread in self._threads:
            thread.join(5)


def read_request(stream, peer: socket.socket, number: int) -> Incoming | None:
    first = stream.readline()
    if not first:
        return None
    method, target, _ = first.decode().split(" ", 2)
    headers = {}
    while (line := stream.readline().strip()) != b"":
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.lower()] = value.strip()
    body = b""
    if headers.get("transfer-encoding") == "chunked":
        while size := int(stream.readline(), 16):
            body += stream.read(size)
            stream.readline()
        stream.readline()
    else:
        body = stream.read(int(headers.get("content-length", "0")))
    return Incoming(method, target, headers, body, peer, number)


@pytest.fixture
def serve() -> Iterator[Callable[[Script], Vendor]]:
    """Start a vendor with a script; stopped at the end."""
    started: list[Vendor] = []

    def start(script: Script) -> Vendor:
        started.append(Vendor(script))
        return started[-1]

    yield start
    for vendor in started:
        vendor.close()


@pytest.fixture
def connect() -> Iterator[Callable[..., VendorClient]]:
    """A client of that vendor, closed at the end. Waits between tries are skipped."""
    made: list[VendorClient] = []

    def make(vendor: Vendor | None, **options) -> VendorClient:
        options.setdefault("endpoint", vendor.endpoint if vendor is not None else None)
        options.setdefault("sleep", lambda _: None)
        options.setdefault("hosts", (HOST,))
        made.append(VendorClient("acme", "vendor", **options))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture
def url() -> str:
    return URL


@pytest.fixture(name="answer")
def _answer() -> Callable[..., bytes]:
    return answer
