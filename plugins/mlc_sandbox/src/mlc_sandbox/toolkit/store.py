"""What a stand-in holds, by type and id; every change is logged."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from mlc_sandbox.toolkit.clock import Clock
from mlc_sandbox.toolkit.log import OperationLog
from mlc_sandbox.toolkit.wirejson import copy_of

Obj = dict[str, Any]
Listener = Callable[[str, str, Obj | None, Obj | None], None]
_KEPT_VERSIONS = 5


class ObjectStore:
    """Collections of plain dicts. A stored dict is never changed in place: take ``edit``, change it, ``put`` it back.

    Ids are kept as strings, so that an id from a path finds the object whatever type the vendor uses for it.
    """

    def __init__(self, log: OperationLog, clock: Clock) -> None:
        self.log = log
        self.clock = clock
        self._collections: dict[str, dict[str, Obj]] = {}
        self._born: dict[tuple[str, str], datetime] = {}
        self._replaced: dict[tuple[str, str], deque[tuple[datetime, Obj]]] = {}
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> None:
        """Call ``listener(type, id, before, after)`` after every change: how indexes and caches stay true."""
        self._listeners.append(listener)

    def put(self, type: str, id: object, obj: Obj, cause: dict[str, Any], *, op: str | None = None) -> Obj:
        """Store a new dict under an id. ``op`` names the operation in the log; create or update otherwise."""
        key = str(id)
        collection = self._collections.setdefault(type, {})
        before = collection.get(key)
        if before is obj:
            raise ValueError("a stored object was changed in place; take a copy with edit() first")
        now = self.clock.now()
        collection[key] = obj
        if before is None:
            if cause.get("kind") != "seed":  # what was there from the start lags in no list
                self._born[type, key] = now
        else:
            self._replaced.setdefault((type, key), deque(maxlen=_KEPT_VERSIONS)).append((now, before))
        self.log.append(op or ("create" if before is None else "update"), type, key, cause, before, obj, now)
        for listener in self._listeners:
            listener(type, key, before, obj)
        return obj

    def get(self, type: str, id: object) -> Obj | None:
        """The object as stored, not to be changed in place."""
        collection = self._collections.get(type)
        return None if collection is None else collection.get(str(id))

    def edit(self, type: str, id: object) -> Obj:
        """A deep copy to change and put back. Raises KeyError when there is none."""
        copied: Obj = copy_of(self._collections[type][str(id)])
        return copied

    def remove(self, type: str, id: object, cause: dict[str, Any], *, op: str = "delete") -> Obj | None:
        """Take an object out; returns what it was, None when there was none."""
        key = str(id)
        before = self._collections.get(type, {}).pop(key, None)
        if before is None:
            return None
        self._born.pop((type, key), None)
        self._replaced.pop((type, key), None)
        self.log.append(op, type, key, cause, before, None, self.clock.now())
        for listener in self._listeners:
            listener(type, key, before, None)
        return before

    def all(self, type: str) -> list[Obj]:
        """Every object of a type in order of insertion."""
        return list(self._collections.get(type, {}).values())

    def ids(self, type: str) -> list[str]:
        """Every id of a type in order of insertion."""
        return list(self._collections.get(type, {}))

    def count(self, type: str) -> int:
        """How many objects of a type there are."""
        return len(self._collections.get(type, {}))

    def types(self) -> Iterator[str]:
        """The types that hold or held something."""
        return iter(self._collections)

    def born(self, type: str, id: object) -> datetime | None:
        """When an object was created, by the stand-in's clock; None for one that was seeded, which no lag hides."""
        return self._born.get((type, str(id)))

    def previous(self, type: str, id: object) -> Obj | None:
        """The version before the one that stands, None when it never changed."""
        kept = self._replaced.get((type, str(id)))
        return kept[-1][1] if kept else None

    def as_of(self, type: str, id: object, moment: datetime) -> Obj | None:
        """The version that stood at ``moment`` (the last few are kept); ``read_stale`` answers with it."""
        key = str(id)
        for replaced_at, version in self._replaced.get((type, key), ()):
            if replaced_at > moment:
                return version
        return self.get(type, key)
