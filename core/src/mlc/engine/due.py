"""Which records are to be decided: those that changed or were woken, and have no write under way."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, exists, or_, select, union_all

from mlc.engine.session import Session
from mlc.engine.states import OPEN_INTENTS, RecordState
from mlc.recipes import Flow
from mlc.store.schema import intents, records

#: State and ``dirty`` of what is due, as the index has them.
_DUE = (
    (RecordState.PENDING, 0),
    (RecordState.PENDING, 1),
    (RecordState.IN_STEP, 1),
    (RecordState.HELD, 1),
)


def is_due(session: Session, flow: Flow) -> Any:
    """The condition under which a record of this flow is to be decided."""
    return or_(*(_is_due(session, flow, state, dirty) for state, dirty in _DUE))


def next_due(connection: Connection, session: Session, flow: Flow, *, after: int, most: int) -> Sequence[RowMapping]:
    """The due records with the lowest ids after this one."""
    ids = due_ids(connection, session, flow, after=after, most=most)
    return list(connection.execute(select(records).where(records.c.id.in_(ids)).order_by(records.c.id)).mappings())


def due_ids(connection: Connection, session: Session, flow: Flow, *, after: int, most: int) -> list[int]:
    """Their ids, so many at most.

    They come first, a search of the index for each kind of due, in its order. Asked in one question with ``OR``, the
    database read and sorted all that was due for every slice: with 20,000 records waiting, 200 rows for each decided.
    """
    kinds = [
        select(records.c.id)
        .where(_is_due(session, flow, state, dirty), records.c.id > after)
        .order_by(records.c.id)
        .limit(most)
        .subquery()
        for state, dirty in _DUE
    ]
    return sorted(connection.execute(union_all(*(select(kind.c.id) for kind in kinds))).scalars())[:most]


def _is_due(session: Session, flow: Flow, state: RecordState, dirty: int) -> Any:
    under_way = exists().where(
        intents.c.record_id == records.c.id,
        intents.c.part == "main",
        intents.c.state.in_([one.value for one in OPEN_INTENTS]),
    )
    return and_(
        records.c.pairing == session.pairing.name,
        records.c.object_type == flow.object.value,
        records.c.side == flow.source.value,
        records.c.state == state.value,
        records.c.dirty == dirty,
        ~under_way,
    )
