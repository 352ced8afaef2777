"""Payments customers make: one amount over any number of their invoices."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from mlc_sandbox.zoho_books import customfields, documents, locks
from mlc_sandbox.zoho_books.books import Books
from mlc_sandbox.zoho_books.collections import Cause, Record
from mlc_sandbox.zoho_books.receivables import POSTED, receive
from mlc_sandbox.zoho_books.refusals import bad_value, business
from mlc_sandbox.zoho_books.values import ZERO, identifier, number, optional_day, optional_number, rounded, rows, text

TOO_MUCH: Final = 24016


def create(books: Books, body: dict[str, Any], cause: Cause) -> Record:
    """A payment received, applied to the invoices it names."""
    return _save_payment(books, body, None, cause)


def update(books: Books, payment_id: str, body: dict[str, Any], cause: Cause) -> Record:
    """Sent fields over the stored ones; ``invoices``, when sent, replaces what was applied."""
    return _save_payment(books, body, books.require("customerpayments", payment_id), cause)


def _save_payment(books: Books, body: dict[str, Any], before: Record | None, cause: Cause) -> Record:
    record = _payment(books, body, before)
    for on_day in {record["date"], before["date"] if before else record["date"]}:
        locks.refuse_if_locked(books, ("sales", "banking"), on_day, cause)
    books.save("customerpayments", record, cause)
    given_back = _parts_of(before)
    applied = _parts_of(record)
    for invoice_id in {**given_back, **applied}:
        moved = applied.get(invoice_id, ZERO) - given_back.get(invoice_id, ZERO)
        if moved:
            receive(books, invoice_id, moved, cause)
    return record


def _parts_of(payment: Record | None) -> dict[str, Decimal]:
    parts: dict[str, Decimal] = {}
    for part in payment["invoices"] if payment else ():
        parts[part["invoice_id"]] = parts.get(part["invoice_id"], ZERO) + part["amount_applied"]
    return parts


def _payment(books: Books, body: dict[str, Any], before: Record | None) -> Record:
    old: Record = before if before is not None else {}
    customer = documents.party_of(books, body, "customer_id", before, "customer")
    on_day = optional_day(body, "date", old.get("date") or books.today())
    money = documents.money_of(books, body, customer, before, on_day)
    amount = rounded(number(body.get("amount", old.get("amount")), "amount"), money.digits)
    parts = old.get("invoices", [])
    if before is None or "invoices" in body:
        parts = _wanted(books, rows(body, "invoices"), customer["contact_id"], _parts_of(before))
    spent = sum((part["amount_applied"] for part in parts), ZERO)
    if amount <= 0 or spent > amount:
        raise bad_value("amount")
    account_id = identifier(body, "account_id") or old.get("account_id", "")
    account = books.require("chartofaccounts", account_id) if account_id else {"account_name": ""}
    own_id = old.get("payment_id") or books.next_id()
    return {
        "payment_id": own_id,
        "customer_id": customer["contact_id"],
        "customer_name": customer["contact_name"],
        "payment_mode": text(body, "payment_mode", 100, old.get("payment_mode", "cash")),
        "payment_number": old.get("payment_number") or str(books.next_number("customerpayments")),
        "date": on_day,
        "reference_number": text(body, "reference_number", 100, old.get("reference_number", "")),
        "description": text(body, "description", 2000, old.get("description", "")),
        **money.header(),
        "amount": amount,
        "amount_refunded": ZERO,
        "bcy_amount": rounded(amount * money.rate, books.base_digits),
        "unused_amount": amount - spent,
        "bank_charges": optional_number(body, "bank_charges", old.get("bank_charges", ZERO)),
        "account_id": account_id,
        "account_name": account["account_name"],
        "status": "paid",
        "invoices": parts,
        **customfields.merged(books, "customerpayments", rows(body, "custom_fields"), before, own_id),
        **{key: old[key] for key in ("created_time", "last_modified_time") if key in old},
    }


def delete(books: Books, payment_id: str, cause: Cause) -> None:
    """Deletes a payment; its invoices are owed again."""
    before = books.require("customerpayments", payment_id)
    locks.refuse_if_locked(books, ("sales", "banking"), before["date"], cause)
    for part in before["invoices"]:
        receive(books, part["invoice_id"], -part["amount_applied"], cause)
    books.delete("customerpayments", payment_id, cause)


def _wanted(
    books: Books, sent: list[dict[str, Any]], customer_id: str, given_back: dict[str, Decimal]
) -> list[dict[str, Any]]:
    taken: dict[str, Decimal] = {}
    parts = []
    for row in sent:
        invoice = books["invoices"].get(identifier(row, "invoice_id"))
        if invoice is None or invoice["customer_id"] != customer_id or invoice["status"] not in POSTED:
            raise bad_value("invoice_id")
        key = invoice["invoice_id"]
        amount = rounded(number(row.get("amount_applied"), "amount_applied"), invoice["price_precision"])
        taken[key] = taken.get(key, ZERO) + amount
        if amount <= 0:
            raise bad_value("amount_applied")
        if taken[key] > invoice["balance"] + given_back.get(key, ZERO):
            raise business(TOO_MUCH, "The amount applied is more than the balance of the invoice.")
        parts.append(
            {
                "invoice_id": key,
                "invoice_number": invoice["invoice_number"],
                "date": invoice["date"],
                "invoice_amount": invoice["total"],
                "amount_applied": amount,
                "balance_amount": invoice["balance"] + given_back.get(key, ZERO) - taken[key],
            }
        )
    return parts
