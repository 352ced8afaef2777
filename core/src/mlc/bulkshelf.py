"""The bulk shelf: rows of files that a vendor hands out only so often, kept in a file of our own.

A connector reads each file once, row by row, and puts here what it carries of it, never more. Every change of a row
gets the next number, by which passes go on where the last one ended. A file is taken whole or not at all.
"""

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from secrets import token_hex

from mlc.errors import ConfigError

WAIT_S = 30.0
#: What is carried of a row, beside its id and its part. ``name`` is the one it can be found by.
Facts = Mapping[str, str]
_TABLES = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS shelved (id TEXT, part TEXT, number INTEGER NOT NULL, at TEXT NOT NULL,
    facts TEXT NOT NULL, id_key TEXT NOT NULL, name_key TEXT NOT NULL, PRIMARY KEY (id, part));
CREATE INDEX IF NOT EXISTS rows_by_id ON shelved (id_key);
CREATE INDEX IF NOT EXISTS rows_by_name ON shelved (name_key);
CREATE INDEX IF NOT EXISTS rows_by_number ON shelved (number);
CREATE TABLE IF NOT EXISTS files (batch TEXT, name TEXT, sha256 TEXT, rows INTEGER, PRIMARY KEY (batch, name));
CREATE TABLE IF NOT EXISTS batches (id TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS elsewhere (id TEXT PRIMARY KEY);
"""
_UPSERT = """
INSERT INTO shelved (id, part, number, at, facts, id_key, name_key) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id, part) DO UPDATE SET number = excluded.number, at = excluded.at, facts = excluded.facts,
    name_key = excluded.name_key
WHERE excluded.at >= shelved.at AND excluded.facts != shelved.facts
"""
#: What another source of the connector shows is that source's: it says more.
_OWN = "id NOT IN (SELECT id FROM elsewhere)"
_AFTER = f"""
SELECT id FROM shelved AS one WHERE number > ? AND {_OWN}
    AND number = (SELECT max(number) FROM shelved WHERE id = one.id) ORDER BY number LIMIT ?
"""


@dataclass(frozen=True, slots=True)
class Shelved:
    """One record, by the parts (such as companies) it has a row for. ``number``: of its last change."""

    id: str
    number: int
    parts: Mapping[str, Facts]


@dataclass(frozen=True, slots=True)
class BulkShelf:
    """One open shelf; ``open_bulk_shelf`` opens it."""

    db: sqlite3.Connection

    # ------------------------------------------------------------------ what was read already

    def claim(self, now: datetime, every_s: int) -> bool:
        """Whether to look for new files now; if so, nobody else does for that long."""
        with self._writing():
            last = self._meta("looked")
            due = last is None or not last <= now.isoformat() < _later(last, every_s)
            if due:
                self._put("looked", now.isoformat())
        return due

    def release(self) -> None:
        """Looking failed: the next pass may."""
        with self._writing():
            self.db.execute("DELETE FROM meta WHERE key = 'looked'")

    def has(self, batch: str) -> bool:
        """Whether this batch of files was read to its end."""
        return self._one("SELECT 1 FROM batches WHERE id = ?", batch) is not None

    def has_file(self, batch: str, name: str) -> bool:
        """Whether this file of it was taken."""
        return self._one("SELECT 1 FROM files WHERE batch = ? AND name = ?", batch, name) is not None

    def finish(self, batch: str) -> None:
        """All its files are read."""
        with self._writing():
            self.db.execute("INSERT OR IGNORE INTO batches VALUES (?)", (batch,))

    def take(self, batch: str, name: str, *, at: datetime, sha256: str, rows: Iterable[tuple[str, str, Facts]]) -> int:
        """A file's rows (id, part, facts), all or none. What says nothing new changes nothing. Returns: rows."""
        count = 0
        with self._writing():
            number = self.number()
            for id, part, facts in rows:
                told = json.dumps(facts, sort_keys=True, ensure_ascii=False)
                keys = (folded(id), folded(facts.get("name", "")))
                changed = self.db.execute(_UPSERT, (id, part, number + 1, at.isoformat(), told, *keys)).rowcount
                number += 1 if changed > 0 else 0
                count += 1
            self.db.execute("INSERT INTO files VALUES (?, ?, ?, ?)", (batch, name, sha256, count))
        return count

    def note_elsewhere(self, ids: Iterable[str]) -> None:
        """These are shown by another source: they are not told from here any more."""
        found = [(id,) for id in ids]
        if found:
            with self._writing():
                self.db.executemany("INSERT OR IGNORE INTO elsewhere VALUES (?)", found)

    def lost(self) -> dict[str, str]:
        """Files that cannot be downloaded any more: name → batch."""
        return dict(json.loads(self._meta("lost") or "{}"))

    def note_lost(self, files: Mapping[str, str]) -> None:
        with self._writing():
            self._put("lost", json.dumps(dict(files)))

    # ------------------------------------------------------------------ records

    @property
    def birth(self) -> str:
        """Names this shelf: numbers of another one mean nothing in it."""
        return self._meta("birth") or ""

    def number(self) -> int:
        """Of the last change."""
        found = self._one("SELECT coalesce(max(number), 0) FROM shelved")
        return 0 if found is None else int(str(found[0]))

    def after(self, number: int, most: int) -> list[Shelved]:
        """Records that changed after this number, in the order of their last change."""
        return self._shelved([id for (id,) in self.db.execute(_AFTER, (number, most))])

    def of_ids(self, ids: Sequence[str]) -> list[Shelved]:
        """Those of these ids that are told from here."""
        query = f"SELECT id FROM shelved WHERE id = ? AND {_OWN} LIMIT 1"
        return self._shelved([id for id in ids if self.db.execute(query, (id,)).fetchone()])

    def alike(self, record_id: str | None, name: str | None) -> list[Shelved]:
        """Those of this id or this name, whatever case and spaces, that are told from here."""
        query = f"SELECT DISTINCT id FROM shelved WHERE (id_key = ? OR name_key = ?) AND {_OWN} ORDER BY id"
        keys = [None if one is None else folded(one) for one in (record_id, name)]
        return self._shelved([id for (id,) in self.db.execute(query, keys)])

    def _shelved(self, ids: Sequence[str]) -> list[Shelved]:
        found = []
        for id in ids:
            rows = self.db.execute("SELECT part, number, facts FROM shelved WHERE id = ? ORDER BY part", (id,))
            told = [(part, number, json.loads(facts)) for part, number, facts in rows]
            parts = {part: facts for part, _, facts in told}
            found.append(Shelved(id, max(number for _, number, _ in told), parts))
        return found

    # ------------------------------------------------------------------ inside

    def begin(self, terms: str) -> None:
        """Make its tables; empty them under other terms than it was filled with."""
        self.db.executescript(_TABLES)
        if self._meta("terms") == terms:
            return
        with self._writing():
            for table in ("shelved", "files", "batches", "elsewhere", "meta"):
                self.db.execute(f"DELETE FROM {table}")
            self._put("terms", terms)
            self._put("birth", token_hex(6))

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.db.execute("ROLLBACK")
            raise
        self.db.execute("COMMIT")

    def _one(self, query: str, *values: object) -> tuple[object, ...] | None:
        found: tuple[object, ...] | None = self.db.execute(query, values).fetchone()
        return found

    def _meta(self, key: str) -> str | None:
        found = self._one("SELECT value FROM meta WHERE key = ?", key)
        return None if found is None else str(found[0])

    def _put(self, key: str, value: str) -> None:
        self.db.execute("INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                        (key, value))  # fmt: skip


@contextmanager
def open_bulk_shelf(path: Path, terms: str, *, connection: str | None = None) -> Iterator[BulkShelf]:
    """The shelf in this file, made where there is none, for its owner's eyes alone.

    Args:
        terms: what was asked of the files, in any words. Under other terms than it was filled with it is emptied, so
            that everything is read again.

    Raises: ConfigError when the file or its folder cannot be used.
    """
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        db = sqlite3.connect(path, timeout=WAIT_S, isolation_level=None)
        try:
            shelf = BulkShelf(db)
            shelf.begin(terms)
            yield shelf
        finally:
            db.close()
    except (OSError, sqlite3.Error) as error:
        raise ConfigError(
            f"{path}, where rows of bulk files are kept, cannot be used ({error}); check its folder. If it is "
            "broken it may be deleted: the files are read again.",
            connection=connection,
        ) from error


def folded(text: str) -> str:
    """Equal for texts that differ in case and runs of spaces alone."""
    return " ".join(text.split()).casefold()


def _later(stamp: str, seconds: int) -> str:
    return (datetime.fromisoformat(stamp) + timedelta(seconds=seconds)).isoformat()
