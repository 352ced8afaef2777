"""Bills that are posted first and disturbed later: at the source, or by the accountant in the ledger."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from mlc_sandbox.company.composer import Composer
from mlc_sandbox.company.documents import BillStatus, OrderState
from mlc_sandbox.company.ledger import LedgerLock
from mlc_sandbox.company.model import Stage
from mlc_sandbox.company.orders import add_order, billing
from mlc_sandbox.company.ordinary import some_line
from mlc_sandbox.company.payments import pay
from mlc_sandbox.company.special_changes import later_bill, later_status, raised, vendor_in

_BILLS = (
    # name, section, outcome after the events, other outcomes
    ("fixed", 12, "held:in_correction", ()),
    ("fixed_and_deleted", 12, "held:vanished", ()),
    ("fixed_and_recoded", 12, "unchanged", ("updated", "held:drift", "held:changed_after_posting")),
    ("accountant_edits", 16, "held:drift", ()),
    ("accountant_recodes", 16, "unchanged", ("held:drift",)),
    ("accountant_voids", 16, "held:gone_in_target", ()),
    ("accountant_deletes", 16, "held:gone_in_target", ()),
    ("paid_in_ledger", 14, "held:paid_on_wrong_side", ()),
)


def disturbed_bills(composer: Composer) -> None:
    """Open bills, one for each disturbance."""
    for place, (name, section, outcome, also) in enumerate(_BILLS):
        vendor = vendor_in(composer, "USD", place)
        bill = composer.bill(vendor, (some_line(composer, vendor),), issue_date=composer.day(6, 30))
        if name in {"fixed", "fixed_and_deleted"}:
            later_status(composer, bill, BillStatus.DRAFT)
        elif name == "fixed_and_recoded":
            line = bill.lines[0]
            shares = (replace(line.allocations[0], account="9000"),)
            steps = (BillStatus.DRAFT, BillStatus.CONFIRMED, BillStatus.APPROVED)
            later_status(composer, bill, *steps, lines=(replace(line, allocations=shares),))
        composer.case(f"{name}_before", (bill.key,), "posted", section=section)
        composer.case(name, (bill.key,), outcome, section=section, also=also, stage=Stage.EVENTS)


def disturbed_payments(composer: Composer) -> None:
    """A payment that fails after it was paid, and a bill whose amount changes after it was paid."""
    for place, name in enumerate(("payment_fails_after_paid", "amount_changes_after_payment")):
        vendor = vendor_in(composer, "CAD", 4 + place)
        bill = composer.bill(vendor, (some_line(composer, vendor, taxed=False),), issue_date=composer.day(6, 18))
        payment = pay(composer, (bill,), on=composer.today - timedelta(days=4))
        composer.case(f"{name}_before", (payment.key,), "paid", section=14)
        if place == 0:
            composer.later_payments.append(replace(payment, status="failed", updated_at=composer.at(composer.today)))
            later_status(composer, composer.bills[bill.key], BillStatus.APPROVED)
            composer.case(name, (payment.key,), "held:payment_reversed", section=14, stage=Stage.EVENTS)
        else:
            later_bill(composer, composer.bills[bill.key], **raised(bill, Decimal("12.00")))
            also = ("held:changed_after_payment", "held:changed_after_approval")
            composer.case(name, (bill.key,), "held:changed_after_posting", section=14, also=also, stage=Stage.EVENTS)


def disturbed_orders(composer: Composer) -> None:
    """Billed orders: one is cancelled, one closed short."""
    vendor = vendor_in(composer, "USD", 8)
    for name, outcome in (
        ("order_cancelled_with_a_bill", "held:void_blocked"),
        ("order_closed_short", "closed_order"),
    ):
        line = some_line(composer, vendor, taxed=False)
        order = add_order(composer, vendor, (line,), order_date=composer.day(4, 5))
        part = Decimal(composer.rng.choice((2, 4))) / 5
        bill = composer.bill(vendor, billing(order, part), issue_date=composer.day(12, 30), order=order.key)
        state = OrderState.CANCELLED if outcome.startswith("held") else OrderState.CLOSED
        composer.later_orders.append(replace(order, state=state, version=2, modified_at=composer.at(composer.today)))
        composer.case(f"{name}_bill", (bill.key,), "posted", section=10)
        composer.case(name, (order.key,), outcome, section=10, stage=Stage.EVENTS)


def ledger_closes(composer: Composer) -> None:
    """The accountant closes the first days; a posted bill is corrected and another approved too late."""
    vendor = vendor_in(composer, "USD", 9)
    composer.later_locks.append(LedgerLock("purchase", composer.since + timedelta(days=12)))
    day = composer.since + timedelta(days=10)
    posted = composer.bill(vendor, (some_line(composer, vendor),), issue_date=day)
    later_bill(composer, posted, **raised(posted, Decimal("7.50")))
    composer.case("corrected_after_close_before", (posted.key,), "posted", section=15)
    also = ("held:closed_period",)
    composer.case(
        "corrected_after_close",
        (posted.key,),
        "held:changed_after_close",
        section=15,
        also=also,
        stage=Stage.CLOSE,
    )
    waiting = composer.bill(vendor, (some_line(composer, vendor),), issue_date=day, status=BillStatus.CONFIRMED)
    later_status(composer, waiting, BillStatus.APPROVED)
    composer.case("approved_after_close_before", (waiting.key,), "not_carried", section=15)
    composer.case("approved_after_close", (waiting.key,), "held:closed_period", section=15, stage=Stage.CLOSE)
