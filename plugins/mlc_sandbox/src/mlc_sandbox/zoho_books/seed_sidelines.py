"""What else a seeded company's books hold: expenses that people typed, customers, invoices."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, Final

from mlc_sandbox.company import Company
from mlc_sandbox.company.sidelines import Receivable, Sidelines, TypedExpense
from mlc_sandbox.zoho_books import attachments, contacts, customerpayments, customfields, expenses, receivables
from mlc_sandbox.zoho_books.books import Books
from mlc_sandbox.zoho_books.collections import Cause

CAUSE: Final[Cause] = {"kind": "seed"}
FIELDS: Final = (("cf_reimburse", "Reimburse"), ("cf_employee", "Employee"), ("cf_budget", "Budget"))
#: Where the side that pays shows how it has a bill.
STATES: Final = (("cf_bill_approval", "Bill Approval"), ("cf_bill_payment", "Bill Payment"))
PICTURE: Final = b"\x89PNG\r\n\x1a\n"
INCOME: Final = "4000"


def type_sidelines(books: Books, company: Company, sidelines: Sidelines) -> None:
    """Custom fields first, then expenses, customers and their invoices."""
    for api_name, label in FIELDS:
        customfields.define(books, "expenses", api_name, label=label, unique=False, cause=CAUSE)
    for api_name, label in STATES:
        customfields.define(books, "bills", api_name, label=label, unique=False, cause=CAUSE)
    for expense in sidelines.expenses:
        books.pretend(_at(expense.day))
        _expense(books, company, expense)
    books.pretend(_at(company.since))
    for buyer in sidelines.buyers:
        books.reserve(buyer.ledger_id)
        person = {"first_name": "Accounts", "last_name": "Payable", "email": buyer.email, "is_primary_contact": True}
        body: dict[str, Any] = {"contact_name": buyer.name, "contact_type": "customer", "company_name": buyer.name}
        contacts.create(books, {**body, "contact_persons": [person] if buyer.email else []}, CAUSE)
    for invoice in sidelines.receivables:
        books.pretend(_at(invoice.day))
        _invoice(books, company, sidelines, invoice)
    books.pretend(None)


def _at(day: date) -> datetime:
    return datetime.combine(day, time(11), tzinfo=UTC)


def _expense(books: Books, company: Company, expense: TypedExpense) -> None:
    books.reserve(expense.ledger_id)
    told = {"cf_employee": expense.employee, "cf_budget": expense.budget}
    if expense.reimburse:
        told["cf_reimburse"] = "true"
    body: dict[str, Any] = {
        "date": expense.day.isoformat(),
        "account_id": company.account("6100").ledger_id,
        "paid_through_account_id": company.money_account(expense.money_account).ledger_id,
        "amount": expense.amount,
        "description": "As on the receipt",
        "custom_fields": [{"api_name": name, "value": value} for name, value in told.items() if value],
    }
    if expense.contact is not None:
        body["vendor_id"] = company.contact(expense.contact).ledger_id
    expenses.create(books, body, CAUSE)
    if expense.receipt:
        attachments.add(books, "expenses", expense.ledger_id, expense.receipt, PICTURE, CAUSE, receipt=True)


def _invoice(books: Books, company: Company, sidelines: Sidelines, invoice: Receivable) -> None:
    books.reserve(invoice.ledger_id)
    tax = {"tax_id": company.tax(invoice.tax).ledger_id} if invoice.tax else {}
    line = {"account_id": company.account(INCOME).ledger_id, "rate": invoice.amount, "quantity": 1, **tax}
    buyer = sidelines.buyer(invoice.buyer)
    body: dict[str, Any] = {
        "customer_id": buyer.ledger_id,
        "invoice_number": invoice.number,
        "date": invoice.day.isoformat(),
        "payment_terms": 30,
        "line_items": [{"name": "Goods", **line}],
    }
    receivables.create_invoice(books, body, CAUSE, own_number=True, send=invoice.status != "draft")
    if invoice.status in ("paid", "part_paid"):
        share = invoice.amount if invoice.status == "paid" else (invoice.amount / 2).quantize(Decimal("0.01"))
        parts = [{"invoice_id": invoice.ledger_id, "amount_applied": share}]
        paid = {"customer_id": buyer.ledger_id, "amount": share, "date": body["date"], "invoices": parts}
        customerpayments.create(books, paid, CAUSE)
