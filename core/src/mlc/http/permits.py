"""The permit: one mutating request, and what is known about it (R1, R2, R3)."""

from collections.abc import Callable, Sequence
from enum import StrEnum

from mlc.errors import MlcError, PluginError
from mlc.http.clocks import boottime
from mlc.http.quota import Reservation

UNAUTHORISED = 401


class LateError(MlcError):
    """The moment until which the write was allowed to leave has passed; nothing was sent."""


class PermitState(StrEnum):
    NOT_STARTED = "not_started"
    STARTED = "started"
    ANSWERED = "answered"


class Verdict(StrEnum):
    """What may be said about a write, from the transport alone."""

    SURELY_NOT_SENT = "surely_not_sent"
    UNCERTAIN = "uncertain"
    ANSWERED_4XX = "answered_4xx"
    ANSWERED_2XX = "answered_2xx"


class Permit:
    """Lets exactly one mutating request of one thread through and records how far it got.

    ``state`` moves forward only, save that a complete 401 may be followed by one more send of the same request.
    ``status`` and ``complete`` belong to the last answer. ``sent`` counts how often bytes left.
    With ``payload`` only a request with exactly that body may leave; with several, or one in a tuple, one whose body
    holds them unchanged and in order. ``deadline_s``: the request's own total deadline.
    """

    def __init__(
        self,
        key: str,
        *,
        not_after_boottime: float | None = None,
        reservation: Reservation | None = None,
        payload: bytes | Sequence[bytes] | None = None,
        deadline_s: float | None = None,
        clock: Callable[[], float] = boottime,
    ) -> None:
        self.key = key
        self.not_after_boottime = not_after_boottime
        self.reservation = reservation
        self.deadline_s = deadline_s
        self._payload = payload
        self.state = PermitState.NOT_STARTED
        self.status: int | None = None
        self.complete = False
        self.sent = 0
        self._claimed = False
        self._clock = clock

    def claim(self, body: Callable[[], bytes]) -> None:
        """Take the one mutating request; its body is only read where it is compared.

        Raises: PluginError for a second one, or for other bytes than the stored ones (R10); nothing has been sent then.
        """
        if self._claimed:
            raise PluginError(
                f"The plugin tried a second mutating request for write {self.key}; a push makes exactly one.",
            )
        if self._payload is not None and not _holds(body(), self._payload):
            raise PluginError(f"The plugin tried to send other bytes for write {self.key} than those that were stored.")
        self._claimed = True

    def reopen(self) -> None:
        """Make ready to send the same request again; only a complete 401 allows it.

        Raises: PluginError otherwise.
        """
        if self.state is not PermitState.ANSWERED or not self.complete or self.status != UNAUTHORISED or self.sent > 1:
            raise PluginError(
                f"The plugin's Auth wanted to send write {self.key} again after status {self.status}; "
                "only a complete 401 allows that, once.",
            )
        self.state = PermitState.NOT_STARTED
        self.complete = False

    def start(self) -> None:
        """Called as the last statement before the first byte. Raises LateError when the moment has passed."""
        if self.not_after_boottime is not None and self._clock() > self.not_after_boottime:
            raise LateError(f"Write {self.key} was not sent: it was held up for too long before it could leave.")
        self.state = PermitState.STARTED
        self.sent += 1

    def retract(self) -> None:
        """The transport says that surely no byte left."""
        self.state = PermitState.NOT_STARTED
        self.sent -= 1

    def answer(self, status: int, *, complete: bool) -> None:
        """Note the status line, later that the body is complete."""
        self.state = PermitState.ANSWERED
        self.status = status
        self.complete = complete

    def verdict(self) -> Verdict:
        """Not started: surely not sent. A complete 2xx or 4xx: answered. Everything else is uncertain."""
        if self.state is PermitState.NOT_STARTED:
            return Verdict.SURELY_NOT_SENT
        if self.state is PermitState.STARTED or not self.complete or self.status is None:
            return Verdict.UNCERTAIN
        if 200 <= self.status < 300:
            return Verdict.ANSWERED_2XX
        if 400 <= self.status < 500:
            return Verdict.ANSWERED_4XX
        return Verdict.UNCERTAIN

    def __repr__(self) -> str:
        return f"<Permit {self.key} {self.state} status={self.status} complete={self.complete}>"


def _holds(body: bytes, payload: bytes | Sequence[bytes]) -> bool:
    if isinstance(payload, bytes):
        return body == payload
    start = 0
    for one in payload:
        found = body.find(one, start)
        if found < 0:
            return False
        start = found + len(one)
    return True
