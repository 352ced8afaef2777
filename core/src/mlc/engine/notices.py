"""Notices become readings: the records they name are read by id and taken in like a page of a list.

Neither order nor content of a delivery is trusted: the version that is read decides. Our own echo shows the version
that is stored already and changes nothing.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, delete, func, select, update

from mlc.clock import parse_stamp, stamp
from mlc.contract import FetchMode, SourceRecord
from mlc.engine.departures import LEFT, ask_for_members
from mlc.engine.intakerows import IntakeRows
from mlc.engine.lists import take_in, tell_of_readings
from mlc.engine.readings import Known, Reading, look_up, map_row
from mlc.engine.returning import offer_to_open_creates
from mlc.engine.scope import ListScope
from mlc.engine.session import Session
from mlc.engine.sweep import absence_counts
from mlc.engine.vanishing import GONE_VERSION, with_survivor
from mlc.errors import AuthError, RateLimitedError, TransientError
from mlc.recipes import Side
from mlc.records import ObjectType
from mlc.store.schema import notices, registers
from mlc.testing.steps import step

#: The version that was read is older than what was told: look again after these, then leave it to the next pass (R29).
LOOK_AGAIN_S = (5.0, 30.0, 120.0)
#: Where a delivery does not say when the record changed: it may have been on its way for so long.
ON_ITS_WAY = timedelta(seconds=120)
AT_ONCE = 200
WAIT_FOR_CREATES_S = 5.0
RETRY_S = 30.0


@dataclass
class TakenIn:
    """What notices brought. ``changed``: records to decide; ``settled``: creates that came back before their reply."""

    read: int = 0
    changed: int = 0
    settled: int = 0
    postponed: str | None = None
    lists: set[tuple[Side, ObjectType]] = field(default_factory=set)


def next_notice(connection: Connection, pairing: str) -> datetime | None:
    """When a notice of this pairing is due next."""
    due = connection.execute(select(func.min(notices.c.due_at)).where(notices.c.pairing == pairing)).scalar()
    return None if due is None else parse_stamp(due)


def take_in_notices(session: Session) -> TakenIn:
    """Read every record that is due, a list's at a time. What cannot be read now is put off; the rest goes on.

    Raises: AuthError.
    """
    taken = TakenIn()
    while not session.stop():
        due = _due(session)
        if not due:
            return taken
        for (side, kind), rows in _by_list(due).items():
            try:
                _take_in(session, side, kind, rows, taken)
            except AuthError:
                _put_off(session, rows, RETRY_S)
                raise
            except TransientError as error:
                wait_s = error.retry_after_s if isinstance(error, RateLimitedError) else RETRY_S
                _put_off(session, rows, max(1.0, wait_s))
                taken.postponed = error.sentence
    return taken


def read_the_left(session: Session) -> None:
    """Read customers whom people or deals were seen to leave, before anything new is carried."""
    with session.database.read() as connection:
        due = (notices.c.pairing == session.pairing.name) & (notices.c.event == LEFT)
        asked = connection.execute(
            select(notices.c.id).where(due, notices.c.due_at <= stamp(session.clock.now())).limit(1)
        ).first()
    if asked is not None:
        take_in_notices(session)


def _due(session: Session) -> Sequence[Any]:
    with session.database.read() as connection:
        return connection.execute(
            select(notices)
            .where(notices.c.pairing == session.pairing.name, notices.c.due_at <= stamp(session.clock.now()))
            .order_by(notices.c.due_at)
            .limit(AT_ONCE)
        ).all()


def _by_list(due: Sequence[Any]) -> Mapping[tuple[Side, ObjectType], list[Any]]:
    lists: dict[tuple[Side, ObjectType], list[Any]] = {}
    for row in due:
        lists.setdefault((Side(row.side), ObjectType(row.object_type)), []).append(row)
    return lists


def _take_in(session: Session, side: Side, kind: ObjectType, told: Sequence[Any], taken: TakenIn) -> None:
    scope = ListScope.of(session, side, kind)
    if not session.plugins.answers(session.connections[side].system, "mlc_read"):
        take_in(session, FetchMode.CHANGES, [(side, kind)])
        taken.changed += 1
        _done(session, told)
        return
    merged = {one.external_id: one.moved_to for one in told if one.moved_to is not None}
    read = session.read(side, kind, [one.external_id for one in told])
    rows = {row.id: with_survivor(row, merged.get(row.id)) for row in read}
    step("notices.read")
    taken.read += len(rows)
    with session.database.read() as connection:
        known = look_up(connection, scope, list(rows))
    offered = offer_to_open_creates(scope, [row for row in rows.values() if _is_unknown(known[row.id], row)], told)
    taken.settled += len(offered.ours)
    skipped = offered.ours | offered.waiting
    if any(row.deleted is not None for row in rows.values()) and not absence_counts(scope, rows.values()):
        skipped |= {row.id for row in rows.values() if row.deleted is not None}
    fresh = [row for row in rows.values() if row.id not in skipped and not known[row.id].has(row)]
    readings = [map_row(scope, row, known[row.id]) for row in fresh]
    again = {one.external_id: _when_again(one, rows.get(one.external_id), known, session) for one in told}
    again |= {one: session.clock.now() + timedelta(seconds=WAIT_FOR_CREATES_S) for one in offered.waiting}
    stored = _store(scope, readings, told, again)
    step("notices.committed")
    taken.changed += len(readings)
    taken.lists.add((side, kind))
    tell_of_readings(session, side, kind, changed=bool(readings), foreign=stored.foreign)


def _store(
    scope: ListScope, readings: Sequence[Reading], told: Sequence[Any], again: Mapping[str, datetime | None]
) -> IntakeRows:
    """Records and notices in one transaction. A notice that came meanwhile has moved its row, which then stays."""
    now = scope.session.clock.now()
    stored = IntakeRows(scope, f"notices:{uuid.uuid4().hex}", stamp(now))
    stored.add(readings)
    with scope.session.database.write() as tx:
        audit = scope.session.audit()
        stored.write(tx, audit)
        ask_for_members(tx, scope, [reading.row.id for reading in readings if reading.row.deleted is not None])
        for reading in readings:
            if reading.row.deleted is not None:
                tx.execute(
                    update(registers)
                    .where(scope.where(registers), registers.c.external_id == reading.row.id)
                    .values(live=0, version=GONE_VERSION)
                )
        for one in told:
            same = and_(notices.c.id == one.id, notices.c.noted_at == one.noted_at)
            when = again.get(one.external_id)
            if when is None:
                tx.execute(delete(notices).where(same))
            else:
                looks = one.looks + 1
                tx.execute(update(notices).where(same).values(due_at=stamp(when), looks=looks))
        audit.write(tx, now)
    return stored


def _when_again(told: Any, row: SourceRecord | None, known: Mapping[str, Known], session: Session) -> datetime | None:
    """When to look once more, None when what was read is as new as what was told (R29)."""
    if row is None or row.deleted is not None or told.looks >= len(LOOK_AGAIN_S):
        return None
    if row.modified_at is not None:
        stated = parse_stamp(told.noted_at) - ON_ITS_WAY if told.occurred_at is None else parse_stamp(told.occurred_at)
        # Many vendors tell whole seconds.
        older = row.modified_at + timedelta(seconds=1) < stated
    else:
        older = told.looks == 0 and known[row.id].has(row)
    return session.clock.now() + timedelta(seconds=LOOK_AGAIN_S[told.looks]) if older else None


def _is_unknown(known: Known, row: SourceRecord) -> bool:
    return row.deleted is None and known.record_id is None and known.bound_to is None


def _done(session: Session, told: Sequence[Any]) -> None:
    with session.database.write() as tx:
        for one in told:
            tx.execute(delete(notices).where(notices.c.id == one.id, notices.c.noted_at == one.noted_at))


def _put_off(session: Session, told: Sequence[Any], seconds: float) -> None:
    due = stamp(session.clock.now() + timedelta(seconds=seconds))
    with session.database.write() as tx:
        tx.execute(update(notices).where(notices.c.id.in_([one.id for one in told])).values(due_at=due))
