"""Plans for invoices on their way to a sales desk: the books' figures, shown there and written back when edited."""

from typing import cast

from pydantic import ValidationError
from sqlalchemy import ColumnElement, Connection, select

from mlc.accounting.holdcodes import Hold, HoldCode, Waits
from mlc.accounting.invoices import changed_in, named, shown_on, wanted
from mlc.accounting.situation import Verdict, Want
from mlc.contract import Binding, Loss, Operation, RenderContext, Rendered, Strategy
from mlc.engine import registers as register
from mlc.engine.customers import counterpart, is_gone
from mlc.engine.drafting import record_key, refusals_of, strategy_for
from mlc.engine.planning import verdicts
from mlc.engine.plans import Action, Entry, Plan
from mlc.engine.session import Session
from mlc.engine.states import RecordState
from mlc.engine.vanishing import is_gone_in_target
from mlc.errors import MappingError
from mlc.recipes import Flow
from mlc.records import Deal, Invoice, ObjectType, Ref, load_record
from mlc.store.schema import bindings, registers


class InvoicePlanner:
    """One flow of invoices. Their customer has to be bound; their deal is shown where the first key that it has
    resolves."""

    def __init__(self, session: Session, flow: Flow) -> None:
        self.session = session
        self.flow = flow
        self.policy = session.pairing.policy
        self._planning_only = False
        self._connection: Connection | None = None
        self._references: dict[str, set[str]] | None = None

    @property
    def _store(self) -> Connection:
        assert self._connection is not None
        return self._connection

    def begin_slice(self, connection: Connection, *, planning_only: bool) -> None:
        self._connection = connection
        self._planning_only = planning_only

    def plan(self, entry: Entry) -> Plan:
        try:
            return self._plan(entry)
        except MappingError as error:
            return self._settled(entry, RecordState.DEAD, error.sentence)
        except ValidationError as error:
            return self._settled(entry, RecordState.DEAD, str(error.errors()[0]["msg"]))

    def _plan(self, entry: Entry) -> Plan:
        invoice = cast(Invoice | None, entry.source())
        if invoice is None:
            return self._settled(entry, RecordState.DEAD, entry.reason or "it could not be read")
        if Verdict.SKIP.value in entry.decided:
            return self._settled(entry, RecordState.SKIPPED, "a person skipped it")
        want = wanted(invoice)
        if want is Want.UNKNOWN:
            raw = invoice.status_raw or "unknown"
            return self._settled(entry, RecordState.DEAD, f"{named(invoice)}: its status {raw!r} is not known.")
        if entry.target is None:
            return self._unbound(entry, invoice, want)
        return self._bound(entry, invoice, want)

    # ---------------------------------------------------------------- not there yet

    def _unbound(self, entry: Entry, invoice: Invoice, want: Want) -> Plan:
        since, day = self.policy.since, invoice.ledger_date
        if since is not None and day is not None and day < since:
            return self._settled(entry, RecordState.BEFORE_GO_LIVE, f"its date is before go-live on {since}")
        if want is not Want.POST:
            return self._settled(entry, RecordState.NOT_CARRIED, "it was not sent, or void, before it was carried")
        for linked in entry.decided.get("link", {}):
            return self._adopting(entry, linked, "a person")
        there = self._for_target(invoice)
        if isinstance(there, Hold):
            return self._held(entry, there)
        twin = self._twin(entry, there)
        if isinstance(twin, Hold):
            return self._held(entry, twin)
        if twin is not None:
            return self._adopting(entry, twin, "external_id")
        return self._write(entry, there, None, Operation.CREATE, None)

    def _twin(self, entry: Entry, there: Invoice) -> str | Hold | None:
        """One that carries our key is ours; one of the same number that does not is a question."""
        row = register.describe(there)
        found = self._store.execute(
            select(registers.c.external_id, registers.c.external_key).where(
                registers.c.pairing == self.session.pairing.name,
                registers.c.side == self.flow.target.value,
                registers.c.object_type == ObjectType.INVOICE.value,
                registers.c.number_key == row["number_key"],
                registers.c.live == 1,
                registers.c.external_id.not_like("intent:%"),
            )
        ).all()
        key = self._key(entry)
        ours = [one.external_id for one in found if one.external_key == key]
        if ours:
            return str(ours[0])
        strangers = [one.external_id for one in found if not self._is_bound(one.external_id)]
        if not strangers or verdicts(entry.decided).get(HoldCode.NUMBER_CONFLICT) is Verdict.POST:
            return None
        sentence = f"{named(there)}: there is one of that number already, which was not written by us."
        shown = {"candidates": [{"id": one, "number": there.invoice_number} for one in strangers]}
        return Hold(HoldCode.NUMBER_CONFLICT, sentence, Waits.PERSON, f"invoice:{entry.external_id}", shown)

    def _is_bound(self, external_id: str) -> bool:
        owner = select(bindings.c.id).where(
            bindings.c.pairing == self.session.pairing.name,
            bindings.c.side == self.flow.target.value,
            bindings.c.object_type == ObjectType.INVOICE.value,
            bindings.c.external_id == external_id,
        )
        return self._store.execute(owner.limit(1)).first() is not None

    def _adopting(self, entry: Entry, external_id: str, by: str) -> Plan:
        reason = f"adopted: {by}"
        return Plan(entry, self.flow, Action.ADOPT, self.flow.target, adopt=external_id, adopt_by=by, reason=reason)

    # ---------------------------------------------------------------- already there

    def _bound(self, entry: Entry, invoice: Invoice, want: Want) -> Plan:
        assert entry.target is not None
        decided = verdicts(entry.decided)
        if is_gone_in_target(entry.other_input):
            return self._gone(entry, invoice, decided.get(HoldCode.GONE_IN_TARGET))
        if want is Want.GONE:
            if decided.get(HoldCode.VANISHED) is Verdict.ACCEPT:
                return self._nothing(entry, "a person accepted that it is gone from the books")
            sentence = f"{named(invoice)}: it is gone from the books; what is shown of it on the other side stays."
            return self._held(entry, self._asking(entry, HoldCode.VANISHED, sentence))
        base = cast(Invoice, load_record(ObjectType.INVOICE, entry.target.base)) if entry.target.base else None
        shown = cast(Invoice, load_record(ObjectType.INVOICE, entry.other_input)) if entry.other_input else base
        own = entry.origin.base if entry.origin is not None else None
        before = cast(Invoice, load_record(ObjectType.INVOICE, own)) if own else None
        now = shown_on(invoice, self.session.clock.now().date())
        changed = changed_in(now, before) if before is not None else frozenset()
        if base is not None and base.overdue == now.overdue:  # by the clock: what was read says nothing of it
            changed -= {"overdue"}
        # The sales desk is no ledger: what somebody edited there is written back unasked (pairings 5).
        changed |= changed_in(shown, base) if shown is not None and base is not None else frozenset()
        if not changed:
            return self._nothing(entry, "both sides are in step")
        there = self._for_target(invoice)
        if isinstance(there, Hold):
            return self._held(entry, there)
        return self._write(entry, there, entry.binding(), Operation.UPDATE, changed)

    def _gone(self, entry: Entry, invoice: Invoice, said: Verdict | None) -> Plan:
        assert entry.target is not None
        for linked in entry.decided.get("link", {}):
            if linked != entry.target.external_id:
                return self._adopting(entry, linked, "a person")
        if said is Verdict.ACCEPT:
            return self._nothing(entry, "a person accepted that it is gone on the other side")
        if said is Verdict.REPAIR:
            there = self._for_target(invoice)
            return (
                self._held(entry, there)
                if isinstance(there, Hold)
                else self._write(entry, there, None, Operation.CREATE, None)
            )
        sentence = f"{named(invoice)}: it was deleted on the other side; it is not created again by itself."
        return self._held(entry, self._asking(entry, HoldCode.GONE_IN_TARGET, sentence))

    # ---------------------------------------------------------------- references

    def _for_target(self, invoice: Invoice) -> Invoice | Hold:
        """With the other side's customer and deal, as it stands today."""
        customer = invoice.customer.source_id if invoice.customer is not None else None
        account = None
        if customer is not None:
            account = counterpart(self.session, self._store, self.flow.source, ObjectType.CUSTOMER, customer)
            if account is None and self._planning_only:
                account = self.session.planned.get(ObjectType.CUSTOMER, customer)
        if account is None:
            name = invoice.customer.name if invoice.customer is not None else None
            sentence = (
                f"{named(invoice)}: its customer {name or customer} is not bound; only invoices of bound ones go."
            )
            return Hold(HoldCode.MISSING_VENDOR, sentence, Waits.REFERENCE, f"customer:{customer}")
        if is_gone(self.session, self._store, self.flow.target, ObjectType.CUSTOMER, account):
            where = self.session.system(self.flow.target).title
            sentence = (
                f"{named(invoice)}: its customer is gone from {where}; it goes once it is known what became of it."
            )
            return Hold(HoldCode.MISSING_VENDOR, sentence, Waits.REFERENCE, f"customer:{customer}")
        values = {
            "customer": Ref(record_type=ObjectType.CUSTOMER, source_id=account),
            "deal": self._deal(invoice.deal),
        }
        return shown_on(invoice.model_copy(update=values), self.session.clock.now().date())

    def _deal(self, stated: Ref | None) -> Ref | None:
        """By its id, else by what people wrote into the reference; never by name or amount."""
        if stated is None:
            return None
        if stated.source_id is not None and self._knows_deal(stated.source_id):
            return Ref(record_type=ObjectType.DEAL, source_id=stated.source_id)
        if stated.code is None or self.policy.deal_field is None:
            return None
        found = self._deals_by_reference(self.policy.deal_field).get(stated.code.strip().casefold(), set())
        return Ref(record_type=ObjectType.DEAL, source_id=next(iter(found))) if len(found) == 1 else None

    def _knows_deal(self, deal: str) -> bool:
        row = select(registers.c.external_id).where(*self._deals(), registers.c.external_id == deal)
        return self._store.execute(row).first() is not None

    def _deals_by_reference(self, field: str) -> dict[str, set[str]]:
        if self._references is None:
            self._references = {}
            for text in self._store.execute(select(registers.c.summary).where(*self._deals())).scalars():
                deal = cast(Deal, load_record(ObjectType.DEAL, text))
                for one in deal.custom_fields:
                    if field in (one.key, one.label) and one.value and one.value.strip():
                        self._references.setdefault(one.value.strip().casefold(), set()).add(deal.source.source_id)
        return self._references

    def _deals(self) -> tuple[ColumnElement[bool], ...]:
        return (
            registers.c.pairing == self.session.pairing.name,
            registers.c.side == self.flow.target.value,
            registers.c.object_type == ObjectType.DEAL.value,
            registers.c.live == 1,
        )

    # ---------------------------------------------------------------- common

    def _key(self, entry: Entry) -> str:
        return record_key(self.session.system(entry.side).name, entry)

    def _write(
        self,
        entry: Entry,
        there: Invoice,
        binding: Binding | None,
        operation: Operation,
        fields: frozenset[str] | None,
    ) -> Plan:
        side, key = self.flow.target, self._key(entry)
        support = self.session.system(side).support(self.flow.object)
        assert support is not None
        probe = self.session.probe(side)
        strategy = strategy_for(self.flow.object, declared=support.strategy, unique_fields=probe.unique_fields)
        context = RenderContext(
            operation=operation,
            probe=probe,
            record_key=key,
            fields=fields,
            use_unique_field=strategy is Strategy.UNIQUE_FIELD and operation is Operation.CREATE,
            refusals=refusals_of(self.session, entry, side),
        )
        there = there.model_copy(update={"external_key": key})
        rendered = cast(Rendered, self.session.call(side, "mlc_render", record=there, binding=binding, context=context))
        if not rendered.parts:
            return self._nothing(entry, "what changed has no place on the other side")
        row = register.describe(there)
        return Plan(
            entry,
            self.flow,
            Action.WRITE,
            side,
            operation=operation,
            parts=rendered.parts,
            rendered=there,
            natural_key=row["number_key"] if operation is Operation.CREATE else None,
            listed=row,
            fields=fields or frozenset(),
            losses=(*rendered.losses, *self._lost_payments(there)),
        )

    def _lost_payments(self, invoice: Invoice) -> tuple[Loss, ...]:
        """A side without payments shows what was paid on the invoice alone, and the plan says so."""
        if not invoice.amount_paid or self.session.system(self.flow.target).support(ObjectType.PAYMENT) is not None:
            return ()
        return (Loss("payments", "there are no payments over there: what was paid is shown on the invoice"),)

    def _asking(self, entry: Entry, code: HoldCode, sentence: str) -> Hold:
        return Hold(code, sentence, Waits.PERSON, f"invoice:{entry.external_id}")

    def _nothing(self, entry: Entry, reason: str) -> Plan:
        shown = entry.other_input is not None and not is_gone_in_target(entry.other_input)
        return Plan(entry, self.flow, Action.NOTHING, self.flow.target, reason=reason, rebase_target=shown)

    def _held(self, entry: Entry, hold: Hold) -> Plan:
        return Plan(entry, self.flow, Action.HOLD, self.flow.target, hold=hold, reason=hold.sentence)

    def _settled(self, entry: Entry, state: RecordState, reason: str) -> Plan:
        return Plan(entry, self.flow, Action.SETTLE, self.flow.target, state=state, reason=reason)
