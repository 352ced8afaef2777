"""A vendor in several currencies, where the target keeps one per vendor: a part for each further one (R12)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, exists, select, update

from mlc.accounting.parties import PartyIndex, normal_name
from mlc.accounting.partyrows import PartyRow
from mlc.accounting.situation import Want
from mlc.accounting.wants import wants
from mlc.contract import RenderedPart
from mlc.engine.session import Session
from mlc.engine.states import RecordState
from mlc.recipes import Flow, Side
from mlc.records import ObjectType, Party, Vendor, load_record
from mlc.store.schema import bindings, records, registers

#: Before the currency's code, in the name of the part.
PREFIX = "currency:"
_DUE = (RecordState.PENDING.value, RecordState.HELD.value)
PAYABLES = (ObjectType.BILL, ObjectType.VENDOR_CREDIT)


def is_currency_part(part: str) -> bool:
    """Whether a part is another currency of the party, a record of its own over there."""
    return part.startswith(PREFIX)


def currency_part(
    connection: Connection, pairing: str, source: Side, vendor_id: str | None, currency: str
) -> str | None:
    """The id of a vendor's part of this currency over there; None when there is none."""
    return connection.execute(
        select(bindings.c.external_id)
        .join(records, records.c.id == bindings.c.record_id)
        .where(
            bindings.c.pairing == pairing,
            bindings.c.side == source.other.value,
            bindings.c.object_type == ObjectType.VENDOR.value,
            bindings.c.part == PREFIX + currency,
            bindings.c.role == "primary",
            records.c.side == source.value,
            records.c.external_id == vendor_id,
        )
    ).scalar()


def party_in(party: Party, currency: str) -> Party:
    """The party as it is made once more for another currency: its name and its code say so."""
    changes: dict[str, object] = {"name": f"{party.name} ({currency})", "currency": currency}
    if isinstance(party, Vendor) and party.vendor_code:
        changes["vendor_code"] = f"{party.vendor_code}-{currency}"
    return party.model_copy(update=changes)


def parts_there(rows: PartyIndex, party: Party, currency: str) -> tuple[PartyRow, ...]:
    """Who may be the party in that currency already: of its name, alone or with the currency, and nobody else's."""
    named = _named(party.name), _named(party_in(party, currency).name)
    found = [row for row in rows.near(*named) if row.bound_to is None and row.active and row.currency == currency]
    return tuple(row for row in found if _is_one_of(row, named))


def further_currency(party: Party, peers: PartyIndex) -> str | None:
    """Whom a party of one side's list is in another currency: somebody there of its name who is bound already."""
    named = _named(party.name), _named(party.name.removesuffix(f" ({party.currency})"))
    for row in peers.near(*named):
        other = row.currency not in (None, party.currency)
        if other and row.bound_to is not None and _is_one_of(row, named):
            return f"{row.name}, in {party.currency}"
    return None


def _named(name: str) -> PartyRow:
    return PartyRow(external_id="", name=name)


def _is_one_of(row: PartyRow, named: Sequence[PartyRow]) -> bool:
    return normal_name(row.name) in {normal_name(one.name) for one in named}


def as_part(rendered: tuple[RenderedPart, ...], currency: str) -> tuple[RenderedPart, ...]:
    """What render made of the party in that currency, as a part of the record it belongs to."""
    return tuple(replace(one, name=PREFIX + currency) for one in rendered if one.name == "main")


def currencies_needed(session: Session, connection: Connection, flow: Flow) -> dict[int, str]:
    """Vendors over there → a currency in which a document waits for it, and in which it is not there yet."""
    if not _keeps_one(session, flow):
        return {}
    return dict(sorted(_waiting(session, connection, flow), reverse=True))


def call_vendors(session: Session, flow: Flow) -> int:
    """Mark the vendors whose documents wait for another currency, so that they are decided once more."""
    if not _keeps_one(session, flow):
        return 0
    with session.database.write() as tx:
        ids = sorted({vendor for vendor, _currency in _waiting(session, tx, flow)})
        if ids:
            tx.execute(update(records).where(records.c.id.in_(ids)).values(dirty=1))
    return len(ids)


def _keeps_one(session: Session, flow: Flow) -> bool:
    support = session.system(flow.target).support(flow.object)
    return support is not None and support.one_currency and flow.creates and flow.object is ObjectType.VENDOR


def _waiting(session: Session, connection: Connection, flow: Flow) -> list[tuple[int, str]]:
    """Vendors that are over there in one currency, each with another one that a document to be carried is in."""
    pairing, since = session.pairing, session.pairing.policy.since
    flows = [one for one in pairing.flows if one.object in PAYABLES and one.source is flow.source]
    document, part = records.alias("document"), bindings.alias("part")
    is_named = (document.c.party == records.c.number) | (document.c.party == records.c.external_id)
    has_part = exists().where(
        part.c.pairing == pairing.name,
        part.c.side == flow.target.value,
        part.c.record_id == records.c.id,
        part.c.part == PREFIX + document.c.currency,
    )
    rows = connection.execute(
        select(records.c.id, records.c.external_id, document.c.object_type, document.c.currency, document.c.input)
        .join(bindings, bindings.c.record_id == records.c.id)
        .join(
            registers,
            (registers.c.pairing == pairing.name)
            & (registers.c.side == flow.target.value)
            & (registers.c.object_type == ObjectType.VENDOR.value)
            & (registers.c.external_id == bindings.c.external_id),
        )
        .join(document, is_named)
        .where(
            records.c.pairing == pairing.name,
            records.c.side == flow.source.value,
            records.c.object_type == ObjectType.VENDOR.value,
            bindings.c.pairing == pairing.name,
            bindings.c.side == flow.target.value,
            bindings.c.part == "main",
            bindings.c.role == "primary",
            document.c.pairing == pairing.name,
            document.c.side == flow.source.value,
            document.c.object_type.in_([one.object.value for one in flows]),
            document.c.state.in_(_DUE),
            document.c.ledger_date >= ("" if since is None else since.isoformat()),
            document.c.currency != registers.c.currency,
            ~has_part,
        )
    ).all()
    return [(row.id, row.currency) for row in rows if _is_of(row, flows)]


def _is_of(row: Any, flows: list[Flow]) -> bool:
    """Two vendors may have one name: the document's own reference says whose it is; and it has to be wanted there."""
    if row.input is None:
        return False
    kind = ObjectType(row.object_type)
    found = load_record(kind, row.input)
    vendor = getattr(found, "vendor", None)
    if vendor is None or vendor.source_id != row.external_id:
        return False
    return any(wants(found, flow) is Want.POST for flow in flows if flow.object is kind)
