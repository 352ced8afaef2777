"""The seeded company: believable, reproducible, and with every special case in it."""

from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import combinations

import pytest
from mlc_sandbox.company import Bill, BillStatus, Company, OrderState, Stage, make_company

CARRIED = {
    BillStatus.APPROVED,
    BillStatus.PAID,
    BillStatus.PAYMENT_CONFIRMED,
    BillStatus.PAYMENT_APPROVED,
    BillStatus.PAYMENT_LIMBO,
}


@pytest.fixture(scope="module")
def company() -> Company:
    return make_company(1, 300)


def cent(company: Company, bill: Bill) -> Decimal:
    return Decimal(1).scaleb(-company.currency(bill.currency).exponent)


def computed_total(company: Company, bill: Bill) -> Decimal:
    tax = sum((line.tax_amount for line in bill.lines if not line.inclusive), Decimal(0))
    parts = sum((line.total for line in bill.lines), Decimal(0)) + sum((cost.amount for cost in bill.costs), Decimal(0))
    return (parts + tax + bill.shipping).quantize(cent(company, bill), rounding=ROUND_HALF_UP)


def test_the_same_seed_gives_the_same_company() -> None:
    assert make_company(7, 120) == make_company(7, 120)
    assert make_company(7, 120) != make_company(8, 120)


def test_history_reaches_back_two_years_before_go_live(company: Company) -> None:
    first = min(bill.issue_date for bill in company.bills)
    assert first < company.since - timedelta(days=730)
    assert min(document.document_date for document in company.ledger_documents) < company.since - timedelta(days=730)
    assert company.since == date(2026, 10, 1)


def test_it_has_three_locations_sixty_vendors_and_five_currencies_in_daily_use(company: Company) -> None:
    assert len(company.locations) == 3
    assert len(company.vendors) == 60
    used = Counter(bill.currency for bill in company.bills)
    assert {code for code, count in used.items() if count >= 10} == {"USD", "EUR", "GBP", "CAD", "JPY"}
    assert used["KWD"] == 1


def test_vendor_names_have_accents_great_length_and_doubles(company: Company) -> None:
    names = [vendor.name for vendor in company.vendors]
    assert sum(not name.isascii() for name in names) >= 15
    assert max(len(name) for name in names) > 100
    assert sorted(name for name, count in Counter(names).items() if count > 1) == [
        "Global Services",
        "Müller GmbH",
    ]


def test_contact_names_are_unique_in_the_ledger(company: Company) -> None:
    vendors = [contact.name for contact in company.contacts]
    assert len(set(vendors)) == len(vendors)


def test_records_counts_the_bills_from_go_live_on(company: Company) -> None:
    counted = sum(bill.ledger_date >= company.since for bill in company.bills)
    assert abs(counted - 300) <= 2


def test_most_bills_are_ordinary(company: Company) -> None:
    ordinary = [bill for bill in company.bills if bill.key not in company.special_bills]
    assert len(ordinary) > 150
    assert sum(bill.status in CARRIED for bill in ordinary) > len(ordinary) * 0.8


def test_every_bill_but_the_wrong_one_adds_up(company: Company) -> None:
    wrong = company.case("total_does_not_add_up").keys[0]
    for bill in (*company.bills, *company.later_bills):
        if bill.key != wrong or bill in company.later_bills:
            assert bill.total == computed_total(company, bill), bill.key
    assert company.bill(wrong).total - computed_total(company, company.bill(wrong)) == 9


def test_allocations_add_up_to_their_line(company: Company) -> None:
    for bill in (*company.bills, *company.later_bills):
        for line in bill.lines:
            assert sum(share.amount for share in line.allocations) == line.total, bill.key
    for order in (*company.orders, *company.later_orders):
        for order_line in order.lines:
            assert sum(share.amount for share in order_line.allocations) == order_line.total, order.key


def test_what_a_bill_points_to_exists(company: Company) -> None:
    for bill in company.bills:
        company.vendor(bill.vendor)
        company.location(bill.location)
        for line in bill.lines:
            for share in line.allocations:
                assert company.account(share.account).id is not None
                company.department(share.department)
            if line.order is not None:
                assert line.order_line in {item.id for item in company.order(line.order).lines}
    for payment in company.payments:
        assert {company.bill(part.bill).vendor for part in payment.parts} == {payment.vendor}
        company.money_account(payment.money_account)


def test_payments_add_up_and_name_the_groups_of_their_bills(company: Company) -> None:
    for payment in company.payments:
        assert sum(part.amount for part in payment.parts) == payment.amount
        assert {company.bill(part.bill).group for part in payment.parts} == set(payment.groups)


def test_ids_and_uuids_are_unique(company: Company) -> None:
    for records in (company.bills, company.orders, company.payments):
        assert len({record.id for record in records}) == len(records)
        assert len({record.uuid for record in records}) == len(records)
    lines = [line.id for bill in company.bills for line in bill.lines]
    assert len(set(lines)) == len(lines)
    ledger = [contact.ledger_id for contact in company.contacts]
    ledger += [document.ledger_id for document in company.ledger_documents]
    ledger += [payment.ledger_id for payment in company.ledger_payments]
    ledger += [line.ledger_id for document in company.ledger_documents for line in document.lines]
    assert len(set(ledger)) == len(ledger)


def transposed(one: str, other: str) -> bool:
    return (
        len(one) == len(other)
        and sorted(one) == sorted(other)
        and sum(a != b for a, b in zip(one, other, strict=True)) == 2
    )


def test_ordinary_numbers_of_a_vendor_never_look_like_each_other() -> None:
    company = make_company(3, 3000)
    numbers: dict[str, list[str]] = defaultdict(list)
    for bill in company.bills:
        if bill.key not in company.special_bills:
            numbers[bill.vendor].append(bill.number)
    for known in numbers.values():
        assert len(set(known)) == len(known)
        assert not any(transposed(one, other) or one in other for one, other in combinations(known[:60], 2))


def test_no_ordinary_bill_resembles_a_document_typed_by_hand(company: Company) -> None:
    typed = {(doc.contact, doc.total, doc.document_date) for doc in company.ledger_documents}
    for bill in company.bills:
        contact = company.vendor(bill.vendor).contact
        if bill.key not in company.special_bills:
            assert (contact, bill.total, bill.issue_date) not in typed


def test_ordinary_bills_are_dated_after_the_closed_days_and_before_today(company: Company) -> None:
    closed = company.ledger_locks[0].locked_until
    for bill in company.bills:
        if bill.key not in company.special_bills:
            assert closed < bill.ledger_date < company.today
    for payment in company.payments:
        assert payment.processing_date <= company.today
        assert payment.processing_date > closed or payment.processing_date < company.since


def test_case_names_are_unique_and_their_keys_exist(company: Company) -> None:
    names = [case.name for case in company.cases]
    assert len(set(names)) == len(names)
    known = {
        record.key
        for records in (company.bills, company.orders, company.payments, company.vendors)
        for record in records
    }
    known |= {bill.key for bill in company.later_bills}
    for case in company.cases:
        assert case.keys, case.name
        assert set(case.keys) <= known, case.name


def test_history_before_go_live_holds_thirty_twins_five_other_totals_and_five_missing(
    company: Company,
) -> None:
    sizes = {name: len(company.case(f"history_{name}").keys) for name in ("twins", "other_totals", "missing")}
    assert sizes == {"twins": 30, "other_totals": 5, "missing": 5}
    typed = {document.twin_of: document for document in company.ledger_documents}
    for key in company.case("history_twins").keys:
        bill, document = company.bill(key), typed[key]
        assert (document.number, document.total, document.document_date) == (
            bill.number,
            bill.total,
            bill.issue_date,
        )
    assert not any(key in typed for key in company.case("history_missing").keys)


def test_the_hundred_lines_differ_by_three_cents_from_the_tax_of_their_sum(company: Company) -> None:
    bill = company.bill(company.case("hundred_lines_of_rounded_tax").keys[0])
    assert len(bill.lines) == 100
    assert bill.subtotal * 20 / 100 - bill.tax_total == Decimal("0.03")


def test_every_state_of_a_bill_and_an_order_occurs(company: Company) -> None:
    assert {bill.status for bill in company.bills} == set(BillStatus)
    states = {order.state for order in company.orders}
    assert states >= {OrderState.PURCHASED, OrderState.CANCELLED, OrderState.CLOSED, OrderState.REOPENED}
    assert any(order.fulfilment == "partial" and order.receipts for order in company.orders)


def test_a_company_of_twenty_bills_holds_the_essential_cases() -> None:
    company = make_company(5, 20)
    names = {case.name for case in company.cases}
    assert {
        "same_number_two_vendors",
        "entered_twice",
        "vendor_unknown",
        "account_unmapped",
        "credit_note",
    } <= names
    assert {
        "total_does_not_add_up",
        "unapproved",
        "split_over_departments_with_order",
        "order_partly_received",
    } <= names
    assert sum(case.stage is Stage.CHANGES for case in company.cases) == 12


def test_a_company_of_any_size_keeps_its_cases() -> None:
    company = make_company(2, 20_000)
    assert len(company.bills) > 20_000
    assert {case.name for case in company.cases} >= {case.name for case in make_company(2, 60).cases}


def test_today_must_leave_room_after_go_live() -> None:
    with pytest.raises(ValueError, match="35 days"):
        make_company(1, 20, since=date(2026, 11, 1), today=date(2026, 11, 20))


def test_another_go_live_date_moves_everything() -> None:
    company = make_company(1, 60, since=date(2025, 4, 1), today=date(2025, 6, 15))
    assert max(bill.issue_date for bill in company.bills) < date(2025, 6, 15)
    assert sum(bill.ledger_date >= company.since for bill in company.bills) >= 58
