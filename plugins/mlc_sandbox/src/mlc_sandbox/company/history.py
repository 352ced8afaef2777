"""Two years of business before go-live, most of it in procurement and in the ledger, where it was typed."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from mlc_sandbox.company.composer import Composer
from mlc_sandbox.company.documents import Bill, OrderState
from mlc_sandbox.company.orders import add_order, billing
from mlc_sandbox.company.ordinary import some_line
from mlc_sandbox.company.payments import pay
from mlc_sandbox.company.typed import type_in, type_payment


def add_history(composer: Composer, *, start: date, twins: int, other_totals: int, missing: int) -> None:
    """Add old bills: exact twins in the ledger, some typed with another total, some never; and orders."""
    span = (composer.since - timedelta(days=40) - start).days
    count = twins + other_totals + missing
    groups: dict[str, list[str]] = {"twins": [], "other_totals": [], "missing": []}
    for place in range(count):
        day = start + timedelta(days=span * place // count)
        bill = _old_bill(composer, day, with_order=place % 4 == 0)
        kind = _kind(place, twins=twins, other_totals=other_totals, missing=missing)
        groups[kind].append(bill.key)
        paid_on = day + timedelta(days=35)
        pay(composer, (bill,), on=paid_on)
        if kind == "missing":
            continue
        total = None if kind == "twins" else bill.total + Decimal(10)
        document = type_in(composer, bill, total=total)
        type_payment(composer, document, on=paid_on)
    for kind, keys in groups.items():
        composer.case(f"history_{kind}", tuple(keys), "counted", section=1)
    _late_payments(composer)
    _ledger_only(composer, start, max(4, count // 4))


def _kind(place: int, *, twins: int, other_totals: int, missing: int) -> str:
    """Spread the three kinds over the years instead of letting one follow the other."""
    cycle = twins + other_totals + missing
    spread = place * 7 % cycle
    if spread < twins:
        return "twins"
    return "other_totals" if spread < twins + other_totals else "missing"


def _old_bill(composer: Composer, day: date, *, with_order: bool) -> Bill:
    vendor = composer.rng.choice(composer.parties.ordinary)
    lines = tuple(some_line(composer, vendor, taxed=False) for _ in range(composer.rng.randint(1, 3)))
    order = None
    if with_order:
        made = add_order(
            composer,
            vendor,
            lines,
            order_date=day - timedelta(days=10),
            state=OrderState.CLOSED,
            fulfilment="full",
            received=Decimal(1),
        )
        lines, order = billing(made), made.key
    return composer.bill(vendor, lines, issue_date=day, order=order)


def _late_payments(composer: Composer) -> None:
    """Two bills from before go-live that are paid after it: one stands in the ledger, one does not."""
    day = composer.since - timedelta(days=12)
    paid_on = composer.since + timedelta(days=10)
    for name, typed, expect in (
        ("old_bill_paid_later", True, "paid"),
        ("old_unknown_bill_paid_later", False, "unpaid"),
    ):
        vendor = composer.parties.ordinary[0 if typed else 1]
        bill = composer.bill(vendor, (some_line(composer, vendor),), issue_date=day)
        if typed:
            type_in(composer, bill)
        payment = pay(composer, (bill,), on=paid_on)
        also = () if typed else ("held:payment_unallocated",)
        composer.case(name, (payment.key,), expect, section=1, also=also)


def _ledger_only(composer: Composer, start: date, count: int) -> None:
    """Documents that only the ledger knows, of vendors that procurement knows: paid, and one of them void."""
    for place in range(count):
        vendor = composer.parties.ordinary[place * 5 % len(composer.parties.ordinary)]
        day = start + timedelta(days=25 * place)
        model = composer.bill(vendor, (some_line(composer, vendor, taxed=False),), issue_date=day, attached=False)
        del composer.bills[model.key]
        document = type_in(
            composer, model, number=f"{vendor.prefix}L{place:03d}X", status="void" if place == 1 else "open"
        )
        composer.ledger_documents[document.key] = document = replace(document, twin_of=None)
        if place != 1:
            type_payment(composer, document, on=day + timedelta(days=30))
