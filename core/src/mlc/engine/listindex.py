"""Both sides' lists of one type, found by code and by name: read once per flow, small enough to keep."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import cast

from sqlalchemy import Connection, select

from mlc.accounting.listrows import ListRow, code_of, folded, full_name_of, same_list
from mlc.engine.registers import PROVISIONAL_ID, rows_of
from mlc.engine.session import Session
from mlc.recipes import Side
from mlc.records import ListEntry, ObjectType, load_record
from mlc.store.schema import bindings


class ListIndex:
    """One side's entries by code and by full name."""

    def __init__(self, rows: Iterable[ListRow]) -> None:
        self._by: dict[str, list[ListRow]] = defaultdict(list)
        for row in rows:
            self._by[f"code:{folded(code_of(row.entry))}"].append(row)
            self._by[f"name:{folded(row.full_name)}"].append(row)

    def near(self, code: str | None, full_name: str) -> list[ListRow]:
        """Entries with this code or this full name, each once."""
        found = [
            *(self._by.get(f"code:{folded(code)}", ()) if code else ()),
            *self._by.get(f"name:{folded(full_name)}", ()),
        ]
        return list({row.external_id: row for row in found}.values())


def others_with(entry: ListEntry, full_name: str, peers: ListIndex, *, but: str) -> tuple[int, int]:
    """How many others of the own side have this full name, and how many would get this code.

    Args:
        entry: As it would be written, like the entries of ``peers``.
        but: The entry's own id.
    """
    code = folded(code_of(entry))
    near = [row for row in peers.near(code, full_name) if row.external_id != but and same_list(entry, row.entry)]
    names = sum(folded(row.full_name) == folded(full_name) for row in near)
    return names, sum(bool(code) and folded(code_of(row.entry)) == code for row in near)


def load_list(connection: Connection, session: Session, side: Side, kind: ObjectType) -> list[ListRow]:
    """A side's list as its register shows it; what is about to be written there counts as there."""
    owners = bound_ids(connection, session, side, kind)
    found = [row for row in rows_of(connection, session.pairing.name, side, kind) if row["summary"]]
    entries = {row["external_id"]: cast(ListEntry, load_record(kind, row["summary"])) for row in found}
    rows = []
    for row in found:
        external_id, entry = row["external_id"], entries[row["external_id"]]
        writing = row["record_id"] if external_id.startswith(PROVISIONAL_ID) else None
        full_name = full_name_of(entry, entries)
        rows.append(ListRow(external_id, entry, full_name, bool(row["live"]), owners.get(external_id, writing)))
    return rows


def bound_ids(connection: Connection, session: Session, side: Side, kind: ObjectType) -> dict[str, int]:
    """Bound ids of one side's list → their records."""
    query = select(bindings.c.external_id, bindings.c.record_id).where(
        bindings.c.pairing == session.pairing.name,
        bindings.c.side == side.value,
        bindings.c.object_type == kind.value,
        bindings.c.part == "main",
        bindings.c.role == "primary",
    )
    return {row.external_id: row.record_id for row in connection.execute(query)}


def counterparts(connection: Connection, session: Session, source: Side, kind: ObjectType) -> dict[str, str]:
    """The source's ids of a list's entries → the other side's, as far as they are bound."""
    there = {record: external_id for external_id, record in bound_ids(connection, session, source.other, kind).items()}
    here = bound_ids(connection, session, source, kind)
    return {external_id: there[record] for external_id, record in here.items() if record in there}


def as_written(rows: Sequence[ListRow], written: Callable[[ListEntry], ListEntry]) -> list[ListRow]:
    """The rows with their entries as they would be written."""
    return [ListRow(row.external_id, written(row.entry), row.full_name, row.live, row.bound_to) for row in rows]
