"""Rows on disk: a temporary SQLite file, so that memory stays flat however long the lists are (R39)."""

import json
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path

from mlc.engine.reconcile.rows import Listed
from mlc.engine.registers import amount_text
from mlc.recipes import Side
from mlc.records import ObjectType

_TABLES = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA temp_store = FILE;
CREATE TABLE rows (
  id INTEGER PRIMARY KEY, side TEXT, kind TEXT, read_type TEXT, external_id TEXT, version TEXT, number TEXT, key TEXT,
  party_id TEXT, party_name TEXT, name_key TEXT, currency TEXT, total TEXT, tax TEXT, day TEXT, status TEXT, paid TEXT,
  live INTEGER, final INTEGER, grp TEXT, own_key TEXT, settles TEXT, aside INTEGER,
  party TEXT DEFAULT '', record_id INTEGER, bound INTEGER DEFAULT 0, born_here INTEGER DEFAULT 0,
  part INTEGER DEFAULT 0, pair INTEGER, doubled INTEGER DEFAULT 0,
  UNIQUE (side, read_type, external_id));
CREATE TABLE settled (side TEXT, external_id TEXT, document TEXT);
CREATE TABLE paired (row_id INTEGER, pair INTEGER);
CREATE TABLE doubled (row_id INTEGER);
CREATE TABLE known (
  id INTEGER PRIMARY KEY, side TEXT, read_type TEXT, external_id TEXT, version TEXT, state TEXT, reason TEXT,
  overrides TEXT, grp TEXT, adjusts INTEGER, hold_code TEXT, hold_sentence TEXT, decided TEXT,
  adopted INTEGER, source_tax TEXT, target_tax TEXT);
CREATE TABLE bound (side TEXT, kind TEXT, external_id TEXT, record_id INTEGER, part TEXT, role TEXT);
CREATE TABLE parties (kind TEXT, side TEXT, external_id TEXT, name_key TEXT, currency TEXT, record_id INTEGER);
"""
_INDEXES = """
CREATE INDEX known_origin ON known (side, read_type, external_id);
CREATE INDEX known_adjusts ON known (adjusts) WHERE adjusts IS NOT NULL;
CREATE INDEX bound_id ON bound (side, kind, external_id);
CREATE INDEX bound_record ON bound (record_id, side);
CREATE INDEX parties_id ON parties (kind, side, external_id);
CREATE INDEX parties_name ON parties (kind, side, name_key);
CREATE INDEX settled_document ON settled (document);
"""
_ROW = """INSERT OR REPLACE INTO rows (side, kind, read_type, external_id, version, number, key, party_id, party_name,
  name_key, currency, total, tax, day, status, paid, live, final, grp, own_key, settles, aside, party)
  VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"""
_SELECT = """SELECT rows.*, known.version AS seen_version, known.state, known.reason, known.overrides, known.decided,
  known.hold_code, known.hold_sentence, known.grp AS known_grp, known.source_tax, known.target_tax,
  known.adopted
  FROM rows LEFT JOIN known ON known.id = rows.record_id"""


class Spool:
    """The temporary file. Whoever opens it closes it; ``spooled`` does both."""

    def __init__(self, path: Path) -> None:
        self.db = sqlite3.connect(path, isolation_level=None)
        self.db.row_factory = sqlite3.Row
        self.db.executescript(_TABLES)

    def add(self, rows: Sequence[Listed], *, name_key: Sequence[str | None], party: Sequence[str]) -> None:
        """Store one page; a row that comes twice replaces itself."""
        values = [
            (
                row.side.value,
                row.kind.value,
                row.read_type.value,
                row.external_id,
                row.version,
                row.number,
                row.key,
                row.party_id,
                row.party_name,
                name,
                row.currency,
                amount_text(row.total),
                amount_text(row.tax),
                row.day.isoformat() if row.day else None,
                row.status,
                row.paid,
                int(row.live),
                int(row.final),
                row.group,
                row.own_key,
                json.dumps(row.settles) if row.settles else None,
                int(row.aside),
                fallback,
            )
            for row, name, fallback in zip(rows, name_key, party, strict=True)
        ]
        self.many(_ROW, values)
        settled = [(row.side.value, row.external_id, one) for row in rows for one in row.settles]
        self.many("INSERT INTO settled VALUES (?,?,?)", settled)

    def many(self, statement: str, values: Iterable[Sequence[object]]) -> None:
        """One statement for many rows, in one transaction."""
        self.db.execute("BEGIN")
        self.db.executemany(statement, values)
        self.db.execute("COMMIT")

    def index(self) -> None:
        """Once everything is stored and before anything is looked up."""
        self.db.executescript(_INDEXES)

    def select(self, rest: str = "", values: Sequence[object] = ()) -> Iterator[Listed]:
        """Rows with what the store knows of them, one at a time."""
        for row in self.db.execute(f"{_SELECT} {rest}", values):
            yield _listed(row)


@contextmanager
def spooled() -> Iterator[Spool]:
    """A spool that is gone when the block ends."""
    with tempfile.TemporaryDirectory(prefix="mlc-reconcile-") as folder:
        spool = Spool(Path(folder) / "spool.db")
        try:
            yield spool
        finally:
            spool.db.close()


def _listed(row: sqlite3.Row) -> Listed:
    born = bool(row["born_here"])
    known_tax = row["source_tax"] if born else row["target_tax"]
    return Listed(
        side=Side(row["side"]),
        kind=ObjectType(row["kind"]),
        read_type=ObjectType(row["read_type"]),
        external_id=row["external_id"],
        version=row["version"],
        number=row["number"],
        key=row["key"],
        party_id=row["party_id"],
        party_name=row["party_name"],
        currency=row["currency"],
        total=_decimal(row["total"]),
        tax=_decimal(row["tax"] if row["tax"] is not None else known_tax),
        day=date.fromisoformat(row["day"]) if row["day"] else None,
        status=row["status"],
        paid=row["paid"],
        live=bool(row["live"]),
        final=bool(row["final"]),
        group=row["grp"] or (row["known_grp"] if born else None),
        own_key=row["own_key"],
        settles=tuple(json.loads(row["settles"])) if row["settles"] else (),
        id=row["id"],
        party=row["party"],
        record_id=row["record_id"],
        bound=bool(row["bound"]),
        born_here=born,
        part=bool(row["part"]),
        state=row["state"],
        reason=row["reason"],
        seen_version=row["seen_version"],
        hold_code=row["hold_code"],
        hold_sentence=row["hold_sentence"],
        overrides=json.loads(row["overrides"]) if row["overrides"] else {},
        decided=frozenset(row["decided"].split()) if row["decided"] else frozenset(),
        adopted=bool(row["adopted"]),
        pair=row["pair"],
        doubled=bool(row["doubled"]),
    )


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
