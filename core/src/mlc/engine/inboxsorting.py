"""From deliveries to records: the inbox's unread notices, one row per pairing and record however often it was told
of."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from mlc.clock import stamp
from mlc.recipes import FlowMode, Pairing, Side
from mlc.records import ObjectType
from mlc.store.database import Database
from mlc.store.inbox import forget
from mlc.store.inserting import insert_or_change
from mlc.store.schema import inbox, notices

AT_ONCE = 1_000


def sort_inbox(database: Database, pairings: Mapping[str, Pairing], now: datetime) -> int:
    """Turn unread deliveries into notices; how many rows of the inbox were read. Nothing is asked of any vendor.

    A record that no pairing reads is dropped here. Several engines may sort at once: each takes other rows.
    """
    lists = {name: lists_of(pairing) for name, pairing in pairings.items()}
    sorted_rows = 0
    while True:
        with database.write() as tx:
            rows = tx.execute(
                select(inbox)
                .where(inbox.c.read_at.is_(None))
                .order_by(inbox.c.id)
                .limit(AT_ONCE)
                .with_for_update(skip_locked=True)
            ).all()
            if not rows:
                return sorted_rows
            for pairing in pairings.values():
                _note(tx, pairing, lists[pairing.name], rows)
            tx.execute(update(inbox).where(inbox.c.id.in_([row.id for row in rows])).values(read_at=stamp(now)))
            if sorted_rows == 0:
                forget(tx, now)
        sorted_rows += len(rows)
        if len(rows) < AT_ONCE:
            return sorted_rows


def lists_of(pairing: Pairing) -> frozenset[tuple[Side, ObjectType]]:
    """The lists that a pairing takes an interest in."""
    wanted = set()
    for flow in pairing.flows:
        if flow.mode is not FlowMode.OFF:
            wanted |= {(flow.source, flow.reads), (flow.target, flow.object)}
    return frozenset(wanted)


def _note(tx: Connection, pairing: Pairing, lists: frozenset[tuple[Side, ObjectType]], rows: Iterable[Any]) -> None:
    """The latest word on each record; what was told before is forgotten, but for its time of change and a merge."""
    latest: dict[tuple[Side, str, str], dict[str, Any]] = {}
    for row in rows:
        for side in Side:
            if pairing.connection(side) != row.connection or not row.object_type:
                continue
            if (side, ObjectType(row.object_type)) not in lists:
                continue
            key = (side, row.object_type, row.external_id)
            before = latest.get(key, {})
            latest[key] = {
                "event": row.event,
                "moved_to": row.moved_to or before.get("moved_to"),
                "occurred_at": _later(before.get("occurred_at"), row.occurred_at),
                "noted_at": _later(before.get("noted_at"), row.received_at),
            }
    for (side, object_type, external_id), values in latest.items():
        keys = {"pairing": pairing.name, "side": side.value, "object_type": object_type, "external_id": external_id}
        here = [notices.c[name] == value for name, value in keys.items()]
        stored = select(notices.c.occurred_at, notices.c.noted_at, notices.c.moved_to)
        known = tx.execute(stored.where(*here)).first()
        if known is not None:
            values["moved_to"] = values["moved_to"] or known.moved_to
            values["occurred_at"] = _later(known.occurred_at, values["occurred_at"])
            values["noted_at"] = _later(known.noted_at, values["noted_at"])
        values |= {"due_at": values["noted_at"], "looks": 0}
        insert_or_change(tx, notices, keys=tuple(keys), change=values, **keys, **values)


def _later(one: str | None, other: str | None) -> str | None:
    return max(one or "", other or "") or None
