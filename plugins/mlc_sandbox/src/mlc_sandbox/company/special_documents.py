"""Cases about numbers, twins, dates and statuses of bills and orders."""

from datetime import timedelta
from decimal import Decimal

from mlc_sandbox.company.composer import Composer, Line, Share
from mlc_sandbox.company.documents import BillStatus, OrderState
from mlc_sandbox.company.lists import CONTROL_ACCOUNT, INACTIVE_ACCOUNT, UNMAPPED_ACCOUNT
from mlc_sandbox.company.orders import add_order, billing
from mlc_sandbox.company.ordinary import some_line
from mlc_sandbox.company.special_changes import amount_line, vendor_in
from mlc_sandbox.company.typed import type_in

RENT_DAYS = (5, 12, 19, 26, 33, 40)
RENT_NUMBERS = ("40118", "40231", "40344", "40457", "40562", "40675")


def same_number_two_vendors(composer: Composer) -> None:
    """Two vendors happen to use one number."""
    keys = []
    for place in (7, 8):
        vendor = vendor_in(composer, "USD", place)
        line = some_line(composer, vendor)
        keys.append(composer.bill(vendor, (line,), issue_date=composer.day(6, 20), number="2026-0917").key)
    composer.case("same_number_two_vendors", tuple(keys), "posted")


def entered_twice(composer: Composer) -> None:
    """One invoice was entered a second time, without the dash."""
    vendor = vendor_in(composer, "USD", 9)
    line, day = some_line(composer, vendor), composer.day(6, 20)
    first = composer.bill(vendor, (line,), issue_date=day)
    second = composer.bill(vendor, (line,), issue_date=day, number=first.number.replace("-", ""))
    composer.case("entered_twice", (first.key, second.key), "one_posted:near_twin")


def unapproved(composer: Composer) -> None:
    """A draft and a bill that waits for approval."""
    vendor = vendor_in(composer, "EUR", 2)
    keys = tuple(
        composer.bill(vendor, (some_line(composer, vendor),), issue_date=composer.day(6, 30), status=status).key
        for status in (BillStatus.DRAFT, BillStatus.CONFIRMED)
    )
    composer.case("unapproved", keys, "not_carried")


def refused(composer: Composer) -> None:
    """A denied and a withdrawn bill that the ledger has never seen."""
    vendor = vendor_in(composer, "EUR", 3)
    keys = tuple(
        composer.bill(vendor, (some_line(composer, vendor),), issue_date=composer.day(6, 30), status=status).key
        for status in (BillStatus.DENIED, BillStatus.WITHDRAWN)
    )
    composer.case("denied_or_withdrawn_unseen", keys, "not_carried")


def account_unmapped(composer: Composer) -> None:
    """The account code exists in procurement only."""
    bill = composer.bill(
        vendor_in(composer, "USD", 10),
        (amount_line("Customs clearance", "412.35", account=UNMAPPED_ACCOUNT),),
        issue_date=composer.day(6, 30),
    )
    composer.case("account_unmapped", (bill.key,), "held:account_unmapped")


def account_not_postable(composer: Composer) -> None:
    """A control account and an inactive account."""
    keys = tuple(
        composer.bill(
            vendor_in(composer, "USD", 11 + place),
            (amount_line("Wrongly coded", f"{place + 71}.10", account=account),),
            issue_date=composer.day(6, 30),
        ).key
        for place, account in enumerate((CONTROL_ACCOUNT, INACTIVE_ACCOUNT))
    )
    composer.case("account_not_postable", keys, "held:account_not_postable", also=("held:account_unmapped",))


def split_with_order(composer: Composer) -> None:
    """An order split over three departments, received and billed to three fifths."""
    vendor = vendor_in(composer, "USD", 1)
    shares = (Share("5000", "plant", 2), Share("5000", "engineering", 2), Share("5000", "warehouse", 1))
    lines = (
        Line("Steel brackets", Decimal(50), Decimal("14.20"), shares),
        Line("Bearings 6204", Decimal(40), Decimal("55.50"), shares),
    )
    part = Decimal("0.6")
    order = add_order(
        composer,
        vendor,
        lines,
        order_date=composer.day(4, 5),
        fulfilment="partial",
        received=part,
        external=True,
    )
    bill = composer.bill(vendor, billing(order, part), issue_date=composer.day(12, 25), order=order.key)
    composer.case("split_over_departments_with_order", (bill.key,), "posted", section=10)
    composer.case("order_partly_received", (order.key,), "open_order", section=10)


def over_billed(composer: Composer) -> None:
    """A bill for five percent more than was ordered."""
    vendor = vendor_in(composer, "USD", 3)
    lines = (Line("Castings", Decimal(100), Decimal("7.25"), (Share("5000", "plant"),)),)
    order = add_order(composer, vendor, lines, order_date=composer.day(4, 5), fulfilment="full", received=Decimal(1))
    bill = composer.bill(vendor, billing(order, Decimal("1.05")), issue_date=composer.day(12, 25), order=order.key)
    composer.case("over_billed", (bill.key,), "posted", section=10)


def order_states(composer: Composer) -> None:
    """Orders first seen reopened, closed, cancelled; and one with freight, percent discount, header tax."""
    vendor = vendor_in(composer, "CAD", 1)
    for name, state, expect in (
        ("order_reopened", OrderState.REOPENED, "open_order"),
        ("order_closed_unseen", OrderState.CLOSED, "no_order"),
        ("order_cancelled_unseen", OrderState.CANCELLED, "no_order"),
    ):
        line = some_line(composer, vendor, taxed=False)
        order = add_order(composer, vendor, (line,), order_date=composer.day(5, 30), state=state)
        composer.case(name, (order.key,), expect, section=10)
    order = add_order(
        composer,
        vendor,
        (some_line(composer, vendor, taxed=False), some_line(composer, vendor, taxed=False)),
        order_date=composer.day(5, 30),
        freight=Decimal("35.00"),
        discount=(Decimal(10), "percentage"),
        header_tax=(Decimal(13), "percentage"),
    )
    composer.case("order_with_header_amounts", (order.key,), "open_order", section=9)


def typed_twins(composer: Composer) -> None:
    """Three bills that somebody has typed into the ledger already, exactly."""
    bills = [
        composer.bill(vendor, (some_line(composer, vendor),), issue_date=composer.day(6, 20))
        for vendor in (vendor_in(composer, code, 4) for code in ("USD", "EUR", "GBP"))
    ]
    for bill in bills:
        type_in(composer, bill)
    composer.case("typed_twins", tuple(bill.key for bill in bills), "adopted", section=1)


def typed_otherwise(composer: Composer) -> None:
    """Bills typed into the ledger with another total, a mistyped number, or quite another number."""
    vendor = vendor_in(composer, "CAD", 2)
    bills = [
        composer.bill(vendor, (amount_line("Filters", amount),), issue_date=composer.day(6 + 4 * place, 8 + 4 * place))
        for place, amount in enumerate(("1204.50", "733.25", "589.90"))
    ]
    type_in(composer, bills[0], total=bills[0].total + Decimal("36.14"))
    type_in(composer, bills[1], number=bills[1].number.replace("0", "O").replace("1", "l"))
    type_in(composer, bills[2], number="CN/77-A")
    composer.case("typed_with_other_total", (bills[0].key,), "held:number_conflict", section=1)
    composer.case("typed_with_mistyped_number", (bills[1].key,), "held:near_twin", section=5)
    composer.case("typed_with_other_number", (bills[2].key,), "held:near_twin", section=5)


def closed_period(composer: Composer) -> None:
    """A bill dated into the locked first days."""
    vendor = vendor_in(composer, "GBP", 1)
    line = some_line(composer, vendor)
    bill = composer.bill(vendor, (line,), issue_date=composer.since + timedelta(days=1))
    composer.case("dated_into_closed_period", (bill.key,), "held:closed_period", section=15)


def posting_dates(composer: Composer) -> None:
    """The posting date decides: issued before go-live and posted after it, and the other way round."""
    vendor = vendor_in(composer, "USD", 12)
    for name, issued, posted, expect in (
        ("posted_after", -6, 9, "posted"),
        ("posted_before", 6, -3, "counted"),
    ):
        bill = composer.bill(
            vendor,
            (some_line(composer, vendor),),
            issue_date=composer.since + timedelta(days=issued),
            posting_date=composer.since + timedelta(days=posted),
        )
        composer.case(f"issue_date_and_{name}", (bill.key,), expect)


def rent(composer: Composer) -> None:
    """Six rent bills, one total, numbers and dates all different: no twins."""
    vendor = composer.parties.roles["landlord"]
    latest = composer.today - timedelta(days=8)
    keys = tuple(
        composer.bill(
            vendor,
            (amount_line("Rent, warehouse", "2850.00", account="6500", department="warehouse"),),
            issue_date=min(composer.since + timedelta(days=day), latest),
            number=number,
        ).key
        for day, number in zip(RENT_DAYS, RENT_NUMBERS, strict=True)
    )
    composer.case("rent", keys, "posted", section=5)


def three_spellings(composer: Composer) -> None:
    """One invoice under three spellings of its number."""
    vendor, day = composer.parties.roles["repeater"], composer.day(8, 20)
    keys = tuple(
        composer.bill(vendor, (amount_line("Hydraulic pump", "1890.00"),), issue_date=day, number=number).key
        for number in ("INV-0107", "107", "INV 0l07")
    )
    composer.case("three_spellings_of_a_number", keys, "one_posted:near_twin", section=5)


def odd_numbers(composer: Composer) -> None:
    """No number at all, and one of 34 characters."""
    vendor = vendor_in(composer, "USD", 13)
    for name, number in (("number_missing", ""), ("number_of_34", "KG/2026/10-CAMPAIGN-ATLAS/00041773")):
        bill = composer.bill(vendor, (some_line(composer, vendor),), issue_date=composer.day(6, 30), number=number)
        composer.case(name, (bill.key,), "posted", section=6)


def numbers_used_before(composer: Composer) -> None:
    """A vendor that restarts its numbers every year, and a number that was typed and voided."""
    vendor = composer.parties.roles["restarts"]
    reused = composer.bill(
        vendor, (amount_line("Service visit", "640.00"),), issue_date=composer.day(8, 20), number="1001"
    )
    type_in(composer, reused, total=Decimal("585.00"), day=reused.issue_date - timedelta(days=380))
    voided = composer.bill(
        vendor, (amount_line("Service visit", "655.00"),), issue_date=composer.day(8, 20), number="2417"
    )
    type_in(composer, voided, status="void")
    why = "the ledger refuses the number; where it does not, the bill is posted"
    for name, bill in (("number_reused_after_a_year", reused), ("number_of_a_void_bill", voided)):
        composer.case(name, (bill.key,), "held:number_conflict", section=6, also=("posted",), why=why)
