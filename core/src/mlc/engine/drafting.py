"""From a plan to its intents: one per part, with the strategy this tenant allows and the record's own key."""

import uuid

from sqlalchemy import func, select

from mlc.contract import Operation, Strategy
from mlc.engine.currencyparts import is_currency_part
from mlc.engine.intents import Intent
from mlc.engine.plans import Entry, Plan
from mlc.engine.session import Session
from mlc.engine.states import IntentState
from mlc.recipes import Side
from mlc.records import DocumentReport, ObjectType
from mlc.store.schema import intents


def record_key(system: str, entry: Entry) -> str:
    """Our stable key of a record: system, type and the source's id; what goes into the target's unique field."""
    return f"{system}:{entry.object_type.value}:{entry.external_id}"


def key_of(system: str, plan: Plan) -> str:
    """The record's key, or the code of a report, under which it is looked up and never told twice."""
    return plan.rendered.report_code if isinstance(plan.rendered, DocumentReport) else record_key(system, plan.entry)


def intents_of(plan: Plan, *, key: str, strategy: Strategy, mapper_version: str, in_turn: bool) -> list[Intent]:
    """One intent per part of a plan; the later ones wait for the part they come after.

    ``in_turn``: parts of a change wait, too: the target tells later what it refuses, and a part that was refused must
    not be called in step because another one was not.
    """
    entry = plan.entry
    document = entry.target if plan.side is entry.side.other else entry.origin
    document_id = document.external_id if document is not None else _own_id(plan)
    made = []
    for part in plan.parts:
        bound = entry.parts.get(part.name) if plan.side is entry.side.other else document
        creates, alone = part.operation is Operation.CREATE, is_currency_part(part.name)
        after = part.after if in_turn or (document is None and not entry.parts) else None
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
                natural_key=plan.natural_key if part.name == "main" or alone else None,
                external_id=None if creates else (bound.external_id if bound is not None else document_id),
                after_part=after,
                parent_id=_parent(plan, None if alone or after is not None else document_id),
                expected_version=None if creates and alone else _version_of(plan, part.name),
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
                plan_item=None if plan.item is None else plan.item + ("" if part.name == "main" else f"/{part.name}"),
            )
        )
    return made


def _parent(plan: Plan, document_id: str | None) -> str | None:
    """A report has no binding of its own: it is about a document of the system that is told."""
    return plan.rendered.document.source_id if isinstance(plan.rendered, DocumentReport) else document_id


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


def refusals_of(session: Session, entry: Entry, side: Side) -> int:
    """How often the target took a write of this record and refused it later; asked only where that can happen (R9)."""
    support = session.system(side).support(entry.object_type)
    if support is None or not support.answers_later:
        return 0
    with session.database.read() as connection:
        found = connection.execute(
            select(func.count()).where(
                intents.c.record_id == entry.id,
                intents.c.side == side.value,
                intents.c.state == IntentState.REJECTED.value,
                intents.c.task.is_not(None),
            )
        ).scalar()
    return int(found or 0)


def strategy_for(kind: ObjectType, *, declared: Strategy, unique_fields: frozenset[ObjectType]) -> Strategy:
    """The strategy of this connection: what the system declares, as far as this tenant has it (R7)."""
    if declared is Strategy.UNIQUE_FIELD and kind not in unique_fields:
        return Strategy.SEARCH
    return declared
