"""Limits of a run, closed periods, hold codes, keys."""

from datetime import date
from decimal import Decimal

import pytest
from mlc.accounting.holdcodes import CLEARED_BY, HoldCode
from mlc.accounting.keys import line_key, po_line_keys, tax_code
from mlc.accounting.limits import Counts, check_limits
from mlc.accounting.periods import first_open_day, is_locked, lock_hold
from mlc.recipes import Limits, Policy
from mlc.records import Allocation, DimensionKind, DimensionValue, Line, LineTax, ObjectType, Ref
from mlc.tenants import Probe

PROBE = Probe(locks={"purchases": date(2026, 3, 31)})


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        (Counts(voids=3, updates=50, creates=9999, bound=10), None),
        (Counts(voids=4, bound=100), "void 4 of 100 records (limit 3)"),
        (Counts(voids=10, bound=1000), None),
        (Counts(vanished=11, bound=1000), "treat 11 of 1000 records as vanished (limit 10)"),
        (Counts(updates=101, bound=1000), "change 101 of 1000 records (limit 100)"),
        (Counts(creates=50, usual_creates=1), None),
        (Counts(creates=61, usual_creates=20), "create 61 records (limit 60, a usual day has 20)"),
    ],
)
def test_a_run_stops_before_it_goes_too_far(counts, told):
    sentence = check_limits(counts, Limits())
    assert (sentence is None) is (told is None)
    if told is not None:
        assert told in sentence


def test_the_last_closed_day_is_closed_and_the_next_is_open():
    assert is_locked(date(2026, 3, 31), "purchases", PROBE)
    assert not is_locked(date(2026, 4, 1), "purchases", PROBE)
    assert not is_locked(date(2026, 3, 31), "banking", PROBE)
    assert not is_locked(date(2026, 3, 31), None, PROBE)
    assert first_open_day(date(2026, 3, 5), "purchases", PROBE) == date(2026, 4, 1)
    assert first_open_day(date(2026, 5, 5), "purchases", PROBE) == date(2026, 5, 5)


def test_next_open_moves_creates_only():
    policy = Policy(closed_period="next_open")
    day = date(2026, 3, 5)
    assert lock_hold(day, "purchases", PROBE, policy, name="Bill 1", creating=True) is None
    hold = lock_hold(day, "purchases", PROBE, policy, name="Bill 1")
    assert hold.sentence == (
        "Bill 1: its ledger date 2026-03-05 is in a closed period; purchases are closed up to and including 2026-03-31."
    )


def test_every_code_has_commands_that_clear_it():
    assert set(CLEARED_BY) == set(HoldCode)
    assert all(CLEARED_BY.values())


def test_line_keys_name_account_and_dimensions_in_a_fixed_order():
    plant = DimensionValue(kind=DimensionKind.DEPARTMENT, code="Plant")
    north = DimensionValue(kind=DimensionKind.LOCATION, name="North")
    account = Ref(record_type=ObjectType.ACCOUNT, code="6000")
    one = Allocation(amount=Decimal(1), account=account, dimensions=(plant, north))
    other = Allocation(amount=Decimal(2), account=account, dimensions=(north, plant))
    assert line_key("7", one) == line_key("7", other) == "7|6000|department:Plant,location:North"
    assert line_key("7") == "7"


def test_a_bill_line_meets_its_order_line_by_the_same_key():
    account = Ref(record_type=ObjectType.ACCOUNT, code="6000")
    order_line = Ref(record_type=ObjectType.PURCHASE_ORDER, source_id="70")
    share = Allocation(amount=Decimal(1), account=account)
    line = Line(line_id="1", purchase_order_line=order_line, allocations=(share,))
    assert po_line_keys(line, None) == ("70|6000|", "70")
    assert po_line_keys(Line(line_id="1"), share) == ()


@pytest.mark.parametrize(
    ("tax", "code"),
    [
        (LineTax(ref=Ref(record_type=ObjectType.TAX_RATE, source_id="4", code="V20")), "V20"),
        (LineTax(name="VAT", percent=Decimal("20.000")), "VAT 20"),
        (LineTax(percent=Decimal("7.7")), "7.7"),
        (LineTax(ref=Ref(record_type=ObjectType.TAX_RATE, source_id="4"), name="HST", percent=Decimal(13)), "HST 13"),
        (LineTax(ref=Ref(record_type=ObjectType.TAX_RATE, source_id="4")), "4"),
        (LineTax(), ""),
    ],
)
def test_taxes_are_named_by_code_or_name_and_rate(tax, code):
    assert tax_code(tax) == code
