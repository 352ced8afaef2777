"""Payments of a seeded company."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from mlc_sandbox.company.composer import ZERO, Composer
from mlc_sandbox.company.documents import Bill, BillStatus, Payment, PaymentPart


def usual_money_account(currency: str) -> str:
    """Key of the account that pays bills in that currency: its own bank, else the base currency's."""
    return f"bank-{currency.lower()}" if currency in {"EUR", "GBP", "CAD", "JPY"} else "bank-usd"


def pay(
    composer: Composer,
    bills: tuple[Bill, ...],
    *,
    on: date,
    status: str = "paid",
    amounts: tuple[Decimal, ...] | None = None,
    bill_status: BillStatus | None = BillStatus.PAID,
    money_account: str | None = None,
    extra: Decimal = ZERO,
    group: int | None = None,
) -> Payment:
    """Add a payment over these bills of one vendor; the bills join its group and take ``bill_status``."""
    number = composer.next_id("payment")
    parts = amounts or tuple(bill.total for bill in bills)
    group = group or composer.next_id("group")
    created = composer.at(on - timedelta(days=1), 12)
    payment = Payment(
        key=f"payment:{number:05d}",
        id=number,
        uuid=composer.uuid(),
        vendor=bills[0].vendor,
        currency=bills[0].currency,
        amount=sum(parts, ZERO) + extra,
        status=status,
        processing_date=on,
        money_account=money_account or usual_money_account(bills[0].currency),
        parts=tuple(PaymentPart(bill.key, amount) for bill, amount in zip(bills, parts, strict=True)),
        groups=(group,),
        created_at=created,
        updated_at=max(created, composer.at(on, 15)),
    )
    composer.payments[payment.key] = payment
    for bill, amount in zip(bills, parts, strict=True):
        step = () if bill_status is None else ((bill_status, composer.at(on, 16)),)
        composer.bills[bill.key] = replace(
            bill,
            status=bill.status if bill_status is None else bill_status,
            group=group,
            payment=payment.key,
            payment_amount=amount,
            history=bill.history + step,
            version=bill.version + len(step),
            modified_at=step[0][1] if step else bill.modified_at,
        )
    return payment
