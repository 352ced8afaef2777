"""Which planned writes may leave now: one create per natural key, and none that the source has overtaken (R5)."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import and_, bindparam, func, or_, select, text

from mlc.clock import parse_stamp, stamp
from mlc.contract import Operation, Strategy
from mlc.engine.booking import Booking
from mlc.engine.intents import Change, Intent, load_intents
from mlc.engine.session import Session
from mlc.engine.states import IntentState, RecordState
from mlc.engine.tally import Tally
from mlc.recipes import Flow, Side
from mlc.records import ObjectType
from mlc.store.marks import mark_of_now, time_between
from mlc.store.schema import CREATE_UNDER_WAY, intents, records
from mlc.store.statements import Statement

#: How old the target's listing may be that says a document is not there, when a create leaves: ten minutes (R20), less
#: the one for which a connector may keep an answer that serves several lists.
LISTING_AGE = timedelta(minutes=9)
#: So many waiting writes are looked at at once, so that memory stays flat.
READY = 200


def ready_writes(session: Session, flow: Flow) -> list[Intent]:
    """A flow's planned writes whose document is there, or that are the document; of a plan's lines alone, if one is
    applied."""
    only = session.only
    facts = (session.pairing.name, flow.object.value, flow.source.value)
    with session.database.read() as connection:
        if not _ANY_READY.rows(connection, dict(zip(_FACTS, facts, strict=True))):  # as after most slices
            return []
        ready = load_intents(connection, _is_ready(*facts), limit=READY)
    follows = only is None or flow.object is ObjectType.DOCUMENT_REPORT
    return ready if follows or only is None else [intent for intent in ready if intent.record_id in only]


def _is_ready(pairing: Any, object_type: Any, source_side: Any) -> Any:
    return and_(
        intents.c.pairing == pairing,
        intents.c.object_type == object_type,
        intents.c.source_side == source_side,
        intents.c.state == IntentState.PLANNED.value,
        or_(intents.c.after_part.is_(None), intents.c.parent_id.is_not(None)),
    )


_FACTS = ("b_pairing", "b_type", "b_side")
_ANY_READY = Statement(select(intents.c.id).where(_is_ready(*map(bindparam, _FACTS))).limit(1))


def sendable(session: Session, flow: Flow, tally: Tally, *, but: Collection[str] = ()) -> Sequence[Intent]:
    """A flow's planned writes that may leave, ``but`` these: none that the source has overtaken, none whose key has
    expired."""
    ready = [intent for intent in ready_writes(session, flow) if intent.id not in but]
    return still_answered_for(session, flow, not_overtaken(session, ready, tally), tally)


def in_turn(session: Session, writes: Sequence[Intent]) -> list[Intent]:
    """Those of these writes that may leave now, in order; the others' turn comes later.

    The store lets one create per natural key under way, by a unique index; that index answers here, too.
    """
    keys = {key for write in writes if (key := _key(write)) is not None}
    if not keys:
        return list(writes)
    if len({write.side for write in writes}) > 1:  # keys belong to a connection
        free_of = [in_turn(session, [write for write in writes if write.side is side]) for side in Side]
        ids = {write.id for some in free_of for write in some}
        return [write for write in writes if write.id in ids]
    with session.database.read() as connection:
        asked = {
            "b_connection": session.pairing.connection(writes[0].side),
            "b_type": writes[0].object_type.value,
            "b_keys": list(keys),
        }
        taken = {key for (key,) in _TAKEN.rows(connection, asked)}
    free = []
    for write in writes:
        key = _key(write)
        if key is None or key not in taken:
            free.append(write)
            if key is not None:
                taken.add(key)
    return free


_TAKEN = Statement(
    select(intents.c.natural_key).where(
        intents.c.connection == bindparam("b_connection"),
        intents.c.object_type == bindparam("b_type"),
        intents.c.natural_key.in_(bindparam("b_keys", expanding=True)),
        text(CREATE_UNDER_WAY),
    )
)


def too_soon(session: Session, writes: Sequence[Intent]) -> dict[str, str]:
    """Writes whose record was written a moment ago, where the target wants some time between two (R9): id → when."""
    if not writes:
        return {}
    support = session.system(writes[0].side).support(writes[0].object_type)
    if support is None or not support.spacing_s:
        return {}
    since = stamp(session.clock.now() - timedelta(seconds=support.spacing_s))
    with session.database.read() as connection:
        last = {
            row.record_id: row.sent_at
            for row in connection.execute(
                select(intents.c.record_id, func.max(intents.c.sent_at).label("sent_at"))
                .where(
                    intents.c.record_id.in_([write.record_id for write in writes]),
                    intents.c.side == writes[0].side.value,
                    intents.c.sent_at > since,
                )
                .group_by(intents.c.record_id)
            )
        }
    pause = timedelta(seconds=support.spacing_s)
    return {write.id: stamp(parse_stamp(last[write.record_id]) + pause) for write in writes if write.record_id in last}


def not_overtaken(session: Session, ready: Sequence[Intent], tally: Tally) -> Sequence[Intent]:
    """Drop writes that surely are not in the target when the source has moved on, or when they were decided upon a
    listing that is old by now: it is decided afresh."""
    absent = [intent for intent in ready if intent.part == "main" and intent.sent_at is None]
    if not absent:
        return ready
    old = _decided_long_ago(session, absent)
    with session.database.read() as connection:
        moved = set(
            connection.execute(
                select(records.c.id).where(
                    records.c.id.in_([intent.record_id for intent in absent]),
                    records.c.state == RecordState.PENDING.value,
                )
            ).scalars()
        )
    overtaken = [intent for intent in absent if intent.record_id in moved or intent in old]
    if overtaken:
        booking = Booking(session, session.clock.now(), tally)
        for intent in overtaken:
            if intent.record_id in moved:
                booking.supersede(intent, "the source changed before it was sent")
                continue
            booking.supersede(intent, "it waited for so long that the target has to be looked at again")
            booking.record(intent.record_id, RecordState.PENDING)
        booking.commit()
    return [intent for intent in ready if intent not in overtaken]


def _decided_long_ago(session: Session, absent: Sequence[Intent]) -> list[Intent]:
    """Creates that nobody has looked up since they were decided (R20). A plan's line is done as it is or not at all."""
    if session.only is not None:
        return []
    before = stamp(session.clock.now() - LISTING_AGE)
    return [
        intent
        for intent in absent
        if intent.operation is Operation.CREATE and intent.looked_at is None and (intent.created_at or before) < before
    ]


def still_answered_for(session: Session, flow: Flow, ready: Sequence[Intent], tally: Tally) -> Sequence[Intent]:
    """Drop repetitions whose key the vendor may have forgotten by now: they are looked up instead (R10)."""
    late = [intent for intent in ready if intent.sent_at is not None and key_has_expired(session, flow, intent)]
    if late:
        booking = Booking(session, session.clock.now(), tally)
        for intent in late:
            booking.rows.changes.append(Change(intent, IntentState.UNCERTAIN, {"due_at": None}))
            booking.note("uncertain", record_id=intent.record_id, intent=intent.id, reason="its key may be forgotten")
        booking.commit()
    return [intent for intent in ready if intent not in late]


def key_has_expired(session: Session, flow: Flow, intent: Intent) -> bool:
    """Counted from when the intent was made, which is never later than the first byte under its key.

    A clock that was set back makes no key younger: what has surely passed since it was sent last counts as well.
    """
    if intent.strategy is not Strategy.REPLAY_KEY or intent.operation is not Operation.CREATE:
        return False
    support = session.system(intent.side).support(intent.object_type)
    assert support is not None
    made = parse_stamp(intent.created_at) if intent.created_at else session.clock.now()
    age, none = session.clock.now() - made, timedelta()
    if age >= none and intent.sent_mark is not None:
        with session.database.read() as connection:
            age = max(age, time_between(intent.sent_mark, mark_of_now(connection, session.clock)) or none)
    valid_s = support.replay_valid_s if flow.replay_valid_s is None else flow.replay_valid_s
    return age < none or age.total_seconds() + flow.request_deadline_s >= valid_s


def _key(write: Intent) -> str | None:
    return write.natural_key if write.operation is Operation.CREATE else None
