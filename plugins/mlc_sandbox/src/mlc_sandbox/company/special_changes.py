"""Cases that begin like any other record and change at the source while the demo looks on.

Bills that are posted because of such a change carry no image: each change leads to exactly one write.
"""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from mlc_sandbox.company.composer import Composer, Line, Share
from mlc_sandbox.company.documents import Bill, BillStatus, OrderState
from mlc_sandbox.company.masterdata import Vendor
from mlc_sandbox.company.model import Stage
from mlc_sandbox.company.orders import add_order
from mlc_sandbox.company.ordinary import some_line
from mlc_sandbox.company.payments import pay


def vendor_in(composer: Composer, currency: str, place: int) -> Vendor:
    """An ordinary vendor of that currency; the place wraps around."""
    vendors = [vendor for vendor in composer.parties.ordinary if vendor.currency == currency]
    return vendors[place % len(vendors)]


def amount_line(text: str, amount: str, *, account: str = "6100", department: str = "office") -> Line:
    """One untaxed line of quantity one."""
    return Line(text, Decimal(1), Decimal(amount), (Share(account, department),))


def later_bill(composer: Composer, bill: Bill, **changes: object) -> None:
    """Note what a bill will look like later."""
    changed = {"version": bill.version + 1, "modified_at": composer.at(composer.today)} | changes
    composer.later_bills.append(replace(bill, **changed))  # type: ignore[arg-type]


def later_status(composer: Composer, bill: Bill, *statuses: BillStatus, **changes: object) -> None:
    """Note that a bill will go through these statuses."""
    steps = tuple((status, composer.at(composer.today)) for status in statuses)
    later_bill(composer, bill, status=statuses[-1], history=(*bill.history, *steps), **changes)


def raised(bill: Bill, extra: Decimal) -> dict[str, object]:
    """The fields of a bill of one untaxed line that change when that line costs more."""
    first = bill.lines[0]
    total = first.total + extra
    line = replace(
        first,
        quantity=Decimal(1),
        unit_cost=total,
        total=total,
        total_with_tax=first.total_with_tax + extra,
        allocations=(replace(first.allocations[0], amount=total),),
    )
    totals = {"subtotal": bill.subtotal, "total_cost": bill.total_cost, "total": bill.total}
    return {"lines": (line,)} | {name: amount + extra for name, amount in totals.items()}


def memo_changes(composer: Composer) -> None:
    """An open bill gets another note."""
    vendor = vendor_in(composer, "USD", 0)
    bill = composer.bill(vendor, (some_line(composer, vendor),), issue_date=composer.day(6, 20), note="first note")
    later_bill(composer, bill, note="Approved by M. Okafor, charge to project Atlas")
    _both(composer, "memo_changed", bill, "posted", "updated")


def due_date_changes(composer: Composer) -> None:
    """An open bill is given more time."""
    vendor = vendor_in(composer, "EUR", 1)
    bill = composer.bill(vendor, (some_line(composer, vendor),), issue_date=composer.day(6, 20))
    later_bill(composer, bill, due_date=bill.due_date + timedelta(days=15))
    _both(composer, "due_date_changed", bill, "posted", "updated")


def amount_changes(composer: Composer) -> None:
    """An open, unpaid bill is corrected upwards."""
    vendor = vendor_in(composer, "USD", 2)
    bill = composer.bill(vendor, (some_line(composer, vendor),), issue_date=composer.day(6, 20))
    later_bill(composer, bill, **raised(bill, Decimal("18.40")))
    _both(composer, "amount_changed", bill, "posted", "updated")


def approval_comes(composer: Composer) -> None:
    """A bill that waits for approval is approved."""
    vendor = vendor_in(composer, "GBP", 0)
    bill = composer.bill(
        vendor,
        (some_line(composer, vendor),),
        issue_date=composer.day(6, 30),
        attached=False,
        status=BillStatus.CONFIRMED,
    )
    later_status(composer, bill, BillStatus.APPROVED)
    _both(composer, "newly_approved", bill, "not_carried", "posted")


def total_is_wrong(composer: Composer) -> None:
    """A bill whose stated total is 9.00 above its lines; the source corrects it later."""
    vendor = vendor_in(composer, "USD", 4)
    lines = (some_line(composer, vendor), some_line(composer, vendor))
    bill = composer.bill(vendor, lines, issue_date=composer.day(6, 30), stated_total_off=Decimal(9), attached=False)
    later_bill(composer, bill, total=bill.total - Decimal(9))
    _both(composer, "total_does_not_add_up", bill, "held:totals_differ", "posted")


def denial_comes(composer: Composer) -> None:
    """A posted bill is denied after all."""
    vendor = vendor_in(composer, "CAD", 0)
    bill = composer.bill(vendor, (some_line(composer, vendor),), issue_date=composer.day(6, 30))
    later_status(composer, bill, BillStatus.DENIED)
    _both(composer, "denied_after_posting", bill, "posted", "void", section=12)


def payment_is_made(composer: Composer) -> None:
    """The payment of one bill goes through."""
    vendor = vendor_in(composer, "USD", 5)
    bill = composer.bill(vendor, (some_line(composer, vendor),), issue_date=composer.day(6, 25))
    _payment_goes_through(composer, "payment_made", (bill,))


def batch_is_paid(composer: Composer) -> None:
    """One payment over two bills goes through."""
    vendor = vendor_in(composer, "GBP", 2)
    bills = tuple(
        composer.bill(vendor, (some_line(composer, vendor),), issue_date=composer.day(6, 25)) for _ in range(2)
    )
    _payment_goes_through(composer, "batch_payment_made", bills)


def _payment_goes_through(composer: Composer, name: str, bills: tuple[Bill, ...]) -> None:
    on = composer.today - timedelta(days=1)
    payment = pay(composer, bills, on=on, status="processing", bill_status=BillStatus.PAYMENT_APPROVED)
    done = replace(payment, status="paid", updated_at=composer.at(composer.today))
    composer.later_payments.append(done)
    composer.case(name, (payment.key,), "unpaid")
    composer.case(f"{name}_later", (payment.key,), "paid", stage=Stage.CHANGES)


def orders_change(composer: Composer) -> None:
    """One open order is revised, another, of which nothing was billed, is cancelled."""
    vendor = vendor_in(composer, "USD", 6)
    for name, expect in (("order_revised", "updated"), ("order_cancelled", "cancelled_order")):
        lines = (some_line(composer, vendor, taxed=False), some_line(composer, vendor, taxed=False))
        order = add_order(composer, vendor, lines, order_date=composer.day(5, 20))
        changed = replace(order, version=2, modified_at=composer.at(composer.today))
        if expect == "updated":
            first = order.lines[0]
            total = first.total + first.price * 2
            share = replace(first.allocations[0], amount=total)
            line = replace(first, quantity=first.quantity + 2, total=total, allocations=(share,))
            more = first.price * 2
            changed = replace(
                changed,
                lines=(line, *order.lines[1:]),
                subtotal=order.subtotal + more,
                total=order.total + more,
            )
        else:
            changed = replace(changed, state=OrderState.CANCELLED)
        composer.later_orders.append(changed)
        composer.case(name, (order.key,), "open_order", section=10)
        composer.case(f"{name}_later", (order.key,), expect, section=10, stage=Stage.CHANGES)


def new_documents(composer: Composer) -> None:
    """A bill and a credit note that do not exist yet."""
    vendor = composer.parties.roles["credits"]
    for name, quantity, expect in (("new_bill", 4, "posted"), ("new_credit", -1, "credit")):
        line = Line("Solvent, 20 l", Decimal(quantity), Decimal("61.50"), (Share("6950", "laboratory"),))
        bill = composer.bill(vendor, (line,), issue_date=composer.today - timedelta(days=4))
        del composer.bills[bill.key]
        composer.later_bills.append(replace(bill, modified_at=composer.at(composer.today)))
        composer.case(name, (bill.key,), expect, stage=Stage.CHANGES)


def _both(composer: Composer, name: str, bill: Bill, first: str, then: str, *, section: int = 0) -> None:
    composer.case(name, (bill.key,), first, section=section)
    composer.case(f"{name}_later", (bill.key,), then, section=section, stage=Stage.CHANGES)
