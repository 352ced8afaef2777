"""One write under its permit, and what may be concluded from it (R1)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import cast

from mlc.contract import Accepted, Created, NotSent, Outcome, RejectCause, Rejected, Updated, Write
from mlc.engine.intents import Intent
from mlc.engine.session import Session
from mlc.errors import (
    AuthError,
    ClosedPeriodError,
    ConflictError,
    DuplicateError,
    MlcError,
    NotFoundError,
    PluginError,
    RateLimitedError,
    ReferenceMissingError,
    RejectedError,
    TransientError,
)
from mlc.http import LateError, Reservation, Verdict
from mlc.testing.steps import step

#: From here to the first byte; later it is not sent (R3).
LEAVE_WITHIN_S = 5.0
RETRY_S = 30.0


class Fate(StrEnum):
    """What became of one attempt."""

    CONFIRMED = "confirmed"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    RETRY = "retry"
    """Surely not done; may be sent again after ``retry_after_s``."""
    CONFLICT = "conflict"
    """Refused because the target had changed: decide again."""
    UNCERTAIN = "uncertain"
    PAUSED = "paused"
    """The credentials are refused; nothing was done."""


@dataclass(frozen=True, slots=True)
class Result:
    intent: Intent
    fate: Fate
    outcome: Outcome | None = None
    reason: str = ""
    retry_after_s: float = 0.0
    request_id: str | None = None
    late: bool = False
    """It was held up for too long before it could leave, and was not sent."""
    broken: bool = False
    """The plugin broke its contract before anything was sent: sending it again would change nothing."""
    bisected: int | None = None
    """Refused together with others: it leaves again with at most so many in its request (R8)."""


_CAUSES: tuple[tuple[type[MlcError], RejectCause], ...] = (
    (ClosedPeriodError, RejectCause.CLOSED_PERIOD),
    (DuplicateError, RejectCause.DUPLICATE),
    (ReferenceMissingError, RejectCause.REFERENCE_GONE),
    (NotFoundError, RejectCause.NOT_FOUND),
    (RejectedError, RejectCause.INVALID),
)


def push(
    session: Session,
    batch: Sequence[Intent],
    writes: Sequence[Write],
    *,
    leave_before: float,
    deadline_s: float,
    reservation: Reservation | None,
) -> tuple[Verdict, dict[str, Outcome], Exception | None]:
    """One mutating request under its permit: how far it got, what the plugin says of each write, what it raised.

    Never raises for anything the plugin or the vendor did. KeyboardInterrupt and the like pass through: the intents
    stay ``sending`` and are uncertain at the next start.
    """
    first, write = batch[0], writes[0]
    connection = session.connections[first.side]
    outcomes: Sequence[Outcome] | None = None
    error: Exception | None = None
    support = session.system(first.side).support(first.object_type)
    sealed: bytes | tuple[bytes, ...] | None = first.payload or None
    if write.attachment is not None:
        sealed = None
    elif len(batch) > 1 or (support is not None and support.framed and first.payload):
        sealed = tuple(intent.payload for intent in batch)
    with connection.http.permit(
        first.batch or first.id,
        not_after_boottime=leave_before,
        reservation=reservation,
        payload=sealed,
        deadline_s=deadline_s,
    ) as permit:
        step("push.permit.open")
        try:
            outcomes = session.plugins.call(
                connection.system,
                "mlc_push",
                connection=connection,
                object_type=first.object_type,
                writes=list(writes),
            )
        except Exception as raised:  # noqa: BLE001 - R1: whatever a plugin raises, the transport's record decides
            error = raised
            if isinstance(raised, RateLimitedError):
                connection.http.quota.heed(raised)
        verdict = permit.verdict()
    step("push.answered")
    keys = {intent.id for intent in batch}
    return verdict, {one.key: one for one in outcomes or () if one.key in keys}, error


def reserve(session: Session, cut: Sequence[Sequence[Intent]]) -> tuple[list[Reservation], Result | None]:
    """Quota and access token for as many requests as there are, before any write of them is noted as sending (R2).

    Returns the reservations in order, and what became of the first request that got none.
    """
    found: list[Reservation] = []
    for intent in (batch[0] for batch in cut):
        http = session.connections[intent.side].http
        try:
            found.append(http.reserve_write())
        except RateLimitedError as error:
            return found, Result(intent, Fate.RETRY, None, error.sentence, error.retry_after_s)
        except AuthError as error:
            return found, Result(intent, Fate.PAUSED, None, error.sentence)
        except TransientError as error:
            return found, Result(intent, Fate.RETRY, None, error.sentence, RETRY_S)
    return found, None


def conclude(intent: Intent, verdict: Verdict, outcome: Outcome | None, error: Exception | None) -> Result:
    """R1 as a table: the transport's verdict first, then what the plugin says, never the other way round."""
    reason = error.sentence if isinstance(error, MlcError) else (repr(type(error).__name__) if error else "")
    request_id = getattr(outcome, "request_id", None) or getattr(error, "request_id", None)
    result = Result(intent, Fate.UNCERTAIN, outcome, reason, request_id=request_id)
    if verdict is Verdict.UNCERTAIN:
        return result
    if verdict is Verdict.SURELY_NOT_SENT:
        return _not_sent(result, error)
    if verdict is Verdict.ANSWERED_2XX:
        if isinstance(outcome, Created | Updated):
            return replace(result, fate=Fate.CONFIRMED)
        if isinstance(outcome, Accepted):
            return replace(result, fate=Fate.ACCEPTED)
        # Some vendors refuse inside a 200: a plugin may return that as an outcome. What it raises says nothing (R1).
        return _refused(result, None) or result
    refused = _refused(result, error)
    if refused is not None:
        return refused
    return replace(result, fate=Fate.UNCERTAIN)


def _not_sent(result: Result, error: Exception | None) -> Result:
    if isinstance(error, AuthError):
        return replace(result, fate=Fate.PAUSED)
    refused = _refused(result, error)
    if refused is not None:
        return refused
    if isinstance(error, PluginError):
        return replace(result, fate=Fate.RETRY, retry_after_s=RETRY_S, broken=True)
    if isinstance(result.outcome, NotSent):
        wait = result.outcome.retry_after_s
    elif isinstance(error, LateError):
        return replace(result, fate=Fate.RETRY, retry_after_s=0.0, late=True)
    else:
        wait = RETRY_S if error is not None and not isinstance(error, MlcError) else 1.0
    return replace(result, fate=Fate.RETRY, retry_after_s=wait)


def _refused(result: Result, error: Exception | None) -> Result | None:
    """A complete answer that the plugin's table classified; None when it did not."""
    if isinstance(result.outcome, Rejected):
        conflict = result.outcome.cause is RejectCause.CONFLICT
        return replace(result, fate=Fate.CONFLICT if conflict else Fate.REJECTED, reason=result.outcome.reason)
    if isinstance(result.outcome, NotSent):
        return replace(result, fate=Fate.RETRY, retry_after_s=result.outcome.retry_after_s)
    if isinstance(error, RateLimitedError):
        return replace(result, fate=Fate.RETRY, retry_after_s=error.retry_after_s)
    if isinstance(error, AuthError):
        return replace(result, fate=Fate.PAUSED)
    if isinstance(error, ConflictError):
        return replace(result, fate=Fate.CONFLICT)
    for kind, cause in _CAUSES:
        if isinstance(error, kind):
            vendor = cast(RejectedError, error)
            rejected = Rejected(result.intent.id, vendor.sentence, field=vendor.field, code=vendor.code, cause=cause)
            return replace(result, fate=Fate.REJECTED, outcome=rejected)
    return None
