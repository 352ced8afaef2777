"""Who is a customer, by what the sales desk shows; which of its people may go."""

from collections.abc import Mapping

from sqlalchemy import ColumnElement, Connection, select, update

from mlc.engine import registers as register
from mlc.engine.deactivating import wake_deactivated
from mlc.engine.merging import survivor
from mlc.engine.overdue import wake_overdue
from mlc.engine.session import Session
from mlc.engine.states import RecordState
from mlc.recipes import Flow, Side
from mlc.records import ObjectType, Party, PartyStatus
from mlc.store.schema import bindings, records, registers

WON_DEAL = "won_deal"
NOT_YET = "it is no customer yet"
NO_CUSTOMER = "its customer is not carried"
KEPT = "it was removed on {where} and is kept here; it is not created there again"


def is_customer(session: Session, connection: Connection, side: Side, party: Party) -> bool:
    """Whether an account of the sales desk is a customer by the pairing's ``customer_when``."""
    wanted = session.pairing.policy.customer_when
    if party.category is not None and party.category.casefold() in {one.casefold() for one in wanted}:
        return True
    return WON_DEAL in wanted and _has_won(session, connection, side, party.source.source_id)


def _has_won(session: Session, connection: Connection, side: Side, account: str) -> bool:
    won = select(registers.c.external_id).where(*_won(session, side), registers.c.party == account).limit(1)
    return connection.execute(won).first() is not None


def _won(session: Session, side: Side) -> tuple[ColumnElement[bool], ...]:
    return (
        registers.c.pairing == session.pairing.name,
        registers.c.side == side.value,
        registers.c.object_type == ObjectType.DEAL.value,
        registers.c.status == register.WON,
        registers.c.live == 1,
    )


def wake_winners(session: Session, side: Side) -> int:
    """Accounts that were no customers and have won a deal since are decided again."""
    with session.database.write() as tx:
        accounts = select(registers.c.party).where(*_won(session, side))
        return tx.execute(
            update(records)
            .where(
                records.c.pairing == session.pairing.name,
                records.c.side == side.value,
                records.c.object_type == ObjectType.CUSTOMER.value,
                records.c.state == RecordState.NOT_CARRIED.value,
                records.c.reason == NOT_YET,
                records.c.external_id.in_(accounts),
            )
            .values(state=RecordState.PENDING.value)
        ).rowcount


def wake_people(session: Session, side: Side) -> int:
    """People whose customer was bound since they were looked at are decided again: it costs no call."""
    with session.database.write() as tx:
        bound = select(bindings.c.external_id).where(
            bindings.c.pairing == session.pairing.name,
            bindings.c.side == side.value,
            bindings.c.object_type == ObjectType.CUSTOMER.value,
            bindings.c.part == "main",
            bindings.c.role == "primary",
        )
        return tx.execute(
            update(records)
            .where(
                records.c.pairing == session.pairing.name,
                records.c.side == side.value,
                records.c.object_type == ObjectType.CONTACT.value,
                records.c.state == RecordState.NOT_CARRIED.value,
                records.c.reason == NO_CUSTOMER,
                records.c.group_key.in_(bound),
            )
            .values(state=RecordState.PENDING.value)
        ).rowcount


def wake_before(session: Session, flow: Flow) -> None:
    """What this flow left alone, and may take now."""
    if flow.object in (ObjectType.VENDOR, ObjectType.CUSTOMER):
        with session.database.write() as tx:
            wake_deactivated(tx, session.pairing.name, flow)
    if flow.object is ObjectType.CUSTOMER and flow.only_customers:
        wake_winners(session, flow.source)
    elif flow.object is ObjectType.CONTACT:
        wake_people(session, flow.source)
    elif flow.shows:
        wake_overdue(session, flow)


def counterpart(session: Session, connection: Connection, side: Side, kind: ObjectType, external_id: str) -> str | None:
    """The other side's id of what has this id here; merged ones, on either side, through what they became."""
    pairing = session.pairing.name
    here = survivor(connection, pairing, side, kind, external_id)
    own, other = bindings.alias("own"), bindings.alias("other")
    found = connection.execute(
        select(other.c.external_id, other.c.moved_to)
        .join(own, own.c.record_id == other.c.record_id)
        .where(
            own.c.pairing == pairing,
            own.c.side == side.value,
            own.c.object_type == kind.value,
            own.c.external_id == here,
            own.c.part == "main",
            own.c.role == "primary",
            other.c.pairing == pairing,
            other.c.side == side.other.value,
            other.c.object_type == kind.value,
            other.c.part == "main",
        )
        .order_by(other.c.moved_to.is_not(None), other.c.id.desc())
    ).first()
    if found is None or found.moved_to is None:
        return None if found is None else str(found.external_id)
    return survivor(connection, pairing, side.other, kind, found.moved_to)


def is_gone(session: Session, connection: Connection, side: Side, kind: ObjectType, external_id: str) -> bool:
    """Whether a side's list had it and has it no more; one that is only inactive is there."""
    listed = connection.execute(
        select(registers.c.live, registers.c.status).where(
            registers.c.pairing == session.pairing.name,
            registers.c.side == side.value,
            registers.c.object_type == kind.value,
            registers.c.external_id == external_id,
        )
    ).first()
    return listed is not None and listed.live == 0 and listed.status != PartyStatus.INACTIVE.value


def mailboxes_by_customer(session: Session, connection: Connection, side: Side) -> Mapping[str, frozenset[str]]:
    """Everybody's address, by customer, where people have records of their own."""
    found: dict[str, set[str]] = {}
    rows = connection.execute(
        select(registers.c.party, registers.c.number_key).where(
            registers.c.pairing == session.pairing.name,
            registers.c.side == side.value,
            registers.c.object_type == ObjectType.CONTACT.value,
            registers.c.live == 1,
            registers.c.party.is_not(None),
            registers.c.number_key.is_not(None),
        )
    )
    for party, mailbox in rows:
        found.setdefault(party, set()).add(mailbox)
    return {party: frozenset(boxes) for party, boxes in found.items()}


def synced_by_another(session: Session, connection: Connection) -> str | None:
    """The system with which another program of the vendor keeps these parties in step already (R27)."""
    for side in Side:
        other = session.system(side.other).name
        marked = connection.execute(
            select(registers.c.external_id)
            .where(
                registers.c.pairing == session.pairing.name,
                registers.c.side == side.value,
                registers.c.object_type == ObjectType.CUSTOMER.value,
                registers.c.external_key == register.SYNCED + other,
                registers.c.live == 1,
            )
            .limit(1)
        ).first()
        if marked is not None:
            return other
    return None


def synced_pairings(connection: Connection) -> list[tuple[str, str]]:
    """Pairings of which a customer is marked so, and the system it is kept in step with."""
    marked = select(registers.c.pairing, registers.c.external_key).where(
        registers.c.object_type == ObjectType.CUSTOMER.value,
        registers.c.external_key.like(register.SYNCED + "%"),
        registers.c.live == 1,
    )
    found = connection.execute(marked.distinct())
    return sorted((pairing, key.removeprefix(register.SYNCED)) for pairing, key in found)


def answers_for_names(flow: Flow, side: Side) -> bool:
    """Whether this side is the ledger: it does not delete whom it has billed, so who is gone there was merged."""
    owner = flow.owners.get("name")
    return owner is not None and owner.value == side.value
