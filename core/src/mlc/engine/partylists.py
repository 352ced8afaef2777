"""One side's parties as matching asks for them: few in memory, many as keys in a file that nobody sees (R39)."""

import hashlib
import secrets
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import cast

from sqlalchemy import ColumnElement, Connection, RowMapping, func, select

from mlc.accounting.parties import NearParties, PartyIndex, keys_of, row_of
from mlc.accounting.partyrows import PartyRow
from mlc.recipes import Side
from mlc.records import ObjectType, Party, load_record
from mlc.store.schema import registers

#: Up to so many parties of a side are kept as they are: looking them up costs nothing then.
FEW = 2_000
_PAGE = 500
_KINDS = (ObjectType.VENDOR, ObjectType.CUSTOMER)

Emails = Mapping[str, frozenset[str]]


def parties_of(reading: Callable[[], Connection], pairing: str, side: Side, *, emails: Emails) -> NearParties:
    """A side's vendors and customers.

    Args:
        reading: The connection of now; what is found is read through it.
        emails: Mailboxes of everybody there, by customer.
    """
    here = (registers.c.pairing == pairing, registers.c.side == side.value)
    kinds = registers.c.object_type.in_([kind.value for kind in _KINDS])
    count = reading().execute(select(func.count()).select_from(registers).where(*here, kinds)).scalar_one()
    source = _Source(reading, pairing, side, emails)
    return PartyIndex(source.rows()) if count <= FEW else SpooledParties(source)


class _Source:
    """The register's parties, read page by page."""

    def __init__(self, reading: Callable[[], Connection], pairing: str, side: Side, emails: Emails) -> None:
        self._reading = reading
        self._emails = emails
        self._here = (registers.c.pairing == pairing, registers.c.side == side.value)

    def rows(self) -> Iterator[PartyRow]:
        for kind in _KINDS:
            after = ""
            while page := self._page(kind, after):
                after = page[-1]["external_id"]
                yield from self._parties(kind, page)

    def some(self, ids: Sequence[tuple[str, str]]) -> dict[tuple[str, str], PartyRow]:
        """Those that are still there, by kind and id."""
        found: dict[tuple[str, str], PartyRow] = {}
        for kind in _KINDS:
            wanted = [external_id for name, external_id in ids if name == kind.value]
            for start in range(0, len(wanted), _PAGE):
                some = registers.c.external_id.in_(wanted[start : start + _PAGE])
                query = select(registers).where(*self._of(kind), some)
                for row in self._parties(kind, self._reading().execute(query).mappings().all()):
                    found[kind.value, row.external_id] = row
        return found

    def _page(self, kind: ObjectType, after: str) -> list[RowMapping]:
        query = select(registers).where(*self._of(kind), registers.c.external_id > after)
        return list(self._reading().execute(query.order_by(registers.c.external_id).limit(_PAGE)).mappings())

    def _of(self, kind: ObjectType) -> tuple[ColumnElement[bool], ...]:
        return (*self._here, registers.c.object_type == kind.value)

    def _parties(self, kind: ObjectType, found: Sequence[RowMapping]) -> Iterator[PartyRow]:
        for one in found:
            if one["summary"]:
                row = replace(row_of(cast(Party, load_record(kind, one["summary"]))), bound_to=one["record_id"])
                yield replace(row, emails=self._emails.get(row.external_id, frozenset()))


class SpooledParties:
    """Match keys of very many parties in a temporary file; the parties themselves are read when one is near.

    The file holds digests under a secret of this process: no name, mailbox or tax number leaves the store (R6).
    """

    def __init__(self, source: _Source) -> None:
        self._source = source
        self._secret = secrets.token_bytes(16)
        # Nameless: SQLite keeps it on disk beyond its cache and takes it away with the connection.
        self._file = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._file.execute("CREATE TABLE parties (place INTEGER PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL)")
        self._file.execute("CREATE TABLE keys (digest INTEGER NOT NULL, place INTEGER NOT NULL)")
        self._file.execute("BEGIN")
        for place, row in enumerate(source.rows()):
            self._file.execute("INSERT INTO parties VALUES (?, ?, ?)", (place, row.kind, row.external_id))
            digests = {self._digest(key) for key in keys_of(row)}
            self._file.executemany("INSERT INTO keys VALUES (?, ?)", [(digest, place) for digest in digests])
        self._file.execute("CREATE INDEX ix_keys ON keys (digest, place)")
        self._file.execute("COMMIT")

    def near(self, *those: PartyRow) -> list[PartyRow]:
        """As ``PartyIndex.near``; of each as the register has it now."""
        wanted = {key for one in those for key in keys_of(one)}
        digests = [self._digest(key) for key in wanted]
        marks = ", ".join("?" * len(digests))
        near = f"SELECT place FROM keys WHERE digest IN ({marks})"
        query = f"SELECT kind, id FROM parties WHERE place IN ({near}) ORDER BY place"
        places = self._file.execute(query, digests).fetchall()
        found = self._source.some(places)
        rows = (found.get(place) for place in places)
        return [row for row in rows if row is not None and not wanted.isdisjoint(keys_of(row))]

    def _digest(self, key: tuple[str, str]) -> int:
        text = "\0".join(key).encode()
        return int.from_bytes(hashlib.blake2b(text, digest_size=8, key=self._secret).digest(), signed=True)
