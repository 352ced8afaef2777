"""One client connection: HTTP/1.1 with keep-alive, faults played around the handler."""

from __future__ import annotations

import asyncio
import traceback
from collections import deque
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import httptools

from mlc_sandbox.toolkit import control
from mlc_sandbox.toolkit.calls import DROPPED
from mlc_sandbox.toolkit.faults import Fault, Kind
from mlc_sandbox.toolkit.http import Query, Request, Response, html_response, redirect
from mlc_sandbox.toolkit.replies import head, own_url, stated
from mlc_sandbox.toolkit.standin import StandIn, UnknownChange

_BAD_GATEWAY = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
_GARBLED = b'{"metadata": {"\xff\xfe\x00 ]]'
_CHUNKS = 10
#: The loop counts by another clock than the stand-in.
_TIMER_SLACK_S = 0.02


class Connection(asyncio.Protocol):
    """Parses requests, answers them one after the other in the order they came."""

    def __init__(
        self, standin: StandIn, loop: asyncio.AbstractEventLoop, *, among: set[Connection] | None = None
    ) -> None:
        self._standin = standin
        self._loop = loop
        self._among = among if among is not None else set()
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._waiting: deque[tuple[Request, bool]] = deque()
        self._busy = False
        self._keep_alive = True
        self._url = b""
        self._headers: dict[str, str] = {}
        self._parts: list[bytes] = []

    # --- asyncio ---------------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        self._transport = transport  # type: ignore[assignment]
        self._among.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by asyncio; what was under way goes on, its reply goes nowhere."""
        self._transport = None
        self._among.discard(self)

    def abort(self) -> None:
        """Cut the connection."""
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """Called by asyncio."""
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._send(Response(400, b"", {"connection": "close"}), keep_alive=False)

    # --- httptools -------------------------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """Called by the parser."""
        self._url = b""
        self._headers = {}
        self._parts = []

    def on_url(self, url: bytes) -> None:
        """Called by the parser, more than once for a long URL."""
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by the parser."""
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        """Called by the parser."""
        if self._headers.get("expect", "").lower() == "100-continue" and self._transport is not None:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        """Called by the parser."""
        self._parts.append(body)

    def on_message_complete(self) -> None:
        """Called by the parser."""
        path, _, query = self._url.decode("latin-1").partition("?")
        if "%" in path:
            path = unquote(path)
        method = self._parser.get_method().decode("ascii")
        request = Request(method, path, Query(query), self._headers, b"".join(self._parts), 0)
        self._waiting.append((request, self._parser.should_keep_alive()))
        if not self._busy:
            self._next()

    # --- answering -------------------------------------------------------------------------------------------------

    def _next(self) -> None:
        if not self._waiting or self._transport is None:
            self._busy = False
            return
        self._busy = True
        request, self._keep_alive = self._waiting.popleft()
        if request.path.startswith(control.PREFIX):
            self._finish(request, self._guarded(request, lambda: control.answer(self._standin, request)))
            return
        request.number = self._standin.next_number()
        with self._standin.lock:
            self._standin.arrived(request)
        faults = self._standin.faults.transport(request)
        wait = sum(fault.wait(request) for fault in faults if fault.kind is Kind.DELAY)
        if wait > 0:
            self._loop.call_later(wait, self._play, request, faults)
        else:
            self._play(request, faults)

    def _guarded(self, request: Request, work: Callable[[], Response]) -> Response:
        """Run a handler under the stand-in's lock; a crash is a bug of the stand-in, kept in ``crashes``."""
        with self._standin.lock:
            try:
                return work()
            except Exception:  # noqa: BLE001 - a crash must answer 500 and be found by tests, not kill the connection
                self._standin.crashes.append(traceback.format_exc())
                return html_response(500, "<h1>Server Error (500)</h1>")

    def _handled(self, request: Request) -> Response:
        return self._guarded(request, lambda: self._standin.respond(request))

    def _play(self, request: Request, faults: Any) -> None:
        """Run the handler with what strikes it; the first fault that decides the reply wins."""
        if not faults:
            self._finish(request, self._handled(request))
            return
        people = [fault for fault in faults if fault.kind in (Kind.HUMAN, Kind.MERGE)]
        self._people(people, "before")
        for fault in faults:
            if fault.kind not in (Kind.DELAY, Kind.HUMAN, Kind.MERGE):
                self._struck(request, fault)
                break
        else:
            self._finish(request, self._handled(request))
        self._people(people, "after")

    def _people(self, faults: list[Fault], when: str) -> None:
        for fault in faults:
            if fault.when == when:
                change = dict(fault.body or {})
                type = str(change.pop("type", ""))
                if fault.kind is Kind.MERGE:
                    change.setdefault("action", "merge")
                with self._standin.lock:
                    try:
                        self._standin.ui_change(type, change)
                    except (UnknownChange, KeyError, ValueError) as error:
                        self._standin.crashes.append(f"{fault.kind} could not do {fault.body}: {error!r}")

    def _struck(self, request: Request, fault: Fault) -> None:
        kind = fault.kind
        if kind is Kind.DROP:
            self._drop(request)
        elif kind is Kind.COMMIT_LATE:
            request.late = True
            self._drop(request)
            moment = self._standin.clock.now() + timedelta(seconds=fault.seconds)
            self._standin.late.append((moment, lambda: self._handled(request)))
            self._loop.call_later(fault.seconds + _TIMER_SLACK_S, self._standin.carry_out_late)
        elif kind is Kind.COMMIT_THEN_DROP:
            self._handled(request)
            self._drop(request)
        elif kind is Kind.COMMIT_THEN_500:
            self._handled(request)
            self._finish(request, html_response(fault.status or 500, "<h1>Server Error (500)</h1>"))
        elif kind is Kind.STATUS:
            self._finish(request, stated(fault))
        elif kind is Kind.HTML:
            text = fault.body if isinstance(fault.body, str) else _BAD_GATEWAY
            self._finish(request, html_response(fault.status or 502, text, fault.headers))
        elif kind is Kind.REDIRECT_WRITE:
            if fault.commit:
                self._handled(request)
            self._finish(request, redirect(fault.status or 307, fault.location or own_url(request)))
        elif kind is Kind.REPLY_GARBLED:
            reply = self._handled(request)
            self._finish(request, Response(reply.status, _GARBLED, reply.headers))
        elif kind is Kind.TRUNCATE:
            self._truncate(request, self._handled(request))
        else:
            self._drip(request, self._handled(request), fault.seconds)

    def _count(self, request: Request, status: int) -> None:
        if request.number:
            with self._standin.lock:
                self._standin.left(request)
            kind = self._standin.call_kind(request)
            self._standin.calls.add(request.method, request.template or request.path, status=status, kind=kind)

    def _drop(self, request: Request) -> None:
        self._count(request, DROPPED)
        self.abort()

    def _finish(self, request: Request, response: Response) -> None:
        self._count(request, response.status)
        self._send(response, keep_alive=self._keep_alive, bodiless=request.method == "HEAD")
        if self._waiting:
            self._loop.call_soon(self._next)
        else:
            self._busy = False

    def _send(self, response: Response, *, keep_alive: bool, bodiless: bool = False) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        body = b"" if bodiless or response.status == 204 else response.body
        self._transport.write(head(response, self._standin.clock, keep_alive=keep_alive) + body)
        if not keep_alive:
            self._transport.close()

    def _truncate(self, request: Request, response: Response) -> None:
        self._count(request, response.status)
        if self._transport is not None:
            half = response.body[: len(response.body) // 2]
            self._transport.write(head(response, self._standin.clock, keep_alive=False) + half)
            self._transport.close()

    def _drip(self, request: Request, response: Response, seconds: float) -> None:
        self._count(request, response.status)
        if self._transport is None:
            return
        self._transport.write(head(response, self._standin.clock, keep_alive=self._keep_alive))
        size = max(1, -(-len(response.body) // _CHUNKS))
        pieces = [response.body[at : at + size] for at in range(0, len(response.body), size)]
        for number, piece in enumerate(pieces, start=1):
            self._loop.call_later(seconds * number / len(pieces), self._write, piece)
        self._loop.call_later(seconds * 1.01, self._after_drip)

    def _write(self, piece: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(piece)

    def _after_drip(self) -> None:
        if not self._keep_alive and self._transport is not None:
            self._transport.close()
        self._next()
