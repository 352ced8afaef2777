"""What a run would do, without doing it: both sides are read, nothing is written to either (R24)."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import RowMapping

from mlc.contract import FetchMode
from mlc.engine.dryrun import FlowPlan, describe, plan_flow
from mlc.engine.lists import deliverable, take_in
from mlc.engine.planfiles import PlanDraft
from mlc.engine.planning import make_planner
from mlc.engine.plans import load_entries
from mlc.engine.powerloss import wait_after_start
from mlc.engine.quarantine import wait_after_recovery
from mlc.engine.refused import as_it_counts
from mlc.engine.session import Session
from mlc.engine.upkeep import call_older_documents, probe_sides
from mlc.recipes import Side
from mlc.records import ObjectType


def plan_pairing(session: Session, *, draft: PlanDraft | None = None) -> dict[str, FlowPlan]:
    """Read both sides' changes, then decide every due record of every flow. Nothing is sent.

    Args:
        draft: Every line is written to it; what is returned has the first ones.
    """
    wait_after_recovery(session)
    wait_after_start(session)
    probe_sides(session)
    take_in(session, FetchMode.CHANGES)
    flows = deliverable(session)
    for side in Side:
        if any(flow.object is ObjectType.PAYMENT and flow.source is side for flow in flows):
            call_older_documents(session, side)
    session.planned.clear()
    plans = {}
    for flow in flows:
        if draft is None:
            plans[flow.name] = plan_flow(session, flow)
            continue
        draft.begin_flow(flow.name)
        plans[flow.name] = plan_flow(session, flow, keep=draft.line)
        draft.end_flow(plans[flow.name].as_dict())
    session.planned.clear()
    return plans


def plan_records(session: Session, rows: Sequence[RowMapping]) -> list[dict[str, Any]]:
    """Decide these records as they are stored, due or not."""
    probe_sides(session)
    items = []
    for flow in deliverable(session):
        wanted = [row for row in rows if row["object_type"] == flow.object.value and row["side"] == flow.source.value]
        if not wanted:
            continue
        planner = make_planner(session, flow)
        with session.database.read() as connection:
            planner.begin_slice(connection, planning_only=True)
            entries = as_it_counts(connection, load_entries(connection, session.pairing.name, wanted))
            items += [describe(planner.plan(entry)) for entry in entries]
    return items
