"""A transport in between: it remembers every request, and answers, delays or drops the ones a test names."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from mlc.http import BaseTransport, CallKind, ConnectError, ReadError, Request, Response

#: Headers that describe bytes as they were on the wire, no longer true of a body that was decoded.
_OF_THE_WIRE = frozenset({"content-encoding", "content-length", "transfer-encoding"})


class Fault(StrEnum):
    """What goes wrong with one request."""

    ANSWER = "answer"
    """``response`` comes at once; the vendor sees nothing."""
    ANSWER_AFTER = "answer_after"
    """The vendor does it, ``response`` comes instead of its own answer."""
    DROP_BEFORE = "drop_before"
    """No connection: surely nothing was sent."""
    DROP_AFTER = "drop_after"
    """The vendor does it, the answer is lost."""
    TRUNCATE = "truncate"
    """The vendor's own answer, cut in the middle."""
    REPEAT = "repeat"
    """The answer that the first request of the same method and path got."""
    REWRITE = "rewrite"
    """The vendor's own JSON answer, passed through ``change``."""


@dataclass(slots=True)
class Trouble:
    """A fault for some requests: those of ``kind`` (None: any but token calls), after ``after`` of them, ``times`` long
    (None: until removed)."""

    fault: Fault
    kind: CallKind | None = CallKind.READ
    response: Callable[[], Response] | None = None
    change: Callable[[Any], Any] | None = None
    times: int | None = 1
    after: int = 0
    when: Callable[[Request], bool] | None = None
    struck: int = 0

    def strikes(self, kind: CallKind, request: Request) -> bool:
        """Whether it is this request's turn; counts."""
        if self.kind is None and kind is CallKind.MINT:
            return False
        if self.kind not in (None, kind) or (self.when is not None and not self.when(request)):
            return False
        if self.after > 0:
            self.after -= 1
            return False
        if self.times is not None and self.struck >= self.times:
            return False
        self.struck += 1
        return True


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it left. ``status`` 0: it got no answer."""

    kind: CallKind
    method: str
    host: str
    path: str
    body: bytes
    headers: tuple[tuple[str, str], ...]
    status: int
    answer: bytes
    url: str = ""
    kept: str | None = None
    """The access token in custody when the request left."""


class Tap(BaseTransport):
    """Stands between a client and ``inner``. Threads may share it."""

    calls_gate = True

    def __init__(self, inner: BaseTransport) -> None:
        self.inner = inner
        self.calls: list[Call] = []
        self.troubles: list[Trouble] = []
        self.kept: Callable[[], str | None] = lambda: None
        self.minting = threading.local()
        self._first: dict[tuple[str, str], tuple[int, dict[str, str], bytes]] = {}
        self._lock = threading.Lock()

    def add(self, trouble: Trouble) -> Trouble:
        """Have it strike from now on."""
        with self._lock:
            self.troubles.append(trouble)
        return trouble

    def clear(self) -> None:
        """Forget all troubles and calls."""
        with self._lock:
            self.troubles.clear()
            self.calls.clear()

    def of(self, kind: CallKind) -> list[Call]:
        """The calls of one kind, in order."""
        return [call for call in self.calls if call.kind is kind]

    def handle_request(self, request: Request) -> Response:
        kind = self._kind(request)
        body = request.read()
        with self._lock:
            trouble = next((one for one in self.troubles if one.strikes(kind, request)), None)
        if trouble is not None and trouble.fault is Fault.DROP_BEFORE:
            self._note(kind, request, body, 0, b"")
            raise ConnectError("refused, as the test asked for")
        gate = request.extensions.get("gate")
        if gate is not None:
            gate()
            request.extensions["gate"] = None
        if trouble is not None and trouble.fault is Fault.ANSWER:
            return self._made(trouble, kind, request, body)
        if trouble is not None and trouble.fault is Fault.REPEAT:
            first = self._first.get((request.method, request.url.path))
            if first is not None:
                return self._answer(kind, request, body, *first)
        status, headers, content = self._forward(request)
        self._first.setdefault((request.method, request.url.path), (status, headers, content))
        if trouble is None:
            return self._answer(kind, request, body, status, headers, content)
        return self._spoiled(trouble, kind, request, body, (status, headers, content))

    def close(self) -> None:
        self.inner.close()

    def _spoiled(
        self, trouble: Trouble, kind: CallKind, request: Request, body: bytes, own: tuple[int, dict[str, str], bytes]
    ) -> Response:
        status, headers, content = own
        if trouble.fault is Fault.DROP_AFTER:
            self._note(kind, request, body, 0, b"")
            raise ReadError("the answer was lost, as the test asked for")
        if trouble.fault is Fault.ANSWER_AFTER:
            return self._made(trouble, kind, request, body)
        if trouble.fault is Fault.TRUNCATE:
            content = content[: len(content) // 2]
        if trouble.fault is Fault.REWRITE and trouble.change is not None and content.strip()[:1] in (b"{", b"["):
            content = json.dumps(trouble.change(json.loads(content))).encode()
        return self._answer(kind, request, body, status, headers, content)

    def _forward(self, request: Request) -> tuple[int, dict[str, str], bytes]:
        response = self.inner.handle_request(request)
        try:
            content = response.read()
        finally:
            response.close()
        headers = {name: value for name, value in response.headers.items() if name.lower() not in _OF_THE_WIRE}
        return response.status_code, headers, content

    def _made(self, trouble: Trouble, kind: CallKind, request: Request, body: bytes) -> Response:
        response = Response(500) if trouble.response is None else trouble.response()
        self._note(kind, request, body, response.status_code, response.content)
        return response

    def _answer(
        self, kind: CallKind, request: Request, body: bytes, status: int, headers: dict[str, str], content: bytes
    ) -> Response:
        self._note(kind, request, body, status, content)
        return Response(status, headers=headers, content=content)

    def _note(self, kind: CallKind, request: Request, body: bytes, status: int, answer: bytes) -> None:
        call = Call(
            kind=kind,
            method=request.method,
            host=request.url.host,
            path=request.url.path,
            body=body,
            headers=tuple((name.lower(), value) for name, value in request.headers.multi_items()),
            status=status,
            answer=answer,
            url=str(request.url),
            kept=self.kept(),
        )
        with self._lock:
            self.calls.append(call)

    def _kind(self, request: Request) -> CallKind:
        if getattr(self.minting, "now", False):
            return CallKind.MINT
        return CallKind.READ if request.extensions.get("read") else CallKind.WRITE
