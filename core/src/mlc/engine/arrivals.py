"""Documents that became new to a side: made there by us, or found there as exact twins that nobody here wrote (R27).

Counted by the day as they are bound, so that a run asks for two rows of each flow and not for all that was ever bound.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, select

from mlc.clock import stamp
from mlc.engine.session import Session
from mlc.recipes import Flow
from mlc.records import ObjectType
from mlc.store.schema import acceptances, arrivals
from mlc.store.statements import Statement

DOCUMENTS = frozenset({ObjectType.BILL, ObjectType.VENDOR_CREDIT, ObjectType.PURCHASE_ORDER, ObjectType.INVOICE})
#: What counts as lately: today and the day before.
LATELY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Arrivals:
    """What a side got of one flow since ``since``, a day."""

    since: str
    made: int
    found: int


def count_arrivals(
    tx: Connection, session: Session, bound: Sequence[Mapping[str, Any]], *, found: Collection[int], now: str
) -> None:
    """Add new bindings to their day, in the transaction that stores them.

    What a person saw when the flow was accepted, or has seen since, does not count, nor what a person or our own key
    bound. Of a flow that only plans, its plan tells.

    Args:
        bound: The new rows.
        found: Records that were bound to an exact twin.
    """
    kinds = {kind.value for kind in DOCUMENTS}
    new = [
        row
        for row in bound
        if row["part"] == "main"
        and row["object_type"] in kinds
        and (row["record_id"] in found or not row.get("adopted", 0))
    ]
    if not new:
        return
    seen = dict(_SEEN.rows(tx, {"of_pairing": session.pairing.name}))
    of_side = {
        (flow.target.value, flow.object.value): seen[flow.name] for flow in session.pairing.flows if flow.name in seen
    }
    made, there = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for row in new:
        which = (row["side"], row["object_type"])
        if row["record_id"] > of_side.get(which, row["record_id"]):
            (there if row["record_id"] in found else made)[which] += 1
    rows = [
        {"pairing": session.pairing.name, "side": side, "object_type": kind, "day": now[:10]}
        | {"made": made[side, kind], "found": there[side, kind]}
        for side, kind in made | there
    ]
    if rows:
        _count(tx.dialect.name).run_all(tx, rows)


def lately(connection: Connection, session: Session, flow: Flow, now: datetime) -> Arrivals:
    """What was made and found of a flow since yesterday."""
    since = stamp(now - LATELY)[:10]
    which = {"of_pairing": session.pairing.name, "of_side": flow.target.value, "of_type": flow.object.value}
    ((made, found),) = _LATELY.rows(connection, which | {"of_since": since})
    return Arrivals(since, made or 0, found or 0)


def forget_arrivals(tx: Connection, session: Session, flow: Flow) -> None:
    """A person has seen what came so far."""
    tx.execute(
        delete(arrivals).where(
            arrivals.c.pairing == session.pairing.name,
            arrivals.c.side == flow.target.value,
            arrivals.c.object_type == flow.object.value,
        )
    )


_SEEN = Statement(
    select(acceptances.c.flow, acceptances.c.seen).where(acceptances.c.pairing == bindparam("of_pairing"))
)
_LATELY = Statement(
    select(func.sum(arrivals.c.made).label("made"), func.sum(arrivals.c.found).label("found")).where(
        arrivals.c.pairing == bindparam("of_pairing"),
        arrivals.c.side == bindparam("of_side"),
        arrivals.c.object_type == bindparam("of_type"),
        arrivals.c.day >= bindparam("of_since"),
    )
)


@cache
def _count(dialect: str) -> Statement:
    if dialect == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as upsert
    else:
        from sqlalchemy.dialects.sqlite import insert as upsert  # type: ignore[assignment]
    statement = upsert(arrivals)
    more = {name: arrivals.c[name] + statement.excluded[name] for name in ("made", "found")}
    keys = ["pairing", "side", "object_type", "day"]
    return Statement(statement.on_conflict_do_update(index_elements=keys, set_=more), columns=[*keys, "made", "found"])
