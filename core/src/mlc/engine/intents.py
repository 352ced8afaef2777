"""Intents: one write each, logged before it is sent (R2, R5, R6)."""

import hashlib
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, insert, select, update

from mlc.contract import Operation, Strategy, Write
from mlc.engine.plans import Entry, Plan
from mlc.engine.states import TRANSITIONS, IntentState
from mlc.errors import StoreError
from mlc.recipes import Side
from mlc.records import ObjectType, Record, dump_record, load_record
from mlc.store.schema import intents

#: The part that carries a document's image; its failure never blocks the document.
IMAGE_PART = "image"


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

    @property
    def replay_key(self) -> str:
        """Intent id and generation: the generation moves only after a definite refusal (R10)."""
        return f"{self.id}-{self.generation}"

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
            expected_version=self.expected_version,
            replay_key=self.replay_key if self.strategy is Strategy.REPLAY_KEY else None,
            use_unique_field=self.strategy is Strategy.UNIQUE_FIELD,
        )


def record_key(system: str, entry: Entry) -> str:
    """Our stable key of a record: system, type and the source's id; what goes into the target's unique field."""
    return f"{system}:{entry.object_type.value}:{entry.external_id}"


def intents_of(plan: Plan, *, key: str, strategy: Strategy, mapper_version: str) -> list[Intent]:
    """One intent per part of a plan; the later ones wait for the part they come after."""
    entry = plan.entry
    document = entry.target if plan.side is entry.side.other else entry.origin
    document_id = document.external_id if document is not None else _own_id(plan)
    made = []
    for part in plan.parts:
        bound = entry.parts.get(part.name) if plan.side is entry.side.other else document
        creates = part.operation is Operation.CREATE
        made.append(
            Intent(
                id=uuid.uuid4().hex,
                record_id=entry.id,
                side=plan.side,
                object_type=entry.object_type,
                part=part.name,
                operation=part.operation,
                action=part.action,
                state=IntentState.PLANNED,
                strategy=strategy,
                attempt=0,
                generation=0,
                fence=0,
                record_key=key,
                natural_key=plan.natural_key if part.name == "main" else None,
                external_id=None if creates else (bound.external_id if bound is not None else document_id),
                after_part=part.after if document is None and not entry.parts else None,
                parent_id=document_id,
                expected_version=_version_of(plan, part.name),
                payload=part.payload,
                line_keys=part.line_keys,
                rendered=plan.rendered,
                source_side=entry.side,
                source_id=entry.external_id,
                source_version=entry.version,
                source_input=entry.input if part.name == "main" else None,
                mapper_version=mapper_version,
                sent_at=None,
                looked_at=None,
                due_at=None,
                error=None,
            )
        )
    return made


def _version_of(plan: Plan, part: str) -> str | None:
    """The version that was last looked at: the one this write was decided upon."""
    entry = plan.entry
    if plan.side is entry.side:
        return entry.version
    bound = entry.parts.get(part)
    if bound is None:
        return None
    return entry.other_version or bound.version if part == "main" else bound.version


def _own_id(plan: Plan) -> str | None:
    """A write to the side where the record was born needs no binding: its id is the record's own."""
    return plan.entry.external_id if plan.side is plan.entry.side else None


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
                "sent_at": intent.sent_at,
                "due_at": intent.due_at,
                "run_id": run_id,
                "created_at": now,
                "updated_at": now,
            }
        )
    tx.execute(insert(intents), rows)


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
        touched = tx.execute(
            _fenced(columns),
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
        ).rowcount
        if touched != len(group):
            raise StoreError("An intent was changed by another process; this run stops and loses nothing.")


@cache
def _fenced(columns: tuple[str, ...]) -> Any:
    return (
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


def mark_sending(tx: Connection, group: Sequence[Intent], now: str) -> list[Intent]:
    """Planned intents become ``sending``, one attempt and one fence further."""
    moved = [
        replace(
            intent,
            state=IntentState.SENDING,
            attempt=intent.attempt + 1,
            fence=intent.fence + 1,
            sent_at=now,
        )
        for intent in group
    ]
    columns = ("attempt", "fence", "sent_at", "parent_id", "external_id")
    changes = [
        Change(before, IntentState.SENDING, {name: getattr(after, name) for name in columns})
        for before, after in zip(group, moved, strict=True)
    ]
    apply_changes(tx, changes, now)
    return moved


def load_intents(connection: Connection, *conditions: Any) -> list[Intent]:
    """Intents that meet the conditions, oldest first."""
    rows = connection.execute(select(intents).where(*conditions).order_by(intents.c.created_at)).mappings()
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
    )


def strategy_for(kind: ObjectType, *, declared: Strategy, unique_fields: frozenset[ObjectType]) -> Strategy:
    """The strategy of this connection: what the system declares, as far as this tenant has it (R7)."""
    if declared is Strategy.UNIQUE_FIELD and kind not in unique_fields:
        return Strategy.SEARCH
    return declared
