"""What a decision to write rests on must not be old: the target's listing (R20), its closed periods (pairings 0.4)."""

from collections.abc import Sequence

from sqlalchemy import bindparam, select

from mlc.clock import parse_stamp
from mlc.contract import FetchMode, Operation
from mlc.engine.lists import lists_to_read, take_in_list
from mlc.engine.plans import Action, Plan
from mlc.engine.session import Session
from mlc.engine.turns import LISTING_AGE
from mlc.engine.upkeep import PROBE_AGE, probe_sides
from mlc.recipes import Flow
from mlc.store.schema import watermarks
from mlc.store.statements import Statement


def read_anew(session: Session, flow: Flow, plans: Sequence[Plan]) -> bool:
    """Read what these plans rest on once more where it is too old. True when they have to be decided again."""
    writes = [plan for plan in plans if plan.action is Action.WRITE]
    if not writes:
        return False
    now, again = session.clock.now(), False
    if session.probed_at is not None and now - session.probed_at > PROBE_AGE:
        probe_sides(session)
        again = True
    creates = any(plan.operation is Operation.CREATE and plan.side is flow.target for plan in writes)
    if creates and _is_old(session, flow) and (flow.target, flow.object) in lists_to_read(session):
        again = take_in_list(session, FetchMode.CHANGES, flow.target, flow.object) or again
    return again


def _is_old(session: Session, flow: Flow) -> bool:
    asked = {"b_pairing": session.pairing.name, "b_side": flow.target.value, "b_type": flow.object.value}
    with session.database.read() as connection:
        found = _READ_AT.rows(connection, asked)
    read_at = found[0][0] if found else None
    return read_at is None or session.clock.now() - parse_stamp(read_at) > LISTING_AGE


_READ_AT = Statement(
    select(watermarks.c.completed_at).where(
        watermarks.c.pairing == bindparam("b_pairing"),
        watermarks.c.side == bindparam("b_side"),
        watermarks.c.object_type == bindparam("b_type"),
    )
)
