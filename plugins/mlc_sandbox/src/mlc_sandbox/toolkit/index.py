"""The objects of one type kept in order of a key, so that no request scans them all."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable
from typing import Any

from mlc_sandbox.toolkit.store import Obj, ObjectStore


class SortedIndex:
    """Ids ordered by ``(key(obj), id)``; kept true by listening to the store."""

    def __init__(self, store: ObjectStore, type: str, *, key: Callable[[Obj], Any]) -> None:
        self._type = type
        self._key = key
        self._pairs: list[tuple[Any, str]] = []
        store.listen(self._changed)

    def _changed(self, type: str, id: str, before: Obj | None, after: Obj | None) -> None:
        if type != self._type:
            return
        if before is not None:
            old = (self._key(before), id)
            at = bisect_left(self._pairs, old)
            if at < len(self._pairs) and self._pairs[at] == old:
                del self._pairs[at]
        if after is not None:
            new = (self._key(after), id)
            if not self._pairs or self._pairs[-1] < new:
                self._pairs.append(new)
            else:
                insort(self._pairs, new)

    def ids(self, *, low: Any = None, high: Any = None) -> list[str]:
        """Ids with ``low <= key <= high``, ascending; an end that is None is open."""
        first = 0 if low is None else bisect_left(self._pairs, (low,))
        last = len(self._pairs) if high is None else bisect_right(self._pairs, (high, "\U0010ffff"))
        return [id for _, id in self._pairs[first:last]]

    def __len__(self) -> int:
        return len(self._pairs)


class GroupIndex:
    """Ids of one type grouped by a key (for example lower-cased number, or vendor id), in order of insertion."""

    def __init__(self, store: ObjectStore, type: str, *, key: Callable[[Obj], Any]) -> None:
        self._type = type
        self._key = key
        self._groups: dict[Any, dict[str, None]] = {}
        for id in store.ids(type):  # an index may come later than what it orders
            self._changed(type, id, None, store.get(type, id))
        store.listen(self._changed)

    def _changed(self, type: str, id: str, before: Obj | None, after: Obj | None) -> None:
        if type != self._type:
            return
        old = None if before is None else self._key(before)
        new = None if after is None else self._key(after)
        if before is not None and (after is None or old != new):
            self._groups.get(old, {}).pop(id, None)
        if after is not None:
            self._groups.setdefault(new, {})[id] = None

    def ids(self, key: Any) -> list[str]:
        """The ids whose objects have this key."""
        return list(self._groups.get(key, ()))

    def count(self, key: Any) -> int:
        """How many objects have this key."""
        return len(self._groups.get(key, ()))
