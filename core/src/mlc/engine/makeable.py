"""What a flow lacks on a side and its plugin can make, such as a record that every line has to point to (``mlc_make``).

Plans say so beforehand, as the sentence for which the flow is off. It is made when a person accepts, or where the flow
was accepted before; what the flow then would do is planned first, like anything that nobody has seen (R24).
"""

import uuid
from dataclasses import replace

from mlc.engine.acceptance import accepted_flows
from mlc.engine.lacking import lacks_of, why_off
from mlc.engine.pauses import paused
from mlc.engine.session import Session
from mlc.engine.upkeep import probe_sides
from mlc.errors import RejectedError
from mlc.recipes import FlowMode, Side
from mlc.records import ObjectType

HOOK = "mlc_make"


def make_what_lacks(session: Session, *, accepted: bool) -> bool:
    """Make it, and ask the tenants again. True when that was tried; the flow of what was refused stays off.

    Args:
        accepted: a person accepts what was planned.

    Raises: AuthError, TransientError.
    """
    wanted = [(side, kind) for side in Side for kind in _wanted(session, side, accepted=accepted)]
    refusals = [(side, kind, why) for side, kind in wanted if (why := _make(session, side, kind)) is not None]
    if wanted:
        probe_sides(session)
    for side, kind, why in refusals:
        probe = session.probe(side)
        session.probes[side] = replace(probe, missing={**probe.missing, kind: why})
    return bool(wanted)


def _wanted(session: Session, side: Side, *, accepted: bool) -> list[ObjectType]:
    """What flows to this side lack: those that write, are not paused, and are to go."""
    makeable = session.probe(side).makeable
    if not makeable:
        return []
    others = {one: kinds for one, kinds in lacks_of(session).items() if one is not side}
    stopped, may_go = paused(session), accepted_flows(session)
    flows = [
        flow
        for flow in session.pairing.flows
        if flow.target is side and flow.object in makeable and flow.mode is FlowMode.WRITE
    ]
    return list(
        dict.fromkeys(
            flow.object
            for flow in flows
            if flow.name not in stopped and (accepted or flow.name in may_go) and why_off(flow, others) is None
        )
    )


def _make(session: Session, side: Side, kind: ObjectType) -> str | None:
    """One mutating request at most, like any write. Says why it was refused, None when it is there."""
    connection = session.connections[side]
    try:
        with connection.http.permit(f"{HOOK}:{uuid.uuid4().hex}"):
            what = session.call(side, HOOK, object_type=kind)
    except RejectedError as error:
        return error.sentence
    audit = session.audit()
    audit.add("made", side=side.value, connection=connection.name, object_type=kind.value, what=str(what))
    with session.database.write() as tx:
        audit.write(tx, session.clock.now())
    return None
