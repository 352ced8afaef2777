"""Lists that this pairing writes: which, and why one that it was told to write is only matched."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select

from mlc.engine.session import Session
from mlc.recipes import Flow, Pairing, Side
from mlc.records import ObjectType
from mlc.store.schema import probes
from mlc.system import Capability

Told = Mapping[Side, Mapping[ObjectType, str]]
"""Side → object types, each with a sentence of its probe."""


def is_kept(session: Session, flow: Flow) -> bool:
    """Whether the flow's list is written. It is not where another program owns it, or its plugin cannot create it."""
    return flow.keeps_list and why_only_matched(session, flow) is None


def why_only_matched(session: Session, flow: Flow) -> str | None:
    """Why a list that the flow was told to write is left alone; None when it is written, or was never to be."""
    if not flow.keeps_list:
        return None
    told = owned_of(session).get(flow.target, {}).get(flow.object)
    if told is not None or session.system(flow.target).can(flow.object, Capability.CREATE):
        return told
    what = flow.object.value.replace("_", " ")
    return f"{session.system(flow.target).title} takes no {what}s from us, so they are only matched"


def owned_of(session: Session) -> Told:
    """What both tenants said when they were probed last; nothing before that."""
    return {side: session.probes[side].owned for side in Side if side in session.probes}


def told_by_probes(connection: Connection, pairing: Pairing, kind: str) -> Told:
    """What both sides' last probes said of object types, from the store: ``missing`` or ``owned``."""
    found = {}
    for side in Side:
        told = stored_answer(connection, pairing.connection(side)).get(kind, {})
        found[side] = {ObjectType(name): sentence for name, sentence in told.items()}
    return found


def stored_answer(connection: Connection, name: str) -> dict[str, Any]:
    """What is kept of a connection's last probe; nothing before that."""
    answer = connection.execute(select(probes.c.answer).where(probes.c.connection == name)).scalar()
    found: dict[str, Any] = {} if answer is None else json.loads(answer)
    return found
