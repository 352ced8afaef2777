"""Twins: adopt the exact one, ask about the near one, leave the rent alone."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlc.accounting.twins import (
    Conflict,
    Exact,
    Near,
    RegisterRow,
    contains_number,
    is_transposition,
    judge_twins,
    number_key,
)
from mlc.records import Bill, Expense, Invoice, ObjectType, PurchaseOrder, Ref, SourceMeta

DAY = date(2026, 3, 2)
VENDOR = Ref(record_type=ObjectType.VENDOR, source_id="tv1")


def bill(number="HP-2209", total="118.00", day=DAY, **fields):
    source = SourceMeta(system="west", source_id="17")
    return Bill(
        source=source, bill_number=number, vendor=VENDOR, currency="EUR", total=Decimal(total), issue_date=day, **fields
    )


def row(number="HP-2209", total="118.00", day=DAY, **fields):
    given_fields = {
        "external_id": "e1",
        "party": "tv1",
        "currency": "EUR",
        "balance": None,
        "status": "open",
        "live": True,
    }
    return RegisterRow(number=number, total=Decimal(total), issue_date=day, **(given_fields | fields))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("HP-2209", "hp 2209"),
        ("HP/0022O9", "hp-2209"),
        ("INV-001", "inv 1"),
        ("I-100", "1100"),
        ("2026.0017", "2026/17"),
        ("A-10-0", "A100"),
    ],
)
def test_numbers_that_people_confuse_have_one_key(left, right):
    assert number_key(left) == number_key(right)


@pytest.mark.parametrize(("left", "right"), [("HP-2209", "HP-2290"), ("100", "1000"), ("A1", "B1"), ("100", "1")])
def test_other_numbers_have_other_keys(left, right):
    assert number_key(left) != number_key(right)


@given(st.text(max_size=30))
def test_case_and_spaces_do_not_count(text):
    assert number_key(f" {text.casefold()} ") == number_key(text)


def test_transpositions_and_parts():
    assert is_transposition("2209", "2290")
    assert not is_transposition("2209", "9202")
    assert not is_transposition("2209", "2209")
    assert contains_number("2209", "hp2209")
    assert not contains_number("209", "hp2209")


def test_the_exact_twin_is_adopted():
    assert judge_twins(bill(), [row()]) == Exact(row())


@pytest.mark.parametrize(
    "other",
    [
        row(live=False),
        row(party="tv2"),
        row(day=DAY + timedelta(days=301)),
        row(number="HP-9999", day=DAY + timedelta(days=30)),
        row(number="RENT-2026-04", day=DAY + timedelta(days=31), total="118.00"),
    ],
)
def test_these_are_no_twins(other):
    assert judge_twins(bill(), [other]) is None


@pytest.mark.parametrize("changed", [{"total": "119.00"}, {"currency": "USD"}])
def test_the_same_number_with_other_money_is_a_conflict(changed):
    assert judge_twins(bill(), [row(**changed)]) == Conflict(row(**changed))
    assert isinstance(judge_twins(bill(), [row(**changed)], exempt=True), Conflict)


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (row(bound_to=5), "same number"),
        (row(day=DAY + timedelta(days=40)), "same number"),
        (row(number="hp2209"), "same number, apart from case"),
        (row(number="HP 02209"), "same number, apart from case"),
        (row(number="HP-2290", total="5.00"), "changed round"),
        (row(number="HARBOUR-HP-2209", total="5.00"), "contains"),
        (row(number="OTHER"), "same total and the same date"),
        (row(number=None, day=DAY + timedelta(days=3)), "no number"),
    ],
)
def test_near_twins_are_asked_about(other, why):
    found = judge_twins(bill(), [other])
    assert isinstance(found, Near)
    assert why in found.why
    assert judge_twins(bill(), [other], exempt=True) is None
    assert judge_twins(bill(), [other], dismissed=frozenset({"e1"})) is None


@pytest.mark.parametrize("other", [row(number="OTHER", bound_to=5), row(number=None, bound_to=5)])
def test_bound_documents_are_compared_by_number_only(other):
    assert judge_twins(bill(), [other]) is None


def test_two_exact_twins_are_asked_about():
    found = judge_twins(bill(), [row(), row(external_id="e2")])
    assert isinstance(found, Near)
    assert len(found.rows) == 2


def test_rent_due_every_month_is_no_twin():
    months = [
        row(number=f"RENT-2026-{month:02}", day=date(2026, month, 1), external_id=str(month)) for month in range(1, 10)
    ]
    assert judge_twins(bill("RENT-2026-10", day=date(2026, 10, 1)), months) is None
    without_number = [row(number=None, day=date(2026, month, 1), external_id=str(month)) for month in range(1, 10)]
    assert judge_twins(bill("", day=date(2026, 10, 1)), without_number) is None


def test_the_suppliers_date_and_the_full_number_count():
    document = bill("0000000000002209~ab12", day=date(2026, 3, 31))
    found = judge_twins(document, [row("HARBOUR-2026-2209")], number="HARBOUR-2026-2209", issue_date=DAY)
    assert isinstance(found, Exact)


def test_a_made_number_counts_as_missing_but_finds_our_own():
    made = bill("OWN-17")
    assert isinstance(judge_twins(made, [row("OWN-17")], number_made=True), Exact)
    near = judge_twins(made, [row("HP-1", day=DAY + timedelta(days=2))], number_made=True)
    assert isinstance(near, Near)


def test_an_orders_number_is_ours_whoever_the_vendor_is():
    source = SourceMeta(system="west", source_id="17")
    order = PurchaseOrder(
        source=source, po_number="PO-7", vendor=VENDOR, currency="EUR", total=Decimal("118.00"), issue_date=DAY
    )
    assert isinstance(judge_twins(order, [row("PO-7", party="tv2")]), Conflict)
    assert isinstance(judge_twins(order, [row("PO-7")]), Exact)


def expense(total="12.50", day=DAY):
    source = SourceMeta(system="west", source_id="trx_1")
    return Expense(source=source, expense_number="trx_1", currency="EUR", total=Decimal(total), issue_date=day)


def test_an_expense_typed_by_hand_is_near_whoever_was_paid_and_whatever_its_reference():
    typed = row("R-7", "12.50", party="")
    assert isinstance(judge_twins(expense(), [typed]), Near)
    assert isinstance(judge_twins(expense(), [row(None, "12.50", DAY + timedelta(days=2), party="")]), Near)
    assert judge_twins(expense(), [row("R-7", "12.51", party="")]) is None
    assert judge_twins(expense(), [row("R-7", "12.50", DAY + timedelta(days=4), party="")]) is None
    assert judge_twins(expense(), [row("R-7", "12.50", party="", bound_to=3)]) is None  # two coffees on one day


def test_an_invoice_number_is_ours_so_another_customers_conflicts():
    customer = Ref(record_type=ObjectType.CUSTOMER, source_id="tc1")
    source = SourceMeta(system="west", source_id="31")
    ours = Invoice(
        source=source, invoice_number="HC-11", customer=customer, currency="EUR", total=Decimal(9), issue_date=DAY
    )
    assert isinstance(judge_twins(ours, [row("HC-11", "9", party="tc1")]), Exact)
    assert isinstance(judge_twins(ours, [row("HC-11", "9", party="tc2")]), Conflict)
