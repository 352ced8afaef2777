"""Encoded objects kept until they change, so that a page of a list is a join of ready bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from mlc_sandbox.toolkit.store import Obj, ObjectStore
from mlc_sandbox.toolkit.wirejson import dumps


class Fragments:
    """One wire form (``form(obj)``) of the objects of one type as JSON bytes, encoded once per version."""

    def __init__(self, store: ObjectStore, type: str, *, form: Callable[[Obj], Any] | None = None) -> None:
        self._store = store
        self._type = type
        self._form = form
        self._bytes: dict[str, bytes] = {}
        store.listen(self._forget)

    def _forget(self, type: str, id: str, before: Obj | None, after: Obj | None) -> None:
        if type == self._type:
            self._bytes.pop(id, None)

    def forget(self, ids: Iterable[str]) -> None:
        """Forget some objects, for when something that their form reads has changed."""
        for id in ids:
            self._bytes.pop(id, None)

    def clear(self) -> None:
        """Forget everything, for when something else that the form reads has changed."""
        self._bytes.clear()

    def get(self, id: object) -> bytes | None:
        """The bytes of one object, None when it does not exist."""
        key = str(id)
        found = self._bytes.get(key)
        if found is None:
            obj = self._store.get(self._type, key)
            if obj is None:
                return None
            found = self._bytes[key] = dumps(obj if self._form is None else self._form(obj))
        return found
