"""What is done before a flow is delivered: what it left alone is woken, what is to be told is made."""

from mlc.engine.customers import wake_before
from mlc.engine.heirs import take_over
from mlc.engine.notices import read_the_left
from mlc.engine.reporting import make_answers
from mlc.engine.session import Session
from mlc.recipes import Flow
from mlc.records import ObjectType


def prepare(session: Session, flow: Flow) -> None:
    """Make due what this flow may carry now."""
    if flow.object is ObjectType.DOCUMENT_REPORT:
        make_answers(session, flow)
    else:
        if flow.object is ObjectType.CUSTOMER:
            read_the_left(session)
        take_over(session, flow)
        wake_before(session, flow)
