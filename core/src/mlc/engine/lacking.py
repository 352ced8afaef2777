"""Objects that a tenant's edition does not have: the flows that need them are off, and say so in one sentence."""

import json
from collections.abc import Mapping

from sqlalchemy import Connection, select

from mlc.engine.alerts import raise_alert, take_back
from mlc.engine.session import Session
from mlc.recipes import Flow, FlowMode, Pairing, Side
from mlc.records import ObjectType
from mlc.store.schema import bindings, probes

Lacks = Mapping[Side, Mapping[ObjectType, str]]
"""Side → object types that its tenant does not have, each with the sentence of its probe."""


def lacks_of(session: Session) -> Lacks:
    """What both tenants said when they were probed last; nothing before that."""
    return {side: session.probes[side].missing for side in Side if side in session.probes}


def lacks_as_probed(connection: Connection, pairing: Pairing) -> Lacks:
    """The same from the store, for who asks nobody: ``mlc status`` and ``mlc doctor``."""
    found = {}
    for side in Side:
        query = select(probes.c.answer).where(probes.c.connection == pairing.connection(side))
        answer = connection.execute(query).scalar()
        told = {} if answer is None else json.loads(answer).get("missing", {})
        found[side] = {ObjectType(kind): sentence for kind, sentence in told.items()}
    return found


def why_off(flow: Flow, lacks: Lacks) -> str | None:
    """What the flow needs and a side does not have; None when it can go."""
    needed = ((flow.source, flow.reads), (flow.target, flow.object))
    return next((lacks[side][kind] for side, kind in needed if kind in lacks.get(side, {})), None)


def flows_off(pairing: Pairing, lacks: Lacks) -> dict[str, str]:
    """The flows that are switched on and cannot go, each with one sentence."""
    return {
        flow.name: sentence
        for flow in pairing.flows
        if flow.mode is not FlowMode.OFF and (sentence := why_off(flow, lacks)) is not None
    }


def tell_flows_off(session: Session) -> None:
    """A flow that has carried something and cannot go on is an alert; one that never could is only told."""
    off = flows_off(session.pairing, lacks_of(session))
    for flow in session.pairing.flows:
        cause = f"{session.pairing.name}:{flow.name}"
        if flow.name not in off:
            take_back(session, "flow_off", cause)
        elif _has_carried(session, flow):
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
