"""Plans for payments: written once, whole, when every document they settle is bound (pairings 0.6)."""

from decimal import Decimal
from typing import cast

from pydantic import ValidationError
from sqlalchemy import Connection, RowMapping, select

from mlc.accounting.holdcodes import Hold, HoldCode, Waits
from mlc.accounting.paidrows import PaidDocument
from mlc.accounting.payments import paid_after_all, payment_name, payment_reversed, shape_payment
from mlc.accounting.periods import lock_hold
from mlc.accounting.situation import Verdict
from mlc.contract import Operation, RenderContext, Rendered, Strategy
from mlc.engine.drafting import record_key, refusals_of, strategy_for
from mlc.engine.paiddocuments import documents_of
from mlc.engine.planning import verdicts
from mlc.engine.plans import Action, Entry, Plan
from mlc.engine.references import TargetReferences
from mlc.engine.reversals import explained, is_reversed, reversing
from mlc.engine.session import Session
from mlc.engine.states import RecordState
from mlc.errors import MappingError
from mlc.recipes import Flow
from mlc.records import MoneyMovement, ObjectType, PayableDocument, Payment, Ref
from mlc.store.schema import holds, registers
from mlc.tenants import Probe


class PaymentPlanner:
    """One flow of payments."""

    def __init__(self, session: Session, flow: Flow) -> None:
        self.session = session
        self.flow = flow
        self.policy = session.pairing.policy
        self._connection: Connection | None = None
        self._refs: TargetReferences | None = None
        self._claimed: dict[str, Decimal] = {}
        self._planning_only = False

    def begin_slice(self, connection: Connection, *, planning_only: bool) -> None:
        self._connection = connection
        self._planning_only = planning_only
        if not planning_only:
            self._claimed = {}
        if self._refs is None:
            self._refs = TargetReferences(self.session, connection, self.flow.source, planning_only=planning_only)
        else:
            self._refs.look_through(connection)

    def plan(self, entry: Entry) -> Plan:
        try:
            return self._plan(entry)
        except (MappingError, ValidationError) as error:
            return self._settled(entry, RecordState.DEAD, str(error))

    def _plan(self, entry: Entry) -> Plan:
        payment = cast(Payment | None, entry.source())
        if payment is None:
            return self._settled(entry, RecordState.DEAD, entry.reason or "it could not be read")
        if Verdict.SKIP.value in entry.decided:
            return self._settled(entry, RecordState.SKIPPED, "a person skipped it")
        written = entry.target is not None
        reversed_hold = payment_reversed(payment, written=written)
        if reversed_hold is not None:
            return self._reversed(entry, payment, reversed_hold)
        if written:
            accepted = verdicts(entry.decided).get(HoldCode.PAYMENT_REVERSED) is Verdict.ACCEPT
            if payment.movement is MoneyMovement.MOVED and is_reversed(entry) and not accepted:
                return self._held(entry, paid_after_all(payment))
            return self._nothing(entry, "it is recorded in the target")
        if payment.movement is MoneyMovement.UNKNOWN:
            reason = f"{payment_name(payment)}: its status {payment.status_raw!r} is not known."
            return self._settled(entry, RecordState.DEAD, reason)
        if payment.movement is not MoneyMovement.MOVED:
            return self._settled(entry, RecordState.NOT_CARRIED, "no money has moved")
        since = self.policy.since
        tells = self.policy.part_paid == "record" and self.policy.payment_authority is self.flow.target
        early = since is not None and payment.payment_date is not None and payment.payment_date < since
        if early and not tells:  # whoever pays has to know of every part that was paid
            return self._settled(entry, RecordState.BEFORE_GO_LIVE, f"it was made before go-live on {since}")
        return self._creating(entry, payment)

    def _reversed(self, entry: Entry, payment: Payment, hold: Hold) -> Plan:
        if is_reversed(entry):
            return self._nothing(entry, "it is reversed on both sides")
        said = verdicts(entry.decided).get(HoldCode.PAYMENT_REVERSED)
        if said is Verdict.ACCEPT:
            return self._nothing(entry, "a person accepted the reversal")
        if said is not Verdict.REVERSE:
            return self._held(entry, explained(self.session, self.flow, entry, payment, hold))
        found = reversing(self.session, self.flow, entry, payment, hold)
        return self._held(entry, found) if isinstance(found, Hold) else found

    def _creating(self, entry: Entry, payment: Payment) -> Plan:
        assert self._refs is not None
        assert self._connection is not None
        support = self.session.system(self.flow.target).support(ObjectType.PAYMENT)
        assert support is not None
        documents = documents_of(self.session, self.flow, self._connection, payment, self._claimed, self._planned)
        if documents and all(document.before_go_live and not document.bound for document in documents):
            reason = "it settles documents from before go-live that have no exact twin"
            return self._settled(entry, RecordState.BEFORE_GO_LIVE, reason)
        if documents and all(document.paid_before and not document.bound for document in documents):
            reason = "it settles documents that were paid before they were carried"
            return self._settled(entry, RecordState.NOT_CARRIED, reason)
        blocked = self._blocked(payment, documents)
        if blocked is not None:
            return self._held(entry, blocked)
        shaped = shape_payment(payment, documents, self.policy, self._refs, has_account=support.money_account)
        if isinstance(shaped, Hold):
            return self._held(entry, shaped)
        probe = self.session.probe(self.flow.target)
        name, paid_on = payment_name(payment), payment.payment_date
        locked = lock_hold(paid_on, support.lock_area, probe, self.policy, name=name, creating=False)
        if locked is not None:
            return self._held(entry, locked)
        record = self._with_rate(shaped.record, probe)
        if isinstance(record, Hold):
            return self._held(entry, record)
        record = record.model_copy(update={"external_key": self._key(entry)})
        for allocation in record.allocations:
            if allocation.document is not None and allocation.document.source_id and allocation.amount is not None:
                claimed = self._claimed.get(allocation.document.source_id, Decimal(0))
                self._claimed[allocation.document.source_id] = claimed + allocation.amount
        strategy = strategy_for(ObjectType.PAYMENT, declared=support.strategy, unique_fields=probe.unique_fields)
        context = RenderContext(
            operation=Operation.CREATE,
            probe=probe,
            record_key=self._key(entry),
            use_unique_field=strategy is Strategy.UNIQUE_FIELD,
            refusals=refusals_of(self.session, entry, self.flow.target),
        )
        made = self.session.call(self.flow.target, "mlc_render", record=record, binding=None, context=context)
        rendered = cast(Rendered, made)
        return Plan(
            entry,
            self.flow,
            Action.WRITE,
            self.flow.target,
            operation=Operation.CREATE,
            parts=rendered.parts,
            rendered=record,
            natural_key=self._key(entry),
            losses=rendered.losses,
        )

    def _with_rate(self, payment: Payment, probe: Probe) -> Payment | Hold:
        """The ledger's own rate for the day, or the one at which the money really left (``payment_rate``)."""
        assert self._refs is not None
        if not self.session.system(self.flow.target).keeps_rates:
            return payment.model_copy(update={"exchange_rate": None})
        if payment.currency in (None, probe.base_currency) or payment.payment_date is None:
            return payment
        stated = payment.exchange_rate
        if self.policy.payment_rate == "source" and stated is not None and stated.to_currency == probe.base_currency:
            return payment
        rate = self._refs.rate(str(payment.currency), payment.payment_date)
        if rate is None:
            sentence = f"{payment_name(payment)}: the ledger has no exchange rate for {payment.currency}."
            return Hold(HoldCode.NO_EXCHANGE_RATE, sentence, Waits.CONFIG, f"rate:{payment.currency}")
        return payment.model_copy(update={"exchange_rate": rate})

    def _blocked(self, payment: Payment, documents: list[PaidDocument]) -> Hold | None:
        """No payment touches a document that may stand twice in the ledger (R3)."""
        assert self._connection is not None
        doubtful = self._connection.execute(
            select(holds.c.record_id).where(
                holds.c.record_id.in_([document.record_id for document in documents]),
                holds.c.code == HoldCode.POSSIBLE_DUPLICATE.value,
                holds.c.cleared_at.is_(None),
            )
        ).first()
        if doubtful is None:
            return None
        number = next(one.number for one in documents if one.record_id == doubtful.record_id)
        sentence = f"{payment_name(payment)}: bill {number} may stand twice in the ledger; settle that first."
        return Hold(HoldCode.PAYMENT_BLOCKED, sentence, Waits.PERSON, f"payment:{payment.source.source_id}")

    def _key(self, entry: Entry) -> str:
        return record_key(self.session.system(entry.side).name, entry)

    def _planned(self, row: RowMapping, bill: PayableDocument | None) -> dict[str, str | None]:
        """While only planning, a bill counts as what this plan would make of it: created, adopted, or left out."""
        assert self._refs is not None
        assert self._connection is not None
        if not self._planning_only or row["target_id"] is not None:
            return {}
        target = self.session.planned.get(ObjectType.BILL, row["external_id"])
        if target is None:
            since, day = self.policy.since, bill.ledger_date if bill is not None else None
            older = since is not None and day is not None and day < since
            return {"state": RecordState.BEFORE_GO_LIVE.value} if older else {}
        shown = self._connection.execute(
            select(registers.c.balance, registers.c.party).where(
                registers.c.pairing == self.session.pairing.name,
                registers.c.side == self.flow.target.value,
                registers.c.object_type == row["object_type"],
                registers.c.external_id == target,
            )
        ).first()
        if shown is not None:
            return {"target_id": target, "balance": shown.balance, "party": shown.party}
        vendor = self._refs.vendor(bill.vendor) if bill is not None and bill.vendor is not None else None
        return {"target_id": target, "party": vendor.source_id if isinstance(vendor, Ref) else None}

    def _held(self, entry: Entry, hold: Hold) -> Plan:
        if verdicts(entry.decided).get(hold.code) is Verdict.ACCEPT:
            return self._settled(entry, RecordState.SKIPPED, "a person accepted that it is not recorded")
        return Plan(entry, self.flow, Action.HOLD, self.flow.target, hold=hold, reason=hold.sentence)

    def _nothing(self, entry: Entry, reason: str) -> Plan:
        return Plan(entry, self.flow, Action.NOTHING, self.flow.target, reason=reason, rebase_target=True)

    def _settled(self, entry: Entry, state: RecordState, reason: str) -> Plan:
        return Plan(entry, self.flow, Action.SETTLE, self.flow.target, state=state, reason=reason)
