"""What people typed into the ledger before anything was connected."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from mlc_sandbox.company.composer import Composer
from mlc_sandbox.company.documents import Bill
from mlc_sandbox.company.ledger import LedgerDocument, LedgerLine, LedgerPayment
from mlc_sandbox.company.payments import usual_money_account


def type_in(
    composer: Composer,
    bill: Bill,
    *,
    number: str | None = None,
    total: Decimal | None = None,
    day: date | None = None,
    status: str = "open",
    kind: str = "bill",
) -> LedgerDocument:
    """Type a bill into the ledger by hand, as it stands or with one thing changed."""
    vendor = next(vendor for vendor in composer.parties.vendors if vendor.key == bill.vendor)
    amount = abs(bill.total) if total is None else total
    account = bill.lines[0].allocations[0].account
    document = LedgerDocument(
        key=f"typed:{len(composer.ledger_documents) + 1:05d}",
        ledger_id=composer.next_ledger_id(),
        kind=kind,
        contact=vendor.contact or "",
        number=bill.number if number is None else number,
        document_date=day or bill.ledger_date,
        due_date=bill.due_date if day is None else day + timedelta(days=30),
        currency=bill.currency,
        exchange_rate=composer.currencies[bill.currency].rate_on(day or bill.ledger_date),
        lines=(LedgerLine(composer.next_ledger_id(), account, bill.lines[0].description, amount),),
        total=amount,
        status=status,
        note="typed by hand",
        created_at=composer.at((day or bill.ledger_date) + timedelta(days=2), 14),
        twin_of=bill.key,
    )
    composer.ledger_documents[document.key] = document
    return document


def type_payment(composer: Composer, document: LedgerDocument, *, on: date) -> LedgerPayment:
    """Record in the ledger, by hand, that a document was paid in full."""
    payment = LedgerPayment(
        key=f"typed-payment:{len(composer.ledger_payments) + 1:05d}",
        ledger_id=composer.next_ledger_id(),
        contact=document.contact,
        payment_date=on,
        currency=document.currency,
        exchange_rate=composer.currencies[document.currency].rate_on(on),
        amount=document.total,
        money_account=usual_money_account(document.currency),
        parts=((document.key, document.total),),
        created_at=composer.at(on, 15),
    )
    composer.ledger_payments.append(payment)
    composer.ledger_documents[document.key] = replace(document, status="paid")
    return payment
