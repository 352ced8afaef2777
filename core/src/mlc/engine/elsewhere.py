"""Whether somebody else carries the same documents already: told with the first plan, before the first write (R27)."""

from mlc.contract import Operation
from mlc.engine.alerts import raise_alert, take_back
from mlc.engine.dryrun import FlowPlan
from mlc.engine.plans import Action
from mlc.engine.session import Session
from mlc.recipes import Flow
from mlc.records import ObjectType

CODE = "carried_elsewhere"
#: Fewer twins than this are what people type in by hand.
FEWEST = 5
_DOCUMENTS = frozenset({ObjectType.BILL, ObjectType.VENDOR_CREDIT, ObjectType.PURCHASE_ORDER, ObjectType.INVOICE})


def tell_carried_elsewhere(session: Session, flow: Flow, plan: FlowPlan) -> None:
    """Alert when at least half of a flow's new documents stand in the target as exact twins that nobody here wrote."""
    if flow.object not in _DOCUMENTS:
        return
    there, new = plan.counts[Action.ADOPT.value] - plan.older, plan.counts[Operation.CREATE.value]
    cause = f"{session.pairing.name}:{flow.name}"
    if there < FEWEST or there < new:
        take_back(session, CODE, cause)
        return
    target = session.pairing.connection(flow.target)
    sentence = (
        f"{cause}: {there} of {there + new} documents since go-live are at {target} already, and not by us. They are "
        "taken as they stand; but if another program carries them, switch it off before you accept, or both will."
    )
    raise_alert(session, CODE, cause, sentence)


def nobody_else(session: Session, flow: Flow) -> None:
    """A person has seen the plan and accepted the flow."""
    if flow.object in _DOCUMENTS:
        take_back(session, CODE, f"{session.pairing.name}:{flow.name}")
