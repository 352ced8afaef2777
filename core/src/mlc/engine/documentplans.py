"""Plans for money documents: bills, vendor credits, purchase orders, invoices, expenses."""

from dataclasses import replace
from datetime import date
from functools import partial
from typing import cast

from pydantic import ValidationError
from sqlalchemy import Connection

from mlc.accounting.changes import HARD, changed_fields
from mlc.accounting.decide import (
    Accepts,
    Adjust,
    Cancel,
    Create,
    Nothing,
    Situation,
    Update,
    Void,
    Want,
    decide,
    wants,
)
from mlc.accounting.handover import Standing
from mlc.accounting.holdcodes import Hold, HoldCode, Waits
from mlc.accounting.naming import TradeDocument, name_of
from mlc.accounting.shape import shape
from mlc.accounting.shapes import Shaped
from mlc.accounting.situation import Verdict
from mlc.engine.adoption import BY_EXACT_TWIN, BY_OLDER_TWIN
from mlc.engine.circumstances import situation_of, traits_of
from mlc.engine.departmentparts import department_of, departments_of, lost_its_lines, splits, with_parts
from mlc.engine.documentwrites import DocumentWriter
from mlc.engine.handing import Handing
from mlc.engine.marking import marking, marks_fields
from mlc.engine.merging import follow_party
from mlc.engine.plans import Action, Entry, Plan
from mlc.engine.references import TargetReferences
from mlc.engine.session import Session
from mlc.engine.states import RecordState
from mlc.engine.twinsearch import TwinSearch
from mlc.engine.upkeep import NEEDED
from mlc.errors import MappingError
from mlc.recipes import Flow
from mlc.records import Bill, ObjectType, OrderStatus, PurchaseOrder, Ref
from mlc.system import Capability, ObjectSupport
from mlc.tenants import Probe


class DocumentPlanner:
    """One flow of money documents."""

    def __init__(self, session: Session, flow: Flow) -> None:
        self.session = session
        self.flow = flow
        self.policy = session.pairing.policy
        self.probe: Probe = session.probe(flow.target)
        support = session.system(flow.target).support(flow.object)
        assert support is not None
        self.support: ObjectSupport = support
        self._writer = DocumentWriter(session, flow, support)
        self._connection: Connection | None = None
        self._refs: TargetReferences | None = None
        self._planning_only = False
        self._twins = TwinSearch(session, flow)
        self._marks = marks_fields(session, flow)
        self._handing = Handing(session, flow)

    def begin_slice(self, connection: Connection, *, planning_only: bool) -> None:
        self._connection = connection
        self._planning_only = planning_only
        if self._refs is None:
            direction = "sale" if self.flow.object is ObjectType.INVOICE else "purchase"
            self._refs = TargetReferences(
                self.session, connection, self.flow.source, planning_only=planning_only, direction=direction
            )
        else:
            self._refs.look_through(connection)
        self._twins.look_through(connection, forget=not planning_only)

    # ---------------------------------------------------------------- one record

    def plan(self, entry: Entry) -> Plan:
        try:
            record = cast(TradeDocument | None, entry.source())
            plan = self._plan(entry, record)
            if record is None or not splits(self.policy, self.support, self.session.probe(self.flow.target)):
                return plan
            assert self._connection is not None
            return with_parts(self._connection, self.flow, plan, record, partial(self._shape_part, record))
        except MappingError as error:
            if self.flow.object is ObjectType.EXPENSE and entry.target is None:
                # What an expense lacks is added where it was made, so it waits (R25).
                key = f"{entry.object_type.value}:{entry.external_id}"
                return self._held(entry, Hold(HoldCode.MANDATORY_FIELD, error.sentence, Waits.PERSON, key))
            return self._settled(entry, RecordState.DEAD, error.sentence)
        except ValidationError as error:
            return self._settled(entry, RecordState.DEAD, str(error.errors()[0]["msg"]))

    def _plan(self, entry: Entry, record: TradeDocument | None) -> Plan:
        if record is None:
            return self._settled(entry, RecordState.DEAD, entry.reason or "it could not be read")
        if Verdict.SKIP.value in entry.decided:
            return self._settled(entry, RecordState.SKIPPED, "a person skipped it")
        want = wants(record, self.flow)
        if entry.target is None:
            return self._unbound(entry, record, want)
        return self._bound(entry, record, want)

    # ---------------------------------------------------------------- not there yet

    def _unbound(self, entry: Entry, record: TradeDocument, want: Want) -> Plan:
        if want is Want.UNKNOWN:
            raw = record.status_raw or "unknown"
            return self._settled(
                entry, RecordState.DEAD, f"{name_of(record)}: its status {raw!r} is not known to this version."
            )
        since, day = self.policy.since, record.ledger_date
        if since is not None and day is not None and day < since:
            twin = self._older_twin(entry, record)
            if twin is not None:
                return twin
            return self._settled(entry, RecordState.BEFORE_GO_LIVE, f"its ledger date is before go-live on {since}")
        if want not in (Want.POST, Want.SETTLED):
            reasons = {
                Want.CORRECTION: "it is not approved at the source yet",
                Want.VOID: "it was withdrawn or void before it was carried",
                Want.GONE: "it is gone at the source and was never carried",
            }
            return self._settled(entry, RecordState.NOT_CARRIED, reasons.get(want, "this flow does not carry it"))
        if want is Want.SETTLED and isinstance(record, PurchaseOrder):
            return self._settled(entry, RecordState.NOT_CARRIED, "it was closed before it was carried")
        assert self._connection is not None
        stands = self._handing.of(self._connection, entry, record)
        first = self._handing.first(stands, entry, record, planning_only=self._planning_only)
        if first is not None:
            return first
        known = self._twins.with_own_key(self._writer.key(entry))
        if known is not None:
            return self._adopting_id(entry, known, "external_id")
        shaped = self._shape(entry, record)
        if isinstance(shaped, Hold):
            if lost_its_lines(shaped):
                return self._settled(entry, RecordState.NOT_CARRIED, shaped.sentence)
            return self._held(entry, shaped)
        shaped = self._with_key(shaped, entry)
        for linked in entry.decided.get("link", {}):
            return self._adopting_id(entry, linked, "a person")
        found = self._twins.find(entry, shaped)
        if isinstance(found, Hold):
            return self._held(entry, found)
        if stands is Standing.GIVEN_BACK:
            return self._handing.given_back(entry)
        if found is not None:
            return self._adopting_id(entry, found, BY_EXACT_TWIN)
        decision = decide(situation_of(self.session, self.flow, self.support, entry, record, want))
        match decision:
            case Create(moved_to=moved_to):
                return self._create_on(entry, record, shaped, moved_to)
            case Hold():
                return self._held(entry, decision)
            case Nothing(reason=reason):
                return self._settled(entry, RecordState.NOT_CARRIED, reason)
            case _:
                return self._settled(entry, RecordState.NOT_CARRIED, "there is nothing to write")

    def _create_on(self, entry: Entry, record: TradeDocument, shaped: Shaped, moved_to: date | None) -> Plan:
        """Create it, shaped once more when its ledger date has to move to the first open day."""
        if moved_to is not None:
            again = self._shape(entry, record, moved_to)
            if isinstance(again, Hold):
                return self._held(entry, again)
            shaped = self._with_key(again, entry)
        return self._creating(entry, shaped)

    def _creating(self, entry: Entry, shaped: Shaped) -> Plan:
        plan = self._writer.create(entry, shaped)
        assert plan.listed is not None
        self._twins.remember(entry, plan.listed)
        return plan

    def _shape(self, entry: Entry, record: TradeDocument, moved_to: date | None = None) -> Shaped | Hold:
        return self._shape_part(record, department_of(entry), departments_of(entry), moved_to)

    def _shape_part(
        self, record: TradeDocument, department: str | None, departments: tuple[str, ...], moved_to: date | None = None
    ) -> Shaped | Hold:
        assert self._refs is not None
        return shape(
            record,
            self._refs,
            self.policy,
            self.probe,
            traits=traits_of(self.session, self.flow, self.support, record),
            moved_to=moved_to,
            department=department,
            departments=departments,
        )

    def _with_key(self, shaped: Shaped, entry: Entry) -> Shaped:
        """Our own key travels with the record, whether or not this tenant has a unique field for it."""
        return replace(shaped, record=shaped.record.model_copy(update={"external_key": self._writer.key(entry)}))

    # ---------------------------------------------------------------- twins

    def _older_twin(self, entry: Entry, record: TradeDocument) -> Plan | None:
        """A document from before go-live is looked at only when a payment settles it."""
        assert self._refs is not None
        if not (entry.reason or "").startswith(NEEDED) or not isinstance(record, Bill) or record.vendor is None:
            return None
        vendor = self._refs.vendor(record.vendor)
        found = self._twins.find_older(entry, record, vendor) if isinstance(vendor, Ref) else None
        return self._adopting_id(entry, found, BY_OLDER_TWIN) if found is not None else None

    def _adopting_id(self, entry: Entry, external_id: str, by: str) -> Plan:
        return Plan(
            entry, self.flow, Action.ADOPT, self.flow.target, adopt=external_id, adopt_by=by, reason=f"adopted: {by}"
        )

    # ---------------------------------------------------------------- already there

    def _bound(self, entry: Entry, record: TradeDocument, want: Want) -> Plan:
        assert entry.target is not None
        assert self._connection is not None
        situation = situation_of(self.session, self.flow, self.support, entry, record, want)
        situation = follow_party(self._connection, self.session.pairing.name, situation)
        for linked in entry.decided.get("link", {}) if situation.facts.gone else ():
            if linked != entry.target.external_id:
                return self._adopting_id(entry, linked, "a person")
        if self._is_remapped(entry, situation):
            return Plan(
                entry,
                self.flow,
                Action.NOTHING,
                self.flow.target,
                reason="the mapping changed: both sides were taken as they are",
                rebase_target=True,
            )
        decision = decide(situation)
        match decision:
            case Hold():
                return self._held(entry, decision)
            case Nothing(reason=reason, accepts=accepts, keeps_bases=kept):
                marked = marking(self.session, self.flow, self._connection, entry) if self._marks else None
                if marked is not None:
                    return marked
                # A hold-free "nothing" moves the bases: what both sides show now is what they agreed on.
                return Plan(
                    entry,
                    self.flow,
                    Action.NOTHING,
                    self.flow.target,
                    reason=reason,
                    rebase_source=not kept and accepts is not Accepts.TARGET,
                    rebase_target=not kept and accepts is not Accepts.SOURCE,
                )
            case Adjust(told=told):
                why = f"its difference is posted as {told}"
                return Plan(entry, self.flow, Action.ADJUST, self.flow.target, reason=why, adjustment=decision)
            case Update(fields=fields, status=status):
                return self._updating(entry, record, fields, status)
            case Void() | Cancel():
                return self._writer.void(entry, record)
            case Create(moved_to=moved_to):
                shaped = self._shape(entry, record, moved_to)
                if isinstance(shaped, Hold):
                    return self._held(entry, shaped)
                return self._creating(entry, self._with_key(shaped, entry))

    def _is_remapped(self, entry: Entry, now: Situation) -> bool:
        """Read by another mapper version than last time: re-baselined, not written, unless the document itself changed
        (R18)."""
        assert entry.target is not None
        if entry.target.mapper_version == self.session.mapper_version(self.flow) or now.base_source is None:
            return False
        return now.want in (Want.POST, Want.SETTLED) and not changed_fields(now.record, now.base_source) & HARD

    def _updating(
        self, entry: Entry, record: TradeDocument, fields: frozenset[str], status: OrderStatus | None
    ) -> Plan:
        if status is not None and fields == {"status"}:
            return self._writer.change_status(entry, record, status)
        moved_to = entry.overrides.get("moved_to")
        shaped = self._shape(entry, record, date.fromisoformat(moved_to) if moved_to else None)
        if isinstance(shaped, Hold) and lost_its_lines(shaped) and Capability.VOID in self.support.can:
            return self._writer.void(entry, record)
        if isinstance(shaped, Hold):
            return self._held(entry, shaped)
        return self._writer.update(entry, self._with_key(shaped, entry), fields, status)

    # ---------------------------------------------------------------- common

    def _held(self, entry: Entry, hold: Hold) -> Plan:
        return Plan(entry, self.flow, Action.HOLD, self.flow.target, hold=hold, reason=hold.sentence)

    def _settled(self, entry: Entry, state: RecordState, reason: str) -> Plan:
        return Plan(entry, self.flow, Action.SETTLE, self.flow.target, state=state, reason=reason)
