"""Parties that the other side does not have, in a flow that only proposes them: a person links each, or has it made."""

from sqlalchemy import Connection, select

from mlc.accounting.holdcodes import Hold, HoldCode, Waits
from mlc.engine.plans import Entry
from mlc.engine.registers import name_key
from mlc.engine.session import Session
from mlc.recipes import Flow, FlowMode
from mlc.records import Party
from mlc.store.schema import registers

ASK = "ask"
SHOWN = 5


def proposes(session: Session, flow: Flow) -> bool:
    """Whether this flow's missing parties are proposed instead of made."""
    return flow.mode is FlowMode.HOLD and session.pairing.policy.create_vendors == ASK


def proposal(connection: Connection, session: Session, flow: Flow, entry: Entry, party: Party) -> Hold:
    """The hold of a party that the other side does not have, with those there whose name begins alike.

    It is looked at again once a day: what nothing needs any more is taken back.
    """
    begin = name_key(party.name).partition(" ")[0]
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
    named = f"{entry.label} ({entry.external_id})" if entry.number != entry.external_id else entry.label
    sentence = f"{named} is not in {session.system(flow.target).title}: create it there, or link the one it is."
    detail = {"candidates": shown} if shown else {}
    return Hold(HoldCode.MISSING_VENDOR, sentence, Waits.REFERENCE, f"needed:{entry.external_id}", detail)
