"""What stands in the other side's lists because a flow wrote or found it there: entry by entry, from the store."""

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import cast

from sqlalchemy import Connection, select

from mlc.accounting.listrows import code_of, folded, name_of
from mlc.engine.registers import PROVISIONAL_ID, rows_of
from mlc.engine.session import Session
from mlc.recipes import Side
from mlc.records import Dimension, ExchangeRate, ListEntry, ObjectType, load_record
from mlc.store.schema import bindings, records

#: Where an entry's frozen code is kept among its record's overrides (R19).
CODE = "code"


class KeptLists:
    """The written lists of a pairing, looked at from the side whose documents name their entries.

    Nothing is read for a list that is only matched. Whichever side a list is written from, documents of both find it. A
    list is read when it is first asked for, which may be long after this was made.
    """

    def __init__(self, session: Session, source: Side, *, planning_only: bool = False) -> None:
        self._session = session
        self._source = source
        self._planning_only = planning_only
        self._kinds = {flow.object for flow in session.pairing.flows if flow.keeps_list}
        self._lists: dict[ObjectType, _Pairs] = {}

    def find(
        self, kind: ObjectType, source_id: str | None, code: str | None, name: str | None = None, *, group: str = ""
    ) -> ListEntry | None:
        """The other side's entry for one of this side's: by its id, else by a code or name that only one has.

        Args:
            group: Of a dimension its kind.
        """
        if kind not in self._kinds:
            return None
        pairs = self._pairs(kind)
        own = pairs.own_id(source_id, code, name, group)
        if own is None:
            return None
        found = pairs.there.get(own)
        if found is None and self._planning_only and own in pairs.own:
            planned = self._session.planned.get(kind, own)
            found = None if planned is None else _moved(pairs.own[own], planned)
        return found

    def is_missing(self, kind: ObjectType, source_id: str | None, code: str | None, name: str | None) -> bool:
        """Whether this side's list has such an entry, and the other side has not got it yet."""
        if kind not in self._kinds or self._pairs(kind).own_id(source_id, code, name, "") is None:
            return False
        return self.find(kind, source_id, code, name) is None

    def _pairs(self, kind: ObjectType) -> "_Pairs":
        if kind not in self._lists:
            with self._session.database.read() as connection:
                self._lists[kind] = _Pairs(self._session, connection, self._source, kind)
        return self._lists[kind]


class _Pairs:
    """One list: ``own`` as this side shows it, ``there`` the other side's entries by this side's ids."""

    def __init__(self, session: Session, connection: Connection, source: Side, kind: ObjectType) -> None:
        pairing = session.pairing.name
        self.own = _entries(connection, pairing, source, kind)
        shown = _entries(connection, pairing, source.other, kind)
        self.there: dict[str, ListEntry] = {}
        self._codes: dict[tuple[str, str], set[str]] = defaultdict(set)
        self._names: dict[tuple[str, str], set[str]] = defaultdict(set)
        for external_id, other_id, born, text, given in _bound(connection, pairing, source, kind):
            entry = shown.get(other_id)
            if entry is None and text is not None:  # it was written, and nobody has read the list since
                entry = cast(ListEntry, load_record(kind, text))
                entry = entry if born == source.other.value else _moved(entry, other_id, code=given)
            if entry is not None:
                self.there[external_id] = entry
            if given is not None and born == source.other.value:
                self._note(external_id, self.own.get(external_id, entry), given)
        for external_id, entry in self.own.items():
            self._note(external_id, entry, code_of(entry))

    def _note(self, external_id: str, entry: ListEntry | None, code: str | None) -> None:
        group = entry.kind.value if isinstance(entry, Dimension) else ""
        if code:
            self._codes[group, folded(code)].add(external_id)
        if entry is not None:
            self._names[group, folded(name_of(entry))].add(external_id)

    def own_id(self, source_id: str | None, code: str | None, name: str | None, group: str) -> str | None:
        """This side's id of what is meant; None when nothing says it, or several may be meant."""
        if source_id is not None and (source_id in self.own or source_id in self.there):
            return source_id
        for table, value in ((self._codes, code), (self._names, name)):
            found = table.get((group, folded(value)), set()) if value else set()
            if len(found) == 1:
                return next(iter(found))
        return None


def _entries(connection: Connection, pairing: str, side: Side, kind: ObjectType) -> dict[str, ListEntry]:
    return {
        row["external_id"]: cast(ListEntry, load_record(kind, row["summary"]))
        for row in rows_of(connection, pairing, side, kind)
        if row["summary"] and not row["external_id"].startswith(PROVISIONAL_ID)
    }


def _bound(
    connection: Connection, pairing: str, source: Side, kind: ObjectType
) -> Iterator[tuple[str, str, str, str | None, str | None]]:
    """Id here, id there, the side it was born on, the record as stored, the code that it was given."""
    here, there = bindings.alias("here"), bindings.alias("there")
    both = there.join(here, here.c.record_id == there.c.record_id).join(records, records.c.id == there.c.record_id)
    query = select(
        here.c.external_id.label("own"), there.c.external_id, records.c.side, records.c.input, records.c.overrides
    )
    conditions = [
        condition
        for table, side in ((here, source), (there, source.other))
        for condition in (
            table.c.pairing == pairing,
            table.c.side == side.value,
            table.c.object_type == kind.value,
            table.c.part == "main",
            table.c.role == "primary",
        )
    ]
    for row in connection.execute(query.select_from(both).where(*conditions)):
        given = json.loads(row.overrides).get(CODE) if row.overrides else None
        yield row.own, row.external_id, row.side, row.input, given


def _moved(entry: ListEntry, to: str, *, code: str | None = None) -> ListEntry:
    """The entry as it is, or will be, on the other side, where nobody has shown it yet."""
    changed = entry.model_copy(update={"source": entry.source.model_copy(update={"source_id": to})})
    return changed if code is None or isinstance(changed, ExchangeRate) else changed.model_copy(update={CODE: code})
