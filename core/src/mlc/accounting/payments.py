"""Payments: written once, whole, when money moved and every document of it is bound (pairings 0.6)."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Protocol

from mlc.accounting.holdcodes import Hold, HoldCode, Waits
from mlc.accounting.keys import ref_code
from mlc.accounting.naming import money
from mlc.accounting.paidrows import PaidDocument, ShapedPayment
from mlc.recipes import Policy
from mlc.records import MoneyMovement, ObjectType, Payment, PaymentAllocation, Ref, round_money


class PaymentReferences(Protocol):
    """What shaping a payment asks about the target."""

    def money_account(self, ref: Ref | None) -> Ref | Hold | None:
        """The bank, cash or card account there, by the map of money accounts."""


def shape_payment(
    payment: Payment,
    documents: Sequence[PaidDocument],
    policy: Policy,
    refs: PaymentReferences,
    *,
    has_account: bool = True,
) -> ShapedPayment | Hold:
    """The payment as the target will get it: one allocation per document, with the target's ids and the amount of each.

    ``documents`` are those that the payment's allocations name, by id or by group; a document that an allocation names
    and that is not among them counts as not bound. ``has_account``: the target keeps the account that paid.
    """
    if payment.movement in (MoneyMovement.FAILED, MoneyMovement.REVERSED):
        return _hold(payment, HoldCode.PAYMENT_REVERSED, "no money stayed moved, so it is not carried")
    if payment.movement is not MoneyMovement.MOVED:
        return _hold(payment, HoldCode.PAYMENT_UNALLOCATED, "nothing says that its money has moved")
    if payment.amount is None or payment.amount <= 0 or payment.currency is None or payment.payment_date is None:
        return _hold(payment, HoldCode.PAYMENT_UNALLOCATED, "the source states no amount, currency or date of it")
    parts = _allocate(payment, documents)
    if isinstance(parts, Hold):
        return parts
    problem = _refuse(payment, parts, policy) or _refuse_amounts(payment, payment.amount, parts)
    if problem is not None:
        return problem
    account = refs.money_account(payment.money_account) if has_account else None
    if isinstance(account, Hold):
        return account
    if account is None and has_account:
        code = ref_code(payment.money_account)
        sentence = f"{payment_name(payment)}: the account {code or '(none stated)'} it was paid from is not mapped."
        return Hold(HoldCode.MONEY_ACCOUNT_UNMAPPED, sentence, Waits.CONFIG, f"money_account:{code}")
    allocations = tuple(_allocation(document, amount) for document, amount in parts)
    party = Ref(record_type=ObjectType.VENDOR, source_id=parts[0][0].vendor_target, name=_party_name(payment))
    record = payment.model_copy(update={"party": party, "money_account": account, "allocations": allocations})
    return ShapedPayment(record, tuple(document.record_id for document, _ in parts))


def payment_reversed(payment: Payment, *, written: bool) -> Hold | None:
    """The hold for a payment that failed or was reversed after we had written it; None for every other."""
    lost = payment.movement in (MoneyMovement.FAILED, MoneyMovement.REVERSED) or payment.source.deleted is not None
    if not written or not lost:
        return None
    return _hold(payment, HoldCode.PAYMENT_REVERSED, "it failed or was reversed after it was recorded in the target")


def paid_after_all(payment: Payment) -> Hold:
    """The hold for a payment that stands at the source and was refunded in the target."""
    told = "it was refunded in the target, and its source has it; record it there by hand if money moved, then accept"
    return _hold(payment, HoldCode.PAYMENT_REVERSED, told)


def payment_name(payment: Payment) -> str:
    """``Payment PAY-17 to Harbour Paper``."""
    label = payment.payment_number or f"(id {payment.source.source_id})"
    party = _party_name(payment)
    return f"Payment {label}" + (f" to {party}" if party else "")


_Part = tuple[PaidDocument, Decimal]


def _allocate(payment: Payment, documents: Sequence[PaidDocument]) -> list[_Part] | Hold:
    """Each document with its amount: the allocation's, else what the source says it was paid; one gets the whole."""
    by_id = {document.source_id: document for document in documents}
    parts: list[tuple[PaidDocument, Decimal | None]] = []
    for allocation in payment.allocations:
        named = _named(allocation, by_id, documents)
        if not named:
            what = ref_code(allocation.document) or allocation.group or "a document"
            return _unallocated(payment, f"it settles {what}, which this pairing does not know")
        whole = allocation.amount if len(named) == 1 else None
        parts += [(document, whole if whole is not None else document.amount_paid) for document in named]
    if not parts:
        return _unallocated(payment, "it names no document")
    if len(parts) == 1 and payment.allocations[0].amount is None:
        parts = [(parts[0][0], payment.amount)]  # of a bill paid in parts the source tells only the last one
    missing = next((document for document, amount in parts if amount is None), None)
    if missing is not None:
        return _unallocated(payment, f"nothing says how much of it settles {_label(missing)}")
    return _spilled(_joined([(document, amount) for document, amount in parts if amount is not None]), documents)


def _spilled(parts: list[_Part], documents: Sequence[PaidDocument]) -> list[_Part]:
    """What a document no longer owes settles the documents that post differences to it, in their order."""
    spilled: list[_Part] = []
    for document, amount in parts:
        differences = [one for one in documents if one.adjusts == document.record_id and one.bound]
        over, taken = amount - _open(document), list[_Part]()
        for one in differences:
            part = min(over, _open(one))
            if part > 0:
                taken.append((one, part))
                over -= part
        kept = amount - sum((part for _, part in taken), Decimal(0))
        spilled += [(document, kept)] if kept else []
        spilled += taken
    return spilled


def _named(
    allocation: PaymentAllocation, by_id: dict[str, PaidDocument], documents: Sequence[PaidDocument]
) -> list[PaidDocument]:
    if allocation.document is not None and allocation.document.source_id is not None:
        document = by_id.get(allocation.document.source_id)
        return [] if document is None else [document]
    if allocation.group is None:
        return []
    return [document for document in documents if document.group == allocation.group]


def _joined(parts: list[_Part]) -> list[_Part]:
    """One part per document: two allocations to one document are one amount."""
    amounts: dict[str, Decimal] = {}
    for document, amount in parts:
        amounts[document.source_id] = amounts.get(document.source_id, Decimal(0)) + amount
    seen = {document.source_id: document for document, _ in parts}
    return [(seen[source_id], amount) for source_id, amount in amounts.items()]


def _refuse(payment: Payment, parts: list[_Part], policy: Policy) -> Hold | None:
    before = next((document for document, _ in parts if not document.bound and document.before_go_live), None)
    if before is not None:
        when = "" if policy.since is None else f" on {policy.since.isoformat()}"
        return _unallocated(payment, f"{_label(before)} is from before go-live{when}")
    unbound = next((document for document, _ in parts if not document.bound or document.target_id is None), None)
    if unbound is not None:
        sentence = f"{payment_name(payment)}: {_label(unbound)} is not in the target yet."
        return Hold(HoldCode.PAYMENT_UNALLOCATED, sentence, Waits.REFERENCE, f"document:{unbound.source_id}")
    return _refuse_vendors(payment, parts)


def _refuse_vendors(payment: Payment, parts: list[_Part]) -> Hold | None:
    vendors = {document.vendor_target for document, _ in parts}
    if len(vendors) != 1 or None in vendors:
        return _unallocated(payment, "its documents belong to several vendors")
    foreign = next((document for document, _ in parts if document.currency != payment.currency), None)
    if foreign is not None:
        told = f"it is in {payment.currency}, but {_label(foreign)} is in {foreign.currency}"
        return _hold(payment, HoldCode.CURRENCY_MISMATCH, told)
    return None


def _refuse_amounts(payment: Payment, total: Decimal, parts: list[_Part]) -> Hold | None:
    if any(amount <= 0 or amount != round_money(amount, payment.currency) for _, amount in parts):
        return _unallocated(payment, "one of its parts is not a positive amount of its currency")
    added = sum((amount for _, amount in parts), Decimal(0))
    if added != total:
        told = f"its parts add up to {money(added, payment.currency)}, not to {money(total, payment.currency)}"
        return _unallocated(payment, told)
    over = next(((document, amount) for document, amount in parts if _open(document) < amount), None)
    if over is None:
        return None
    document, amount = over
    left, paid = money(_open(document), document.currency), money(amount, payment.currency)
    detail = {"document": document.source_id, "open": str(_open(document)), "paid": str(amount)}
    return _hold(
        payment, HoldCode.WOULD_OVERPAY, f"{paid} of it settle {_label(document)}, which owes only {left}", detail
    )


def _open(document: PaidDocument) -> Decimal:
    """What the target still owes; the whole total where its balance is not known."""
    if document.balance is not None:
        return document.balance
    return Decimal(0) if document.total is None else document.total


def _allocation(document: PaidDocument, amount: Decimal) -> PaymentAllocation:
    ref = Ref(record_type=ObjectType.BILL, source_id=document.target_id, code=document.number)
    return PaymentAllocation(document=ref, amount=amount)


def _unallocated(payment: Payment, why: str) -> Hold:
    return _hold(payment, HoldCode.PAYMENT_UNALLOCATED, why)


def _hold(payment: Payment, code: HoldCode, why: str, detail: Mapping[str, object] | None = None) -> Hold:
    key = f"payment:{payment.source.source_id}"
    return Hold(code, f"{payment_name(payment)}: {why}.", Waits.PERSON, key, detail or {})


def _label(document: PaidDocument) -> str:
    return f"bill {document.number}" if document.number else f"the bill with id {document.source_id}"


def _party_name(payment: Payment) -> str | None:
    return None if payment.party is None else payment.party.name or payment.party.code
