"""Doubles that come to light after a write was settled: held, told, and no payment touches either (R3, R4)."""

from typing import Any

from sqlalchemy import and_, exists, insert, select

from mlc.accounting.holdcodes import Hold, HoldCode, Waits
from mlc.clock import stamp
from mlc.engine.alerts import raise_alert
from mlc.engine.holdstore import open_holds
from mlc.engine.session import Session
from mlc.engine.states import IntentState
from mlc.recipes import Side
from mlc.records import ObjectType
from mlc.store.schema import holds, intents, registers, sightings


def was_answered(record_id: Any, code: HoldCode, key: Any) -> Any:
    """This very thing was held for before, and a person answered: it is not asked again."""
    return exists().where(
        holds.c.record_id == record_id,
        holds.c.code == code.value,
        holds.c.waits_key == key,
        holds.c.cleared_at.is_not(None),
    )


def answered_before(session: Session, record_id: int, double: str) -> bool:
    """Whether a person has answered about this very double."""
    with session.database.read() as connection:
        told = was_answered(record_id, HoldCode.POSSIBLE_DUPLICATE, double)
        return bool(connection.execute(select(told)).scalar())


def find_late_duplicates(session: Session, side: Side, object_type: ObjectType) -> int:
    """A live, unbound document that equals one we wrote and came to light after it: a late or double write (R3)."""
    ours, theirs = registers.alias("ours"), registers.alias("theirs")
    same = and_(
        theirs.c.pairing == ours.c.pairing,
        theirs.c.side == ours.c.side,
        theirs.c.object_type == ours.c.object_type,
        theirs.c.party == ours.c.party,
        theirs.c.number_key == ours.c.number_key,
        theirs.c.total == ours.c.total,
        theirs.c.issue_date == ours.c.issue_date,
        theirs.c.external_id != ours.c.external_id,
    )
    query = (
        select(ours.c.record_id, ours.c.number, ours.c.external_id, theirs.c.external_id.label("double"), intents.c.id)
        .select_from(
            ours.join(theirs, same).join(
                intents,
                and_(
                    intents.c.record_id == ours.c.record_id,
                    intents.c.operation == "create",
                    intents.c.part == "main",
                    intents.c.state == IntentState.CONFIRMED.value,
                ),
            )
        )
        .where(
            ours.c.pairing == session.pairing.name,
            ours.c.side == side.value,
            ours.c.object_type == object_type.value,
            ours.c.record_id.is_not(None),
            ours.c.live == 1,
            ours.c.number_key.is_not(None),
            theirs.c.record_id.is_(None),
            theirs.c.live == 1,
            theirs.c.seen_at >= intents.c.created_at,
            ~theirs.c.external_id.like("intent:%"),
            ~was_answered(ours.c.record_id, HoldCode.POSSIBLE_DUPLICATE, theirs.c.external_id),
        )
    )
    with session.database.read() as connection:
        doubles = connection.execute(query).all()
    for row in doubles:
        sentence = (
            f"Bill {row.number} stands in the ledger twice ({row.external_id} and {row.double}); "
            "void one of them there. Payments to either are blocked."
        )
        hold_double(session, row.record_id, row.id, row.double, sentence, source="sweep")
    return len(doubles)


def hold_double(
    session: Session, record_id: int, intent_id: str, double: str, sentence: str, *, source: str, attempt: int = 0
) -> None:
    """Two live documents for one write: the second is a sighting, the record is held, and an alert says so (R4)."""
    now = session.clock.now()
    seen = {"intent_id": intent_id, "attempt": attempt, "external_id": double, "source": source, "at": stamp(now)}
    with session.database.write() as tx:
        known = tx.execute(
            select(sightings.c.id).where(sightings.c.intent_id == intent_id, sightings.c.external_id == double)
        ).first()
        if known is None:
            tx.execute(insert(sightings).values(**seen))
        hold = Hold(HoldCode.POSSIBLE_DUPLICATE, sentence, Waits.PERSON, double)
        opened = open_holds(tx, session.pairing.name, [(record_id, None, hold)], stamp(now))
        audit = session.audit()
        for held_id, one in opened:
            audit.add("held", record_id=held_id, code=one.code.value, sentence=one.sentence)
        audit.write(tx, now)
    raise_alert(session, HoldCode.POSSIBLE_DUPLICATE.value, f"{session.pairing.name}:{double}", sentence)
