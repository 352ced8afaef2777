"""Objects that a tenant's edition does not have: the flows that need them are off, and say so in one sentence."""

from sqlalchemy import Connection, select

from mlc.engine.alerts import raise_alert, take_back
from mlc.engine.keeping import Told, owned_of, told_by_probes, why_only_matched
from mlc.engine.session import Session
from mlc.recipes import Flow, FlowMode, Pairing, Side
from mlc.store.schema import bindings

Lacks = Told
"""Side → object types that its tenant does not have, each with the sentence of its probe."""


def lacks_of(session: Session) -> Lacks:
    """What both tenants said when they were probed last; nothing before that."""
    return {side: session.probes[side].missing for side in Side if side in session.probes}


def why_off(flow: Flow, lacks: Lacks) -> str | None:
    """What the flow needs and a side does not have; None when it can go."""
    needed = ((flow.source, flow.reads), (flow.target, flow.object))
    return next((lacks[side][kind] for side, kind in needed if kind in lacks.get(side, {})), None)


def flows_off(session: Session) -> dict[str, str]:
    """The flows that are switched on and cannot go, each with one sentence; of a list: that it is not written."""
    off = _off(session.pairing, lacks_of(session), owned_of(session))
    kept = {flow.name: why_only_matched(session, flow) for flow in session.pairing.flows}
    return off | {name: sentence for name, sentence in kept.items() if sentence is not None}


def flows_off_as_probed(connection: Connection, pairing: Pairing) -> dict[str, str]:
    """The same from the store, for who asks nobody: ``mlc status`` and ``mlc doctor``."""
    missing, owned = (told_by_probes(connection, pairing, kind) for kind in ("missing", "owned"))
    return _off(pairing, missing, owned)


def _off(pairing: Pairing, lacks: Lacks, owned: Lacks) -> dict[str, str]:
    found = {}
    for flow in pairing.flows:
        if flow.mode is FlowMode.OFF:
            continue
        told = owned.get(flow.target, {}).get(flow.object) if flow.keeps_list else None
        sentence = why_off(flow, lacks) or told
        if sentence is not None:
            found[flow.name] = sentence
    return found


def tell_flows_off(session: Session) -> None:
    """A flow that has carried something and cannot go on is an alert; one that never could is only told. A list that
    somebody else owns is an alert at once: it was switched on by hand."""
    off = flows_off(session)
    for flow in session.pairing.flows:
        cause = f"{session.pairing.name}:{flow.name}"
        if flow.name not in off:
            take_back(session, "flow_off", cause)
        elif flow.keeps_list or _has_carried(session, flow):
            sentence = f"{flow.name} of {session.pairing.name} is switched off since it was last probed: "
            raise_alert(session, "flow_off", cause, sentence + off[flow.name])


def _has_carried(session: Session, flow: Flow) -> bool:
    query = select(bindings.c.record_id).where(
        bindings.c.pairing == session.pairing.name,
        bindings.c.object_type == flow.object.value,
        bindings.c.side == flow.target.value,
    )
    with session.database.read() as connection:
        return connection.execute(query.limit(1)).first() is not None
