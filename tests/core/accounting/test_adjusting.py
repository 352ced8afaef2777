"""Differences after a close as documents of their own: signs, lines, charges, tax."""

from datetime import date
from decimal import Decimal

import pytest
from mlc.accounting.adjusting import Unpostable, adjustment
from mlc.accounting.situation import Situation, Want
from mlc.recipes import Flow, Policy, Side
from mlc.records import (
    Bill,
    Charge,
    ChargeKind,
    DocumentStatus,
    Line,
    LineTax,
    ObjectType,
    PaymentStatus,
    Ref,
    SourceMeta,
    VendorCredit,
)
from mlc.tenants import Probe

BILLS = Flow(name="bills", object=ObjectType.BILL, source=Side.LEFT)
BOTH = frozenset({ObjectType.BILL, ObjectType.VENDOR_CREDIT})
OLD, NEW = (Ref(record_type=ObjectType.ACCOUNT, source_id=id) for id in ("a1", "a2"))


def line(key, amount, *, account=OLD, tax=None, **more):
    return Line(line_id=key, line_net_amount=Decimal(amount), account=account, tax=tax, **more)


def bill(total, *lines, charges=(), kind=Bill, vendor="v1", **more):
    return kind(
        source=SourceMeta(system="west", source_id="17"),
        bill_number="HP-1",
        vendor=Ref(record_type=ObjectType.VENDOR, source_id=vendor),
        currency="EUR",
        issue_date=date(2026, 3, 2),
        due_date=date(2026, 4, 1),
        total=Decimal(total),
        lines=lines,
        charges=charges,
        status=DocumentStatus.OPEN,
        **more,
    )


def adjusted(base, now, *, voiding=False, adjusted=0, adjusts_as=BOTH, open_day=date(2026, 4, 1)):
    situation = Situation(
        record=now, want=Want.POST, flow=BILLS, policy=Policy(), probe=Probe(), bound=True, base_source=base,
        adjusted=adjusted, adjusts_as=adjusts_as, open_day=open_day,
    )  # fmt: skip
    return adjustment(situation, voiding=voiding).document


def shown(document):
    return [(one.key, one.line_net_amount, one.account.source_id) for one in document.lines]


def test_only_the_lines_that_changed_are_posted_with_what_they_changed_by():
    made = adjusted(
        bill("30", line("a", "10"), line("b", "20")), bill("42", line("a", "10"), line("b", "25"), line("c", "7"))
    )
    assert isinstance(made, Bill)
    assert (made.bill_number, made.issue_date, made.total) == ("HP-1-ADJ1", date(2026, 4, 1), Decimal(12))
    assert shown(made) == [("b", Decimal(5), "a1"), ("c:is", Decimal(7), "a1")]
    assert made.source.source_id == "17#adj1"
    assert "HP-1" in made.memo


def test_less_is_the_opposite_kind_with_its_amount_above_zero():
    made = adjusted(bill("30", line("a", "10"), line("b", "20")), bill("10", line("a", "10")), adjusted=1)
    assert isinstance(made, VendorCredit)
    assert (made.bill_number, made.total, shown(made)) == ("HP-1-ADJ2", Decimal(20), [("b:was", Decimal(20), "a1")])
    back = adjusted(bill("30", line("a", "30"), kind=VendorCredit), bill("25", line("a", "25"), kind=VendorCredit))
    assert isinstance(back, Bill)
    assert shown(back) == [("a", Decimal(5), "a1")]


def test_a_line_that_was_recoded_goes_back_and_comes_anew():
    made = adjusted(bill("10", line("a", "10")), bill("12", line("a", "12", account=NEW)))
    assert shown(made) == [("a:was", Decimal(-10), "a1"), ("a:is", Decimal(12), "a2")]


def test_tax_and_charges_follow_the_difference():
    tax = LineTax(name="VAT", percent=Decimal(20), amount=Decimal(2))
    more = LineTax(name="VAT", percent=Decimal(20), amount=Decimal(3))
    freight, cheaper = (Charge(kind=ChargeKind.SHIPPING, amount=Decimal(amount)) for amount in (5, 4))
    made = adjusted(
        bill("17", line("a", "10", tax=tax), charges=(freight,), tax_total=Decimal(2)),
        bill("22", line("a", "15", tax=more), charges=(cheaper,), tax_total=Decimal(3)),
    )
    assert made.total == Decimal(5)
    assert (made.tax_total, made.lines[0].line_net_amount, made.lines[0].tax.amount) == (1, 5, 1)
    assert [charge.amount for charge in made.charges] == [-1]


def test_taking_all_of_it_back_is_the_whole_document():
    made = adjusted(bill("30", line("a", "30")), bill("0", kind=Bill), voiding=True)
    assert (type(made), made.total, shown(made)) == (VendorCredit, 30, [("a:was", Decimal(30), "a1")])


def test_what_is_paid_in_part_at_the_source_says_so():
    made = adjusted(bill("30", line("a", "30")), bill("40", line("a", "40"), amount_paid=Decimal(30)))
    assert (made.payment_status, made.amount_paid) == (PaymentStatus.PARTIAL, None)


@pytest.mark.parametrize(
    ("now", "facts", "why"),
    [
        (bill("30", line("a", "30", account=NEW)), {}, "its total did not change"),
        (bill("40", line("a", "40"), vendor="v2"), {}, "its vendor or currency changed"),
        (bill("20", line("a", "20")), {"adjusts_as": frozenset({ObjectType.BILL})}, "vendor credit"),
        (bill("40", line("a", "40")), {"open_day": None}, "no first open day"),
        (bill("40", Line(line_net_amount=Decimal(40))), {}, "no ids"),
        (bill("40", Line(line_id="a")), {}, "no amount"),
    ],
)
def test_what_no_difference_can_say(now, facts, why):
    with pytest.raises(Unpostable, match=why):
        adjusted(bill("30", line("a", "30")), now, **facts)
