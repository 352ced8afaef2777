"""Is what the target shows the write that was sent? Where the target keeps less than was sent."""

from datetime import date
from decimal import Decimal
from types import SimpleNamespace

from mlc.contract import FindKey, Strategy
from mlc.engine.evidence import find_key, is_exact, names_key
from mlc.records import JournalEntry, ObjectType, Payment, PaymentAllocation, Ref, SourceMeta, Vendor


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


def test_a_journal_entry_is_looked_up_by_its_number_and_day():
    entry = JournalEntry(
        source=SourceMeta(system="west", source_id="1"),
        entry_number="JE-7",
        posting_date=date(2026, 5, 4),
        currency="USD",
    )
    intent = SimpleNamespace(rendered=entry, record_key="west:1", strategy=Strategy.REPLAY_KEY)
    assert find_key(intent) == FindKey("west:1", number="JE-7", currency="USD", on=date(2026, 5, 4))


def test_a_vendor_that_keeps_our_id_names_our_record():
    kept = Vendor(source=SourceMeta(system="west", source_id="V-1"), name="Harbour Paper", external_code="4600")
    assert names_key(kept, "east:vendor:4600")
    assert names_key(kept, "east:vendor:14600") is False
    assert names_key(kept.model_copy(update={"external_code": None}), "east:vendor:4600") is None
