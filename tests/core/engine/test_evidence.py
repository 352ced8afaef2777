"""Is what the target shows the write that was sent? Where the target keeps less than was sent."""

from datetime import date
from decimal import Decimal

from mlc.engine.evidence import is_exact
from mlc.records import ObjectType, Payment, PaymentAllocation, Ref, SourceMeta


def payment(*bills, reference=None, **fields):
    parts = tuple(
        PaymentAllocation(document=Ref(record_type=ObjectType.BILL, source_id=name), amount=Decimal(amount))
        for name, amount in bills
    )
    return Payment(
        source=SourceMeta(system="west", source_id="1"),
        payment_date=date(2026, 5, 4),
        amount=Decimal(10),
        reference=reference,
        allocations=parts,
        **fields,
    )


def test_a_payment_is_the_one_sent_when_reference_amount_and_day_agree():
    assert is_exact(payment(("b1", 10), reference="77"), payment(("b1", 10), reference="77"))
    assert not is_exact(payment(("b1", 10), reference="77"), payment(("b1", 10), reference="78"))


def test_a_target_without_references_tells_payments_by_what_they_settle():
    assert is_exact(payment(("b1", "10.00"), reference="77"), payment(("b1", 10)))
    assert not is_exact(payment(("b1", 10), reference="77"), payment(("b2", 10)))
    assert not is_exact(payment(("b1", 10), reference="77"), payment(("b1", 4), ("b2", 6)))
    assert not is_exact(payment(reference="77"), payment())


def test_a_payment_without_reference_is_none_with_one():
    assert not is_exact(payment(("b1", 10)), payment(("b1", 10), reference="77"))
