"""What of a run is history: it may use less of a vendor's day than what happens now (R34)."""

from sqlalchemy import func, select

from mlc.engine.due import due_ids
from mlc.engine.lists import lists_to_read
from mlc.engine.session import Session
from mlc.engine.stages import Stage, StageKind, flow_named
from mlc.engine.states import IntentState
from mlc.http import Purpose
from mlc.recipes import Flow, Side
from mlc.records import ObjectType
from mlc.store.schema import acceptances, intents, runs, watermarks

#: More records of a flow than this, due at once, are no day's work: a replay, an import, what an outage left.
BACKLOG = 200


def carries_history(session: Session) -> bool:
    """Whether a run that begins now fetches and carries history: the first one, of the pairing or of a flow, up to
    the first that goes to its end once a person has accepted it; and the first after ``mlc recover``."""
    with session.database.read() as connection:
        mine = runs.c.pairing == session.pairing.name
        ended = mine & runs.c.outcome.in_(("done", "needs_a_person"))
        last = connection.execute(select(func.max(runs.c.finished_at)).where(ended)).scalar()
        flows = [flow.name for flow in session.pairing.flows]
        accepted = select(func.max(acceptances.c.at)).where(
            acceptances.c.pairing == session.pairing.name, acceptances.c.flow.in_(flows)
        )
        since = connection.execute(accepted).scalar()
    return last is None or (since is not None and last < since) or bool(_unread(session))


def is_backlog(session: Session, flow: Flow) -> bool:
    """More waits in this flow than a usual day brings."""
    planned = (
        select(intents.c.id)
        .where(
            intents.c.pairing == session.pairing.name,
            intents.c.state == IntentState.PLANNED.value,
            intents.c.object_type == flow.object.value,
        )
        .limit(BACKLOG + 1)
    )
    with session.database.read() as connection:
        waiting = len(due_ids(connection, session, flow, after=0, most=BACKLOG + 1))
        return waiting + len(connection.execute(planned).all()) > BACKLOG


def purpose_of(session: Session, stage: Stage, *, history: bool) -> Purpose:
    """What the calls of a stage are for. ``history``: the run carries some."""
    if stage.kind is StageKind.SETTLE:
        return Purpose.SETTLE
    if history or stage.kind is StageKind.SWEEP:
        return Purpose.BACKFILL
    if stage.kind is StageKind.TAKE_IN and stage.list in _unread(session):
        return Purpose.BACKFILL
    if stage.kind is StageKind.DELIVER and is_backlog(session, flow_named(session, stage.flow)):
        return Purpose.BACKFILL
    return Purpose.ORDINARY


def _unread(session: Session) -> set[tuple[Side, ObjectType]]:
    """Lists of the pairing that were never read to their end, or not since ``mlc recover``."""
    query = select(watermarks.c.side, watermarks.c.object_type).where(watermarks.c.pairing == session.pairing.name)
    with session.database.read() as connection:
        read = {(Side(row.side), ObjectType(row.object_type)) for row in connection.execute(query)}
    return set(lists_to_read(session)) - read
