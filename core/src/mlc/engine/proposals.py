"""Parties born where their documents arrive, in a flow that only proposes them: a person links each, or has it made."""

from sqlalchemy import Connection, select

from mlc.accounting.holdcodes import Hold, HoldCode, Waits
from mlc.engine.plans import Entry
from mlc.engine.registers import name_key
from mlc.engine.session import Session
from mlc.recipes import Flow, FlowMode
from mlc.records import Party
from mlc.store.schema import registers

SHOWN = 5


def only_proposes(session: Session, flow: Flow) -> bool:
    """Whether parties of this flow wait for a person, one by one: its mode is hold, and the other direction writes."""
    back = session.pairing.flow_for(flow.object, flow.target)
    return flow.mode is FlowMode.HOLD and back is not None and back.mode is FlowMode.WRITE


def proposal(connection: Connection, session: Session, flow: Flow, entry: Entry, party: Party) -> Hold:
    """The hold of a party that the other side does not have, with those there whose name begins alike."""
    begin = name_key(party.name).partition(" ")[0]
    title = session.system(flow.target).title
    found = connection.execute(
        select(registers.c.external_id, registers.c.name_key, registers.c.code, registers.c.currency)
        .where(
            registers.c.pairing == session.pairing.name,
            registers.c.side == flow.target.value,
            registers.c.object_type == flow.object.value,
            registers.c.live == 1,
            registers.c.record_id.is_(None),
            registers.c.name_key.startswith(begin, autoescape=True),
        )
        .order_by(registers.c.name_key)
        .limit(SHOWN)
    )
    shown = [{"id": row.external_id, "name": row.name_key, "code": row.code, "currency": row.currency} for row in found]
    sentence = f"{entry.label}: {title} does not have it; link it to the one that it is there, or post it to make it."
    key = f"{entry.object_type.value}:{entry.external_id}"
    return Hold(HoldCode.AMBIGUOUS, sentence, Waits.PERSON, key, {"candidates": shown} if shown else {})
