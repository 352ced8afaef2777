"""What one transaction settles: results become states, bindings, sightings, holds and audit events, all or nothing."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from mlc.accounting.decide import compare_posted
from mlc.accounting.holdcodes import Hold, HoldCode, Waits
from mlc.clock import stamp
from mlc.contract import Accepted, Created, Operation, RejectCause, Rejected, SourceRecord, Updated
from mlc.engine import registers as register
from mlc.engine.arrivals import count_arrivals
from mlc.engine.bindingrows import BindingRows
from mlc.engine.changeset import ChangeSet
from mlc.engine.currencyparts import ids_of, is_currency_part
from mlc.engine.evidence import later_look, party_key
from mlc.engine.homebase import first_base, home_base, status_waits
from mlc.engine.intents import IMAGE_PART, MARK_PART, Change, Intent
from mlc.engine.moved import note_moved
from mlc.engine.plans import Plan
from mlc.engine.refusals import HELD
from mlc.engine.refused import note_refused
from mlc.engine.reportoutcomes import book_refused, book_told, is_report
from mlc.engine.sending import Fate, Result
from mlc.engine.session import Session
from mlc.engine.states import IntentState, RecordState
from mlc.engine.tally import Tally
from mlc.engine.vanishing import values_of_gone
from mlc.records import ListEntry, MoneyDocument, Party, Payment, Record, dump_record

FIRST_ASKED_S = 2.0  # what was accepted is asked for no earlier than this


@dataclass
class Booking:
    """Collects the consequences of a group of results, then writes them in one transaction."""

    session: Session
    now: datetime
    tally: Tally
    rows: ChangeSet = field(default_factory=ChangeSet)
    _events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    @property
    def bound(self) -> BindingRows:
        """Where documents live from now on."""
        return BindingRows(self.session.pairing.name, self.rows)

    def note(self, event: str, **facts: Any) -> None:
        """An audit event of this group."""
        self._events.append((event, facts))

    def add(self, result: Result) -> None:
        """Book one result."""
        intent = result.intent
        note_moved(self.session, intent)
        match result.fate:
            case Fate.CONFIRMED:
                assert isinstance(result.outcome, Created | Updated)
                self.confirm(intent, result.outcome.external_id, result.outcome.version, result.outcome.seen, "reply")
            case Fate.ACCEPTED:
                assert isinstance(result.outcome, Accepted)
                task = {"task": result.outcome.task, "due_at": stamp(self.now + timedelta(seconds=FIRST_ASKED_S))}
                self.rows.changes.append(Change(intent, IntentState.ACCEPTED, task))
                self._event("accepted", intent, task=result.outcome.task)
            case Fate.REJECTED:
                assert isinstance(result.outcome, Rejected)
                self._reject(intent, result.outcome)
            case Fate.CONFLICT:
                self.rows.changes.append(Change(intent, IntentState.REJECTED, {"error": result.reason}))
                self._drop(intent)
                self._record(intent, RecordState.PENDING)
                self._event("conflict", intent, reason=result.reason)
            case Fate.RETRY | Fate.PAUSED:
                due = stamp(self.now + timedelta(seconds=result.retry_after_s))
                sent = None if intent.late_mark is None else intent.sent_at  # an attempt before may still arrive
                values = {"due_at": due, "sent_at": sent, "error": result.reason or None}
                self.rows.changes.append(Change(intent, IntentState.PLANNED, values))
                self._event("not_sent", intent, reason=result.reason)
            case Fate.UNCERTAIN:
                self.tally.uncertain += 1
                self.rows.changes.append(Change(intent, IntentState.UNCERTAIN, {"error": result.reason or None}))
                self._event("uncertain", intent, reason=result.reason, request_id=result.request_id)

    # ---------------------------------------------------------------- confirmed

    def confirm(
        self, intent: Intent, external_id: str, version: str | None, seen: Record | None, evidence: str
    ) -> None:
        """The write is in the target: binding, base, sighting, audit; and the parts that waited for it may go."""
        if is_report(intent):
            book_told(self, intent, external_id, evidence)
            return
        now = stamp(self.now)
        sighting = {"intent_id": intent.id, "attempt": intent.attempt, "external_id": external_id, "at": now}
        self.rows.sightings.append(sighting | {"source": evidence, "version": version})
        due_at = later_look(intent, self.now)
        self.rows.changes.append(Change(intent, IntentState.CONFIRMED, {"external_id": external_id, "due_at": due_at}))
        self.tally.count(intent.operation, is_document=intent.is_document)
        self._event(_PAST[intent.operation], intent, to=external_id, action=intent.action, evidence=evidence)
        shown = None if seen is None else dump_record(seen)
        if intent.part == MARK_PART:  # what else it shows by now may have changed since it was read: decide anew
            self._record(intent, RecordState.IN_STEP, input=shown, version=version, dirty=int(seen is not None))
            if seen is not None:
                self._list(intent, external_id, version, seen, now)
            return
        if intent.part != "main" or (intent.is_step and intent.operation is not Operation.CREATE):
            self._confirm_part(intent, external_id, version, seen, now)
            return
        self.rows.provisional.append(intent)
        if intent.side is intent.source_side:
            self._book_at_home(intent, external_id, version, seen, now)
            return
        self.rows.repaired.append(intent.record_id)
        base, edited = (shown, False) if evidence == "reply" else first_base(intent, seen)
        self.bound.target(intent, external_id, version, seen, base, now)
        self.bound.origin(intent, intent.source_version, intent.source_input, now)
        self.rows.wake(intent.object_type, intent.source_id, external_id)
        self.rows.entries += isinstance(intent.rendered, ListEntry)
        if isinstance(intent.rendered, Payment):
            self.rows.pay(intent.side, intent.rendered)
        self.rows.followers.append({"b_record": intent.record_id, "b_parent": external_id, "b_after": intent.part})
        differences = () if seen is None or intent.rendered is None else compare_posted(intent.rendered, seen)
        state = RecordState.IN_STEP
        if differences and intent.operation is not Operation.VOID:
            state = RecordState.HELD
            self._hold_posted(intent, external_id, differences)
        if seen is None:  # what is stored of it is from before; the next reading is compared (R13)
            self.record(intent.record_id, state, reason=None, other_input=None, other_version=version)
            return
        waits = {"dirty": 1} if edited or status_waits(intent) else {}
        self._record(intent, state, other_input=shown, other_version=version, **waits)
        self._list(intent, external_id, version, seen, now)

    def _book_at_home(
        self, intent: Intent, external_id: str, version: str | None, seen: Record | None, now: str
    ) -> None:
        """Written to the side where the record was born: its own input and base are what that side showed."""
        base, waits = home_base(intent, seen)
        self.rows.answers.append(intent)
        self.bound.origin(intent, version or intent.source_version, base, now, unverified=seen is None)
        if seen is None:  # without its version it is read again
            self._record(intent, RecordState.IN_STEP, dirty=0)
            return
        if not waits:  # else what a person said is still to be done on the other side
            self.rows.repaired.append(intent.record_id)
        self._record(intent, RecordState.IN_STEP, input=dump_record(seen), version=version, dirty=int(waits))
        self._list(intent, external_id, version, seen, now)

    def _confirm_part(
        self, intent: Intent, external_id: str, version: str | None, seen: Record | None, now: str
    ) -> None:
        """A call beside the document: its own binding once; the document's version and status may have moved."""
        self.bound.part(intent, external_id, version, seen, now)
        self.rows.followers.append({"b_record": intent.record_id, "b_parent": external_id, "b_after": intent.part})
        if is_currency_part(intent.part):
            self.rows.woken |= {f"{intent.object_type.value}:{one}" for one in ids_of(self.session, intent.record_id)}
            if seen is not None:
                self._list(intent, external_id, version, seen, now)
        if isinstance(seen, MoneyDocument) and intent.part != IMAGE_PART:
            self._list(intent, external_id, version, seen, now)
            self._record(intent, RecordState.IN_STEP, other_input=dump_record(seen))
        elif isinstance(seen, Payment):  # a step of its reversal: the next one is decided from what it left
            self._list(intent, external_id, version, seen, now)
            self._record(intent, RecordState.PENDING, other_input=dump_record(seen), other_version=version)
        elif intent.part != IMAGE_PART:
            self._record(intent, RecordState.IN_STEP)

    def _hold_posted(self, intent: Intent, external_id: str, differences: Sequence[Any]) -> None:
        told = "; ".join(f"{one.field}: sent {one.ours}, the ledger shows {one.theirs}" for one in differences)
        sentence = f"{intent.label} was posted but shows other values: {told}."
        self.hold(intent.record_id, Hold(HoldCode.POSTED_DIFFERS, sentence, Waits.PERSON, external_id), intent)

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
        if is_report(intent):
            book_refused(self, intent, outcome)
            return
        self.rows.changes.append(Change(intent, IntentState.REJECTED, {"error": outcome.reason}))
        self.rows.superseded.append(intent)
        note_refused(self.rows, intent, outcome, stamp(self.now))
        self._drop(intent)
        self._event("rejected", intent, reason=outcome.reason, code=outcome.code, field=outcome.field)
        if intent.part == IMAGE_PART:
            return
        if intent.part == MARK_PART:
            self._record(intent, RecordState.IN_STEP, dirty=0)
            return
        held = HELD.get(outcome.cause)
        if outcome.cause is RejectCause.DUPLICATE and isinstance(intent.rendered, Party | ListEntry):
            held = (HoldCode.NAME_TAKEN, Waits.PERSON)
        if outcome.cause is RejectCause.NOT_FOUND and intent.operation is not Operation.CREATE:
            home = intent.rendered if intent.side is intent.source_side else None
            self._record(intent, RecordState.PENDING, **values_of_gone(intent.object_type, home))
        elif held is not None:
            code, waits = held
            sentence = f"{intent.label} was refused: {outcome.reason}"
            key = party_key(intent) if waits is Waits.REFERENCE else None
            self.hold(intent.record_id, Hold(code, sentence, waits, key or intent.record_key), intent)
            self._record(intent, RecordState.HELD, reason=sentence)
        else:
            self.tally.dead += 1
            self._record(intent, RecordState.DEAD, reason=outcome.reason)

    def adopt_refused(self, result: Result, row: SourceRecord, seen: Record) -> None:
        """Refused as a duplicate, and the one that is there is its exact twin: bound as it stands (R11, R20)."""
        intent, now = result.intent, stamp(self.now)
        self.rows.changes.append(Change(intent, IntentState.REJECTED, {"error": result.reason}))
        self.rows.superseded.append(intent)
        self._drop(intent)
        self.bound.found(intent, row, seen, now)
        self.tally.adopted += 1
        self._record(intent, RecordState.IN_STEP, other_input=dump_record(seen))
        self._list(intent, row.id, row.version, seen, now)
        self._event("adopted", intent, to=row.id, by="exact twin, after a refusal as duplicate")

    def hold(self, record_id: int, hold: Hold, intent: Intent | None = None) -> None:
        self.tally.held += 1
        self.rows.holds.append((record_id, intent.id if intent else None, hold))
        self.note("held", record_id=record_id, code=hold.code.value, sentence=hold.sentence)

    def supersede(self, intent: Intent, reason: str) -> None:
        """The source changed its mind, or the write turned out not to be needed."""
        self.rows.changes.append(Change(intent, IntentState.SUPERSEDED, {"error": reason}))
        self.rows.superseded.append(intent)
        self._drop(intent)
        self._event("superseded", intent, reason=reason)

    def _drop(self, intent: Intent) -> None:
        if intent.operation is Operation.CREATE and intent.part == "main":
            self.rows.provisional.append(intent)

    def record(self, record_id: int, state: RecordState, **values: Any) -> None:
        self.rows.records.append({"b_id": record_id, "state": state.value, **values})

    def _record(self, intent: Intent, state: RecordState, **values: Any) -> None:
        told = {"reason": None} if state is RecordState.IN_STEP else {}
        known = {name: value for name, value in values.items() if value is not None}
        self.record(intent.record_id, state, **told | known)

    def _list(self, intent: Intent, external_id: str, version: str | None, seen: Record, now: str) -> None:
        self.rows.listed.append(register.listing(self.session.pairing.name, intent, external_id, version, seen, now))

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
        count_arrivals(tx, self.session, self.rows.bindings, found=self.rows.found, now=stamp(self.now))

    def commit(self) -> None:
        """All of it in a transaction of its own."""
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
