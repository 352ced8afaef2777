"""Whether somebody else carries the same documents: told before the first write, and when it begins later (R27)."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import or_, select, true

from mlc.contract import Operation
from mlc.engine.acceptance import CARRIED_ELSEWHERE, accepted_flows, cause_of
from mlc.engine.alerts import raise_alert, take_back
from mlc.engine.arrivals import DOCUMENTS, LATELY, lately
from mlc.engine.dryrun import FlowPlan, plan_flow
from mlc.engine.lists import deliverable
from mlc.engine.pauses import paused
from mlc.engine.preparing import prepare
from mlc.engine.session import Session
from mlc.recipes import Flow
from mlc.records import ObjectType
from mlc.store.instance import last_recovery
from mlc.store.schema import registers

#: Fewer twins than this are what people type in by hand.
FEWEST = 5
#: So many new documents of a flow show whether somebody carries them: deciding all of them twice would double the cost
#: of a first run. What a later one shows is counted as it comes.
SAMPLE = 500
#: What no document is decided by.
_AFTER_DOCUMENTS = frozenset({ObjectType.PAYMENT, ObjectType.DOCUMENT_REPORT})


def tell_carried_elsewhere(session: Session, flow: Flow, plan: FlowPlan, *, accepted: bool = False) -> None:
    """Alert when at least half of a flow's new documents stand in the target as exact twins that nobody here wrote."""
    if flow.object not in DOCUMENTS:
        return
    there, new = plan.twins, plan.counts[Operation.CREATE.value]
    cause = cause_of(session, flow)
    if not _is_told_by(there, new):
        take_back(session, CARRIED_ELSEWHERE, cause)
        return
    first = "the first " if accepted and there + new >= SAMPLE else ""
    target = session.pairing.connection(flow.target)
    there_already = f"{there} of {first}{there + new} documents since go-live are at {target}"
    sentence = f"{cause}: {there_already} already, and not by us. They are taken as they stand"
    if accepted:
        sentence += f", and the others sent, as nobody saw the plan before it was accepted; {_advice(session, flow)}"
    else:
        sentence += "; but if another program carries them, switch it off before you accept, or both will."
    raise_alert(session, CARRIED_ELSEWHERE, cause, sentence)


def plan_unseen(session: Session, accepted: Collection[str]) -> None:
    """Plan, before the first write, what a person has accepted without a plan: whoever carries it, too, shows there.

    Costs nothing where the target's lists show fewer documents than would be told.
    """
    flows = [flow for flow in deliverable(session) if flow.object not in _AFTER_DOCUMENTS]
    asked = [flow for flow in flows if flow.name in accepted and _has_strangers(session, flow)]
    if not asked:
        return
    going, stopped = accepted_flows(session), paused(session)
    for flow in flows[: flows.index(asked[-1]) + 1]:
        if flow.name in going and flow.name not in stopped:
            prepare(session, flow)
            plan = plan_flow(session, flow, most=SAMPLE if flow in asked else None)
            if flow in asked:
                tell_carried_elsewhere(session, flow, plan, accepted=True)
    session.planned.clear()


def tell_arrivals(session: Session) -> None:
    """The same of what became new lately, once a flow is accepted: told when it begins, taken back when it ends.

    That nothing came says nothing. Whoever restored a database may find what the lost one had written.
    """
    now = session.clock.now()
    for flow in session.pairing.flows:
        if flow.object not in DOCUMENTS:
            continue
        with session.database.read() as connection:
            came = lately(connection, session, flow, now)
        cause = cause_of(session, flow)
        if _is_told_by(came.found, came.made):
            if _recovered_lately(session, now):
                continue
            target = session.pairing.connection(flow.target)
            sentence = (
                f"{cause}: {came.found} of {came.found + came.made} documents that were new since {came.since} were at "
                f"{target} already, and not by us. They are taken as they stand, and nothing is stopped; "
                f"{_advice(session, flow)}"
            )
            raise_alert(session, CARRIED_ELSEWHERE, cause, sentence)
        elif came.found < came.made and came.found + came.made >= FEWEST:
            take_back(session, CARRIED_ELSEWHERE, cause)


def _is_told_by(there: int, new: int) -> bool:
    return there >= FEWEST and there >= new


def _advice(session: Session, flow: Flow) -> str:
    name = session.pairing.name
    return (
        "but if another program carries them, switch it off, or stop this flow (mlc pause "
        f"{name} --flow {flow.name} --reason …): of two that send the same document, both may arrive. If nobody else "
        f"carries them, or nobody any more, say so with mlc run {name} --once --accept."
    )


def _has_strangers(session: Session, flow: Flow) -> bool:
    """Whether the target shows as many documents since go-live that are no record's as would be told."""
    since, day = session.pairing.policy.since, registers.c.issue_date
    query = (
        select(registers.c.external_id)
        .where(
            registers.c.pairing == session.pairing.name,
            registers.c.side == flow.target.value,
            registers.c.object_type == flow.object.value,
            registers.c.live == 1,
            registers.c.record_id.is_(None),
            true() if since is None else or_(day.is_(None), day >= since.isoformat()),
        )
        .limit(FEWEST)
    )
    with session.database.read() as connection:
        return len(connection.execute(query).all()) == FEWEST


def _recovered_lately(session: Session, now: datetime) -> bool:
    with session.database.read() as connection:
        recovery = last_recovery(connection)
    return recovery is not None and recovery.at.date() >= (now - LATELY).date()
