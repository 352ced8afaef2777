"""Plans for money documents: bills, vendor credits, purchase orders."""

from dataclasses import replace
from datetime import date
from typing import cast

from pydantic import ValidationError
from sqlalchemy import Connection

from mlc.contract import Binding, Operation, RenderContext, Rendered, Strategy
from mlc.engine import registers as register
from mlc.engine.changes import record_fields
from mlc.engine.decide import (
    Accepts,
    Cancel,
    Create,
    Nothing,
    Situation,
    TargetFacts,
    Update,
    Void,
    Want,
    decide,
    facts_of,
    wants,
)
from mlc.engine.drafting import record_key, strategy_for
from mlc.engine.holdcodes import Hold
from mlc.engine.naming import PurchaseDocument, name_of
from mlc.engine.planning import verdicts
from mlc.engine.plans import Action, Entry, Plan
from mlc.engine.references import TargetReferences
from mlc.engine.session import Session
from mlc.engine.shape import shape
from mlc.engine.shapes import Shaped, TargetTraits
from mlc.engine.situation import Verdict
from mlc.engine.states import RecordState
from mlc.engine.twinsearch import TwinSearch
from mlc.engine.upkeep import NEEDED
from mlc.errors import MappingError
from mlc.recipes import Flow, Owner
from mlc.records import (
    Bill,
    Deletion,
    DeletionKind,
    Line,
    ObjectType,
    OrderStatus,
    PurchaseOrder,
    Ref,
    VendorCredit,
    load_record,
)
from mlc.system import Capability, ObjectSupport
from mlc.tenants import Probe

_GONE = "gone:"


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
        self.strategy = strategy_for(flow.object, declared=support.strategy, unique_fields=self.probe.unique_fields)
        self._connection: Connection | None = None
        self._refs: TargetReferences | None = None
        self._planning_only = False
        self._twins = TwinSearch(session, flow)

    def begin_slice(self, connection: Connection, *, planning_only: bool) -> None:
        self._connection = connection
        self._planning_only = planning_only
        if self._refs is None:
            self._refs = TargetReferences(self.session, connection, self.flow.source, planning_only=planning_only)
        else:
            self._refs.look_through(connection)
        self._twins.look_through(connection, forget=not planning_only)

    # ---------------------------------------------------------------- one record

    def plan(self, entry: Entry) -> Plan:
        try:
            return self._plan(entry)
        except MappingError as error:
            return self._settled(entry, RecordState.DEAD, error.sentence)
        except ValidationError as error:
            return self._settled(entry, RecordState.DEAD, str(error.errors()[0]["msg"]))

    def _plan(self, entry: Entry) -> Plan:
        record = cast(PurchaseDocument | None, entry.source())
        if record is None:
            return self._settled(entry, RecordState.DEAD, entry.reason or "it could not be read")
        if entry.reason is not None and entry.reason.startswith(_GONE):
            record = _gone(record, entry.reason)
        if Verdict.SKIP.value in entry.decided:
            return self._settled(entry, RecordState.SKIPPED, "a person skipped it")
        want = wants(record, self.flow)
        if entry.target is None:
            return self._unbound(entry, record, want)
        return self._bound(entry, record, want)

    # ---------------------------------------------------------------- not there yet

    def _unbound(self, entry: Entry, record: PurchaseDocument, want: Want) -> Plan:
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
        known = self._twins.with_own_key(self._key(entry))
        if known is not None:
            return self._adopting_id(entry, known, "external_id")
        shaped = self._shape(record)
        if isinstance(shaped, Hold):
            return self._held(entry, shaped)
        shaped = self._with_key(shaped, entry)
        for linked in entry.decided.get("link", {}):
            return self._adopting_id(entry, linked, "a person")
        found = self._twins.find(entry, shaped)
        if isinstance(found, Hold):
            return self._held(entry, found)
        if found is not None:
            return self._adopting_id(entry, found, "exact twin")
        decision = decide(self._situation(entry, record, want))
        match decision:
            case Create(moved_to=moved_to):
                return self._create_on(entry, record, shaped, moved_to)
            case Hold():
                return self._held(entry, decision)
            case Nothing(reason=reason):
                return self._settled(entry, RecordState.NOT_CARRIED, reason)
            case _:
                return self._settled(entry, RecordState.NOT_CARRIED, "there is nothing to write")

    def _create_on(self, entry: Entry, record: PurchaseDocument, shaped: Shaped, moved_to: date | None) -> Plan:
        """Create it, shaped once more when its ledger date has to move to the first open day."""
        if moved_to is not None:
            again = self._shape(record, moved_to)
            if isinstance(again, Hold):
                return self._held(entry, again)
            shaped = self._with_key(again, entry)
        return self._creating(entry, shaped)

    def _creating(self, entry: Entry, shaped: Shaped) -> Plan:
        record, overrides = shaped.record, dict(shaped.overrides)
        rendered = self._render(entry, record, None, Operation.CREATE, overrides=overrides)
        row = register.describe(record)
        natural = None
        if row["number_key"]:
            natural = f"{row['party'] or ''}|{row['number_key']}"
        self._twins.remember(entry, record)
        return Plan(
            entry,
            self.flow,
            Action.WRITE,
            self.flow.target,
            operation=Operation.CREATE,
            parts=rendered.parts,
            rendered=record,
            natural_key=natural,
            losses=(*shaped.losses, *rendered.losses),
            overrides=overrides,
        )

    def _shape(self, record: PurchaseDocument, moved_to: date | None = None) -> Shaped | Hold:
        assert self._refs is not None
        fallback = None
        if isinstance(record, Bill | VendorCredit):
            fallback = record.number_fallback
        traits = TargetTraits(number_max=self.support.number_max, number_fallback=fallback)
        return shape(record, self._refs, self.policy, self.probe, traits=traits, moved_to=moved_to)

    def _with_key(self, shaped: Shaped, entry: Entry) -> Shaped:
        """Our own key travels with the record, whether or not this tenant has a unique field for it."""
        return replace(shaped, record=shaped.record.model_copy(update={"external_key": self._key(entry)}))

    def _key(self, entry: Entry) -> str:
        return record_key(self.session.system(entry.side).name, entry)

    # ---------------------------------------------------------------- twins

    def _older_twin(self, entry: Entry, record: PurchaseDocument) -> Plan | None:
        """A document from before go-live is looked at only when a payment settles it."""
        assert self._refs is not None
        if not (entry.reason or "").startswith(NEEDED) or record.vendor is None:
            return None
        vendor = self._refs.vendor(record.vendor)
        found = self._twins.find_older(entry, record, vendor) if isinstance(vendor, Ref) else None
        return self._adopting_id(entry, found, "exact twin") if found is not None else None

    def _adopting_id(self, entry: Entry, external_id: str, by: str) -> Plan:
        return Plan(
            entry, self.flow, Action.ADOPT, self.flow.target, adopt=external_id, adopt_by=by, reason=f"adopted: {by}"
        )

    # ---------------------------------------------------------------- already there

    def _bound(self, entry: Entry, record: PurchaseDocument, want: Want) -> Plan:
        assert entry.target is not None
        decision = decide(self._situation(entry, record, want))
        match decision:
            case Hold():
                return self._held(entry, decision)
            case Nothing(reason=reason, accepts=accepts, keeps_bases=kept):
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
            case Update(fields=fields, status=status):
                return self._updating(entry, record, fields, status)
            case Void() | Cancel():
                return self._voiding(entry, record)
            case Create(moved_to=moved_to):
                shaped = self._shape(record, moved_to)
                if isinstance(shaped, Hold):
                    return self._held(entry, shaped)
                return self._creating(entry, self._with_key(shaped, entry))

    def _updating(
        self, entry: Entry, record: PurchaseDocument, fields: frozenset[str], status: OrderStatus | None
    ) -> Plan:
        binding = entry.binding()
        assert binding is not None
        if status is not None and fields == {"status"}:
            shown = binding.base if isinstance(binding.base, PurchaseOrder) else None
            changed = (shown or cast(PurchaseOrder, record)).model_copy(update={"status": status})
            return self._write(entry, changed, binding, Operation.UPDATE, frozenset({"status"}), overrides={})
        moved_to = entry.overrides.get("moved_to")
        shaped = self._shape(record, date.fromisoformat(moved_to) if moved_to else None)
        if isinstance(shaped, Hold):
            return self._held(entry, shaped)
        shaped = self._with_key(shaped, entry)
        document = self._keeping_coding(entry, shaped.record, binding, fields)
        if status is not None and isinstance(document, PurchaseOrder):
            document = document.model_copy(update={"status": status})
        plan = self._write(
            entry, document, binding, Operation.UPDATE, fields, overrides={**entry.overrides, **shaped.overrides}
        )
        return replace(plan, losses=(*shaped.losses, *plan.losses))

    def _keeping_coding(
        self, entry: Entry, document: PurchaseDocument, binding: Binding, fields: frozenset[str]
    ) -> PurchaseDocument:
        """``once``: a line that is there keeps the target's own coding, unless the source itself was recoded."""
        if self.flow.owners.get("coding") is not Owner.ONCE or "coding" in fields:
            return document
        shown = load_record(self.flow.object, entry.other_input) if entry.other_input else binding.base
        if not isinstance(shown, Bill | VendorCredit | PurchaseOrder):
            return document
        there = {line.line_id: line for line in shown.lines}
        ours = binding.main.lines
        lines: list[Line] = []
        for line in document.lines:
            kept = there.get(ours.get(line.key or "", ""))
            if kept is None:
                lines.append(line)
            else:
                lines.append(line.model_copy(update={"account": kept.account, "dimensions": kept.dimensions}))
        return document.model_copy(update={"lines": tuple(lines)})

    def _voiding(self, entry: Entry, record: PurchaseDocument) -> Plan:
        binding = entry.binding()
        assert binding is not None
        shown = binding.base if isinstance(binding.base, Bill | VendorCredit | PurchaseOrder) else record
        return self._write(entry, shown, binding, Operation.VOID, frozenset({"status"}), overrides={})

    def _write(
        self,
        entry: Entry,
        document: PurchaseDocument,
        binding: Binding,
        operation: Operation,
        fields: frozenset[str],
        *,
        overrides: dict[str, str],
    ) -> Plan:
        rendered = self._render(entry, document, binding, operation, fields=fields, overrides=overrides)
        if not rendered.parts:
            return Plan(
                entry,
                self.flow,
                Action.NOTHING,
                self.flow.target,
                reason="what changed has no place in the target",
                losses=rendered.losses,
            )
        return Plan(
            entry,
            self.flow,
            Action.WRITE,
            self.flow.target,
            operation=operation,
            parts=rendered.parts,
            rendered=document,
            fields=fields,
            losses=rendered.losses,
            overrides=overrides,
        )

    # ---------------------------------------------------------------- common

    def _render(
        self,
        entry: Entry,
        record: PurchaseDocument,
        binding: Binding | None,
        operation: Operation,
        *,
        fields: frozenset[str] | None = None,
        overrides: dict[str, str],
    ) -> Rendered:
        context = RenderContext(
            operation=operation,
            probe=self.probe,
            record_key=self._key(entry),
            fields=None if fields is None else fields | record_fields(fields, record),
            overrides=overrides,
            use_unique_field=self.strategy is Strategy.UNIQUE_FIELD,
        )
        return cast(
            Rendered,
            self.session.call(self.flow.target, "mlc_render", record=record, binding=binding, context=context),
        )

    def _situation(self, entry: Entry, record: PurchaseDocument, want: Want) -> Situation:
        base_target = None
        target_now = None
        if entry.target is not None:
            base_target = load_record(self.flow.object, entry.target.base) if entry.target.base else None
            target_now = _shown(self.flow.object, entry.other_input) if entry.other_input else base_target
        gone = entry.target is not None and entry.other_input is not None and target_now is None
        can_void = Capability.VOID in self.support.can
        shown = cast(PurchaseDocument | None, target_now or base_target)
        unread = shown is None and not gone
        facts = TargetFacts(can_void=can_void) if unread else facts_of(None if gone else shown, can_void=can_void)
        base_source = load_record(entry.object_type, entry.origin.base) if entry.origin and entry.origin.base else None
        return Situation(
            record=record,
            want=want,
            flow=self.flow,
            policy=self.policy,
            probe=self.probe,
            bound=entry.target is not None,
            base_source=cast(PurchaseDocument | None, base_source),
            target_now=cast(PurchaseDocument | None, target_now),
            base_target=cast(PurchaseDocument | None, base_target),
            facts=facts,
            verdicts=verdicts(entry.decided),
            lock_area=self.support.lock_area,
        )

    def _held(self, entry: Entry, hold: Hold) -> Plan:
        return Plan(entry, self.flow, Action.HOLD, self.flow.target, hold=hold, reason=hold.sentence)

    def _settled(self, entry: Entry, state: RecordState, reason: str) -> Plan:
        return Plan(entry, self.flow, Action.SETTLE, self.flow.target, state=state, reason=reason)


def _shown(kind: ObjectType, text: str) -> object:
    """What the target shows, None when it is gone there."""
    if text.startswith('{"gone"'):
        return None
    return load_record(kind, text)


def _gone(record: PurchaseDocument, reason: str) -> PurchaseDocument:
    _, kind, evidence = reason.split(":", 2)
    deleted = Deletion(kind=DeletionKind(kind), evidence=evidence)
    return record.model_copy(update={"source": record.source.model_copy(update={"deleted": deleted})})
