"""What became of a report: told, refused for good, or no longer ours to tell (R28)."""

from typing import TYPE_CHECKING

from sqlalchemy import select

from mlc.clock import stamp
from mlc.contract import RejectCause, Rejected
from mlc.engine.intents import Change, Intent
from mlc.engine.states import IntentState, RecordState
from mlc.records import DocumentReport, ObjectType, ReportKind
from mlc.store.schema import intents

if TYPE_CHECKING:
    from mlc.engine.booking import Booking


def is_report(intent: Intent) -> bool:
    return intent.object_type is ObjectType.DOCUMENT_REPORT


def book_told(booking: "Booking", intent: Intent, external_id: str, evidence: str) -> None:
    """The other system knows it. A report is bound to nothing: it is told once, and never changed."""
    sighting = {"intent_id": intent.id, "attempt": intent.attempt, "external_id": external_id, "source": evidence}
    booking.rows.sightings.append(sighting | {"version": None, "at": stamp(booking.now)})
    booking.rows.changes.append(Change(intent, IntentState.CONFIRMED, {"external_id": external_id, "due_at": None}))
    booking.tally.count(intent.operation, is_document=True)
    booking.record(intent.record_id, RecordState.IN_STEP, reason=None)
    _note(booking, "told", intent, evidence=evidence, kind=_kind(intent))


def book_refused(booking: "Booking", intent: Intent, outcome: Rejected) -> None:
    """Refused as known already: it was told, by an attempt of ours whose answer was lost. A document that somebody
    took before our first attempt is somebody else's. Everything else is a dead letter with the vendor's words."""
    if outcome.cause is RejectCause.DUPLICATE and _is_repeated(booking, intent):
        book_told(booking, intent, intent.parent_id or intent.record_key, "known there already")
        return
    booking.rows.changes.append(Change(intent, IntentState.REJECTED, {"error": outcome.reason}))
    if outcome.cause is RejectCause.DUPLICATE:
        booking.record(intent.record_id, RecordState.NOT_CARRIED, reason=outcome.reason)
        _note(booking, "taken_elsewhere", intent, reason=outcome.reason)
        return
    booking.tally.dead += 1
    booking.record(intent.record_id, RecordState.DEAD, reason=outcome.reason)
    _note(booking, "rejected", intent, reason=outcome.reason, code=outcome.code, field=outcome.field)


def _is_repeated(booking: "Booking", intent: Intent) -> bool:
    """A code is ours alone, so whoever knows it was told by us. Taking has none: we did it if we tried before."""
    if _kind(intent) is not ReportKind.TAKEN or intent.attempt > 1:
        return True
    with booking.session.database.read() as connection:
        earlier = connection.execute(
            select(intents.c.rendered, intents.c.object_type)
            .where(
                intents.c.pairing == booking.session.pairing.name,
                intents.c.state == IntentState.CONFIRMED.value,
                intents.c.object_type == intent.object_type.value,
                intents.c.parent_id == intent.parent_id,
            )
            .order_by(intents.c.updated_at.desc())
            .limit(1)
        ).first()
    if earlier is None or earlier.rendered is None:
        return False
    return DocumentReport.model_validate_json(earlier.rendered).kind is ReportKind.TAKEN


def _kind(intent: Intent) -> ReportKind | None:
    return intent.rendered.kind if isinstance(intent.rendered, DocumentReport) else None


def _note(booking: "Booking", event: str, intent: Intent, **facts: object) -> None:
    booking.note(
        event,
        record_id=intent.record_id,
        object_type=intent.object_type.value,
        side=intent.side.value,
        external_id=intent.parent_id,
        intent=intent.id,
        attempt=intent.attempt,
        **{name: value for name, value in facts.items() if value is not None},
    )
