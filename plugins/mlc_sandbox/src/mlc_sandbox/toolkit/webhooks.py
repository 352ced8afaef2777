"""Webhooks: sent from a thread of their own, signed, sent again when nobody takes them; duplicated, reordered and lost
on request."""

from __future__ import annotations

import base64
import hashlib
import hmac
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mlc_sandbox.toolkit.faults import Kind
from mlc_sandbox.toolkit.http import Query, Request

if TYPE_CHECKING:
    from mlc_sandbox.toolkit.standin import StandIn

TIMEOUT_S = 5.0
UNREACHED = 0


@dataclass(frozen=True, slots=True)
class Hook:
    """A message on its way. ``about`` is the sender's own note of what it is; nothing of it is sent."""

    url: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    method: str = "POST"
    about: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """One try: the receiver's status, 0 when it could not be reached."""

    hook: Hook
    status: int
    attempt: int


def hmac_hex(secret: str, data: bytes, *, digest: str = "sha256") -> str:
    """A signature as most vendors write it."""
    return hmac.new(secret.encode(), data, digest).hexdigest()


def hmac_base64(secret: str, data: bytes, *, digest: str = "sha256") -> str:
    """The same in base64, as some do."""
    return base64.b64encode(hmac.new(secret.encode(), data, getattr(hashlib, digest)).digest()).decode()


def signed(
    header: str, secret: str, body: bytes, *, write: Callable[[str, bytes], str] = hmac_hex, prefix: str = ""
) -> dict[str, str]:
    """The header that signs a body, e.g. ``signed("X-Signature", secret, body, prefix="sha256=")``."""
    return {header: prefix + write(secret, body)}


def signed_with_time(
    header: str, secret: str, body: bytes, *, at_s: int, write: Callable[[str, bytes], str] = hmac_hex
) -> dict[str, str]:
    """The header ``t=…,v1=…`` over ``t.body``, so that a receiver can refuse what is old."""
    return {header: f"t={at_s},v1={write(secret, f'{at_s}.'.encode() + body)}"}


class WebhookSender:
    """Sends messages in the order they were given, from a thread of its own; one that nobody took waits its turn aside.

    Args:
        retries_s: Waits before the second, third … try, in real seconds; empty: one try and no more.
        most_a_day: Messages beyond are lost, by the stand-in's UTC day; None: no limit.
        taken: Whether a status says that the message was taken.
        timeout_s: A receiver that takes longer has not taken it.
        ended: Told of each message, from the sending thread, whether it was taken before the tries ran out.
    """

    def __init__(
        self,
        standin: StandIn,
        *,
        retries_s: Sequence[float] = (),
        most_a_day: int | None = None,
        taken: Callable[[int], bool] = lambda status: 200 <= status < 300,
        timeout_s: float = TIMEOUT_S,
        ended: Callable[[Hook, bool], None] | None = None,
    ) -> None:
        self._standin = standin
        self.retries_s = tuple(retries_s)
        self._most_a_day = most_a_day
        self._taken = taken
        self._timeout_s = timeout_s
        self._ended = ended
        self._queue: queue.SimpleQueue[Hook | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._day = ""
        self._fired = 0
        self._held: list[Hook] = []
        self.sent: list[Sent] = []

    def send(self, hook: Hook) -> None:
        """Send a message, as the faults ``webhook_lost``, ``webhook_reorder`` and ``webhook_duplicate`` have it.

        A reordered one is kept back until the next has left.
        """
        if not self._within_limit() or self._struck(Kind.WEBHOOK_LOST, hook):
            return
        if self._struck(Kind.WEBHOOK_REORDER, hook):
            self._held.append(hook)
            return
        copies = 2 if self._struck(Kind.WEBHOOK_DUPLICATE, hook) else 1
        self._let_go([hook] * copies)

    def release(self) -> None:
        """Let go of what a reorder keeps back."""
        self._let_go([])

    def flush(self) -> None:
        """Let go of what a reorder keeps back, and wait until everything was sent; for tests."""
        self.release()
        self.stop()

    def stop(self) -> None:
        """End the thread after what is queued; the next message starts another one."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join()
            self._thread = None

    def _let_go(self, hooks: list[Hook]) -> None:
        """Queue these, then what was kept back."""
        for one in (*hooks, *self._held):
            self._queue.put(one)
        self._held.clear()
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="sandbox-webhooks", daemon=True)
            self._thread.start()

    def _within_limit(self) -> bool:
        today = self._standin.clock.now().date().isoformat()
        if today != self._day:
            self._day, self._fired = today, 0
        self._fired += 1
        return self._most_a_day is None or self._fired <= self._most_a_day

    def _struck(self, kind: Kind, hook: Hook) -> bool:
        request = Request(hook.method, urlsplit(hook.url).path, Query(""), {}, b"", 0)
        return self._standin.faults.active(kind, request) is not None

    def _run(self) -> None:
        again: list[tuple[float, int, Hook]] = []  # due, attempt, hook
        ending = False
        while not ending or again:
            hook, attempt = None, 1
            now = time.monotonic()
            if again and again[0][0] <= now:
                _due, attempt, hook = again.pop(0)
            else:
                wait = max(0.0, again[0][0] - now) if again else None
                try:
                    hook = self._queue.get(timeout=wait)
                except queue.Empty:
                    continue
                if hook is None:
                    ending = True
                    continue
            status = deliver(hook, callbacks=self._standin.callbacks, timeout_s=self._timeout_s)
            self.sent.append(Sent(hook, status, attempt))
            if self._taken(status) or attempt > len(self.retries_s):
                if self._ended is not None:
                    self._ended(hook, self._taken(status))
                continue
            again.append((time.monotonic() + self.retries_s[attempt - 1], attempt + 1, hook))
            again.sort(key=lambda one: one[0])


def deliver(hook: Hook, *, callbacks: Mapping[str, str] | None = None, timeout_s: float = TIMEOUT_S) -> int:
    """Send once; the receiver's status, 0 when it could not be reached.

    ``callbacks`` says where a public root lies on this machine. Nothing is ever sent to an ``https`` URL without one.
    """
    url = local_url(hook.url, callbacks or {})
    parts = urlsplit(url)
    if parts.scheme != "http":
        return UNREACHED
    connection = HTTPConnection(parts.hostname or "", parts.port or 80, timeout=timeout_s)
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request(hook.method, target, hook.body, hook.headers)
        return connection.getresponse().status
    except (OSError, HTTPException):
        return UNREACHED
    finally:
        connection.close()


def local_url(url: str, callbacks: Mapping[str, str]) -> str:
    """Where a URL is delivered to: the longest public root that it begins with is replaced."""
    for public in sorted(callbacks, key=len, reverse=True):
        rest = url.removeprefix(public.rstrip("/"))
        if rest != url and (not rest or rest[0] in "/?"):
            return callbacks[public].rstrip("/") + rest
    return url
