"""A customer or person merged away where it was born: its counterpart goes to the survivor that has none (R21).

It is done before anything of the flow is decided, so that the survivor is never carried as a new party beside it.
"""

from collections.abc import Sequence
from typing import cast

from sqlalchemy import Connection, RowMapping, exists, select

from mlc.accounting.parties import shared_mailbox
from mlc.clock import stamp
from mlc.engine.inheriting import MERGED, Succession, follow
from mlc.engine.merging import survivor
from mlc.engine.plans import Entry
from mlc.engine.registers import mailbox_key
from mlc.engine.session import Session
from mlc.engine.states import OPEN_INTENTS, RecordState
from mlc.engine.whereabouts import went_to
from mlc.recipes import Flow
from mlc.records import Contact, DeletionKind, ObjectType, Party, load_record
from mlc.store.schema import bindings, decisions, intents, records, registers

PARTIES = frozenset({ObjectType.CUSTOMER, ObjectType.CONTACT})
"""Vendors keep their own codes over there: a survivor becomes one of its own (``mergedhome``)."""
_FAR = 20


def take_over(session: Session, flow: Flow) -> int:
    """Move the bindings of parties that are gone where this flow reads them. Asks no vendor. Returns how many moved."""
    moved = 0
    while flow.object in PARTIES and (found := _successions(session, flow)):
        _carry_out(session, flow, found)
        moved += len(found)
    return moved


def _successions(session: Session, flow: Flow) -> list[Succession]:
    """One for each survivor: of two that went into the same one, the first gives it a counterpart, which is looked at
    before the second."""
    with session.database.read() as connection:
        found = [_succession(connection, session, flow, row) for row in _gone(connection, session, flow)]
    first: dict[str, Succession] = {}
    for one in found:
        if one is not None:
            first.setdefault(one.into, one)
    return list(first.values())


def _carry_out(session: Session, flow: Flow, found: Sequence[Succession]) -> None:
    now = session.clock.now()
    with session.database.write() as tx:
        audit = session.audit()
        for one in found:
            follow(tx, session, flow, one, stamp(now))
            audit.add(
                "merged",
                record_id=one.gone["id"] if one.heir is None else one.heir["id"],
                object_type=flow.object.value,
                side=flow.source.value,
                external_id=one.into,
                instead_of=one.gone["external_id"],
                counterpart=None if one.heir is None else one.there,
            )
        audit.write(tx, now)


def why_not_carried(connection: Connection, session: Session, entry: Entry) -> str:
    """Why a party that is gone and bound to nothing is not carried, in a sentence."""
    into = survivor(connection, session.pairing.name, entry.side, entry.object_type, entry.external_id)
    return MERGED.format(into=into) if into != entry.external_id else "it was removed before it was carried"


# -------------------------------------------------------------------- who is gone, and who succeeds


def _gone(connection: Connection, session: Session, flow: Flow) -> Sequence[RowMapping]:
    """Records of this flow that are bound, have no write under way, and are live in their own list no more."""
    pairing, source = session.pairing.name, flow.source
    states = [RecordState.PENDING.value, RecordState.HELD.value]
    if _has_news(connection, session, flow):  # who was only removed so far may be somebody who is new
        states.append(RecordState.NOT_CARRIED.value)
    under_way = exists().where(intents.c.record_id == records.c.id, intents.c.state.in_(OPEN_INTENTS))
    own = bindings.alias("own")
    followed = select(own.c.id).where(
        own.c.pairing == pairing,
        own.c.side == source.value,
        own.c.record_id == records.c.id,
        own.c.external_id == records.c.external_id,
        own.c.part == "main",
        own.c.role == "alias",
    )
    return (
        connection.execute(
            select(records, bindings.c.external_id.label("there"), exists(followed).label("followed"))
            .join(
                bindings,
                (bindings.c.pairing == pairing)
                & (bindings.c.side == source.other.value)
                & (bindings.c.record_id == records.c.id)
                & (bindings.c.part == "main")
                & (bindings.c.role == "primary"),
            )
            .join(
                registers,
                (registers.c.pairing == pairing)
                & (registers.c.side == source.value)
                & (registers.c.object_type == flow.object.value)
                & (registers.c.external_id == records.c.external_id),
            )
            .where(
                records.c.pairing == pairing,
                records.c.object_type == flow.object.value,
                records.c.side == source.value,
                records.c.state.in_(states),
                registers.c.live == 0,
                ~under_way,
            )
            .order_by(records.c.id)
        )
        .mappings()
        .all()
    )


def _has_news(connection: Connection, session: Session, flow: Flow) -> bool:
    pending = select(records.c.id).where(
        records.c.pairing == session.pairing.name,
        records.c.object_type == flow.object.value,
        records.c.side == flow.source.value,
        records.c.state == RecordState.PENDING.value,
    )
    return connection.execute(pending.limit(1)).first() is not None


def _succession(connection: Connection, session: Session, flow: Flow, row: RowMapping) -> Succession | None:
    if not row["input"]:
        return None
    last = cast(Party | Contact, load_record(flow.object, row["input"]))
    if last.source.deleted is None:  # it is only inactive
        return None
    into = _named_by_a_person(connection, row) or _into(connection, session, flow, row, last)
    if into is None or into == row["external_id"]:
        return None
    heir = _free(connection, session, flow, into)
    if heir is None and (row["followed"] or not _is_bound(connection, session, flow, into)):
        return None
    return Succession(row, into, heir, row["there"])


def _named_by_a_person(connection: Connection, row: RowMapping) -> str | None:
    """Whom a person linked since: what was linked before is the counterpart itself."""
    named = select(decisions.c.subject).where(
        decisions.c.record_id == row["id"], decisions.c.kind == "link", decisions.c.subject != row["there"]
    )
    return connection.execute(named.order_by(decisions.c.at.desc())).scalar()


def _into(connection: Connection, session: Session, flow: Flow, row: RowMapping, last: Party | Contact) -> str | None:
    gone = last.source.deleted
    if gone is not None and gone.kind is DeletionKind.MERGED and gone.moved_to:
        return _last_of_chain(connection, session, flow, gone.moved_to)
    if isinstance(last, Contact):
        return _of_the_same_address(connection, session, flow, last)
    if flow.object is ObjectType.CUSTOMER:
        return went_to(session, connection, flow.source, row["external_id"], row["there"])
    return None


def _last_of_chain(connection: Connection, session: Session, flow: Flow, into: str) -> str:
    """Past those that were merged on in their turn."""
    for _step in range(_FAR):
        into = survivor(connection, session.pairing.name, flow.source, flow.object, into)
        row = _record_of(connection, session, flow, into)
        deleted = load_record(flow.object, row["input"]).source.deleted if row is not None and row["input"] else None
        if deleted is None or deleted.kind is not DeletionKind.MERGED or not deleted.moved_to:
            return into
        into = deleted.moved_to
    return into


def _of_the_same_address(connection: Connection, session: Session, flow: Flow, last: Contact) -> str | None:
    """The one colleague who has the address now that only this person had."""
    mailbox = mailbox_key(last.email)
    if mailbox is None or shared_mailbox(last.email) or last.customer is None:
        return None
    pairing = session.pairing.name
    found = connection.execute(
        select(registers.c.external_id, registers.c.party).where(
            registers.c.pairing == pairing,
            registers.c.side == flow.source.value,
            registers.c.object_type == ObjectType.CONTACT.value,
            registers.c.number_key == mailbox,
            registers.c.live == 1,
        )
    ).all()
    at = survivor(connection, pairing, flow.source, ObjectType.CUSTOMER, last.customer.source_id or "")
    return str(found[0].external_id) if len(found) == 1 and found[0].party == at else None


def _record_of(connection: Connection, session: Session, flow: Flow, external_id: str) -> RowMapping | None:
    return (
        connection.execute(
            select(records).where(
                records.c.pairing == session.pairing.name,
                records.c.side == flow.source.value,
                records.c.read_type == flow.reads.value,
                records.c.object_type == flow.object.value,
                records.c.external_id == external_id,
            )
        )
        .mappings()
        .first()
    )


def _free(connection: Connection, session: Session, flow: Flow, into: str) -> RowMapping | None:
    """The survivor's record; None while it has a counterpart of its own, or one is being made."""
    row = _record_of(connection, session, flow, into)
    if row is None or not row["input"] or load_record(flow.object, row["input"]).source.deleted is not None:
        return None
    counterparts = select(bindings.c.id).where(
        bindings.c.pairing == session.pairing.name,
        bindings.c.role == "primary",
        bindings.c.part == "main",
        bindings.c.side == flow.target.value,
        bindings.c.record_id == row["id"],
    )
    under_way = select(intents.c.id).where(intents.c.record_id == row["id"], intents.c.state.in_(OPEN_INTENTS))
    taken = any(connection.execute(query.limit(1)).first() is not None for query in (counterparts, under_way))
    return None if taken or _is_bound(connection, session, flow, into) else row


def _is_bound(connection: Connection, session: Session, flow: Flow, external_id: str) -> bool:
    bound = select(bindings.c.id).where(
        bindings.c.pairing == session.pairing.name,
        bindings.c.side == flow.source.value,
        bindings.c.object_type == flow.object.value,
        bindings.c.external_id == external_id,
        bindings.c.role == "primary",
        bindings.c.part == "main",
    )
    return connection.execute(bound.limit(1)).first() is not None
