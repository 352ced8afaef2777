"""A document that is posted once per department: a record of its own for every department but the first (pairings 4).

The first one's plan brings the others along: they are stored in the transaction in which it is carried out, each with
the whole document as its input, and are then delivered like any other document. What changes at the source, changes
all of them.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, insert, select, update

from mlc.accounting.departments import DEPARTMENTS
from mlc.accounting.holdcodes import Hold, HoldCode
from mlc.accounting.naming import TradeDocument
from mlc.accounting.shapes import Shaped
from mlc.engine.intakerows import facts_of
from mlc.engine.plans import Action, Entry, Plan
from mlc.engine.states import RecordState
from mlc.recipes import DepartmentSplit, Flow, Policy
from mlc.records import Bill, DimensionKind, VendorCredit, dump_record
from mlc.store.schema import records
from mlc.system import ObjectSupport
from mlc.tenants import Probe

#: Between the id of the document at its source and the department of one of its parts.
MARK = "#department:"
_WRITES = (Action.WRITE, Action.ADOPT, Action.NOTHING)

Shape = Callable[[str | None, tuple[str, ...]], Shaped | Hold]


@dataclass(frozen=True, slots=True)
class Beside:
    """The other parts of a document as they are to be stored: rows to insert, and values by the id of the record.
    ``departments``: of all parts, JSON."""

    departments: str
    new: tuple[Mapping[str, Any], ...] = ()
    changed: tuple[tuple[int, Mapping[str, Any]], ...] = ()


def header_dimensions(support: ObjectSupport, probe: Probe) -> frozenset[DimensionKind]:
    """Kinds of which a document of this tenant has one value as a whole."""
    return frozenset() if support.object_type in probe.line_dimensions else support.header_dimensions


def splits(policy: Policy, support: ObjectSupport, probe: Probe) -> bool:
    """Whether documents of this kind become one per department."""
    return policy.department_split is DepartmentSplit.SPLIT and bool(header_dimensions(support, probe))


def department_of(entry: Entry) -> str | None:
    """The department that a record was made for beside the first; None for a whole document, or the first part."""
    _document, marked, department = entry.external_id.partition(MARK)
    return department if marked else None


def departments_of(entry: Entry) -> tuple[str, ...]:
    """The departments that its document was split into before, in their order."""
    return tuple(json.loads(entry.overrides.get(DEPARTMENTS, "[]")))


def lost_its_lines(hold: Hold) -> bool:
    """Whether a part cannot be made because its document has no line of that department any more."""
    return hold.code is HoldCode.DEPARTMENT_SPLIT and "left" in hold.detail


def with_parts(connection: Connection, flow: Flow, plan: Plan, record: TradeDocument, shape: Shape) -> Plan:
    """The plan of a document with its other parts beside it; held while one of them cannot be posted."""
    entry = plan.entry
    if entry.adjusts is not None or not isinstance(record, Bill | VendorCredit):
        return plan
    query = select(records.c.id, records.c.external_id, records.c.input, records.c.overrides)
    stored = {
        row.external_id.partition(MARK)[2]: row
        for row in connection.execute(query.where(records.c.adjusts == entry.id))
        if MARK in row.external_id
    }
    known = departments_of(entry)
    shaped = shape(None, known) if plan.action in _WRITES else None
    departments = shaped.departments if isinstance(shaped, Shaped) else known
    missing = [name for name in departments[1:] if name not in stored] if plan.action in _WRITES else []
    for name in missing:
        part = shape(name, departments)
        if isinstance(part, Hold):
            return Plan(entry, flow, Action.HOLD, flow.target, hold=part, reason=part.sentence)
    if not missing and not stored:
        return plan
    told = json.dumps(departments)
    changed = []
    for name, row in stored.items():
        text = dump_record(_part_of(record, entry, name))
        overrides = {**json.loads(row.overrides or "{}"), DEPARTMENTS: told}
        if text != row.input or overrides != json.loads(row.overrides or "{}"):
            values = {"input": text, "version": entry.version, "dirty": 1, "overrides": json.dumps(overrides)}
            changed.append((row.id, values))
    new = tuple(_row(entry, flow, _part_of(record, entry, name), told) for name in missing)
    return replace(plan, beside=Beside(told, new, tuple(changed)))


def write_parts(tx: Connection, plan: Plan, pairing: str, now: str) -> None:
    """Store the other parts of a document; what they are does not depend on what becomes of the first."""
    if plan.beside is None:
        return
    for row in plan.beside.new:
        tx.execute(insert(records).values(pairing=pairing, seen_at=now, changed_at=now, **row))
    for record_id, values in plan.beside.changed:
        tx.execute(update(records).where(records.c.id == record_id).values(changed_at=now, **values))
    overrides = json.dumps({**plan.entry.overrides, DEPARTMENTS: plan.beside.departments})
    tx.execute(update(records).where(records.c.id == plan.entry.id).values(overrides=overrides))


def _part_of(record: Bill | VendorCredit, entry: Entry, department: str) -> Bill | VendorCredit:
    source = record.source.model_copy(update={"source_id": f"{entry.external_id}{MARK}{department}"})
    return record.model_copy(update={"source": source})


def _row(entry: Entry, flow: Flow, part: Bill | VendorCredit, told: str) -> dict[str, Any]:
    return {
        "object_type": entry.object_type.value,
        "side": entry.side.value,
        "external_id": part.source.source_id,
        "read_type": flow.reads.value,
        "state": RecordState.PENDING.value,
        "version": entry.version,
        "input": dump_record(part),
        "overrides": json.dumps({DEPARTMENTS: told}),
        "reason": f"one of several departments of {entry.label}",
        "adjusts": entry.id,
    } | {name: value for name, value in facts_of(part).items() if name != "group_key"}
