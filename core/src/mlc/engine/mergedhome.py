"""A party that became another where it was born: what was bound to it there follows, and its documents (R21)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from sqlalchemy import Connection, select

from mlc.accounting.naming import TradeDocument, party_of
from mlc.engine.booking import Booking
from mlc.engine.merging import survivor
from mlc.engine.plans import Entry, MergedInto
from mlc.engine.states import RecordState
from mlc.records import ObjectType, load_record
from mlc.store.schema import bindings, records, registers

_DOCUMENTS: Mapping[ObjectType, tuple[ObjectType, ...]] = {
    ObjectType.VENDOR: (ObjectType.BILL, ObjectType.VENDOR_CREDIT, ObjectType.PURCHASE_ORDER),
    ObjectType.CUSTOMER: (ObjectType.INVOICE,),
}


@dataclass(frozen=True, slots=True)
class _Document:
    record_id: int
    state: str
    party_now: str | None


def merged_at_home(connection: Connection, pairing: str, entry: Entry, told: str | None) -> MergedInto | None:
    """Which one it is now: as its vendor told, or as a person did; None while nobody has."""
    linked = [one for one in entry.decided.get("link", {}) if _name_of(connection, pairing, entry, one) is not None]
    for one in [told] if told is not None else linked:
        into = survivor(connection, pairing, entry.side, entry.object_type, one)
        if into != entry.external_id:
            name = _name_of(connection, pairing, entry, into)
            documents = _documents(connection, pairing, entry) if entry.origin is not None else []
            waiting = tuple(row.record_id for row in documents if row.state == RecordState.HELD.value)
            return MergedInto(into, into if name is None else f"{name} ({into})", waiting)
    return None


def likely_survivor(connection: Connection, pairing: str, entry: Entry) -> str | None:
    """The one party at which its side shows every document now that it showed at the one that is gone: for a person to
    confirm, since documents can be moved one by one, too."""
    parties = {row.party_now for row in _documents(connection, pairing, entry)}
    return parties.pop() if len(parties) == 1 and not parties & {entry.external_id, None} else None


def book_merge(booking: Booking, entry: Entry, merged: MergedInto) -> None:
    """Only an alias is left of it there. What waited for it, or seemed to have been edited, is looked at again."""
    if entry.origin is None:
        return
    which = {"b_record": entry.id, "b_side": entry.side.value, "b_part": "main"}
    booking.rows.replaced.append(which | {"role": "alias", "moved_to": merged.into})
    known_as = {entry.external_id, *(one.external_id for one in entry.parts.values())}
    booking.rows.woken |= {f"{entry.object_type.value}:{one}" for one in known_as}
    for record_id in merged.documents:
        booking.record(record_id, RecordState.PENDING)
    booking.note(
        "merged", record_id=entry.id, side=entry.side.value, external_id=merged.into, by="its vendor or a person"
    )


def _name_of(connection: Connection, pairing: str, entry: Entry, external_id: str) -> str | None:
    """What a party of its side is called; None for one that was never read there."""
    found = select(records.c.number).where(
        records.c.pairing == pairing,
        records.c.side == entry.side.value,
        records.c.object_type == entry.object_type.value,
        records.c.external_id == external_id,
    )
    return connection.execute(found).scalar()


def _documents(connection: Connection, pairing: str, entry: Entry) -> list[_Document]:
    """What is bound on its side and was its own when both sides were last in step."""
    rows = connection.execute(
        select(bindings.c.object_type, bindings.c.base, bindings.c.record_id, records.c.state, registers.c.party)
        .join(records, records.c.id == bindings.c.record_id)
        .outerjoin(
            registers,
            (registers.c.pairing == bindings.c.pairing)
            & (registers.c.side == bindings.c.side)
            & (registers.c.object_type == bindings.c.object_type)
            & (registers.c.external_id == bindings.c.external_id)
            & (registers.c.live == 1),
        )
        .where(
            bindings.c.pairing == pairing,
            bindings.c.side == entry.side.value,
            bindings.c.object_type.in_([kind.value for kind in _DOCUMENTS[entry.object_type]]),
            bindings.c.part == "main",
            bindings.c.role == "primary",
            bindings.c.base.contains(f'"{entry.external_id}"', autoescape=True),
        )
    ).all()
    return [
        _Document(row.record_id, row.state, row.party)
        for row in rows
        if _was_of(row.object_type, row.base) == entry.external_id
    ]


def _was_of(kind: str, base: str) -> str | None:
    party = party_of(cast(TradeDocument, load_record(ObjectType(kind), base)))
    return None if party is None else party.source_id
