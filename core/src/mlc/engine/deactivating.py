"""A party is deactivated on the other side once nothing of it is open on either (pairings 0.5)."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select, update

from mlc.accounting.holdcodes import Hold, HoldCode, Waits
from mlc.engine.plans import Entry
from mlc.engine.registers import describe
from mlc.engine.states import RecordState
from mlc.engine.vanishing import is_gone_in_target
from mlc.recipes import Flow, Side
from mlc.records import (
    ApprovalStatus,
    DocumentStatus,
    ObjectType,
    OrderStatus,
    Party,
    PartyStatus,
    PaymentStatus,
    Record,
    load_record,
)
from mlc.store.schema import bindings, holds, records, registers

STATUS = "status"
_DOCUMENTS: Mapping[ObjectType, tuple[ObjectType, ...]] = {
    ObjectType.VENDOR: (ObjectType.BILL, ObjectType.VENDOR_CREDIT, ObjectType.PURCHASE_ORDER),
    ObjectType.CUSTOMER: (ObjectType.INVOICE,),
}
_SETTLED = frozenset(
    {DocumentStatus.CLOSED, DocumentStatus.VOID, OrderStatus.BILLED, OrderStatus.CLOSED, OrderStatus.CANCELLED}
)
_LEFT_ALONE = (RecordState.BEFORE_GO_LIVE.value, RecordState.SKIPPED.value)
"""What is never carried holds nothing up where it was born; the other side's listing tells of its twin."""
_SHOWN = 3


def is_leaving(*changes: Mapping[str, object]) -> bool:
    """Whether a side is about to be told that the party was deactivated."""
    return any(one.get(STATUS) is PartyStatus.INACTIVE for one in changes)


def deactivated_hold(connection: Connection, pairing: str, entry: Entry) -> Hold | None:
    """The hold for a party that was deactivated while documents of it are open; None when nothing is."""
    party = _Bound(entry.id, entry.object_type, entry.side, entry.external_id, (entry.input, entry.other_input))
    found = _open_documents(connection, pairing, party)
    if not found:
        return None
    named = ", ".join(found[:_SHOWN])
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    sentence = (
        f"{entry.label} was deactivated on one side while documents of it are open: {named}{more}. The other side "
        "follows once they are settled; accept leaves both sides as they are."
    )
    return Hold(HoldCode.DEACTIVATED, sentence, Waits.REFERENCE, f"documents_of:{entry.external_id}", {"open": found})


def documents_of(connection: Connection, pairing: str, entry: Entry, side: Side) -> int:
    """How many documents of a party a side has, settled ones and those from before go-live too."""
    party = _Bound(entry.id, entry.object_type, entry.side, entry.external_id, (entry.input, entry.other_input))
    ids, names = _known_as(connection, pairing, party, side)
    listed = select(registers.c.object_type, registers.c.external_id).where(
        registers.c.pairing == pairing,
        registers.c.side == side.value,
        registers.c.object_type.in_(_DOCUMENTS[party.kind]),
        registers.c.party.in_(ids),
        registers.c.live == 1,
    )
    born = select(records.c.object_type, records.c.external_id).where(
        records.c.pairing == pairing,
        records.c.side == side.value,
        records.c.object_type.in_(_DOCUMENTS[party.kind]),
        records.c.party.in_(ids | names),
    )
    return len({(row.object_type, row.external_id) for query in (listed, born) for row in connection.execute(query)})


def wake_deactivated(tx: Connection, pairing: str, flow: Flow) -> None:
    """What is still open is looked up before each delivery, without a call: who has other documents open than were
    told is decided again."""
    waiting = tx.execute(
        select(holds.c.detail, records)
        .join(records, records.c.id == holds.c.record_id)
        .where(
            holds.c.pairing == pairing,
            holds.c.code == HoldCode.DEACTIVATED.value,
            holds.c.cleared_at.is_(None),
            records.c.object_type == flow.object.value,
            records.c.side == flow.source.value,
            records.c.state == RecordState.HELD.value,
        )
    ).all()
    for row in waiting:
        party = _Bound(row.id, flow.object, flow.source, row.external_id, (row.input, row.other_input))
        if _open_documents(tx, pairing, party) != json.loads(row.detail)["open"]:
            tx.execute(update(records).where(records.c.id == row.id).values(state=RecordState.PENDING.value))


@dataclass(frozen=True)
class _Bound:
    """A party with its id where it was born, and what both sides show of it."""

    record_id: int
    kind: ObjectType
    side: Side
    external_id: str
    shown: tuple[str | None, ...]


def _open_documents(connection: Connection, pairing: str, party: _Bound) -> list[str]:
    """The names of both sides' open documents: those that a side lists, and those that were born there."""
    found: list[str] = []
    for side in Side:
        ids, names = _known_as(connection, pairing, party, side)
        found += _listed(connection, pairing, party.kind, side, ids)
        found += _born(connection, pairing, party.kind, side, ids, names)
    return found


def _listed(connection: Connection, pairing: str, kind: ObjectType, side: Side, ids: set[str]) -> Iterator[str]:
    rows = connection.execute(
        select(registers.c.object_type, registers.c.external_id, registers.c.number, registers.c.status)
        .where(
            registers.c.pairing == pairing,
            registers.c.side == side.value,
            registers.c.object_type.in_(_DOCUMENTS[kind]),
            registers.c.party.in_(ids),
            registers.c.live == 1,
            registers.c.balance.is_distinct_from("0"),
        )
        .order_by(registers.c.external_id)
    )
    for row in rows:
        if row.status not in _SETTLED:
            yield _name(row.object_type, row.number or row.external_id, side)


def _born(
    connection: Connection, pairing: str, kind: ObjectType, side: Side, ids: set[str], names: set[str]
) -> Iterator[str]:
    rows = connection.execute(
        select(records.c.object_type, records.c.input)
        .where(
            records.c.pairing == pairing,
            records.c.side == side.value,
            records.c.object_type.in_(_DOCUMENTS[kind]),
            records.c.party.in_(ids | names),
            records.c.state.not_in(_LEFT_ALONE),
            records.c.input.is_not(None),
        )
        .order_by(records.c.id)
    )
    for row in rows:
        document = load_record(ObjectType(row.object_type), row.input)
        facts = describe(document)
        if facts["party"] in (None, *ids) and _is_open(document, facts):
            yield _name(row.object_type, facts["number"] or document.source.source_id, side)


def _known_as(connection: Connection, pairing: str, party: _Bound, side: Side) -> tuple[set[str], set[str]]:
    """Every id of the party on a side, merged ones and those of further currencies too; and every name it goes by."""
    rows = connection.execute(
        select(bindings.c.side, bindings.c.external_id, bindings.c.base).where(
            bindings.c.pairing == pairing,
            bindings.c.side.in_([side.value for side in Side]),
            bindings.c.record_id == party.record_id,
        )
    ).all()
    ids = {row.external_id for row in rows if row.side == side.value}
    if side is party.side:
        ids.add(party.external_id)
    texts = {*party.shown, *(row.base for row in rows)}
    shown = [load_record(party.kind, text) for text in texts if text and not is_gone_in_target(text)]
    return ids, {one.name for one in shown if isinstance(one, Party)}


def _is_open(document: Record, facts: Mapping[str, Any]) -> bool:
    """Whether somebody still has to approve, bill or pay it, as far as its source says."""
    if not facts["live"] or facts["status"] in _SETTLED or facts["balance"] == "0":
        return False
    refused = getattr(document, "approval_status", None) is ApprovalStatus.REJECTED
    return not refused and getattr(document, "payment_status", None) is not PaymentStatus.PAID


def _name(kind: str, number: str, side: Side) -> str:
    return f"{kind.replace('_', ' ')} {number} on the {side.value}"
