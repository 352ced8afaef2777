"""The ordinary business of a seeded company: orders, bills and payments that nothing is wrong with."""

from datetime import timedelta
from decimal import Decimal

from mlc_sandbox.company.composer import ZERO, Composer, Line, Share
from mlc_sandbox.company.documents import Bill, BillStatus, OrderState
from mlc_sandbox.company.lists import FREIGHT_ACCOUNT, USUAL_ACCOUNTS
from mlc_sandbox.company.masterdata import Vendor
from mlc_sandbox.company.orders import add_order, billing
from mlc_sandbox.company.payments import pay

_GOODS = (
    "Copy paper A4", "Cleaning, weekly", "Sensor housings", "Software licence", "Cloud hosting", "Repair",
    "Solvent, 5 l", "Cable harness", "Training day", "Print run", "Spare parts kit", "Safety gloves",
)  # fmt: skip
_STATUSES = (
    (BillStatus.APPROVED, 58), (BillStatus.PAID, 16), (BillStatus.PAYMENT_CONFIRMED, 6),
    (BillStatus.PAYMENT_APPROVED, 6), (BillStatus.PAYMENT_LIMBO, 2), (BillStatus.CONFIRMED, 5),
    (BillStatus.DRAFT, 4), (BillStatus.DENIED, 2), (BillStatus.WITHDRAWN, 1),
)  # fmt: skip
_PAYMENT_STATUS = {
    BillStatus.PAID: "paid",
    BillStatus.PAYMENT_CONFIRMED: "scheduled",
    BillStatus.PAYMENT_APPROVED: "approved",
    BillStatus.PAYMENT_LIMBO: "processing",
}
_LONGEST_PRICES = {"JPY": (40, 9000), "KWD": (2, 90)}


def some_line(composer: Composer, vendor: Vendor, *, split: int = 1, taxed: bool | None = None) -> Line:
    """One believable line: whole quantity, price at the currency's precision, split on request."""
    rng = composer.rng
    low, high = _LONGEST_PRICES.get(vendor.currency, (3, 400))
    cents = ZERO if vendor.currency == "JPY" else Decimal(rng.randrange(0, 100, 5)) / 100
    price = Decimal(rng.randint(low, high)) + cents
    if vendor.currency == "JPY":
        price *= 10
    departments = rng.sample(tuple(composer.departments), split)
    account = rng.choice(USUAL_ACCOUNTS)
    shares = tuple(Share(account, department, rng.randint(1, 5)) for department in departments)
    with_tax = vendor.tax is not None and (rng.random() < 0.8 if taxed is None else taxed)
    return Line(
        rng.choice(_GOODS),
        Decimal(rng.randint(1, 30)),
        price,
        shares,
        vendor.tax if with_tax else None,
        inclusive=vendor.currency == "JPY",
    )


def ordinary_bill(composer: Composer, vendor: Vendor) -> Bill:
    """One bill of the usual kind, with its order or payment when it has one."""
    rng = composer.rng
    issue = composer.day(5, 60)
    status = rng.choices([row[0] for row in _STATUSES], [row[1] for row in _STATUSES])[0]
    lines = tuple(
        some_line(composer, vendor, split=3 if rng.random() < 0.08 else 1)
        for _ in range(rng.choice((1, 1, 2, 2, 3, 5)))
    )
    order = None
    if rng.random() < 0.3:
        untaxed = tuple(line._replace(tax=None, inclusive=False) for line in lines)
        made = add_order(
            composer,
            vendor,
            untaxed,
            order_date=composer.since + timedelta(days=rng.randint(4, (issue - composer.since).days - 1)),
            external=rng.random() < 0.3,
        )
        lines, order = billing(made), made.key
    shipping = Decimal(rng.randint(5, 60)) if rng.random() < 0.12 else ZERO
    handling = rng.random() < 0.05
    share = Share(FREIGHT_ACCOUNT, lines[0].shares[0].department)
    bill = composer.bill(
        vendor,
        lines,
        issue_date=issue,
        status=BillStatus.APPROVED if status in _PAYMENT_STATUS else status,
        shipping=shipping,
        costs=(("Handling", Decimal(rng.randint(5, 25)), share),) if handling else (),
        order=order,
        attached=rng.random() < 0.8,
    )
    if status in _PAYMENT_STATUS:
        on = min(issue + timedelta(days=rng.randint(4, 20)), composer.today - timedelta(days=1))
        pay(composer, (bill,), on=on, status=_PAYMENT_STATUS[status], bill_status=status)
    return bill


def add_ordinary(composer: Composer, wanted: int) -> None:
    """Add that many ordinary bills, and orders that nobody has billed: open, received in part, finished."""
    rng, vendors = composer.rng, composer.parties.ordinary
    for _ in range(wanted):
        ordinary_bill(composer, rng.choice(vendors))
    states = (
        OrderState.PURCHASED,
        OrderState.PURCHASED,
        OrderState.REOPENED,
        OrderState.CLOSED,
        OrderState.CANCELLED,
    )
    for place in range(max(4, wanted // 12)):
        vendor = rng.choice(vendors)
        lines = tuple(some_line(composer, vendor, taxed=False) for _ in range(rng.randint(1, 3)))
        state = states[place % len(states)]
        closed = state is OrderState.CLOSED
        add_order(
            composer,
            vendor,
            lines,
            order_date=composer.day(4, 45),
            state=state,
            fulfilment="full" if closed else ("partial" if place % 2 else "empty"),
            received=Decimal(1) if closed else Decimal(place % 2) / 2,
        )
