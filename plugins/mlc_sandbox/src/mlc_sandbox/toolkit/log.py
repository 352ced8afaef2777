"""The append-only log of everything that changed in a stand-in: the truth that tests compare with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mlc_sandbox.toolkit.clock import wire_time


@dataclass(frozen=True, slots=True)
class Operation:
    """One change. ``before`` and ``after`` are the stored objects, None where there was or is none."""

    sequence: int
    op: str
    type: str
    id: str
    cause: dict[str, Any]
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    at: datetime

    def as_json(self) -> dict[str, Any]:
        """The form that ``GET /_sandbox/log`` answers with."""
        return {
            "sequence": self.sequence,
            "op": self.op,
            "type": self.type,
            "id": self.id,
            "cause": self.cause,
            "before": self.before,
            "after": self.after,
            "at": wire_time(self.at),
        }


class OperationLog:
    """Operations in the order they happened, numbered from 1; nothing is ever taken out."""

    def __init__(self) -> None:
        self._entries: list[Operation] = []

    def append(
        self,
        op: str,
        type: str,
        id: str,
        cause: dict[str, Any],
        before: dict[str, Any] | None,
        after: dict[str, Any] | None,
        at: datetime,
    ) -> Operation:
        """Write one operation down; ``op`` is create, update, delete, void or a name the stand-in chose."""
        entry = Operation(len(self._entries) + 1, op, type, id, cause, before, after, at)
        self._entries.append(entry)
        return entry

    def entries(self, *, since: int = 0, type: str | None = None) -> list[Operation]:
        """Operations with a sequence above ``since``."""
        found = self._entries[since:]
        return [entry for entry in found if type is None or entry.type == type]

    def __len__(self) -> int:
        return len(self._entries)
