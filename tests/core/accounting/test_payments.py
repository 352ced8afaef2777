"""Payments: whole, allocated, never too much."""

from datetime import date
from decimal import Decimal

import pytest
from mlc.accounting.holdcodes import Hold, HoldCode, Waits
from mlc.accounting.paidrows import PaidDocument, ShapedPayment
from mlc.accounting.payments import payment_reversed, shape_payment
from mlc.recipes import Policy
from mlc.records import Deletion, DeletionKind, MoneyMovement, ObjectType, Payment, PaymentAllocation, Ref, SourceMeta

BANK = Ref(record_type=ObjectType.ACCOUNT, source_id="s1", code="1010")


class Ledger:
    def __init__(self, accounts):
        self.accounts = accounts

    def money_account(self, ref):
        found = self.accounts.get(ref.code if ref else None)
        return Ref(record_type=ObjectType.ACCOUNT, source_id=found) if isinstance(found, str) else found


def group(name="g1", amount=None):
    return PaymentAllocation(group=name, amount=amount)


def to_bill(name, amount=None):
    return PaymentAllocation(document=Ref(record_type=ObjectType.BILL, source_id=name), amount=amount)


def payment(*allocations, amount="150.00", **fields):
    given = {
        "source": SourceMeta(system="west", source_id="p1"),
        "payment_number": "PAY-17",
        "party": Ref(record_type=ObjectType.VENDOR, source_id="v1", name="Harbour Paper"),
        "payment_date": date(2026, 3, 9),
        "currency": "EUR",
        "money_account": BANK,
        "movement": MoneyMovement.MOVED,
        "amount": Decimal(amount),
        "allocations": allocations or (group(),),
    }
    return Payment(**(given | fields))


def document(name="b1", paid="100.00", **fields):
    given = {
        "record_id": 1 if name == "b1" else 2,
        "source_id": name,
        "number": f"HP-{name}",
        "target_id": f"t{name}",
        "total": Decimal(100),
        "balance": Decimal(100),
        "amount_paid": None if paid is None else Decimal(paid),
        "bound": True,
        "vendor_target": "tv1",
        "currency": "EUR",
        "group": "g1",
    }
    return PaidDocument(**(given | fields))


BOTH = [document(), document("b2", "50.00")]


def shaped(one, documents):
    return shape_payment(one, documents, Policy(since=date(2026, 1, 1)), Ledger({"1010": "bank"}))


def test_a_group_is_one_payment_with_an_amount_per_bill():
    answer = shaped(payment(), BOTH)
    assert isinstance(answer, ShapedPayment)
    assert [(one.document.source_id, one.amount) for one in answer.record.allocations] == [("tb1", 100), ("tb2", 50)]
    assert (answer.record.party.source_id, answer.record.money_account.source_id) == ("tv1", "bank")
    assert answer.record_ids == (1, 2)


def test_stated_amounts_win_and_one_bill_gets_the_whole():
    parts = payment(to_bill("b1", Decimal(60)), to_bill("b2", Decimal(40)), amount="100")
    assert [one.amount for one in shaped(parts, BOTH).record.allocations] == [60, 40]
    whole = shaped(payment(to_bill("b1"), amount="70"), [document(paid=None)])
    assert [one.amount for one in whole.record.allocations] == [70]


def test_two_allocations_to_one_bill_are_one():
    parts = payment(to_bill("b1", Decimal(60)), to_bill("b1", Decimal(40)), amount="100")
    assert [one.amount for one in shaped(parts, BOTH).record.allocations] == [100]


@pytest.mark.parametrize(
    ("one", "documents", "code", "told"),
    [
        (payment(movement=MoneyMovement.REVERSED), BOTH, HoldCode.PAYMENT_REVERSED, "no money stayed moved"),
        (payment(movement=MoneyMovement.PLANNED), BOTH, HoldCode.PAYMENT_UNALLOCATED, "nothing says that its money"),
        (payment(movement=MoneyMovement.UNKNOWN), BOTH, HoldCode.PAYMENT_UNALLOCATED, "nothing says that its money"),
        (payment(payment_date=None), BOTH, HoldCode.PAYMENT_UNALLOCATED, "no amount, currency or date"),
        (payment(), [], HoldCode.PAYMENT_UNALLOCATED, "settles g1, which this pairing does not know"),
        (payment(allocations=()), BOTH, HoldCode.PAYMENT_UNALLOCATED, "names no document"),
        (payment(amount="151"), BOTH, HoldCode.PAYMENT_UNALLOCATED, "add up to 150.00 EUR, not to 151.00 EUR"),
        (payment(), [BOTH[0], document("b2", None)], HoldCode.PAYMENT_UNALLOCATED, "how much of it settles bill HP-b2"),
        (
            payment(),
            [BOTH[0], document("b2", "50", bound=False, target_id=None)],
            HoldCode.PAYMENT_UNALLOCATED,
            "not in the target yet",
        ),
        (
            payment(),
            [BOTH[0], document("b2", "50", bound=False, before_go_live=True)],
            HoldCode.PAYMENT_UNALLOCATED,
            "before go-live on 2026-01-01",
        ),
        (
            payment(),
            [BOTH[0], document("b2", "50", vendor_target="tv2")],
            HoldCode.PAYMENT_UNALLOCATED,
            "several vendors",
        ),
        (
            payment(),
            [BOTH[0], document("b2", "50", currency="USD")],
            HoldCode.CURRENCY_MISMATCH,
            "bill HP-b2 is in USD",
        ),
        (payment(), [document(balance=Decimal(99)), BOTH[1]], HoldCode.WOULD_OVERPAY, "owes only 99.00 EUR"),
        (payment(), [document(balance=None, total=None), BOTH[1]], HoldCode.WOULD_OVERPAY, "owes only 0.00 EUR"),
        (payment(money_account=None), BOTH, HoldCode.MONEY_ACCOUNT_UNMAPPED, "(none stated)"),
    ],
)
def test_what_a_payment_waits_for(one, documents, code, told):
    hold = shaped(one, documents)
    assert isinstance(hold, Hold)
    assert hold.code is code
    assert told in hold.sentence
    assert hold.sentence.startswith("Payment PAY-17 to Harbour Paper: ")


def test_a_bill_that_is_not_there_yet_is_waited_for():
    hold = shaped(payment(to_bill("b1"), amount="100"), [document(bound=False, target_id=None)])
    assert (hold.waits, hold.key) == (Waits.REFERENCE, "document:b1")


def test_a_payment_reversed_after_it_was_written_is_held():
    gone = SourceMeta(system="west", source_id="p1", deleted=Deletion(kind=DeletionKind.HARD_DELETED, evidence="event"))
    assert payment_reversed(payment(), written=True) is None
    assert payment_reversed(payment(movement=MoneyMovement.FAILED), written=False) is None
    for lost in (payment(movement=MoneyMovement.FAILED), payment(source=gone)):
        assert payment_reversed(lost, written=True).code is HoldCode.PAYMENT_REVERSED
