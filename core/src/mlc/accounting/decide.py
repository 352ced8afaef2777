"""What to do with one money document: the pure brain. It never raises; every combination has an answer."""

from mlc.accounting.changes import changed_fields, drift
from mlc.accounting.events import bound_document, void_or_cancel
from mlc.accounting.holdcodes import Hold, HoldCode, Waits
from mlc.accounting.naming import money, name_of, person_key
from mlc.accounting.orders import bound_order
from mlc.accounting.paidrows import is_paid
from mlc.accounting.periods import first_open_day, is_locked, lock_hold
from mlc.accounting.posted import compare_posted
from mlc.accounting.situation import (
    Accepts,
    Adjust,
    Cancel,
    Create,
    Decision,
    Difference,
    Nothing,
    Situation,
    TargetFacts,
    Update,
    Verdict,
    Void,
    Want,
    facts_of,
)
from mlc.accounting.wants import wants
from mlc.accounting.withdrawn import withdrawn
from mlc.recipes import FlowMode
from mlc.records import Bill, DocumentStatus, Expense, Invoice, PaymentStatus, PurchaseOrder, VendorCredit

__all__ = [
    "Accepts",
    "Adjust",
    "Cancel",
    "Create",
    "Decision",
    "Difference",
    "Nothing",
    "Situation",
    "TargetFacts",
    "Update",
    "Verdict",
    "Void",
    "Want",
    "changed_fields",
    "compare_posted",
    "decide",
    "drift",
    "facts_of",
    "lock_hold",
    "wants",
]

_NOT_NEW = {
    Want.VOID: "it was void before it was carried",
    Want.GONE: "it is gone at the source and was never carried",
    Want.CORRECTION: "it is not final at the source yet",
    Want.NOT_CARRIED: "this flow does not carry it",
    Want.UNKNOWN: "its status at the source is not understood",
}


def decide(now: Situation) -> Decision:
    """Create, update, void, cancel, do nothing or hold, by the event table (pairings 0.3) and the status axes."""
    if Verdict.SKIP in now.verdicts.values():
        return Nothing("a person skipped it", keeps_bases=True)
    if not now.bound:
        return _new(now)
    if now.want is Want.NOT_CARRIED:
        return Nothing("this flow no longer carries it; what was written stays", keeps_bases=True)
    if now.want is Want.UNKNOWN:
        return Nothing("its status at the source is not understood; what was written stays", keeps_bases=True)
    if now.want is Want.VOID:
        decision = void_or_cancel(now)
        return (isinstance(decision, Void) and withdrawn(now)) or decision
    if now.want is Want.GONE:
        return _vanished(now)
    if isinstance(now.record, PurchaseOrder):
        status = bound_order(now)
        if status is not None:
            return status
    found = _paid_here(now) or bound_document(now)
    if isinstance(found, Nothing) and not (now.facts.gone or now.facts.paid):
        return payment_blocked(now) or found
    return found


def payment_blocked(now: Situation) -> Hold | None:
    """Its system forbids paying it. A person may carry it all the same, with the block told in every report."""
    blocked = isinstance(now.record, Bill | VendorCredit) and now.record.payment_blocked
    if not blocked or now.verdicts.get(HoldCode.PAYMENT_BLOCKED) is Verdict.ACCEPT:
        return None
    what = "it is in the ledger: do not pay it before the block is lifted" if now.bound else "it is not posted so"
    sentence = f"{name_of(now.record)}: its payment is blocked at the source; {what}."
    return Hold(HoldCode.PAYMENT_BLOCKED, sentence, Waits.PERSON, person_key(now.record))


def _new(now: Situation) -> Decision:
    record, name = now.record, name_of(now.record)
    if now.want in _NOT_NEW:
        return Nothing(_NOT_NEW[now.want])
    if now.flow.mode is not FlowMode.WRITE or not now.flow.creates:
        return Nothing("this flow creates nothing")
    day = record.ledger_date
    if now.policy.since is not None and day is not None and day < now.policy.since:
        return Nothing(f"its ledger date {day.isoformat()} is before go-live on {now.policy.since.isoformat()}")
    if now.want is Want.SETTLED:
        settled = _settled(now, name)
        if settled is not None:
            return settled
    if blocked := payment_blocked(now):
        return blocked
    hold = lock_hold(day, now.lock_area, now.probe, now.policy, name=name, creating=True)
    if hold is not None and now.verdicts.get(HoldCode.CLOSED_PERIOD) is not Verdict.MOVE:
        return hold
    moved = day is not None and is_locked(day, now.lock_area, now.probe)
    return Create(first_open_day(day, now.lock_area, now.probe) if moved and day is not None else None)


def _settled(now: Situation, name: str) -> Decision | None:
    """Closed or paid before it was carried: where the target pays it must not become payable twice (R27)."""
    if isinstance(now.record, PurchaseOrder):
        return Nothing("it was closed before it was carried")
    if isinstance(now.record, Expense):
        return None
    if isinstance(now.record, Invoice):
        return _collected(now, now.record, name)
    target_pays = now.policy.payment_authority is now.flow.target
    if target_pays and isinstance(now.record, Bill) and is_paid(now.record):
        return Nothing("it was paid before it was carried")
    if target_pays and isinstance(now.record, VendorCredit):
        return Nothing("part of it was applied before it was carried")
    if not target_pays or now.verdicts.get(HoldCode.ALREADY_PAID) is Verdict.POST:
        return None
    if now.policy.part_paid == "record" and isinstance(now.record, Bill) and _told_by_payments(now.record):
        return None
    paid = money(now.record.amount_paid, now.record.currency) if now.record.amount_paid else "all or part of it"
    sentence = f"{name}: {paid} is paid already; sent as it is, it would be paid again on the side that pays."
    return Hold(HoldCode.ALREADY_PAID, sentence, Waits.PERSON, person_key(now.record))


def _told_by_payments(bill: Bill) -> bool:
    """Whether payments alone, which follow it, say what is paid of a bill: a credit that was applied would not."""
    return bool(bill.amount_paid) and not bill.credit_applied


def _collected(now: Situation, invoice: Invoice, name: str) -> Decision | None:
    """Paid before it was carried: where the target collects, the customer must not be asked again."""
    if not now.collects or now.verdicts.get(HoldCode.ALREADY_PAID) is Verdict.POST:
        return None
    if invoice.payment_status is PaymentStatus.PAID or invoice.status is DocumentStatus.CLOSED:
        return Nothing("it was paid before it was carried")
    paid = money(invoice.amount_paid, invoice.currency) if invoice.amount_paid else "part of it"
    sentence = f"{name}: {paid} is paid already; sent as it is, the customer would be asked for the whole."
    return Hold(HoldCode.ALREADY_PAID, sentence, Waits.PERSON, person_key(invoice))


def _paid_here(now: Situation) -> Hold | None:
    """The customer paid at the source after the invoice was sent to a target that collects, which knows nothing of
    it."""
    told = now.facts.gone or now.facts.money_moved or now.verdicts.get(HoldCode.PAID_ON_WRONG_SIDE) is Verdict.ACCEPT
    if not now.collects or now.want is not Want.SETTLED or told:
        return None
    sentence = f"{name_of(now.record)}: it is paid at the source; mark it as paid on the side that still collects it."
    return Hold(HoldCode.PAID_ON_WRONG_SIDE, sentence, Waits.PERSON, person_key(now.record))


def _vanished(now: Situation) -> Decision:
    if now.facts.gone:
        return Nothing("it is gone on both sides")
    verdict = now.verdicts.get(HoldCode.VANISHED)
    if verdict is Verdict.VOID:
        return void_or_cancel(now)
    if verdict is Verdict.ACCEPT:
        reason = "a person accepted that it is gone at the source; what was written stays"
        return Nothing(reason, keeps_bases=True)
    sentence = (
        f"{name_of(now.record)}: it can no longer be found at the source, and nothing there says that it is void."
    )
    return Hold(HoldCode.VANISHED, sentence, Waits.PERSON, person_key(now.record))
