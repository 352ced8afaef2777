"""Documents of a seeded company's ledger: bills, credits and payments as its accountants typed them."""

from __future__ import annotations

from typing import Any, Final

from mlc_sandbox.company import Company, LedgerDocument, LedgerPayment
from mlc_sandbox.zoho_books import attachments, bills, orders, vendorcredits, vendorpayments
from mlc_sandbox.zoho_books.books import Books
from mlc_sandbox.zoho_books.collections import Cause

CAUSE: Final[Cause] = {"kind": "seed"}


def type_document(books: Books, company: Company, document: LedgerDocument) -> None:
    """A bill or a credit, with its order and its file."""
    books.reserve(document.ledger_id, *(line.ledger_id for line in document.lines))
    taxes = {tax.key: tax.ledger_id for tax in company.taxes}
    ordered = _order(books, company, document) if document.order else {}
    body: dict[str, Any] = {
        "vendor_id": company.contact(document.contact).ledger_id,
        "date": document.document_date.isoformat(),
        "currency_id": company.currency(document.currency).ledger_id,
        "exchange_rate": document.exchange_rate,
        "notes": document.note,
        "line_items": [
            {
                "account_id": company.account(line.account).ledger_id,
                "description": line.description,
                "rate": line.amount,
                "quantity": 1,
                **({"tax_id": taxes[line.tax]} if line.tax else {}),
                **({"purchaseorder_item_id": ordered[place]} if ordered else {}),
            }
            for place, line in enumerate(document.lines)
        ],
    }
    if document.adjustment:
        body |= {"adjustment": document.adjustment, "adjustment_description": "Rounding"}
    if document.kind == "credit":
        vendorcredits.create(books, {**body, "vendor_credit_number": document.number}, CAUSE, own_number=True)
        return
    body |= {"bill_number": document.number, "due_date": document.due_date.isoformat()}
    if document.status == "draft":
        bills.create(books, {**body, "status": "draft"}, {**CAUSE, "kind": "ui"})
        return
    bills.create(books, body, CAUSE)
    if document.status == "void":
        bills.void(books, document.ledger_id, CAUSE)
    if document.attachment:
        content = b"%PDF-1.4\n% " + document.number.encode() + b"\n"
        attachments.add(books, "bills", document.ledger_id, document.attachment, content, CAUSE)


def _order(books: Books, company: Company, document: LedgerDocument) -> dict[int, str]:
    """The purchase order that a bill was billed from, with the same lines; place → line id."""
    reserved = books.reserved()
    order = orders.create(
        books,
        {
            "vendor_id": company.contact(document.contact).ledger_id,
            "purchaseorder_number": document.order,
            "date": document.document_date.isoformat(),
            "currency_id": company.currency(document.currency).ledger_id,
            "line_items": [
                {"account_id": company.account(line.account).ledger_id, "rate": line.amount, "quantity": 1}
                for line in document.lines
            ],
        },
        CAUSE,
        own_number=True,
    )
    orders.set_status(books, order["purchaseorder_id"], "open", CAUSE)
    books.reserve(*reserved)
    return {place: line["line_item_id"] for place, line in enumerate(order["line_items"])}


def apply_credit(books: Books, company: Company, document: LedgerDocument) -> None:
    """A credit is used for bills of its vendor."""
    sent = [
        {"bill_id": company.ledger_document(key).ledger_id, "amount_applied": amount}
        for key, amount in document.applied
    ]
    vendorcredits.apply(books, document.ledger_id, sent, CAUSE)


def type_payment(books: Books, company: Company, payment: LedgerPayment) -> None:
    """A vendor payment."""
    books.reserve(payment.ledger_id)
    body = {
        "vendor_id": company.contact(payment.contact).ledger_id,
        "date": payment.payment_date.isoformat(),
        "amount": payment.amount,
        "currency_id": company.currency(payment.currency).ledger_id,
        "exchange_rate": payment.exchange_rate,
        "payment_mode": "Bank Transfer",
        "paid_through_account_id": company.money_account(payment.money_account).ledger_id,
        "bills": [
            {"bill_id": company.ledger_document(key).ledger_id, "amount_applied": amount}
            for key, amount in payment.parts
        ],
    }
    vendorpayments.create(books, body, CAUSE)
