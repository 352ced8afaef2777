"""A vendor in several currencies, where the target keeps one per vendor: a part for each further one (R12)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, exists, select, update

from mlc.accounting.parties import NearParties, normal_name
from mlc.accounting.partyrows import PartyRow
from mlc.accounting.situation import Want
from mlc.accounting.wants import wants
from mlc.contract import RenderedPart
from mlc.engine.session import Session
from mlc.engine.states import RecordState
from mlc.recipes import Flow, Side
from mlc.records import ObjectType, Party, Vendor, load_record
from mlc.store.schema import bindings, records, registers
from mlc.system import Capability

#: Before the currency's code, in the name of the part.
PREFIX = "currency:"
_DUE = (RecordState.PENDING.value, RecordState.HELD.value)
PAYABLES = (ObjectType.BILL, ObjectType.VENDOR_CREDIT)


def is_currency_part(part: str) -> bool:
    """Whether a part is another currency of the party, a record of its own over there."""
    return part.startswith(PREFIX)


def currency_part(connection: Connection, pairing: str, side: Side, main_id: str, currency: str) -> str | None:
    """The id of a vendor's part of this currency on a side; None when there is none.

    Args:
        main_id: Its id there, in its own currency.
    """
    main, part = bindings.alias("main"), bindings.alias("part")
    return connection.execute(
        select(part.c.external_id)
        .join(main, (main.c.record_id == part.c.record_id) & (main.c.side == part.c.side))
        .where(
            *_bound(main, pairing, side, "main"),
            main.c.external_id == main_id,
            *_bound(part, pairing, side, PREFIX + currency),
        )
    ).scalar()


def whole_of(connection: Connection, pairing: str, side: Side, part_id: str) -> str | None:
    """The id on a side of the vendor of which this one is a further currency there; None where it is none."""
    main, part = bindings.alias("main"), bindings.alias("part")
    return connection.execute(
        select(main.c.external_id)
        .join(part, (main.c.record_id == part.c.record_id) & (main.c.side == part.c.side))
        .where(
            *_bound(main, pairing, side, "main"),
            part.c.pairing == pairing,
            part.c.side == side.value,
            part.c.object_type == ObjectType.VENDOR.value,
            part.c.part.startswith(PREFIX, autoescape=True),
            part.c.external_id == part_id,
        )
    ).scalar()


def ids_of(session: Session, record_id: int) -> set[str]:
    """What a party is called in documents of either side."""
    query = select(bindings.c.external_id).where(
        bindings.c.pairing == session.pairing.name,
        bindings.c.side.in_([side.value for side in Side]),
        bindings.c.record_id == record_id,
        bindings.c.part == "main",
    )
    with session.database.read() as connection:
        return set(connection.execute(query).scalars())


def _bound(table: Any, pairing: str, side: Side, part: str) -> tuple[Any, ...]:
    return (
        table.c.pairing == pairing,
        table.c.side == side.value,
        table.c.object_type == ObjectType.VENDOR.value,
        table.c.part == part,
        table.c.role == "primary",
    )


def party_in(party: Party, currency: str) -> Party:
    """The party as it is made once more for another currency: its name and its code say so."""
    changes: dict[str, object] = {"name": f"{party.name} ({currency})", "currency": currency}
    if isinstance(party, Vendor) and party.vendor_code:
        changes["vendor_code"] = f"{party.vendor_code}-{currency}"
    return party.model_copy(update=changes)


def parts_there(rows: NearParties, party: Party, currency: str) -> tuple[PartyRow, ...]:
    """Who may be the party in that currency already: of its name, alone or with the currency, and nobody else's."""
    named = _named(party.name), _named(party_in(party, currency).name)
    found = [row for row in rows.near(*named) if row.bound_to is None and row.active and row.currency == currency]
    return tuple(row for row in found if _is_one_of(row, named))


def further_currency(party: Party, peers: NearParties) -> str | None:
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


def currencies_needed(session: Session, connection: Connection, flow: Flow, keeper: Side) -> dict[int, str]:
    """Vendors of a flow → a currency in which a document waits for it, and in which it is not on this side yet.

    Args:
        keeper: The side that keeps one currency per vendor: over there, or where the vendor was born itself.
    """
    if not _keeps_one(session, flow, keeper):
        return {}
    return dict(sorted(_waiting(session, connection, flow, keeper), reverse=True))


def call_vendors(session: Session, flow: Flow, keeper: Side) -> int:
    """Mark the vendors whose documents wait for another currency on a side, so that they are decided once more. One
    that waits for a person itself is left to that."""
    if not _keeps_one(session, flow, keeper):
        return 0
    with session.database.write() as tx:
        ids = sorted({vendor for vendor, _currency in _waiting(session, tx, flow, keeper)})
        if ids:
            free = records.c.state != RecordState.HELD.value
            return tx.execute(update(records).where(records.c.id.in_(ids), free).values(dirty=1)).rowcount
    return 0


def _keeps_one(session: Session, flow: Flow, keeper: Side) -> bool:
    support = session.system(keeper).support(flow.object)
    if flow.object is not ObjectType.VENDOR or support is None or not support.one_currency or not flow.creates:
        return False
    return session.pairing.policy.vendor_currencies == "part" and Capability.CREATE in support.can


def _waiting(session: Session, connection: Connection, flow: Flow, keeper: Side) -> list[tuple[int, str]]:
    """Vendors that a side has in one currency, each with another one that a document to be carried there is in."""
    pairing, since, sender = session.pairing, session.pairing.policy.since, keeper.other
    flows = [one for one in pairing.flows if one.object in PAYABLES and one.source is sender]
    document, part = records.alias("document"), bindings.alias("part")
    there, here = bindings.alias("there"), bindings.alias("here")
    known_as = records.c.external_id if flow.source is sender else here.c.external_id
    is_named = (document.c.party == records.c.number) | (document.c.party == known_as)
    has_part = exists().where(
        part.c.pairing == pairing.name,
        part.c.side == keeper.value,
        part.c.record_id == records.c.id,
        part.c.part == PREFIX + document.c.currency,
    )
    rows = connection.execute(
        select(
            records.c.id,
            known_as.label("external_id"),
            document.c.object_type,
            document.c.currency,
            document.c.input,
        )
        .select_from(records)
        .join(there, there.c.record_id == records.c.id)
        .join(here, (here.c.record_id == records.c.id) & (here.c.side == sender.value) & (here.c.part == "main"))
        .join(
            registers,
            (registers.c.pairing == pairing.name)
            & (registers.c.side == keeper.value)
            & (registers.c.object_type == ObjectType.VENDOR.value)
            & (registers.c.external_id == there.c.external_id),
        )
        .join(document, is_named)
        .where(
            records.c.pairing == pairing.name,
            records.c.side == flow.source.value,
            records.c.object_type == ObjectType.VENDOR.value,
            *_bound(there, pairing.name, keeper, "main"),
            here.c.pairing == pairing.name,
            here.c.role == "primary",
            document.c.pairing == pairing.name,
            document.c.side == sender.value,
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
