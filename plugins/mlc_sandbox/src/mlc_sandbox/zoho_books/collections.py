"""Records of one kind with the lookups the API answers from, so that no request ever scans everything.

Stored records are never changed in place: a write puts a new dict, so the log may keep the old one as it was.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable
from typing import Any

from mlc_sandbox.toolkit.store import ObjectStore

Record = dict[str, Any]
Cause = dict[str, Any]
_REMEMBERED_QUERIES = 64


class Collection:
    """One kind of record: by id, in order of creation, by modification time and by chosen fields."""

    def __init__(self, store: ObjectStore, kind: str, *, id_key: str, indexed: tuple[str, ...] = ()) -> None:
        self.store = store
        self.kind = kind
        self.id_key = id_key
        self.order: list[str] = []
        self.created: dict[str, int] = {}
        self.modified_s: dict[str, int] = {}
        self.version = 0
        self._records: dict[str, Record] = {}
        self._indexed = indexed
        self._by: dict[str, dict[str, dict[str, None]]] = {name: {} for name in indexed}
        self._modified: list[tuple[int, int, str]] = []
        self._latest: dict[str, int] = {}
        self._next = 0
        self._remembered: dict[Any, list[str]] = {}

    def __len__(self) -> int:
        return len(self._records)

    def __contains__(self, key: object) -> bool:
        return key in self._records

    def get(self, key: str) -> Record | None:
        """The record as stored, or None."""
        return self._records.get(key)

    def all(self) -> Iterable[Record]:
        """Every record, oldest first; for reports and small kinds only."""
        return (self._records[key] for key in self.order)

    def put(self, record: Record, cause: Cause, *, at_s: int, touch: bool = True) -> None:
        """Stores a new version. ``touch=False`` leaves the modification index where it was."""
        key = record[self.id_key]
        before = self._records.get(key)
        self._next += 1
        if before is None:
            self.order.append(key)
            self.created[key] = self._next
        else:
            self._unindex(key, before, record)
        for name in self._indexed:
            value = record.get(name)
            if value not in (None, "") and (before is None or before.get(name) != value):
                self._by[name].setdefault(_spelling(value), {})[key] = None
        self._records[key] = record
        self.version += 1
        if touch or before is None:
            self._touch(key, at_s)
        self.store.put(self.kind, key, record, cause)

    def remove(self, key: str, cause: Cause) -> None:
        """Takes the record out; its id is never used again."""
        record = self._records.pop(key)
        self.order.remove(key)
        self._unindex(key, record, {})
        for table in (self.created, self.modified_s, self._latest):
            del table[key]
        self.version += 1
        self.store.remove(self.kind, key, cause)

    def find(self, name: str, value: str) -> list[str]:
        """Ids whose field has that value, letter case aside; the caller checks the case where it matters."""
        return list(self._by[name].get(_spelling(value), ()))

    def count(self, name: str, value: str) -> int:
        """How many records have that value in an indexed field."""
        return len(self._by[name].get(_spelling(value), ()))

    def holds(self, name: str, value: str) -> bool:
        """Whether any record has that value in an indexed field."""
        return _spelling(value) in self._by[name]

    def indexes(self, name: str) -> bool:
        """Whether ``find`` can answer for that field."""
        return name in self._by

    def since(self, at_s: int) -> list[str]:
        """Ids changed at or after that second, in order of creation."""
        start = bisect_left(self._modified, (at_s, -1, ""))
        latest = self._latest
        found = [key for _, turn, key in self._modified[start:] if latest.get(key) == turn]
        found.sort(key=self.created.__getitem__)
        return found

    def remembered(self, question: Any, answer: Callable[[], list[str]]) -> list[str]:
        """The ids that answer a query, kept until the next write so that paging costs one slice."""
        kept = self._remembered.get((self.version, question))
        if kept is None:
            if len(self._remembered) >= _REMEMBERED_QUERIES:
                self._remembered.clear()
            kept = self._remembered[(self.version, question)] = answer()
        return kept

    def _touch(self, key: str, at_s: int) -> None:
        self._latest[key] = self._next
        self.modified_s[key] = at_s
        entry = (at_s, self._next, key)
        if not self._modified or entry > self._modified[-1]:
            self._modified.append(entry)
        else:
            insort(self._modified, entry)
        if len(self._modified) > 2 * len(self._records) + 1000:
            latest = self._latest
            self._modified = [e for e in self._modified if latest.get(e[2]) == e[1]]

    def _unindex(self, key: str, before: Record, after: Record) -> None:
        for name in self._indexed:
            value = before.get(name)
            if value not in (None, "") and after.get(name) != value:
                keys = self._by[name][_spelling(value)]
                keys.pop(key, None)
                if not keys:
                    del self._by[name][_spelling(value)]


def _spelling(value: object) -> str:
    return str(value).casefold()
