"""What one transaction settles: results become states, bindings, sightings, holds and audit events, all or nothing."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from mlc.clock import stamp
from mlc.contract import Accepted, Created, Operation, RejectCause, Rejected, Updated
from mlc.engine import registers as register
from mlc.engine.changeset import ChangeSet
from mlc.engine.decide import compare_posted
from mlc.engine.holdcodes import Hold, HoldCode, Waits
from mlc.engine.intents import IMAGE_PART, Change, Intent
from mlc.engine.plans import Entry, Plan
from mlc.engine.sending import Fate, Result
from mlc.engine.session import Session
from mlc.engine.states import IntentState, RecordState
from mlc.engine.tally import Tally
from mlc.recipes import Side
from mlc.records import MoneyDocument, ObjectType, Payment, Record, dump_record

#: Refusals that configuration or the calendar can cure are holds, not dead letters (R25).
_HELD: dict[RejectCause, tuple[HoldCode, Waits]] = {
    RejectCause.CLOSED_PERIOD: (HoldCode.CLOSED_PERIOD, Waits.PERIOD),
    RejectCause.DUPLICATE: (HoldCode.NUMBER_CONFLICT, Waits.PERSON),
}


@dataclass
class Booking:
    """Collects the consequences of a group of results, then writes them in one transaction."""

    session: Session
    now: datetime
    tally: Tally
    paused: str | None = None
    rows: ChangeSet = field(default_factory=ChangeSet)
    _events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def note(self, event: str, **facts: Any) -> None:
        """An audit event of this group."""
        self._events.append((event, facts))

    def add(self, result: Result) -> None:
        """Book one result."""
        intent = result.intent
        match result.fate:
            case Fate.CONFIRMED:
                assert isinstance(result.outcome, Created | Updated)
                self.confirm(intent, result.outcome.external_id, result.outcome.version, result.outcome.seen, "reply")
            case Fate.ACCEPTED:
                assert isinstance(result.outcome, Accepted)
                self.rows.changes.append(Change(intent, IntentState.ACCEPTED, {"task": result.outcome.task}))
                self._event("accepted", intent, task=result.outcome.task)
            case Fate.REJECTED:
                assert isinstance(result.outcome, Rejected)
                self._reject(intent, result.outcome)
            case Fate.CONFLICT:
                self.rows.changes.append(Change(intent, IntentState.REJECTED, {"error": result.reason}))
                self._drop(intent)
                self._again(intent)
                self._event("conflict", intent, reason=result.reason)
            case Fate.RETRY | Fate.PAUSED:
                due = stamp(self.now + timedelta(seconds=result.retry_after_s))
                self.rows.changes.append(
                    Change(intent, IntentState.PLANNED, {"due_at": due, "error": result.reason or None})
                )
                self._event("not_sent", intent, reason=result.reason)
                if result.fate is Fate.PAUSED:
                    self.paused = result.reason
            case Fate.UNCERTAIN:
                self.tally.uncertain += 1
                self.rows.changes.append(Change(intent, IntentState.UNCERTAIN, {"error": result.reason or None}))
                self._event("uncertain", intent, reason=result.reason, request_id=result.request_id)

    # ---------------------------------------------------------------- confirmed

    def confirm(
        self,
        intent: Intent,
        external_id: str,
        version: str | None,
        seen: Record | None,
        evidence: str,
    ) -> None:
        """The write is in the target: binding, base, sighting, audit; and the parts that waited for it may go."""
        now = stamp(self.now)
        self.rows.sightings.append(
            {
                "intent_id": intent.id,
                "attempt": intent.attempt,
                "external_id": external_id,
                "source": evidence,
                "version": version,
                "at": now,
            }
        )
        self.rows.changes.append(Change(intent, IntentState.CONFIRMED, {"external_id": external_id}))
        self._count(intent)
        self._event(_PAST[intent.operation], intent, to=external_id, action=intent.action, evidence=evidence)
        if intent.part != "main" or intent.action is not None:
            self._bind_part(intent, external_id, version, seen, now)
            return
        self.rows.provisional.append(intent)
        if intent.side is intent.source_side:
            self._book_at_home(intent, external_id, version, seen, now)
            return
        self._bind(intent, external_id, version, seen, now)
        self._bind_origin(intent, now)
        self.rows.woken |= {f"{intent.object_type.value}:{intent.source_id}", f"document:{intent.source_id}"}
        if isinstance(intent.rendered, Payment):
            self._settle_balances(intent, intent.rendered)
        self.rows.followers.append({"b_record": intent.record_id, "b_parent": external_id})
        state = RecordState.IN_STEP
        differences = () if seen is None or intent.rendered is None else compare_posted(intent.rendered, seen)
        if differences and intent.operation is not Operation.VOID:
            state = RecordState.HELD
            self._hold_posted(intent, external_id, differences)
        self._record(intent, state, other_input=dump_record(seen) if seen is not None else None)
        if seen is not None:
            self._list(intent, external_id, version, seen, now)

    def _book_at_home(
        self, intent: Intent, external_id: str, version: str | None, seen: Record | None, now: str
    ) -> None:
        """Written to the side where the record was born: its own input and base are what that side showed."""
        shown = dump_record(seen) if seen is not None else intent.source_input
        self.rows.origins.append(self._origin_row(intent, version or intent.source_version, shown, now))
        values: dict[str, Any] = {"input": shown}
        if version is not None:
            values["version"] = version
        self._record(intent, RecordState.IN_STEP, **values)
        if seen is not None:
            self._list(intent, external_id, version, seen, now)

    def _settle_balances(self, intent: Intent, payment: Payment) -> None:
        """What the payment settled is owed no more; the documents' versions may have moved by it."""
        for allocation in payment.allocations:
            if allocation.document is not None and allocation.document.source_id and allocation.amount is not None:
                self.rows.paid.append((intent.side, allocation.document.source_id, allocation.amount))

    def _bind_origin(self, intent: Intent, now: str) -> None:
        """The side the record was born on is in step with what was just written."""
        self.rows.origins.append(self._origin_row(intent, intent.source_version, intent.source_input, now))

    def _origin_row(self, intent: Intent, version: str | None, base: str | None, now: str) -> dict[str, Any]:
        return {
            "pairing": self.session.pairing.name,
            "side": intent.source_side.value,
            "object_type": intent.object_type.value,
            "external_id": intent.source_id,
            "part": "main",
            "record_id": intent.record_id,
            "version": version,
            "base": base,
            "mapper_version": intent.mapper_version,
            "confirmed_at": now,
        }

    def _hold_posted(self, intent: Intent, external_id: str, differences: Sequence[Any]) -> None:
        told = "; ".join(f"{one.field}: sent {one.ours}, the ledger shows {one.theirs}" for one in differences)
        self.hold(
            intent.record_id,
            Hold(
                HoldCode.POSTED_DIFFERS,
                f"{_label(intent)} was posted but shows other values: {told}.",
                Waits.PERSON,
                external_id,
            ),
            intent,
        )

    def _bind(self, intent: Intent, external_id: str, version: str | None, seen: Record | None, now: str) -> None:
        lines = _line_map(intent, seen)
        base = dump_record(seen) if seen is not None else None
        common = {
            "version": version,
            "base": base,
            "lines": json.dumps(lines) if lines else None,
            "mapper_version": intent.mapper_version,
            "unverified": int(seen is None),
            "confirmed_at": now,
        }
        if intent.operation is Operation.CREATE:
            if intent.parent_id is not None:
                which = {"b_record": intent.record_id, "b_side": intent.side.value, "b_part": "main"}
                self.rows.replaced.append(which | {"role": "alias", "moved_to": external_id})
            self.rows.bindings.append(self._binding_row(intent, external_id, "main") | common)
        else:
            self.rows.moved.append(
                {"b_record": intent.record_id, "b_side": intent.side.value, "b_part": "main"} | common
            )

    def _bind_part(self, intent: Intent, external_id: str, version: str | None, seen: Record | None, now: str) -> None:
        """A call beside the document: its own binding once, and the document's version may have moved."""
        if intent.part != "main" and intent.operation is Operation.CREATE:
            self.rows.bindings.append(
                self._binding_row(intent, external_id, intent.part)
                | {"version": version, "mapper_version": intent.mapper_version, "confirmed_at": now}
                | {"base": None, "lines": None, "unverified": 0}
            )
        if seen is not None and isinstance(seen, MoneyDocument) and intent.part != IMAGE_PART:
            self.rows.moved.append(
                {
                    "b_record": intent.record_id,
                    "b_side": intent.side.value,
                    "b_part": "main",
                    "version": version,
                    "base": dump_record(seen),
                    "unverified": 0,
                    "confirmed_at": now,
                }
            )
            self._list(intent, external_id, version, seen, now)
            self._record(intent, RecordState.IN_STEP, other_input=dump_record(seen))
        elif intent.part != IMAGE_PART:
            self._record(intent, RecordState.IN_STEP)

    def _binding_row(self, intent: Intent, external_id: str, part: str) -> dict[str, Any]:
        return {
            "pairing": self.session.pairing.name,
            "side": intent.side.value,
            "object_type": intent.object_type.value,
            "external_id": external_id,
            "part": part,
            "record_id": intent.record_id,
        }

    def adopt(
        self,
        *,
        record_id: int,
        side: Any,
        object_type: ObjectType,
        external_id: str,
        version: str | None,
        base: str | None,
        mapper_version: str | None,
        lines: dict[str, str] | None = None,
    ) -> None:
        """Bind an exact twin as it stands: nothing on it is written (R20)."""
        self.rows.bindings.append(
            {
                "pairing": self.session.pairing.name,
                "side": side.value,
                "object_type": object_type.value,
                "external_id": external_id,
                "part": "main",
                "record_id": record_id,
                "version": version,
                "base": base,
                "lines": json.dumps(lines) if lines else None,
                "mapper_version": mapper_version,
                "unverified": 0,
                "confirmed_at": stamp(self.now),
                "adopted": 1,
            }
        )
        self.note_bound(record_id, side, object_type, external_id)

    def note_bound(self, record_id: int, side: Side, object_type: ObjectType, external_id: str) -> None:
        """The register shows from now on whose this document is."""
        self.rows.claimed.append((self.session.pairing.name, side, object_type, external_id, record_id))

    def bind_source(self, entry: Entry, mapper_version: str | None) -> None:
        """The record's own side is in step as it stands (after an adoption)."""
        self.rows.origins.append(
            {
                "pairing": self.session.pairing.name,
                "side": entry.side.value,
                "object_type": entry.object_type.value,
                "external_id": entry.external_id,
                "part": "main",
                "record_id": entry.id,
                "version": entry.version,
                "base": entry.input,
                "mapper_version": mapper_version,
                "confirmed_at": stamp(self.now),
            }
        )
        self.rows.woken.add(f"{entry.object_type.value}:{entry.external_id}")

    def rebase(
        self, record_id: int, side: Side, *, version: str | None, base: str | None, mapper_version: str | None
    ) -> None:
        """What a side shows now is what it showed when both were last in step."""
        self.rows.moved.append(
            {
                "b_record": record_id,
                "b_side": side.value,
                "b_part": "main",
                "version": version,
                "base": base,
                "mapper_version": mapper_version,
                "unverified": 0,
            }
        )

    def tell_plan(self, plan: Plan) -> None:
        """What was altered, lost or changed on the way, for the audit; overrides are kept for later renders (R19)."""
        if plan.losses or plan.overrides or plan.fields:
            self.note(
                "rendered",
                record_id=plan.entry.id,
                object_type=plan.entry.object_type.value,
                side=plan.side.value,
                fields=sorted(plan.fields),
                losses=[{"field": loss.field, "reason": loss.reason} for loss in plan.losses],
                overrides=dict(plan.overrides),
            )
        if plan.overrides:
            self.rows.overrides.append({"b_id": plan.entry.id, "overrides": json.dumps(dict(plan.overrides))})

    # ---------------------------------------------------------------- not confirmed

    def _reject(self, intent: Intent, outcome: Rejected) -> None:
        self.rows.changes.append(Change(intent, IntentState.REJECTED, {"error": outcome.reason}))
        self.rows.superseded.append(intent)
        self._drop(intent)
        self._event("rejected", intent, reason=outcome.reason, code=outcome.code, field=outcome.field)
        if intent.part == IMAGE_PART:
            return
        held = _HELD.get(outcome.cause)
        if outcome.cause in (RejectCause.REFERENCE_GONE, RejectCause.NOT_FOUND) and intent.attempt < 2:
            self._again(intent)
        elif held is not None:
            code, waits = held
            self.hold(
                intent.record_id,
                Hold(code, f"{_label(intent)} was refused: {outcome.reason}", waits, intent.object_type.value),
                intent,
            )
            self._record(intent, RecordState.HELD)
        else:
            self.tally.dead += 1
            self._record(intent, RecordState.DEAD, reason=outcome.reason)

    def hold(self, record_id: int, hold: Hold, intent: Intent | None = None) -> None:
        self.tally.held += 1
        self.rows.holds.append((record_id, intent.id if intent else None, hold))
        self.note("held", record_id=record_id, code=hold.code.value, sentence=hold.sentence)

    def supersede(self, intent: Intent, reason: str) -> None:
        """The source changed its mind, or the write turned out not to be needed."""
        self.rows.changes.append(Change(intent, IntentState.SUPERSEDED, {"error": reason}))
        self._drop(intent)
        self._event("superseded", intent, reason=reason)

    def again(self, intent: Intent) -> None:
        """Decide this record afresh."""
        self._again(intent)

    def _again(self, intent: Intent) -> None:
        self._record(intent, RecordState.PENDING)

    def _drop(self, intent: Intent) -> None:
        if intent.operation is Operation.CREATE and intent.part == "main":
            self.rows.provisional.append(intent)

    def record(self, record_id: int, state: RecordState, **values: Any) -> None:
        self.rows.records.append({"b_id": record_id, "state": state.value, **values})

    def _record(self, intent: Intent, state: RecordState, **values: Any) -> None:
        self.record(intent.record_id, state, **{name: value for name, value in values.items() if value is not None})

    def _count(self, intent: Intent) -> None:
        if intent.part != "main" or (intent.action is not None and intent.operation is Operation.UPDATE):
            self.tally.parts += 1
        elif intent.operation is Operation.CREATE:
            self.tally.created += 1
        elif intent.operation is Operation.UPDATE:
            self.tally.updated += 1
        else:
            self.tally.voided += 1

    def _list(self, intent: Intent, external_id: str, version: str | None, seen: Record, now: str) -> None:
        self.rows.listed.append(
            register.describe(seen)
            | {
                "pairing": self.session.pairing.name,
                "side": intent.side.value,
                "object_type": intent.object_type.value,
                "external_id": external_id,
                "version": version,
                "seen_at": now,
                "record_id": intent.record_id,
            }
        )

    def _event(self, event: str, intent: Intent, **facts: Any) -> None:
        external_id = facts.pop("to", None) or intent.external_id
        self.note(
            event,
            record_id=intent.record_id,
            object_type=intent.object_type.value,
            side=intent.side.value,
            external_id=external_id,
            intent=intent.id,
            attempt=intent.attempt,
            part=intent.part,
            **{name: value for name, value in facts.items() if value is not None},
        )

    # ---------------------------------------------------------------- written

    def write(self, tx: Connection) -> None:
        """Everything but the audit group, which is the transaction's last."""
        self.rows.write(tx, self.session.pairing.name, stamp(self.now))

    def commit(self) -> None:
        """Everything in a transaction of its own."""
        with self.session.database.write() as tx:
            self.write(tx)
            self.write_audit(tx)

    def write_audit(self, tx: Connection) -> None:
        """The group's events, as the transaction's last statements."""
        group = self.session.audit()
        for event, facts in self._events:
            group.add(event, **facts)
        group.write(tx, self.now)


_PAST = {Operation.CREATE: "created", Operation.UPDATE: "updated", Operation.VOID: "voided"}


def _label(intent: Intent) -> str:
    known = ("bill_number", "po_number", "payment_number", "name")
    named = next((value for name in known if (value := getattr(intent.rendered, name, None))), intent.record_key)
    return f"{intent.object_type.value.replace('_', ' ').capitalize()} {named}"


def _line_map(intent: Intent, seen: Record | None) -> dict[str, str]:
    """Our line keys → the target's line ids, by the order they were sent in."""
    lines = getattr(seen, "lines", ())
    if len(lines) != len(intent.line_keys):
        return {}
    return {key: line.line_id for key, line in zip(intent.line_keys, lines, strict=True) if line.line_id}
