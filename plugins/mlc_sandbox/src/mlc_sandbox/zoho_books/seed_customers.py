"""The sales side of a seeded company's books: customers with their people, invoices, what was paid."""

from __future__ import annotations

from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any, Final

from mlc_sandbox.company.relations import Customer, Known, Person, Relations, SalesInvoice
from mlc_sandbox.zoho_books import contacts, customerpayments, customfields, receivables
from mlc_sandbox.zoho_books.books import Books
from mlc_sandbox.zoho_books.collections import Cause

CAUSE: Final[Cause] = {"kind": "seed"}
DEAL_FIELD: Final = "cf_deal_id"


def type_relations(books: Books, relations: Relations, *, started: datetime) -> None:
    """Customers that the books know first, then their invoices in order of their day."""
    customfields.define(books, "invoices", DEAL_FIELD, label="Deal Id", unique=False, cause=CAUSE)
    books.pretend(started)
    for customer in relations.customers:
        if customer.known is not Known.DESK:
            people = [one for one in relations.people_of(customer.key) if one.known is not Known.DESK]
            _customer(books, customer, people)
    for invoice in sorted(relations.invoices, key=lambda one: (one.day, one.key)):
        books.pretend(datetime.combine(invoice.day, time(10), tzinfo=UTC))
        _invoice(books, relations, invoice)
    books.pretend(None)


def _customer(books: Books, customer: Customer, people: list[Person]) -> None:
    address = customer.address
    books.reserve(customer.books_id)
    told = {
        "address": address.line1,
        "city": address.city,
        "state": address.region,
        "zip": address.postal_code,
        "country": address.country,
    }
    body: dict[str, Any] = {
        "contact_name": customer.name,
        "company_name": customer.name,
        "contact_type": "customer",
        "website": customer.website,
        "vat_reg_no": customer.tax_number,
        "payment_terms": customer.term_days,
        "payment_terms_label": f"Net {customer.term_days}",
        "billing_address": told,
        "shipping_address": told,
    }
    record = contacts.create(books, body, CAUSE)
    books.reserve(*(one.books_id for one in people))
    rows = [
        {
            "first_name": one.first,
            "last_name": one.last,
            "email": one.email,
            "phone": one.phone,
            "designation": one.title,
            "is_primary_contact": one.primary,
        }
        for one in people
    ]
    record = contacts.update(books, record["contact_id"], {**body, "contact_persons": rows}, CAUSE)
    if customer.matched_by == "external":
        books.save("contacts", {**record, "zcrm_account_id": customer.desk_id}, CAUSE)


def _invoice(books: Books, relations: Relations, invoice: SalesInvoice) -> None:
    books.reserve(invoice.books_id)
    body: dict[str, Any] = {
        "customer_id": relations.customer(invoice.customer).books_id,
        "invoice_number": invoice.number,
        "date": invoice.day.isoformat(),
        "due_date": invoice.due.isoformat(),
        "line_items": [{"name": name, "rate": amount, "quantity": 1} for name, amount in invoice.lines],
        **_deal(relations, invoice),
    }
    receivables.create_invoice(books, body, CAUSE, own_number=True, send=invoice.status != "draft")
    if invoice.status in ("paid", "part_paid"):
        share = (
            invoice.total if invoice.status == "paid" else (invoice.total * Decimal("0.4")).quantize(Decimal("0.01"))
        )
        parts = [{"invoice_id": invoice.books_id, "amount_applied": share}]
        paid = {"customer_id": body["customer_id"], "amount": share, "date": body["date"], "invoices": parts}
        customerpayments.create(books, paid, CAUSE)


def _deal(relations: Relations, invoice: SalesInvoice) -> dict[str, Any]:
    """The deal, in the way that this invoice names it."""
    deal = next((one for one in relations.deals if one.key == invoice.deal), None)
    if deal is None:
        return {}
    if invoice.deal_by == "custom_field":
        return {"custom_fields": [{"api_name": DEAL_FIELD, "value": deal.desk_id}]}
    if invoice.deal_by == "external":
        return {"zcrm_potential_id": deal.desk_id}
    return {"reference_number": deal.reference}
