"""What would be bound or made by then, while a plan is made: later records refer to it. On disk, so that memory stays
flat however long the plan is (R39)."""

import sqlite3

from mlc.records import ObjectType


class Outlook:
    """Type and source id of each record → the target's id that it would get, or a name for one that is not made yet.

    In a file of SQLite's own, without a name, that is gone when it is closed or the process ends.
    """

    def __init__(self) -> None:
        self._file: sqlite3.Connection | None = None

    def get(self, object_type: ObjectType, source_id: str) -> str | None:
        if self._file is None:
            return None
        query = "SELECT target FROM outlook WHERE type = ? AND id = ?"
        row = self._file.execute(query, (object_type.value, source_id)).fetchone()
        return None if row is None else str(row[0])

    def born_as(self, object_type: ObjectType, target: str) -> str | None:
        """The source id of what the target has, or would have, under this id."""
        if self._file is None:
            return None
        query = "SELECT id FROM outlook WHERE type = ? AND target = ?"
        row = self._file.execute(query, (object_type.value, target)).fetchone()
        return None if row is None else str(row[0])

    def put(self, object_type: ObjectType, source_id: str, target: str) -> None:
        if self._file is None:
            # Whichever thread works on the pairing, it is one at a time.
            self._file = sqlite3.connect("", isolation_level=None, check_same_thread=False)
            self._file.execute("PRAGMA journal_mode=OFF")  # nobody reads it after a crash
            self._file.execute("CREATE TABLE outlook (type, id, target, PRIMARY KEY (type, id)) WITHOUT ROWID")
            self._file.execute("CREATE INDEX by_target ON outlook (type, target)")
        row = (object_type.value, source_id, target)
        self._file.execute("INSERT OR REPLACE INTO outlook VALUES (?, ?, ?)", row)

    def clear(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
