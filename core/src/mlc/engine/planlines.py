"""The lines of a plan that is applied, by record number: on disk, so that memory stays flat (R39)."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from mlc.engine.planitems import PlanItem

BATCH = 200


class PlanLines:
    """In a file of SQLite's own, without a name, that is gone when it is closed or the process ends."""

    def __init__(self) -> None:
        # Whichever thread works on the pairing, it is one at a time.
        self._file = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._file.execute("PRAGMA journal_mode=OFF")  # nobody reads it after a crash
        self._file.execute(
            "CREATE TABLE lines (record INTEGER PRIMARY KEY, flow, action, item, line,"
            " now_id, now_basis, waits, made INTEGER DEFAULT 0, chosen INTEGER DEFAULT 0, left_out INTEGER DEFAULT 0)"
        )

    def add(self, line: Mapping[str, Any]) -> None:
        row = (int(line["record"]), line["flow"], line["action"], line["id"], json.dumps(line))
        self._file.execute(
            "INSERT OR REPLACE INTO lines (record, flow, action, item, line) VALUES (?, ?, ?, ?, ?)", row
        )

    def close(self) -> None:
        self._file.close()

    # ---------------------------------------------------------------- what the plan says

    def line(self, record: int) -> dict[str, Any] | None:
        """A record's line as the plan has it, None when the plan says nothing of it."""
        row = self._file.execute("SELECT line FROM lines WHERE record = ?", (record,)).fetchone()
        return None if row is None else dict(json.loads(row[0]))

    def item(self, record: int) -> PlanItem | None:
        line = self.line(record)
        return None if line is None else item_in(line)

    def batches(self, condition: str = "1", values: Sequence[Any] = ()) -> Iterator[list[dict[str, Any]]]:
        """Lines of which ``condition`` is true, by record number, some at a time. They may be marked meanwhile."""
        after = -1
        query = f"SELECT record, line FROM lines WHERE record > ? AND ({condition}) ORDER BY record LIMIT {BATCH}"
        while rows := self._file.execute(query, (after, *values)).fetchall():
            after = rows[-1][0]
            yield [json.loads(row[1]) for row in rows]

    def count(self, condition: str, values: Sequence[Any] = ()) -> int:
        return int(self._file.execute(f"SELECT count(*) FROM lines WHERE {condition}", values).fetchone()[0])

    # ---------------------------------------------------------------- what became of them

    def decided_now(self, record: int, now: PlanItem, *, waits: str | None) -> None:
        """What would be decided today; chosen where that is what the plan says. ``waits``: why nothing leaves yet."""
        row = (now.id, json.dumps(dict(now.basis)), waits, now.id, record)
        changed = "now_id = ?, now_basis = ?, waits = ?, chosen = (item = ?)"
        self._file.execute(f"UPDATE lines SET {changed} WHERE record = ?", row)

    def now(self, record: int) -> PlanItem | None:
        """What would be decided today; None when nothing would."""
        row = self._file.execute("SELECT now_id, now_basis FROM lines WHERE record = ?", (record,)).fetchone()
        return None if row is None or row[0] is None else PlanItem(row[0], json.loads(row[1]))

    def waits(self, record: int) -> str | None:
        """Why nothing would be written today, where that is only for a while."""
        row = self._file.execute("SELECT waits FROM lines WHERE record = ?", (record,)).fetchone()
        return None if row is None else row[0]

    def mark(self, column: str, records: Iterable[int], value: int = 1) -> None:
        """``made``: an intent carries it out. ``chosen``: it may be written. ``left_out``: it was refused."""
        assert column in ("made", "chosen", "left_out")
        self._file.executemany(f"UPDATE lines SET {column} = ? WHERE record = ?", ((value, one) for one in records))


class Chosen(Mapping[int, PlanItem]):
    """The lines that may be written now, as a view of all."""

    def __init__(self, lines: PlanLines) -> None:
        self._lines = lines

    def __getitem__(self, record: int) -> PlanItem:
        for batch in self._lines.batches("record = ? AND chosen", (record,)):
            return item_in(batch[0])
        raise KeyError(record)

    def __iter__(self) -> Iterator[int]:
        for batch in self._lines.batches("chosen"):
            yield from (int(line["record"]) for line in batch)

    def __len__(self) -> int:
        return self._lines.count("chosen")


def item_in(line: Mapping[str, Any]) -> PlanItem:
    return PlanItem(line["id"], line["basis"])
