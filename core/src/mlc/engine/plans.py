"""What is to happen with one record: the bridge between deciding (no I/O) and delivering."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, bindparam, select

from mlc.accounting.holdcodes import Hold
from mlc.accounting.situation import Adjust
from mlc.contract import Binding, BoundPart, Loss, Operation, RenderedPart
from mlc.engine.linekeys import lines_there
from mlc.engine.states import PROVISIONAL, RecordState
from mlc.engine.vanishing import is_gone_in_target
from mlc.recipes import Flow, Side
from mlc.records import ObjectType, Record, load_record
from mlc.store.schema import bindings, decisions
from mlc.store.statements import Statement

if TYPE_CHECKING:
    from mlc.engine.paidplans import Settles


class Action(StrEnum):
    WRITE = "write"
    ADOPT = "adopt"
    NOTHING = "nothing"
    HOLD = "hold"
    SETTLE = "settle"
    """Only the record's state changes: not carried, before go-live, unmatched, skipped."""
    WAIT = "wait"
    """Nothing changes yet: it has to be taken from its system first, or what was sent before may still arrive; it is
    decided again at the next run."""
    ADJUST = "adjust"
    """What changed after a close becomes a document of its own, which is delivered like any other."""


@dataclass(frozen=True, slots=True)
class BoundSide:
    """One binding as stored."""

    external_id: str
    part: str
    version: str | None
    base: str | None
    lines: Mapping[str, str]
    mapper_version: str | None
    adopted: bool
    unverified: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """A record as stored, with its bindings on both sides and what people decided about it."""

    id: int
    object_type: ObjectType
    read_type: ObjectType
    side: Side
    external_id: str
    state: RecordState
    version: str | None
    input: str | None
    other_input: str | None
    other_version: str | None
    overrides: Mapping[str, str]
    reason: str | None
    number: str | None
    party: str | None
    origin: BoundSide | None
    """The binding on the side the record was born, made when it was first in step."""
    parts: Mapping[str, BoundSide]
    """The bindings on the other side, by part."""
    decided: Mapping[str, Mapping[str, str]]
    """Kind of a person's decision → subject → reason, the last one said first."""
    adjusts: int | None = None
    """The record whose difference it posts after a close."""

    @property
    def target(self) -> BoundSide | None:
        return self.parts.get("main")

    @property
    def unverified(self) -> bool:
        """It was written, and nobody has seen the result yet (R13)."""
        return any(side.unverified for side in (self.origin, self.target) if side is not None)

    def source(self) -> Record | None:
        return load_record(self.object_type, self.input) if self.input else None

    def binding(self) -> Binding | None:
        """The target's side of this record as render wants it: as it was last looked at. What somebody changed there
        since both sides were in step is not taken back by a write that replaces the whole."""
        if self.target is None:
            return None
        shown = None if is_gone_in_target(self.other_input) else self.other_input
        parts = {
            name: BoundPart(part=name, external_id=side.external_id, version=side.version, lines=side.lines)
            for name, side in self.parts.items()
        }
        if shown is not None and self.other_version is not None:
            parts["main"] = replace(parts["main"], version=self.other_version.removesuffix(PROVISIONAL))
        stored = shown or self.target.base
        base = load_record(self.object_type, stored) if stored else None
        parts["main"] = replace(parts["main"], lines=lines_there(parts["main"].lines, base))
        return Binding(parts=parts, base=base)

    @property
    def label(self) -> str:
        """How a person would call it: Bill HP-2209 of Harbour Paper."""
        kind = self.object_type.value.replace("_", " ").capitalize()
        of = f" of {self.party}" if self.party and self.party != self.number else ""
        return f"{kind} {self.number or self.external_id}{of}"


@dataclass(frozen=True, slots=True)
class MergedInto:
    """What a party became where it was born. ``documents``: records that wait and named it, which are decided again."""

    into: str
    name: str
    documents: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """The decision about one record, rendered but not sent."""

    entry: Entry
    flow: Flow
    action: Action
    side: Side
    operation: Operation | None = None
    parts: tuple[RenderedPart, ...] = ()
    rendered: Record | None = None
    natural_key: str | None = None
    listed: Mapping[str, Any] | None = None
    """Of a create: how the target's register will show it."""
    adopt: str | None = None
    adopt_by: str | None = None
    part: str = "main"
    """Of an adoption: which part of the record is found there."""
    hold: Hold | None = None
    state: RecordState | None = None
    reason: str | None = None
    until: datetime | None = None
    """Of one that waits: when it goes on."""
    fields: frozenset[str] = frozenset()
    changes: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    losses: tuple[Loss, ...] = ()
    overrides: Mapping[str, str] = field(default_factory=dict)
    rebase_source: bool = True
    item: str | None = None
    """The line of a stored plan that this carries out (R38)."""
    rebase_target: bool = False
    """Nothing is written, but what that side shows now becomes its base."""
    adjustment: Adjust | None = None
    beside: Any = None
    """The other parts of a document that is posted once per department (``departmentparts.Beside``)."""
    merged: MergedInto | None = None
    """Of a party: it became another where it was born."""
    settles: "Settles | None" = None
    """Of a payment that is only told of: the documents it settles."""


def load_entries(connection: Connection, pairing: str, rows: Sequence[Mapping[Any, Any]]) -> list[Entry]:
    """Records with everything deciding needs, in two queries for the whole batch."""
    ids = [row["id"] for row in rows]
    bound: dict[int, list[Mapping[str, Any]]] = {}
    decided: dict[int, dict[str, dict[str, str]]] = {}
    if ids:
        for row in _BOUND.found(connection, {"b_pairing": pairing, "b_ids": ids}):
            bound.setdefault(row["record_id"], []).append(row)
        for record_id, kind, subject, reason in _DECIDED.rows(connection, {"b_ids": ids}):
            kinds = decided.setdefault(record_id, {})
            kinds.setdefault(kind, {})[subject] = reason or ""
    return [_entry(row, bound.get(row["id"], []), decided.get(row["id"], {})) for row in rows]


_BOUND = Statement(
    select(bindings).where(
        bindings.c.pairing == bindparam("b_pairing"),
        bindings.c.side.in_([side.value for side in Side]),  # so that the index leads to the record
        bindings.c.role == "primary",
        bindings.c.record_id.in_(bindparam("b_ids", expanding=True)),
    )
)
_DECIDED = Statement(
    select(decisions.c.record_id, decisions.c.kind, decisions.c.subject, decisions.c.reason)
    .where(decisions.c.record_id.in_(bindparam("b_ids", expanding=True)))
    .order_by(decisions.c.at.desc(), decisions.c.id.desc())
)


def _entry(
    row: Mapping[str, Any], sides: Sequence[Mapping[str, Any]], decided: Mapping[str, Mapping[str, str]]
) -> Entry:
    side = Side(row["side"])
    parts: dict[str, BoundSide] = {}
    origin: BoundSide | None = None
    for binding in sides:
        bound = BoundSide(
            external_id=binding["external_id"],
            part=binding["part"],
            version=binding["version"],
            base=None if is_gone_in_target(binding["base"]) else binding["base"],
            lines=json.loads(binding["lines"]) if binding["lines"] else {},
            mapper_version=binding["mapper_version"],
            adopted=bool(binding["adopted"]),
            unverified=bool(binding["unverified"]),
        )
        if binding["side"] == side.value:
            origin = bound if bound.part == "main" else origin  # a further currency is a record of its own there
        else:
            parts[bound.part] = bound
    return Entry(
        id=row["id"],
        object_type=ObjectType(row["object_type"]),
        read_type=ObjectType(row["read_type"]),
        side=side,
        external_id=row["external_id"],
        state=RecordState(row["state"]),
        version=row["version"],
        input=row["input"],
        other_input=row["other_input"],
        other_version=row["other_version"],
        overrides=json.loads(row["overrides"]) if row["overrides"] else {},
        reason=row["reason"],
        number=row["number"],
        party=row["party"],
        origin=origin,
        parts=parts,
        decided=decided,
        adjusts=row["adjusts"],
    )
