"""Planning without sending: what a flow would do, and whether that is beyond its limits (R24)."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select

from mlc.accounting.limits import Counts, check_limits
from mlc.contract import Operation
from mlc.engine.adoption import BY_EXACT_TWIN
from mlc.engine.delivery import Delivery
from mlc.engine.due import is_due
from mlc.engine.intents import MARK_PART
from mlc.engine.planitems import item_of
from mlc.engine.plans import Action, Plan
from mlc.engine.session import Session
from mlc.engine.usualday import usual_creates
from mlc.recipes import Flow
from mlc.store.schema import bindings, records

SHOWN = 2_000
Keep = Callable[[dict[str, Any]], None]


@dataclass
class FlowPlan:
    """What one flow would do. ``items`` are the first ones, for people; ``counts`` cover all."""

    flow: str
    counts: Counter[str] = field(default_factory=Counter)
    items: list[dict[str, Any]] = field(default_factory=list)
    calls: int = 0
    limit: str | None = None
    """The sentence of the limit that was exceeded; None when the flow was only not accepted yet."""
    twins: int = 0
    """Adoptions of exact twins since go-live, which nobody here wrote; counted in ``counts`` as well."""

    def as_dict(self) -> dict[str, Any]:
        return {"counts": dict(self.counts), "calls": self.calls, "limit": self.limit}


def plan_flow(session: Session, flow: Flow, *, keep: Keep | None = None, most: int | None = None) -> FlowPlan:
    """Decide every due record of a flow; nothing is sent anywhere.

    Args:
        keep: Gets every line, each with what it was made from, so that it can be applied as it is (R38).
        most: So many new documents are enough.
    """
    found = FlowPlan(flow.name)
    for plan in walk(session, flow):
        name = plan.operation.value if plan.operation is not None else (plan.state or plan.action).value
        if any(part.name == MARK_PART for part in plan.parts):
            name = MARK_PART  # it changes nothing that was posted: the limits of R24 do not count it
        found.counts[name] += 1
        found.twins += plan.action is Action.ADOPT and plan.adopt_by == BY_EXACT_TWIN
        found.calls += len(plan.parts)
        if keep is not None:
            item = item_of(plan, session.pairing.name, session.mapper_version(flow))
            keep({"id": item.id, "flow": flow.name, **describe(plan), "basis": item.basis})
        if len(found.items) < SHOWN:
            found.items.append(describe(plan))
        if most is not None and found.counts[Operation.CREATE.value] + found.twins >= most:
            break
    return found


def walk(session: Session, flow: Flow) -> Iterator[Plan]:
    """Plans of every due record, in the order they would go; later ones see earlier ones as done."""
    delivery = Delivery(session, flow)
    last = 0
    while True:
        plans = delivery.plan_slice(last, provisional=True)
        if not plans:
            return
        last = plans[-1].entry.id
        for plan in plans:
            _remember(session, plan)
            yield plan


def _remember(session: Session, plan: Plan) -> None:
    key = (plan.entry.object_type, plan.entry.external_id)
    if plan.action is Action.ADOPT and plan.adopt is not None:
        session.planned.put(*key, plan.adopt)
    elif plan.action is Action.WRITE and plan.operation is Operation.CREATE:
        session.planned.put(*key, f"planned:{plan.entry.id}")


def describe(plan: Plan) -> dict[str, Any]:
    """One line of a plan, for people and ``--json``."""
    entry = plan.entry
    return {
        "record": entry.id,
        "object_type": entry.object_type.value,
        "source_id": entry.external_id,
        "what": entry.label,
        "action": plan.operation.value if plan.operation is not None else plan.action.value,
        "side": plan.side.value,
        "fields": sorted(plan.fields),
        "why": plan.hold.sentence if plan.hold is not None else plan.reason,
        "code": plan.hold.code.value if plan.hold is not None else None,
        "adopts": plan.adopt,
        "losses": [{"field": loss.field, "reason": loss.reason} for loss in plan.losses],
        "calls": len(plan.parts),
    }


def exceeds_limits(session: Session, flow: Flow) -> FlowPlan | None:
    """The plan of a flow that would go beyond its limits, None when it may go on."""
    limits = session.pairing.policy.limits
    with session.database.read() as connection:
        due = connection.execute(select(func.count()).select_from(records).where(is_due(session, flow))).scalar_one()
        if due <= min(limits.voids_min, limits.updates_min):
            return None
        bound = _count_bound(session, flow, connection)
        usual = usual_creates(connection, session.pairing.name, flow.object)
    found = plan_flow(session, flow)
    counts = Counts(
        creates=found.counts[Operation.CREATE.value],
        updates=found.counts[Operation.UPDATE.value],
        voids=found.counts[Operation.VOID.value],
        vanished=sum(1 for item in found.items if item["code"] == "vanished"),
        bound=bound,
        usual_creates=usual,
    )
    session.planned.clear()
    found.limit = check_limits(counts, limits) or _too_many_customers(session, flow, counts.creates)
    return found if found.limit is not None else None


def _too_many_customers(session: Session, flow: Flow, creates: int) -> str | None:
    """Beside R24: a desk that suddenly calls everybody a customer does not fill the books by itself."""
    most = session.pairing.policy.max_new_customers
    if not flow.only_customers or creates <= most:
        return None
    return (
        f"{creates} customers would be new, more than the {most} a run may make (max_new_customers); look, then accept."
    )


def _count_bound(session: Session, flow: Flow, connection: Any) -> int:
    return int(
        connection.execute(
            select(func.count())
            .select_from(bindings)
            .where(
                bindings.c.pairing == session.pairing.name,
                bindings.c.side == flow.target.value,
                bindings.c.object_type == flow.object.value,
                bindings.c.part == "main",
            )
        ).scalar_one()
    )
