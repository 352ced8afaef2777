"""Doubles that come to light after a write was settled: held, told, and no payment touches either (R3, R4)."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, and_, bindparam, exists, insert, literal, select, text, update

from mlc.accounting.holdcodes import Hold, HoldCode, Waits
from mlc.clock import stamp
from mlc.engine.alerts import raise_alert
from mlc.engine.holdstore import open_holds
from mlc.engine.registers import PROVISIONAL_ID
from mlc.engine.session import Session
from mlc.engine.states import IntentState
from mlc.recipes import Side
from mlc.records import ObjectType
from mlc.store.schema import UNLOOKED, holds, intents, registers, sightings
from mlc.store.statements import Statement

#: Rows looked at together: a moment's work for the database, and a short transaction (R31).
AT_ONCE = 500


class _Listed(NamedTuple):
    """A row of the register, as far as it is compared."""

    external_id: str
    record_id: int | None
    number: str | None
    number_key: str | None
    party: str | None
    total: str | None
    issue_date: str | None
    seen_at: str


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
    listed = {"b_pairing": session.pairing.name, "b_side": side.value, "b_type": object_type.value}
    while changed := _changed(session, listed):
        with session.database.read() as connection:
            doubles = [
                (ours, theirs, intent)
                for ours, theirs in _equal_pairs(connection, listed, changed)
                for intent in connection.execute(_sent_before(ours, theirs)).scalars()
            ]
        for ours, theirs, intent in doubles:
            assert ours.record_id is not None
            sentence = (
                f"Bill {ours.number} stands in the ledger twice ({ours.external_id} and {theirs.external_id}); "
                "void one of them there. Payments to either are blocked."
            )
            hold_double(session, ours.record_id, intent, theirs.external_id, sentence, source="sweep")
        with session.database.write() as tx:
            _LOOKED.run(tx, listed | {"b_ids": list(changed)})
        found += len(doubles)
    return found


def _changed(session: Session, listed: Mapping[str, str]) -> dict[str, str | None]:
    """Some rows that changed since they were looked at: id → number."""
    with session.database.read() as connection:
        return dict(_UNLOOKED.rows(connection, listed))


def _equal_pairs(
    connection: Connection, listed: Mapping[str, str], changed: Mapping[str, str | None]
) -> Iterator[tuple[_Listed, _Listed]]:
    """One we wrote and an unbound one like it, one of which changed. Compared here: asked for by their numbers alone, a
    database cannot go through the thousands of one vendor, day or total."""
    numbers = {number for number in changed.values() if number is not None}
    found = _NUMBERED.rows(connection, {**listed, "b_numbers": list(numbers)}) if numbers else ()
    alike: dict[tuple[str | None, ...], list[_Listed]] = {}
    for row in map(_Listed._make, found):
        same = (row.number_key, row.party, row.total, row.issue_date)
        if None not in same:
            alike.setdefault(same, []).append(row)
    for rows in alike.values():
        strangers = [row for row in rows if row.record_id is None and not row.external_id.startswith(PROVISIONAL_ID)]
        for ours in rows if strangers else ():
            for theirs in strangers if ours.record_id is not None else ():
                if ours.external_id in changed or theirs.external_id in changed:
                    yield ours, theirs


_ONE_LIST = and_(
    registers.c.pairing == bindparam("b_pairing"),
    registers.c.side == bindparam("b_side"),
    registers.c.object_type == bindparam("b_type"),
)
_UNLOOKED = Statement(
    select(registers.c.external_id, registers.c.number_key).where(_ONE_LIST, text(UNLOOKED)).limit(AT_ONCE)
)
_NUMBERED = Statement(
    select(*(registers.c[name] for name in _Listed._fields)).where(
        _ONE_LIST, registers.c.number_key.in_(bindparam("b_numbers", expanding=True)), registers.c.live == 1
    )
)
_LOOKED = Statement(
    update(registers)
    .where(_ONE_LIST, registers.c.external_id.in_(bindparam("b_ids", expanding=True)))
    .values(looked=literal(1))
)


def _sent_before(ours: _Listed, theirs: _Listed) -> Select[Any]:
    """The create of ours after which the other came to light, unless a person has answered about the two."""
    return select(intents.c.id).where(
        intents.c.record_id == ours.record_id,
        intents.c.created_at <= theirs.seen_at,
        intents.c.operation == "create",
        intents.c.part == "main",
        intents.c.state == IntentState.CONFIRMED.value,
        ~was_answered(ours.record_id, HoldCode.POSSIBLE_DUPLICATE, theirs.external_id),
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
