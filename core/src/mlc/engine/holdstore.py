"""Holds as stored: opened once, woken when what they wait for changes, cleared when the record moves on (R25)."""

import json
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, bindparam, insert, or_, select, update

from mlc.accounting.holdcodes import OBSERVED, Hold, HoldCode, Waits
from mlc.engine.states import RecordState
from mlc.store.schema import holds, records
from mlc.store.statements import Statement


def open_holds(
    tx: Connection, pairing: str, wanted: Sequence[tuple[int, str | None, Hold]], now: str
) -> list[tuple[int, Hold]]:
    """Open holds, one per record and code; one that is open already keeps its date. Returns the new ones."""
    if not wanted:
        return []
    ids = {record_id for record_id, _, _ in wanted}
    open_now = {
        (row.record_id, row.code)
        for row in tx.execute(
            select(holds.c.record_id, holds.c.code).where(holds.c.record_id.in_(ids), holds.c.cleared_at.is_(None))
        )
    }
    fresh: dict[tuple[int, str], dict[str, Any]] = {}
    opened = []
    for record_id, intent_id, hold in wanted:
        key = (record_id, hold.code.value)
        told = {
            "sentence": hold.sentence,
            "waits_kind": hold.waits.value,
            "waits_key": hold.key,
            "detail": json.dumps(dict(hold.detail), default=str) if hold.detail else None,
        }
        if key in open_now:
            tx.execute(
                update(holds)
                .where(holds.c.record_id == record_id, holds.c.code == hold.code.value, holds.c.cleared_at.is_(None))
                .values(**told)
            )
        elif key not in fresh:
            fresh[key] = told | {
                "pairing": pairing,
                "record_id": record_id,
                "intent_id": intent_id,
                "code": hold.code.value,
                "since": now,
            }
            opened.append((record_id, hold))
    if fresh:
        tx.execute(insert(holds), list(fresh.values()))
    return opened


def clear_holds(
    tx: Connection, record_ids: Collection[int], *, by: str, now: str, but: Collection[tuple[int, str]] = ()
) -> None:
    """Close what deciding these records anew no longer finds, except the (record, code) pairs that still hold."""
    if not record_ids:
        return
    if not but:
        _CLEAR.run(tx, {"b_ids": list(record_ids), "b_now": now, "b_by": by})
        return
    observed = [code.value for code in OBSERVED]
    condition = and_(holds.c.record_id.in_(record_ids), holds.c.cleared_at.is_(None), holds.c.code.not_in(observed))
    kept = [and_(holds.c.record_id == record_id, holds.c.code == code) for record_id, code in but]
    tx.execute(update(holds).where(condition, ~or_(*kept)).values(cleared_at=now, cleared_by=by))


_CLEAR = Statement(
    update(holds)
    .where(
        holds.c.record_id.in_(bindparam("b_ids", expanding=True)),
        holds.c.cleared_at.is_(None),
        holds.c.code.not_in([code.value for code in OBSERVED]),
    )
    .values(cleared_at=bindparam("b_now"), cleared_by=bindparam("b_by"))
)


def clear_answered(tx: Connection, record_ids: Collection[int], now: str) -> None:
    """The target has said what became of these records' writes after all."""
    if record_ids:
        tx.execute(
            update(holds)
            .where(
                holds.c.record_id.in_(record_ids),
                holds.c.code == HoldCode.QUARANTINE.value,
                holds.c.cleared_at.is_(None),
            )
            .values(cleared_at=now, cleared_by="the target's answer")
        )


def clear_decided(tx: Connection, decided: Iterable[tuple[int, HoldCode]], now: str) -> None:
    """Close observed holds that a person has decided."""
    for record_id, code in decided:
        if code in OBSERVED:
            tx.execute(
                update(holds)
                .where(holds.c.record_id == record_id, holds.c.code == code.value, holds.c.cleared_at.is_(None))
                .values(cleared_at=now, cleared_by="a person")
            )


def wake(tx: Connection, pairing: str, kind: Waits, keys: Iterable[str] | None, now: str) -> int:
    """What these holds waited for has changed: their records are decided again.

    Args:
        keys: None wakes every hold of this kind.
    """
    condition = and_(holds.c.pairing == pairing, holds.c.waits_kind == kind.value, holds.c.cleared_at.is_(None))
    if keys is None:
        found = set(tx.execute(select(holds.c.record_id).where(condition)).scalars())
    else:
        wanted = list(keys)
        asked = {"b_pairing": pairing, "b_kind": kind.value, "b_keys": wanted}
        found = {record_id for (record_id,) in _WAITING.rows(tx, asked)} if wanted else set()
        condition = and_(condition, holds.c.waits_key.in_(wanted))
    if not found:
        return 0
    tx.execute(update(holds).where(condition).values(woken_at=now))
    return tx.execute(
        update(records)
        .where(records.c.id.in_(found), records.c.state == RecordState.HELD.value)
        .values(state=RecordState.PENDING.value)
    ).rowcount


_WAITING = Statement(
    select(holds.c.record_id).where(
        holds.c.pairing == bindparam("b_pairing"),
        holds.c.waits_kind == bindparam("b_kind"),
        holds.c.cleared_at.is_(None),
        holds.c.waits_key.in_(bindparam("b_keys", expanding=True)),
    )
)


def wake_periods(tx: Connection, now: str) -> None:
    """A ledger's lock has moved: whoever saw it first wakes what waits for a period in every pairing."""
    waiting = and_(holds.c.waits_kind == Waits.PERIOD.value, holds.c.cleared_at.is_(None))
    for pairing in tx.execute(select(holds.c.pairing).where(waiting).distinct()).scalars().all():
        wake(tx, pairing, Waits.PERIOD, None, now)


def wake_stale(tx: Connection, pairing: str, *, before: str, now: str) -> int:
    """The one look a day: holds that nothing woke since ``before`` and that no person has to decide."""
    condition = and_(
        holds.c.pairing == pairing,
        holds.c.cleared_at.is_(None),
        holds.c.waits_kind != Waits.PERSON.value,
        or_(holds.c.woken_at < before, and_(holds.c.woken_at.is_(None), holds.c.since < before)),
    )
    found = tx.execute(select(holds.c.record_id).where(condition)).scalars().all()
    if not found:
        return 0
    tx.execute(update(holds).where(condition).values(woken_at=now))
    return tx.execute(
        update(records)
        .where(records.c.id.in_(set(found)), records.c.state == RecordState.HELD.value)
        .values(state=RecordState.PENDING.value)
    ).rowcount


def open_rows(connection: Connection, pairing: str | None = None) -> list[RowMapping]:
    """Every open hold with its record's facts, oldest first."""
    query = (
        select(
            holds,
            records.c.object_type,
            records.c.side,
            records.c.external_id,
            records.c.number,
            records.c.party,
            records.c.currency,
            records.c.amount,
            records.c.ledger_date,
        )
        .join(records, records.c.id == holds.c.record_id)
        .where(holds.c.cleared_at.is_(None))
        .order_by(holds.c.code, holds.c.id)
    )
    if pairing is not None:
        query = query.where(holds.c.pairing == pairing)
    return list(connection.execute(query).mappings())
