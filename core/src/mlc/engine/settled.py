"""Whether anything of a flow is to be looked up at all: asked for every flow of every run, mostly in vain."""

from sqlalchemy import Connection, Select, bindparam, or_, select

from mlc.engine.states import IntentState
from mlc.recipes import Flow
from mlc.store.schema import intents
from mlc.store.statements import Statement


def _of_a_flow() -> Select[tuple[str]]:
    return select(intents.c.id).where(
        intents.c.pairing == bindparam("of_pairing"),
        intents.c.object_type == bindparam("of_type"),
        intents.c.source_side == bindparam("of_side"),
    )


_WAITING = (IntentState.UNCERTAIN, IntentState.ACCEPTED, IntentState.HELD)
# Two, so that each finds its rows by the index: of what is confirmed, only what is due once more.
_QUESTIONS = (
    Statement(_of_a_flow().where(or_(*(intents.c.state == state.value for state in _WAITING)))),
    Statement(_of_a_flow().where(intents.c.state == IntentState.CONFIRMED.value, intents.c.due_at.is_not(None))),
)


def is_settled(connection: Connection, pairing: str, flow: Flow) -> bool:
    """Whether no write of a flow is uncertain, accepted or held, and none is to be looked up once more."""
    asked = {"of_pairing": pairing, "of_type": flow.object.value, "of_side": flow.source.value}
    return not any(question.rows(connection, asked) for question in _QUESTIONS)
