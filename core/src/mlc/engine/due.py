"""Which records are to be decided: those that changed or were woken, and have no write under way."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    Connection,
    Integer,
    and_,
    bindparam,
    exists,
    literal_column,
    or_,
    select,
    union_all,
)

from mlc.engine.session import Session
from mlc.engine.states import OPEN_INTENTS, RecordState
from mlc.recipes import Flow
from mlc.store.schema import intents, records
from mlc.store.statements import Statement

Facts = tuple[Any, Any, Any]
#: State and ``dirty`` of what is due, as the index has them.
_DUE = (
    (RecordState.PENDING, 0),
    (RecordState.PENDING, 1),
    (RecordState.IN_STEP, 1),
    (RecordState.HELD, 1),
)


def is_due(session: Session, flow: Flow) -> Any:
    """The condition under which a record of this flow is to be decided."""
    facts = (session.pairing.name, flow.object.value, flow.source.value)
    return or_(*(_is_due(facts, state, dirty) for state, dirty in _DUE))


def next_due(
    connection: Connection, session: Session, flow: Flow, *, after: int, most: int
) -> Sequence[Mapping[str, Any]]:
    """The due records with the lowest ids after this one."""
    ids = due_ids(connection, session, flow, after=after, most=most)
    return _BY_ID.found(connection, {"b_ids": ids}) if ids else []


def due_ids(connection: Connection, session: Session, flow: Flow, *, after: int, most: int) -> list[int]:
    """Their ids, so many at most."""
    facts = {"b_pairing": session.pairing.name, "b_type": flow.object.value, "b_side": flow.source.value}
    found = _next_ids().rows(connection, facts | {"b_after": after, "b_most": most})
    return sorted(int(row[0]) for row in found)[:most]


_BY_ID = Statement(select(records).where(records.c.id.in_(bindparam("b_ids", expanding=True))).order_by(records.c.id))


@cache
def _next_ids() -> Statement:
    """The ids come first, a search of the index for each kind of due, in its order. Asked in one question with ``OR``,
    the database read and sorted all that was due for every slice: with 20,000 waiting, 200 rows for each decided."""
    facts: Facts = (bindparam("b_pairing"), bindparam("b_type"), bindparam("b_side"))
    kinds = [
        select(records.c.id)
        .where(_is_due(facts, state, dirty), records.c.id > bindparam("b_after"))
        .order_by(records.c.id)
        .limit(bindparam("b_most", type_=Integer))
        .subquery()
        for state, dirty in _DUE
    ]
    return Statement(union_all(*(select(kind.c.id) for kind in kinds)))


def _is_due(facts: Facts, state: RecordState, dirty: int) -> Any:
    """``facts``: pairing, object type and side, or the parameters that stand for them."""
    pairing, object_type, side = facts
    under_way = exists().where(
        intents.c.record_id == records.c.id,
        intents.c.part == "main",
        intents.c.state.in_([literal_column(f"'{one.value}'") for one in OPEN_INTENTS]),
    )
    return and_(
        records.c.pairing == pairing,
        records.c.object_type == object_type,
        records.c.side == side,
        records.c.state == state.value,
        records.c.dirty == dirty,
        ~under_way,
    )
