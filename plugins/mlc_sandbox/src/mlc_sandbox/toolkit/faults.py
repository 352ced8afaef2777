"""Faults on request: which requests go wrong, how, and how often."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from mlc_sandbox.toolkit.http import Request


class Kind(StrEnum):
    """What goes wrong. The first group is done by the server around the handler, the second by the stand-in itself."""

    STATUS = "status"
    DELAY = "delay"
    DROP = "drop"
    COMMIT_THEN_DROP = "commit_then_drop"
    COMMIT_THEN_500 = "commit_then_500"
    COMMIT_LATE = "commit_late"
    TRUNCATE = "truncate"
    REPLY_GARBLED = "reply_garbled"
    REDIRECT_WRITE = "redirect_write"
    SLOW_DRIP = "slow_drip"
    HTML = "html"
    MERGE = "merge"
    HUMAN = "human"

    RATE_LIMIT = "rate_limit"
    TOKEN_REVOKED = "token_revoked"  # noqa: S105 - a kind of fault
    LIST_LAG = "list_lag"
    READ_STALE = "read_stale"
    BATCH_PARTIAL = "batch_partial"
    ROWS_MISSING = "rows_missing"
    NORMALISE = "normalise"
    FILTER_IGNORED = "filter_ignored"
    PAGE_SHIFT = "page_shift"
    PERMISSION_SHRINK = "permission_shrink"
    FORGET_REPLAY_KEYS = "forget_replay_keys"
    WEBHOOK_DUPLICATE = "webhook_duplicate"
    WEBHOOK_REORDER = "webhook_reorder"
    WEBHOOK_LOST = "webhook_lost"


TRANSPORT_KINDS = frozenset(
    {
        Kind.STATUS,
        Kind.DELAY,
        Kind.DROP,
        Kind.COMMIT_THEN_DROP,
        Kind.COMMIT_THEN_500,
        Kind.COMMIT_LATE,
        Kind.TRUNCATE,
        Kind.REPLY_GARBLED,
        Kind.REDIRECT_WRITE,
        Kind.SLOW_DRIP,
        Kind.HTML,
        Kind.MERGE,
        Kind.HUMAN,
    }
)
LASTING_KINDS = frozenset(
    {
        Kind.LIST_LAG,
        Kind.READ_STALE,
        Kind.ROWS_MISSING,
        Kind.NORMALISE,
        Kind.FILTER_IGNORED,
        Kind.PAGE_SHIFT,
        Kind.PERMISSION_SHRINK,
    }
)
_METHODS = {"WRITE": "POST|PUT|PATCH|DELETE", "READ": "GET|HEAD|OPTIONS"}


@dataclass(slots=True)
class Fault:
    """One line of a plan.

    Attributes:
        match: ``"*"``, ``"/path"`` or ``"METHOD /path"``. METHOD may be alternatives (``POST|PUT``), ``WRITE``,
            ``READ`` or ``*``; the path is a regular expression searched for in the request's path.
        times: How many requests it strikes; None strikes until it is deleted.
        after: How many matching requests pass before the first strike.
        probability: Chance that a matching request is struck, drawn from ``random.Random(seed)``.
        seconds_per_row: For ``delay``: so much more for each row of the ``page_size`` (or ``per_page``) asked for.
        commit: For ``redirect_write``: the handler runs before the redirect is sent.
        body: For ``status`` and ``html`` the reply; for ``human`` and ``merge`` the change, with its ``type``;
            otherwise whatever the stand-in reads from it.
        when: For ``human`` and ``merge``: "before" or "after" the handler.
    """

    match: str
    kind: Kind
    times: int | None = 1
    after: int = 0
    seconds: float = 0.0
    seconds_per_row: float = 0.0
    status: int | None = None
    headers: dict[str, str] | None = None
    body: Any = None
    location: str | None = None
    commit: bool = False
    when: str = "before"
    probability: float = 1.0
    seed: int = 0
    struck: int = 0
    passed: int = 0
    _random: random.Random | None = None
    _method: re.Pattern[str] | None = None
    _path: re.Pattern[str] | None = None

    def __post_init__(self) -> None:
        self.kind = Kind(self.kind)
        method, _, path = self.match.strip().rpartition(" ")
        if self.match.strip() in ("*", ""):
            method, path = "", ""
        method = _METHODS.get(method, method)
        self._method = re.compile(method) if method not in ("", "*") else None
        self._path = re.compile(path) if path not in ("", "*") else None
        self._random = random.Random(self.seed)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Fault:
        """Build from the body of ``POST /_sandbox/faults``. Raises ValueError for a name it does not know."""
        known = {f.name for f in fields(cls) if not f.name.startswith("_")} - {"struck", "passed"}
        unknown = sorted(set(data) - known)
        if unknown or "kind" not in data:
            raise ValueError(f"a fault takes {', '.join(sorted(known))}; not {', '.join(unknown)}")
        values = {"match": "*", **data}
        kind = Kind(values["kind"])
        if "times" not in values:
            values["times"] = None if kind in LASTING_KINDS else 1
        for name in ("seconds", "seconds_per_row", "probability"):
            if name in values:
                values[name] = float(values[name])
        return cls(**values)

    def as_json(self) -> dict[str, Any]:
        """The form that ``GET /_sandbox/faults`` answers with, with the count of strikes."""
        return {f.name: getattr(self, f.name) for f in fields(self) if not f.name.startswith("_")}

    def wait(self, request: Request) -> float:
        """How long a ``delay`` lasts for this request."""
        asked = request.query.get("page_size") or request.query.get("per_page") or "0"
        return self.seconds + self.seconds_per_row * (int(asked) if asked.isdigit() else 0)

    def strikes(self, method: str, path: str) -> bool:
        """Whether this request is struck; counts it."""
        if self.times is not None and self.struck >= self.times:
            return False
        if self._method is not None and not self._method.fullmatch(method):
            return False
        if self._path is not None and not self._path.search(path):
            return False
        if self.passed < self.after:
            self.passed += 1
            return False
        if self.probability < 1.0 and self._random is not None and self._random.random() >= self.probability:
            return False
        self.struck += 1
        return True


class FaultPlan:
    """The faults of one stand-in, in the order they were added."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        """Append a fault."""
        self._faults.append(fault)
        return fault

    def ask(self, match: str, kind: Kind | str, **options: Any) -> Fault:
        """Append a fault given in words, as the control call does."""
        return self.add(Fault.from_json({"match": match, "kind": kind, **options}))

    def clear(self) -> None:
        """Take every fault out."""
        self._faults.clear()

    def all(self) -> list[Fault]:
        """Every fault, spent ones included."""
        return list(self._faults)

    def active(self, kind: str, request: Request) -> Fault | None:
        """The first fault of a kind that strikes this request; counts the strike. For kinds a stand-in does itself."""
        for fault in self._faults:
            if fault.kind == kind and fault.strikes(request.method, request.path):
                return fault
        return None

    def transport(self, request: Request) -> Iterable[Fault]:
        """The faults the server plays around the handler of this request; counts the strikes."""
        if not self._faults:
            return ()
        return [
            fault
            for fault in self._faults
            if fault.kind in TRANSPORT_KINDS and fault.strikes(request.method, request.path)
        ]
