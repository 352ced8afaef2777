"""Where a customer went that is gone on its side: its vendor does not always say into whom it was merged (R21)."""

from collections.abc import Iterable
from typing import cast

from sqlalchemy import Connection, select

from mlc.engine.session import Session
from mlc.recipes import FlowMode, Side
from mlc.records import Invoice, ObjectType, load_record
from mlc.store.schema import bindings, registers


def went_to(session: Session, connection: Connection, side: Side, gone: str, elsewhere: str) -> str | None:
    """The one customer of a side that another one, which is gone there, was merged into; None: nothing shows it.

    In this order: who bears the mark that we gave it; with whom all its people are now; at whom all its invoices are;
    to whom its deals went, as far as they were seen to go in this run.

    Args:
        gone: Its id on this side, ``elsewhere`` the other side's id of it.
    """
    marked = _with_its_mark(session, connection, side, elsewhere) - {gone}
    if marked:
        return _only(marked)
    for found in (
        _with_its_people(session, connection, side, gone, elsewhere),
        _with_its_invoices(session, connection, side, gone),
        session.departed.get((side, gone), set()) - {gone} if _has_no_deal(session, connection, side, gone) else set(),
    ):
        if found:
            return None if gone in found else _only(found)
    return None


def _only(parties: Iterable[str | None]) -> str | None:
    """The one, unless there are several, or somebody belongs to nobody now."""
    found = set(parties)
    return found.pop() if len(found) == 1 else None


def _with_its_mark(session: Session, connection: Connection, side: Side, elsewhere: str) -> set[str | None]:
    """Who says of itself that it is the other side's record."""
    keys = [elsewhere, f"{session.system(side.other).name}:{elsewhere}"]
    found = connection.execute(
        select(registers.c.external_id).where(
            registers.c.pairing == session.pairing.name,
            registers.c.side == side.value,
            registers.c.object_type == ObjectType.CUSTOMER.value,
            registers.c.external_code.in_(keys),
            registers.c.live == 1,
        )
    )
    return set(found.scalars())


def _has_no_deal(session: Session, connection: Connection, side: Side, gone: str) -> bool:
    left = select(registers.c.external_id).where(
        registers.c.pairing == session.pairing.name,
        registers.c.side == side.value,
        registers.c.object_type == ObjectType.DEAL.value,
        registers.c.party == gone,
        registers.c.live == 1,
    )
    return connection.execute(left.limit(1)).first() is None


def _with_its_people(
    session: Session, connection: Connection, side: Side, gone: str, elsewhere: str
) -> set[str | None]:
    """To whom everybody belongs now of whom the other side's customer has; empty where people are no records."""
    people = session.pairing.flow_for(ObjectType.CONTACT, side)
    if people is None or people.mode is FlowMode.OFF:
        return set()
    theirs, mine = registers.alias("theirs"), registers.alias("mine")
    here, there = bindings.alias("here"), bindings.alias("there")
    pairing, contact = session.pairing.name, ObjectType.CONTACT.value
    found = connection.execute(
        select(mine.c.party)
        .distinct()
        .select_from(
            theirs.join(
                there,
                (there.c.pairing == pairing)
                & (there.c.side == side.other.value)
                & (there.c.object_type == contact)
                & (there.c.external_id == theirs.c.external_id)
                & (there.c.part == "main"),
            )
            .join(here, (here.c.record_id == there.c.record_id) & (here.c.side == side.value) & (here.c.part == "main"))
            .join(
                mine,
                (mine.c.pairing == pairing)
                & (mine.c.side == side.value)
                & (mine.c.object_type == contact)
                & (mine.c.external_id == here.c.external_id),
            )
        )
        .where(
            theirs.c.pairing == pairing,
            theirs.c.side == side.other.value,
            theirs.c.object_type == contact,
            theirs.c.party == elsewhere,
            mine.c.live == 1,
        )
    ).scalars()
    return {one for one in found if one != gone}


def _with_its_invoices(session: Session, connection: Connection, side: Side, gone: str) -> set[str | None]:
    """At whom this side shows every invoice now that it showed at the one that is gone."""
    pairing, kind = session.pairing.name, ObjectType.INVOICE.value
    shown = connection.execute(
        select(bindings.c.base, registers.c.party)
        .join(
            registers,
            (registers.c.pairing == pairing)
            & (registers.c.side == side.value)
            & (registers.c.object_type == kind)
            & (registers.c.external_id == bindings.c.external_id),
        )
        .where(
            bindings.c.pairing == pairing,
            bindings.c.side == side.value,
            bindings.c.object_type == kind,
            bindings.c.part == "main",
            bindings.c.role == "primary",
            bindings.c.base.contains(f'"{gone}"', autoescape=True),
            registers.c.live == 1,
        )
    ).all()
    return {row.party for row in shown if _invoiced(row.base) == gone}


def _invoiced(base: str) -> str | None:
    """Whose an invoice was when both sides were last in step."""
    customer = cast(Invoice, load_record(ObjectType.INVOICE, base)).customer
    return None if customer is None else customer.source_id
