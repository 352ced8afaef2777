"""People and deals that leave a customer: perhaps it was merged into another, which its own list tells too late (R21).

What is seen to leave is noted for this run, and the customer is read again before anything new is carried; what is seen
to be gone has its people and deals read again, since they show where it went.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, select

from mlc.clock import stamp
from mlc.engine.scope import ListScope
from mlc.records import ObjectType
from mlc.store.inserting import insert_or_leave
from mlc.store.schema import bindings, notices, registers

#: The event of a notice that we gave ourselves.
LEFT = "left"
_MEMBERS = (ObjectType.CONTACT, ObjectType.DEAL)
_MOST = 50


def note_departures(tx: Connection, scope: ListScope, listed: Sequence[dict[str, Any]]) -> None:
    """Note whom these people or deals have left, and let that customer be read. Call it before the rows are stored."""
    if scope.object_type not in _MEMBERS or not listed:
        return
    now_at = {row["external_id"]: row["party"] for row in listed}
    before = tx.execute(
        select(registers.c.external_id, registers.c.party).where(
            scope.where(registers), registers.c.external_id.in_(list(now_at)), registers.c.party.is_not(None)
        )
    ).all()
    left = {row.party for row in before if row.party != now_at[row.external_id]}
    if not left:
        return
    for row in before:
        if row.party in left:
            scope.session.departed.setdefault((scope.side, row.party), set()).add(now_at[row.external_id])
    _ask_for(tx, scope, ObjectType.CUSTOMER, _bound(tx, scope, left))


def ask_for_members(tx: Connection, scope: ListScope, gone: Iterable[str]) -> None:
    """Let the people and deals of customers that are gone be read: the list still has them where they were."""
    if scope.object_type is not ObjectType.CUSTOMER:
        return
    bound = _bound(tx, scope, gone)
    for kind in _MEMBERS if bound else ():
        theirs = select(registers.c.external_id).where(
            registers.c.pairing == scope.pairing.name,
            registers.c.side == scope.side.value,
            registers.c.object_type == kind.value,
            registers.c.party.in_(bound),
            registers.c.live == 1,
        )
        _ask_for(tx, scope, kind, tx.execute(theirs.limit(_MOST)).scalars().all())


def _bound(tx: Connection, scope: ListScope, customers: Iterable[str]) -> Sequence[str]:
    """Those of them that are on both sides, and gone from neither list as far as we know."""
    return (
        tx.execute(
            select(bindings.c.external_id).where(
                bindings.c.pairing == scope.pairing.name,
                bindings.c.side == scope.side.value,
                bindings.c.object_type == ObjectType.CUSTOMER.value,
                bindings.c.part == "main",
                bindings.c.role == "primary",
                bindings.c.external_id.in_(list(customers)),
            )
        )
        .scalars()
        .all()
    )


def _ask_for(tx: Connection, scope: ListScope, kind: ObjectType, ids: Iterable[str]) -> None:
    now = stamp(scope.session.clock.now())
    which = {"pairing": scope.pairing.name, "side": scope.side.value, "object_type": kind.value}
    for external_id in ids:
        insert_or_leave(tx, notices, **which, external_id=external_id, event=LEFT, noted_at=now, due_at=now)
