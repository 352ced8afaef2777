"""Cases about payments."""

from datetime import date, timedelta

from mlc_sandbox.company.composer import Composer, rounded
from mlc_sandbox.company.documents import Bill, BillStatus
from mlc_sandbox.company.lists import UNMAPPED_ACCOUNT
from mlc_sandbox.company.ordinary import some_line
from mlc_sandbox.company.payments import pay
from mlc_sandbox.company.special_changes import amount_line, vendor_in
from mlc_sandbox.company.typed import type_in, type_payment


def _bill(composer: Composer, currency: str, place: int, *, status: BillStatus = BillStatus.APPROVED) -> Bill:
    vendor = vendor_in(composer, currency, place)
    line = some_line(composer, vendor)
    return composer.bill(vendor, (line,), issue_date=composer.day(6, 18), status=status)


def _soon(composer: Composer) -> date:
    return composer.today - timedelta(days=composer.rng.randint(2, 6))


def batch_of_five(composer: Composer) -> None:
    """One payment over five bills, one of which cannot be posted."""
    vendor = vendor_in(composer, "CAD", 3)
    lines = [some_line(composer, vendor) for _ in range(4)]
    lines.append(amount_line("Duty", "77.70", account=UNMAPPED_ACCOUNT, department="laboratory"))
    bills = tuple(composer.bill(vendor, (line,), issue_date=composer.day(6, 18)) for line in lines)
    payment = pay(composer, bills, on=_soon(composer))
    composer.case("batch_bills", tuple(bill.key for bill in bills[:4]), "posted", section=14)
    composer.case("batch_bill_not_bound", (bills[4].key,), "held:account_unmapped", section=14)
    composer.case("batch_of_five_one_not_bound", (payment.key,), "held:payment_unallocated", section=14)


def part_payments(composer: Composer) -> None:
    """One bill paid in two parts, 40 and 60 percent."""
    bill = _bill(composer, "USD", 1)
    part = rounded(bill.total * 40 / 100, 2)
    first = pay(composer, (bill,), on=_soon(composer), amounts=(part,), bill_status=None)
    paid = composer.bills[bill.key]
    second = pay(composer, (paid,), on=_soon(composer), amounts=(bill.total - part,), group=first.groups[0])
    why = "with one bill in the group the payment's own amount is the bill's"
    composer.case("part_payments", (first.key, second.key), "paid", section=14, why=why)


def money_account_unmapped(composer: Composer) -> None:
    """Paid from an account that nobody has mapped."""
    bill = _bill(composer, "USD", 10)
    payment = pay(composer, (bill,), on=_soon(composer), money_account="bank-new")
    composer.case("money_account_unmapped", (payment.key,), "held:money_account_unmapped", section=14)


def payment_that_failed(composer: Composer) -> None:
    """A payment that failed before any money moved; the bill is approved again."""
    bill = _bill(composer, "EUR", 5)
    payment = pay(composer, (bill,), on=_soon(composer), status="failed", bill_status=BillStatus.APPROVED)
    composer.case("payment_that_failed", (payment.key,), "unpaid", section=14)


def paid_before_first_sight(composer: Composer) -> None:
    """Paid before the connector ever saw the bill."""
    bill = _bill(composer, "EUR", 6)
    payment = pay(composer, (bill,), on=_soon(composer))
    composer.case("bill_paid_before_first_sight", (bill.key,), "posted", section=14)
    composer.case("paid_before_first_sight", (payment.key,), "paid", section=14)


def paid_by_hand_in_ledger(composer: Composer) -> None:
    """An exact twin that was also paid by hand in the ledger."""
    bill = _bill(composer, "GBP", 5)
    document = type_in(composer, bill)
    type_payment(composer, document, on=_soon(composer))
    payment = pay(composer, (bill,), on=_soon(composer))
    also = ("held:paid_on_wrong_side", "held:already_paid")
    composer.case("paid_by_hand_in_ledger", (payment.key,), "held:would_overpay", section=14, also=also)


def payment_in_limbo(composer: Composer) -> None:
    """A bill whose payment is neither through nor refused: posted once, not paid."""
    bill = _bill(composer, "EUR", 7)
    payment = pay(composer, (bill,), on=_soon(composer), status="processing", bill_status=BillStatus.PAYMENT_LIMBO)
    composer.case("bill_with_payment_in_limbo", (bill.key,), "posted", section=14)
    composer.case("payment_in_limbo", (payment.key,), "unpaid", section=14)


def paid_without_payment(composer: Composer) -> None:
    """Marked as paid in procurement, without any payment."""
    bill = _bill(composer, "USD", 11, status=BillStatus.PAID)
    composer.case("marked_paid_without_payment", (bill.key,), "posted", section=14)
