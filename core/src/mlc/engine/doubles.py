"""Doubles that come to light after a write was settled: held, told, and no payment touches either (R3, R4)."""

from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, exists, func, insert, select, text, update

from mlc.accounting.holdcodes import Hold, HoldCode, Waits
from mlc.clock import stamp
from mlc.engine.alerts import raise_alert
from mlc.engine.holdstore import open_holds
from mlc.engine.session import Session
from mlc.engine.states import IntentState
from mlc.recipes import Side
from mlc.records import ObjectType
from mlc.store.schema import UNLOOKED, holds, intents, registers, sightings

#: Rows looked at together: a moment's work for the database, and a short transaction (R31).
AT_ONCE = 500
_OURS, _THEIRS = registers.alias("ours"), registers.alias("theirs")


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
    """A live, unbound document that equals one we wrote and came to light after it: a late or double write (R3).

    Looked for from each row that changed since the last look, whichever of the two it is. A hold is stored before its
    rows count as looked at, so a run that is cut meanwhile looks at them again.
    """
    found = 0
    while ids := _unlooked(session, side, object_type):
        with session.database.read() as connection:
            doubles = [
                row
                for changed in (_OURS, _THEIRS)
                for row in connection.execute(_doubles(session, side, object_type, changed.c.external_id.in_(ids)))
            ]
        for row in dict.fromkeys(doubles):
            sentence = (
                f"Bill {row.number} stands in the ledger twice ({row.external_id} and {row.double}); "
                "void one of them there. Payments to either are blocked."
            )
            hold_double(session, row.record_id, row.id, row.double, sentence, source="sweep")
            found += 1
        with session.database.write() as tx:
            listed = _of_type(registers, session, side, object_type)
            tx.execute(update(registers).where(listed, registers.c.external_id.in_(ids)).values(looked=1))
    return found


def _unlooked(session: Session, side: Side, object_type: ObjectType) -> list[str]:
    with session.database.read() as connection:
        query = select(registers.c.external_id).where(_of_type(registers, session, side, object_type), text(UNLOOKED))
        return list(connection.execute(query.limit(AT_ONCE)).scalars())


def _of_type(table: FromClause, session: Session, side: Side, object_type: ObjectType) -> ColumnElement[bool]:
    return and_(
        table.c.pairing == session.pairing.name,
        table.c.side == side.value,
        table.c.object_type == object_type.value,
    )


def _doubles(session: Session, side: Side, object_type: ObjectType, changed: ColumnElement[bool]) -> Select[Any]:
    same = and_(
        _THEIRS.c.party == _OURS.c.party,
        _THEIRS.c.number_key == _OURS.c.number_key,
        # By the index of numbers alone: a vendor may have thousands of one day or total, but hardly two of one number.
        func.coalesce(_THEIRS.c.total, "") == func.coalesce(_OURS.c.total, "-"),
        func.coalesce(_THEIRS.c.issue_date, "") == func.coalesce(_OURS.c.issue_date, "-"),
        _THEIRS.c.external_id != _OURS.c.external_id,
    )
    created = and_(
        intents.c.record_id == _OURS.c.record_id,
        intents.c.operation == "create",
        intents.c.part == "main",
        intents.c.state == IntentState.CONFIRMED.value,
    )
    double = _THEIRS.c.external_id.label("double")
    return (
        select(_OURS.c.record_id, _OURS.c.number, _OURS.c.external_id, double, intents.c.id)
        .select_from(_OURS.join(_THEIRS, same).join(intents, created))
        .where(
            changed,
            _of_type(_OURS, session, side, object_type),
            _of_type(_THEIRS, session, side, object_type),
            _OURS.c.record_id.is_not(None),
            _OURS.c.live == 1,
            _OURS.c.number_key.is_not(None),
            _THEIRS.c.record_id.is_(None),
            _THEIRS.c.live == 1,
            _THEIRS.c.seen_at >= intents.c.created_at,
            ~_THEIRS.c.external_id.like("intent:%"),
            ~was_answered(_OURS.c.record_id, HoldCode.POSSIBLE_DUPLICATE, _THEIRS.c.external_id),
        )
    )


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
