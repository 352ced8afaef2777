"""Parties that are not to be made: nothing needs them, or they are the other side of one that is carried already."""

from sqlalchemy import Connection, bindparam, select

from mlc.engine.plans import Entry
from mlc.engine.session import Session
from mlc.engine.states import RecordState
from mlc.records import Party
from mlc.store.schema import bindings, holds, records
from mlc.store.statements import Statement

_PAST = (RecordState.NOT_CARRIED.value, RecordState.BEFORE_GO_LIVE.value, RecordState.SKIPPED.value)


def is_needed(session: Session, connection: Connection, entry: Entry, party: Party) -> bool:
    """Whether a document after go-live names the party, or waits for it by its id."""
    since = session.pairing.policy.since
    named = select(records.c.id).where(
        records.c.pairing == session.pairing.name,
        records.c.side == entry.side.value,
        records.c.party.in_([party.name, entry.external_id]),
        records.c.state.not_in(_PAST),
        records.c.ledger_date >= (since.isoformat() if since is not None else ""),
    )
    waited_for = select(holds.c.id).where(
        holds.c.pairing == session.pairing.name,
        holds.c.waits_key == f"{entry.object_type.value}:{entry.external_id}",
        holds.c.cleared_at.is_(None),
    )
    return any(connection.execute(query.limit(1)).first() is not None for query in (named, waited_for))


def bound_elsewhere(session: Session, connection: Connection, entry: Entry) -> str | None:
    """The record whose other side this one is: both sides' lists are read, and each is matched once."""
    asked = {
        "b_pairing": session.pairing.name,
        "b_side": entry.side.value,
        "b_type": entry.object_type.value,
        "b_id": entry.external_id,
        "b_record": entry.id,
    }
    for number, external_id in _BOUND.rows(connection, asked):
        return str(number or external_id)
    return None


_BOUND = Statement(
    select(records.c.number, records.c.external_id)
    .join(bindings, bindings.c.record_id == records.c.id)
    .where(
        bindings.c.pairing == bindparam("b_pairing"),
        bindings.c.side == bindparam("b_side"),
        bindings.c.object_type == bindparam("b_type"),
        bindings.c.external_id == bindparam("b_id"),
        bindings.c.part == "main",
        bindings.c.role == "primary",
        bindings.c.record_id != bindparam("b_record"),
    )
)
