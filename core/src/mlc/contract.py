"""What core and plugins hand each other: pages, writes, outcomes, probes, notices. Frozen data, no I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from mlc.records import Deletion, ObjectType, Record
from mlc.tenants import Probe


class Strategy(StrEnum):
    """How an uncertain create is settled (design 6)."""

    REPLAY_KEY = "replay_key"
    UNIQUE_FIELD = "unique_field"
    CALLER_KEY = "caller_key"
    SEARCH = "search"
    HOLD = "hold"


class FetchMode(StrEnum):
    CHANGES = "changes"
    SWEEP = "sweep"


class Operation(StrEnum):
    CREATE = "create"
    UPDATE = "update"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """One record as read. ``payload`` is the vendor's JSON with Decimal numbers; bank and card details already
    dropped."""

    id: str
    version: str
    payload: Mapping[str, Any]
    complete: bool = True
    deleted: Deletion | None = None
    modified_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One page. ``next_cursor`` of the following page, or on the last page ``watermark``, where the next pass starts.

    Both are opaque to core. ``watermark`` is the vendor's clock at the start of the pass, minus the overlap (R23).
    ``total`` is the list's own count where the vendor states one. ``complete_of``: customers of whom this page has
    every person; whom it does not have of them is gone.
    """

    records: tuple[SourceRecord, ...]
    next_cursor: str | None = None
    watermark: str | None = None
    total: int | None = None
    complete_of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Loss:
    """A source field that had data and no place in the target."""

    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class RenderedPart:
    """One request of a record (R12). ``payload`` is the body's bytes as they will be sent, empty for a call without
    body.

    ``name`` is ``main`` for the document itself; ``after`` names the part whose external id this one needs.
    ``action`` tells push which call it is when a part is not the document itself, e.g. ``open``; together with
    ``line_keys``, by which call the document itself is changed, e.g. ``replace``.
    ``line_keys`` are our keys of the payload's lines, in order, so that the reply's line ids can be bound.
    """

    name: str
    operation: Operation
    payload: bytes
    after: str | None = None
    action: str | None = None
    line_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rendered:
    parts: tuple[RenderedPart, ...]
    losses: tuple[Loss, ...] = ()


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file on its way: spooled to disk, never held whole in memory."""

    filename: str
    mime_type: str
    path: Path
    size: int
    sha1: str


@dataclass(frozen=True, slots=True)
class Write:
    """One mutating request to make.

    ``key`` identifies the write in the outcomes. ``record_key`` is our stable key of the record, for a unique field
    or as
    the caller's key. ``external_id`` is None for a create. ``parent_id`` is the external id of the part this one
    comes after.
    ``replay_key`` is the vendor's idempotency key, where the strategy is one.
    """

    key: str
    operation: Operation
    payload: bytes
    record_key: str
    part: str = "main"
    action: str | None = None
    external_id: str | None = None
    parent_id: str | None = None
    expected_version: str | None = None
    replay_key: str | None = None
    use_unique_field: bool = False
    attachment: Attachment | None = None


@dataclass(frozen=True, slots=True)
class Created:
    """``seen`` is what the vendor showed in its reply, through map; None when the reply had no body (R13)."""

    key: str
    external_id: str
    version: str | None = None
    seen: Record | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Updated:
    key: str
    external_id: str
    version: str | None = None
    seen: Record | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """The vendor took it and will say later what became of it (R9)."""

    key: str
    task: str
    request_id: str | None = None


class RejectCause(StrEnum):
    INVALID = "invalid"
    DUPLICATE = "duplicate"
    CLOSED_PERIOD = "closed_period"
    REFERENCE_GONE = "reference_gone"
    NOT_PERMITTED = "not_permitted"
    CONFLICT = "conflict"
    NOT_FOUND = "not_found"


@dataclass(frozen=True, slots=True)
class Rejected:
    """A complete refusal of this one record, classified by the plugin's table.

    ``external_id``, ``version``: of a write that was accepted and refused later, what the system's API shows of it all
    the same. It does not count: the record is not there (R9).
    """

    key: str
    reason: str
    field: str | None = None
    code: str | None = None
    cause: RejectCause = RejectCause.INVALID
    request_id: str | None = None
    external_id: str | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True)
class NotSent:
    key: str
    retry_after_s: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Unknown:
    key: str
    reason: str = ""


Outcome = Created | Updated | Accepted | Rejected | NotSent | Unknown


@dataclass(frozen=True, slots=True)
class Task:
    """An accepted write whose result is still to come. ``task`` is what ``Accepted`` carried, empty when it got lost;
    ``record_key`` is our stable key of the record, ``action`` the write's. What was decided before ``sent_at`` says
    nothing about it (R9)."""

    key: str
    task: str
    external_id: str | None
    sent_at: datetime
    object_type: ObjectType
    record_key: str
    action: str | None = None


@dataclass(frozen=True, slots=True)
class FindKey:
    """What to look for. ``record_key`` is our key in the unique field; the others make up the natural key.

    Of a list's entry ``number`` is its code, and ``kind`` a dimension's kind; of an exchange rate ``currency`` and
    ``reference`` are the two currencies and ``on`` the day from which it holds.
    ``use_unique_field`` asks by ``record_key``, else by the natural fields; both ids are the *target's* own.
    """

    record_key: str
    use_unique_field: bool = False
    external_id: str | None = None
    number: str | None = None
    party_id: str | None = None
    name: str | None = None
    currency: str | None = None
    amount: str | None = None
    on: date | None = None
    reference: str | None = None
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class BoundPart:
    """What core remembers of one part of a record on one side."""

    part: str
    external_id: str
    version: str | None
    lines: Mapping[str, str] = field(default_factory=dict)
    """Our line key → that side's line id."""


@dataclass(frozen=True, slots=True)
class Binding:
    """Where a record lives in the target, None in ``render`` when it is to be created."""

    parts: Mapping[str, BoundPart]
    base: Record | None = None
    """What the target showed when both sides were last in step."""

    @property
    def main(self) -> BoundPart:
        return self.parts["main"]


@dataclass(frozen=True, slots=True)
class RenderContext:
    """What render may need beside the record, whose references already carry the target's ids.

    ``probe`` is what this tenant can do. ``fields`` names what changed on an update (canonical field names), None
    for all.
    ``overrides`` are deliberate alterations (R19). ``want`` is create, update or void.
    """

    operation: Operation
    probe: Probe
    record_key: str
    fields: frozenset[str] | None = None
    overrides: Mapping[str, str] = field(default_factory=dict)
    use_unique_field: bool = False
    refusals: int = 0
    """How often this system refused the record after it had accepted the write. One that ignores an identical
    repetition gets a declared field touched (R9)."""
