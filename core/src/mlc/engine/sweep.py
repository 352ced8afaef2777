"""The sweep: lists read without a filter once a day, to find what vanished (R23). Absence alone never voids (R24)."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Connection, or_, select, update

from mlc.clock import parse_stamp, stamp
from mlc.contract import FetchMode, SourceRecord
from mlc.engine.alerts import raise_alert, take_back
from mlc.engine.intake import ENDED
from mlc.engine.keeping import is_kept
from mlc.engine.scope import MASTER, ListScope
from mlc.engine.session import Session
from mlc.engine.vanishing import GONE_VERSION, NAMED, mark_gone
from mlc.recipes import Flow, Side
from mlc.records import ObjectType
from mlc.store.schema import bindings, pages, records, registers, watermarks

EVERY = timedelta(days=1)


def sweep_is_due(session: Session) -> bool:
    """True when a list of this pairing was last read whole more than a day ago. A first pass reads it whole anyway."""
    with session.database.read() as connection:
        oldest = connection.execute(
            select(watermarks.c.swept_at)
            .where(watermarks.c.pairing == session.pairing.name, watermarks.c.swept_at.is_not(None))
            .order_by(watermarks.c.swept_at)
            .limit(1)
        ).scalar()
    return oldest is not None and session.clock.now() - parse_stamp(oldest) > EVERY


def without_conclusion(session: Session) -> set[tuple[Side, ObjectType]]:
    """Lists that a sweep has read to their end, when the process died, or the vendor throttled, before it was looked at
    what they did not show."""
    query = select(pages.c.side, pages.c.object_type).where(
        pages.c.pairing == session.pairing.name, pages.c.mode == FetchMode.SWEEP.value, pages.c.cursor == ENDED
    )
    with session.database.read() as connection:
        return {(Side(row.side), ObjectType(row.object_type)) for row in connection.execute(query)}


def find_vanished(session: Session, side: Side, kind: ObjectType, *, before: datetime) -> int:
    """Bound documents that a sweep begun at ``before`` did not show are read by id; those that are gone are decided
    again.

    More than the limit of R24 at once is no deletion but a broken list: nothing is concluded, and an alert says so.
    """
    if kind in MASTER and not any(_keeps(session, flow, side, kind) for flow in session.pairing.flows):
        return 0
    scope = ListScope.of(session, side, kind)
    with session.database.read() as connection:
        missing, bound = _missing(connection, scope, stamp(before))
    limits = session.pairing.policy.limits
    allowed = max(limits.voids_min, int(limits.voids_share * bound))
    name = session.pairing.connection(side)
    cause = f"{name}:{kind.value}:sweep"
    if len(missing) > allowed:
        sentence = f"{name}: {len(missing)} of {bound} {kind.value}s are missing from its list; nothing was concluded."
        raise_alert(session, "list_incomplete", cause, sentence)
        return 0
    read = session.read(side, kind, sorted(missing)) if missing else []
    gone = [row for row in read if row.deleted is not None]
    if gone and not absence_counts(scope, read):
        sentence = f"{name}: its {kind.value}s that are surely there cannot be read either; nothing was concluded."
        raise_alert(session, "list_incomplete", cause, sentence)
        return 0
    take_back(session, "list_incomplete", cause)
    now = session.clock.now()
    with session.database.write() as tx:
        audit = session.audit()
        for row in gone:
            assert row.deleted is not None
            record_id, is_origin = missing[row.id]
            mark_gone(tx, side, record_id, row.deleted, is_origin=is_origin, now=stamp(now))
            tx.execute(
                update(registers)
                .where(scope.where(registers), registers.c.external_id == row.id)
                .values(live=0, version=GONE_VERSION)
            )
            audit.add("vanished", record_id=record_id, object_type=kind.value, side=side.value, external_id=row.id)
        audit.write(tx, now)
    return len(gone)


def _keeps(session: Session, flow: Flow, side: Side, kind: ObjectType) -> bool:
    """Whether the flow writes this list, or from it."""
    return is_kept(session, flow) and (side, kind) in ((flow.source, flow.reads), (flow.target, flow.object))


def absence_counts(scope: ListScope, rows: Iterable[SourceRecord]) -> bool:
    """Gone counts only while another record answers (R24): one of these, or one that is surely there."""
    rows = list(rows)
    if any(row.deleted is None for row in rows):
        return True
    gone = [row.id for row in rows]
    with scope.session.database.read() as connection:
        other = connection.execute(
            select(bindings.c.external_id)
            .where(
                scope.where(bindings),
                bindings.c.part == "main",
                bindings.c.role == "primary",
                bindings.c.external_id.not_in(gone),
                or_(bindings.c.version.is_(None), bindings.c.version != GONE_VERSION),
            )
            .order_by(bindings.c.id.desc())
            .limit(1)
        ).scalar()
    if other is None:
        return False
    found = scope.session.read(scope.side, scope.object_type, [other])
    return any(row.deleted is None for row in found)


def _missing(connection: Connection, scope: ListScope, before: str) -> tuple[dict[str, tuple[int, bool]], int]:
    """Bound ids that the sweep did not see → (record, was it born here), and how many are bound in all."""
    rows = connection.execute(
        select(bindings.c.external_id, bindings.c.record_id, bindings.c.seen_at, bindings.c.version, records.c.side)
        .join(records, records.c.id == bindings.c.record_id)
        .where(
            bindings.c.pairing == scope.pairing.name,
            bindings.c.side == scope.side.value,
            bindings.c.part == "main",
            bindings.c.role == "primary",
            bindings.c.confirmed_at < before,
            (records.c.side != scope.side.value) | records.c.adjusts.is_(None),  # no list there shows an adjustment
            (records.c.side != scope.side.value) | records.c.version.is_distinct_from(NAMED),  # nor who is only named
            (records.c.read_type if scope.is_source else bindings.c.object_type) == scope.object_type.value,
        )
    ).all()
    missing = {
        row.external_id: (row.record_id, row.side == scope.side.value)
        for row in rows
        if (row.seen_at is None or row.seen_at < before) and row.version != GONE_VERSION
    }
    return missing, len(rows)
