"""Intents: one write each, logged before it is sent (R2, R5, R6)."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, insert, select, update

from mlc.contract import Operation, Strategy, Write
from mlc.engine.states import PROVISIONAL, TRANSITIONS, IntentState
from mlc.engine.usualday import count_creates
from mlc.errors import OvertakenError, StoreError
from mlc.recipes import Side
from mlc.records import ObjectType, Party, Record, dump_record, load_record
from mlc.store.schema import intents
from mlc.store.statements import Statement

#: The part that carries a document's image; its failure never blocks the document.
IMAGE_PART = "image"
#: The part that shows a document's state on the side it was born, in fields named for it; never in its way either.
MARK_PART = "marks"


@dataclass(frozen=True, slots=True)
class Intent:
    """One write as stored."""

    id: str
    record_id: int
    side: Side
    object_type: ObjectType
    part: str
    operation: Operation
    action: str | None
    state: IntentState
    strategy: Strategy
    attempt: int
    generation: int
    fence: int
    record_key: str
    natural_key: str | None
    external_id: str | None
    after_part: str | None
    parent_id: str | None
    expected_version: str | None
    payload: bytes
    line_keys: tuple[str, ...]
    rendered: Record | None
    source_side: Side
    source_id: str
    source_version: str | None
    source_input: str | None
    mapper_version: str | None
    sent_at: str | None
    looked_at: str | None
    due_at: str | None
    error: str | None
    task: str | None = None
    """What the target called it when it accepted it (R9)."""
    batch: str | None = None
    """The request it left in, with ``ordinal`` its place there, where it did not leave alone (R8)."""
    ordinal: int | None = None
    created_at: str | None = None
    updated_at: str | None = None
    sent_mark: str | None = None
    late_mark: str | None = None
    """When the attempt before left, where it may still arrive beside the one that was sent after it (R3)."""
    plan_item: str | None = None
    """The line of a stored plan it carries out: unique, so that applying twice writes once (R38)."""

    @property
    def replay_key(self) -> str:
        """Intent id and generation: the generation moves only after a definite refusal (R10)."""
        return f"{self.id}-{self.generation}"

    @property
    def is_step(self) -> bool:
        """A call beside the document, such as a status. One that carries lines is the document by another call; a
        party's status is a field of the party, though vendors have a call of its own for it."""
        return self.action is not None and not self.line_keys and not isinstance(self.rendered, Party)

    @property
    def is_document(self) -> bool:
        """Counts as a write of the document: no status call beside it, and no picture."""
        return self.part == MARK_PART or (
            self.part == "main" and not (self.is_step and self.operation is Operation.UPDATE)
        )

    @property
    def label(self) -> str:
        """What a person calls it: ``Bill INV-0107``."""
        known = ("bill_number", "po_number", "payment_number", "name")
        named = next((value for name in known if (value := getattr(self.rendered, name, None))), self.record_key)
        return f"{self.object_type.value.replace('_', ' ').capitalize()} {named}"

    def as_write(self) -> Write:
        """What push is handed; an attachment is added by the caller."""
        return Write(
            key=self.id,
            operation=self.operation,
            payload=self.payload,
            record_key=self.record_key,
            part=self.part,
            action=self.action,
            external_id=self.external_id,
            parent_id=self.parent_id,
            expected_version=self.expected_version and self.expected_version.removesuffix(PROVISIONAL),
            replay_key=self.replay_key if self.strategy is Strategy.REPLAY_KEY else None,
            use_unique_field=self.strategy is Strategy.UNIQUE_FIELD,
        )


def insert_intents(
    tx: Connection, made: Sequence[Intent], *, pairing: str, connection: str, run_id: int | None, now: str
) -> None:
    if not made:
        return
    rendered: dict[int, str] = {}
    rows = []
    for intent in made:
        text = None
        if intent.rendered is not None:
            text = rendered.get(id(intent.rendered)) or dump_record(intent.rendered)
            rendered[id(intent.rendered)] = text
        rows.append(
            {
                "id": intent.id,
                "pairing": pairing,
                "connection": connection,
                "record_id": intent.record_id,
                "side": intent.side.value,
                "object_type": intent.object_type.value,
                "part": intent.part,
                "operation": intent.operation.value,
                "action": intent.action,
                "state": intent.state.value,
                "strategy": intent.strategy.value,
                "attempt": intent.attempt,
                "generation": intent.generation,
                "fence": intent.fence,
                "record_key": intent.record_key,
                "natural_key": intent.natural_key,
                "external_id": intent.external_id,
                "after_part": intent.after_part,
                "parent_id": intent.parent_id,
                "expected_version": intent.expected_version,
                "payload": intent.payload,
                "payload_digest": hashlib.sha256(intent.payload).hexdigest(),
                "line_keys": json.dumps(intent.line_keys) if intent.line_keys else None,
                "rendered": text,
                "source_side": intent.source_side.value,
                "source_id": intent.source_id,
                "source_version": intent.source_version,
                "source_input": intent.source_input,
                "mapper_version": intent.mapper_version,
                "batch": intent.batch,
                "ordinal": intent.ordinal,
                "sent_at": intent.sent_at,
                "sent_mark": intent.sent_mark,
                "due_at": intent.due_at,
                "plan_item": intent.plan_item,
                "run_id": run_id,
                "created_at": now,
                "updated_at": now,
            }
        )
    _insert(tuple(rows[0])).run_all(tx, rows)
    count_creates(tx, rows, now[:10])


@cache
def _insert(names: tuple[str, ...]) -> Statement:
    return Statement(insert(intents), columns=names)


@dataclass(frozen=True, slots=True)
class Change:
    """A fenced change of one intent's state; ``values`` are further columns."""

    intent: Intent
    to: IntentState
    values: dict[str, Any]


def apply_changes(tx: Connection, changes: Sequence[Change], now: str) -> None:
    """Move intents on: ``WHERE id AND state AND fence`` touches exactly these rows, or the run stops (R4)."""
    alike: dict[tuple[str, ...], list[Change]] = {}
    for change in changes:
        if change.to not in TRANSITIONS[change.intent.state]:
            raise StoreError(
                f"Intent {change.intent.id} cannot go from {change.intent.state} to {change.to}; run `mlc doctor`."
            )
        alike.setdefault(tuple(sorted(change.values)), []).append(change)
    for columns, group in alike.items():
        touched = _fenced(columns).run_all(
            tx,
            [
                {
                    "b_id": change.intent.id,
                    "b_state": change.intent.state.value,
                    "b_fence": change.intent.fence,
                    "b_to": change.to.value,
                    "b_now": now,
                    **change.values,
                }
                for change in group
            ],
        )
        if touched != len(group):
            raise OvertakenError("An intent was changed by another process; this run stops and loses nothing.")


@cache
def _fenced(columns: tuple[str, ...]) -> Statement:
    return Statement(
        update(intents)
        .where(
            intents.c.id == bindparam("b_id"),
            intents.c.state == bindparam("b_state"),
            intents.c.fence == bindparam("b_fence"),
        )
        .values(
            {"state": bindparam("b_to"), "updated_at": bindparam("b_now")} | {name: bindparam(name) for name in columns}
        )
    )


def load_intents(connection: Connection, *conditions: Any, limit: int | None = None) -> list[Intent]:
    """Intents that meet the conditions: those that are due first, then the oldest."""
    order = (intents.c.due_at.is_not(None), intents.c.due_at, intents.c.created_at)
    rows = connection.execute(select(intents).where(*conditions).order_by(*order).limit(limit)).mappings()
    return [_intent(row) for row in rows]


def _intent(row: RowMapping) -> Intent:
    kind = ObjectType(row["object_type"])
    return Intent(
        id=row["id"],
        record_id=row["record_id"],
        side=Side(row["side"]),
        object_type=kind,
        part=row["part"],
        operation=Operation(row["operation"]),
        action=row["action"],
        state=IntentState(row["state"]),
        strategy=Strategy(row["strategy"]),
        attempt=row["attempt"],
        generation=row["generation"],
        fence=row["fence"],
        record_key=row["record_key"],
        natural_key=row["natural_key"],
        external_id=row["external_id"],
        after_part=row["after_part"],
        parent_id=row["parent_id"],
        expected_version=row["expected_version"],
        payload=row["payload"] or b"",
        line_keys=tuple(json.loads(row["line_keys"])) if row["line_keys"] else (),
        rendered=load_record(kind, row["rendered"]) if row["rendered"] else None,
        source_side=Side(row["source_side"]),
        source_id=row["source_id"],
        source_version=row["source_version"],
        source_input=row["source_input"],
        mapper_version=row["mapper_version"],
        sent_at=row["sent_at"],
        looked_at=row["looked_at"],
        due_at=row["due_at"],
        error=row["error"],
        task=row["task"],
        batch=row["batch"],
        ordinal=row["ordinal"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        plan_item=row["plan_item"],
        sent_mark=row["sent_mark"],
        late_mark=row["late_mark"],
    )
