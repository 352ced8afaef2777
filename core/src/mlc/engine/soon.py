"""What a target has only accepted is asked for at once, where something waits for it: in this run, not in the next."""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select

from mlc.clock import parse_stamp, stamp
from mlc.engine.booking import FIRST_ASKED_S
from mlc.engine.session import Session
from mlc.engine.settle import Settlement
from mlc.engine.stages import Stage, flow_named
from mlc.engine.states import IntentState
from mlc.engine.tally import Tally
from mlc.engine.tasks import TaskSettler
from mlc.recipes import Flow
from mlc.store.schema import intents

#: A target that is slower than this is asked in the next run.
LOOKS = 3
Note = Callable[[Flow, Settlement, Tally], None]


def settle_soon(session: Session, stage: Stage, note: Note) -> tuple[bool, int]:
    """Ask a few times, as long as answers come. Returns whether it is done, and how many were settled by then."""
    flow, settled = flow_named(session, stage.flow), 0
    while stage.conflicts < LOOKS and _is_under_way(session, flow):
        if not stage.until:
            stage.until = stamp(session.clock.now() + timedelta(seconds=FIRST_ASKED_S))
        if not session.wait_until(parse_stamp(stage.until)):
            return False, settled
        stage.until = ""
        stage.conflicts += 1
        tasks = TaskSettler(session, flow)
        settlement = tasks.run()
        note(flow, settlement, tasks.tally)
        settled += settlement.settled
    return True, settled


def _is_under_way(session: Session, flow: Flow) -> bool:
    query = select(intents.c.id).where(
        intents.c.pairing == session.pairing.name,
        intents.c.object_type == flow.object.value,
        intents.c.source_side == flow.source.value,
        intents.c.state == IntentState.ACCEPTED.value,
    )
    with session.database.read() as connection:
        return connection.execute(query.limit(1)).first() is not None
