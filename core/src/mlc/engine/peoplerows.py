"""People as one side's list shows them, and what makes two of them look like one."""

from dataclasses import dataclass
from typing import cast

from sqlalchemy import ColumnElement, Connection, func, select

from mlc.accounting.parties import normal_name
from mlc.engine.registers import mailbox_key
from mlc.engine.session import Session
from mlc.recipes import Side
from mlc.records import Contact, ObjectType, load_record
from mlc.store.schema import bindings, registers


@dataclass(frozen=True)
class PersonRow:
    """A person of a side's list. ``bound_to``: the record whose other side it is."""

    person: Contact
    bound_to: int | None

    @property
    def id(self) -> str:
        return self.person.source.source_id


@dataclass(frozen=True)
class Doubt:
    """Who it could be. ``why`` is the end of a sentence."""

    candidates: tuple[PersonRow, ...]
    why: str


def rows_of_people(
    session: Session, connection: Connection, side: Side, condition: ColumnElement[bool]
) -> list[PersonRow]:
    """Live people of a side that meet a condition on the register."""
    found = connection.execute(
        select(registers.c.summary, registers.c.external_id).where(
            *_people(session, side), registers.c.summary.is_not(None), condition
        )
    ).all()
    owners = _owners_of(session, connection, side, [row.external_id for row in found])
    return [
        PersonRow(cast(Contact, load_record(ObjectType.CONTACT, row.summary)), owners.get(row.external_id))
        for row in found
    ]


def people_with(session: Session, connection: Connection, side: Side, mailbox: str) -> int:
    """How many people of a side have this address."""
    counted = select(func.count()).where(*_people(session, side), registers.c.number_key == mailbox)
    return int(connection.execute(counted).scalar_one())


def _people(session: Session, side: Side) -> tuple[ColumnElement[bool], ...]:
    """Live ones; what is about to be written stands under the id of its intent."""
    return (
        registers.c.pairing == session.pairing.name,
        registers.c.side == side.value,
        registers.c.object_type == ObjectType.CONTACT.value,
        registers.c.live == 1,
        registers.c.external_id.not_like("intent:%"),
    )


def _owners_of(session: Session, connection: Connection, side: Side, ids: list[str]) -> dict[str, int]:
    """Which of these are bound, and to which record."""
    if not ids:
        return {}
    rows = connection.execute(
        select(bindings.c.external_id, bindings.c.record_id).where(
            bindings.c.pairing == session.pairing.name,
            bindings.c.side == side.value,
            bindings.c.object_type == ObjectType.CONTACT.value,
            bindings.c.part == "main",
            bindings.c.external_id.in_(ids),
        )
    )
    return {row.external_id: row.record_id for row in rows}


def names_each_other(person: Contact, row: Contact) -> bool:
    """Either has the other's id in its field for it."""
    return person.source.source_id == _bare(row.external_code) or row.source.source_id == _bare(person.external_code)


def look_alike(person: Contact, row: Contact) -> bool:
    """The same name, or the same address, which may be a shared one."""
    named = normal_name(person.name or "")
    same_box = mailbox_key(person.email) is not None and mailbox_key(person.email) == mailbox_key(row.email)
    return same_box or (bool(named) and named == normal_name(row.name or ""))


def _bare(code: str | None) -> str | None:
    return code.strip().rpartition(":")[2] if code and code.strip() else None
