"""Invoices: the sales side's documents, with what customers have paid."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from mlc_sandbox.zoho_books import contacts, customfields, documents, locks
from mlc_sandbox.zoho_books.books import Books, days_after
from mlc_sandbox.zoho_books.collections import Cause, Record
from mlc_sandbox.zoho_books.refusals import bad_value, business
from mlc_sandbox.zoho_books.totals import price_lines, total_up
from mlc_sandbox.zoho_books.values import (
    ZERO,
    flag,
    optional_day,
    optional_number,
    rounded,
    rows,
    text,
    whole_days,
)

POSTED: Final = frozenset(("sent", "viewed", "partially_paid", "paid", "unpaid"))
WRONG_STATE: Final = 4001
HAS_PAYMENTS: Final = 4002
DUPLICATE: Final = 1003
OWED: Final = "outstanding_receivable_amount"


def create_invoice(
    books: Books, body: dict[str, Any], cause: Cause, *, own_number: bool = False, send: bool = False
) -> Record:
    """A new invoice, draft unless it is sent at once."""
    record = _built(books, body, None, own_number=own_number)
    record["status"] = "sent" if send else "draft"
    locks.refuse_if_locked(books, ("sales",), record["date"], cause)
    books.save("invoices", record, cause)
    contacts.owe(books, record["customer_id"], OWED, _owed(record))
    return record


def update_invoice(
    books: Books, invoice_id: str, body: dict[str, Any], cause: Cause, *, own_number: bool = False
) -> Record:
    """Sent fields over the stored ones; lines are replaced as a whole."""
    before = books.require("invoices", invoice_id)
    if before["status"] == "void":
        raise business(WRONG_STATE, "Void invoices cannot be edited.")
    record = _built(books, body, before, own_number=own_number)
    if record["balance"] < 0:
        raise business(HAS_PAYMENTS, "The total of the invoice cannot be less than the payments received.")
    for on_day in (before["date"], record["date"]):
        locks.refuse_if_locked(books, ("sales",), on_day, cause)
    record["status"] = _settled(before["status"], record)
    books.save("invoices", record, cause)
    contacts.owe(books, before["customer_id"], OWED, -_owed(before))
    contacts.owe(books, record["customer_id"], OWED, _owed(record))
    return record


def set_invoice_status(books: Books, invoice_id: str, status: str, cause: Cause) -> Record:
    """Sends, voids or returns an invoice to draft."""
    before = books.require("invoices", invoice_id)
    locks.refuse_if_locked(books, ("sales",), before["date"], cause)
    if before["payment_made"]:
        raise business(HAS_PAYMENTS, "Payments have been received for this invoice.")
    balance = ZERO if status == "void" else before["total"]
    record = {**before, "status": status, "balance": balance}
    books.save("invoices", record, cause)
    contacts.owe(books, record["customer_id"], OWED, _owed(record) - _owed(before))
    return record


def write_off(books: Books, invoice_id: str, cause: Cause) -> Record:
    """Gives up what is still owed on an invoice."""
    before = books.require("invoices", invoice_id)
    if before["status"] not in POSTED or before["balance"] <= 0:
        raise business(WRONG_STATE, "Only open invoices can be written off.")
    record = {**before, "write_off_amount": before["balance"], "balance": ZERO, "status": "paid"}
    books.save("invoices", record, cause)
    contacts.owe(books, record["customer_id"], OWED, -before["balance"])
    return record


def credit(books: Books, invoice_id: str, amount: Decimal, cause: Cause) -> Record:
    """Settles an invoice, or part of it, by a credit note instead of money."""
    before = books.require("invoices", invoice_id)
    if before["status"] not in POSTED or not ZERO < amount <= before["balance"]:
        raise business(WRONG_STATE, "Credits can only be applied to what is still owed on an open invoice.")
    record = {
        **before,
        "credits_applied": before["credits_applied"] + amount,
        "balance": before["balance"] - amount,
    }
    record["status"] = _settled(before["status"], record)
    books.save("invoices", record, cause, bump=books.switches["payment_bumps_bill"])
    contacts.owe(books, record["customer_id"], OWED, -amount)
    return record


def delete_invoice(books: Books, invoice_id: str, cause: Cause) -> None:
    """Deletes an invoice without payments."""
    before = books.require("invoices", invoice_id)
    locks.refuse_if_locked(books, ("sales",), before["date"], cause)
    if before["payment_made"]:
        raise business(HAS_PAYMENTS, "Invoices with payments cannot be deleted.")
    books.delete("invoices", invoice_id, cause)
    contacts.owe(books, before["customer_id"], OWED, -_owed(before))


def invoice_status(books: Books, invoice: Record) -> str:
    """The status as shown today."""
    late = invoice["status"] in POSTED and invoice["balance"] > 0 and invoice["due_date"] < books.today()
    return "overdue" if late else str(invoice["status"])


def receive(books: Books, invoice_id: str, amount: Decimal, cause: Cause) -> None:
    """Moves what has been paid on an invoice; a negative amount takes it back."""
    invoice = books.require("invoices", invoice_id)
    record = {
        **invoice,
        "payment_made": invoice["payment_made"] + amount,
        "balance": invoice["balance"] - amount,
    }
    record["status"] = _settled(invoice["status"], record)
    books.save("invoices", record, cause, bump=books.switches["payment_bumps_bill"])
    contacts.owe(books, invoice["customer_id"], OWED, -amount)


def _settled(status: str, invoice: Record) -> str:
    if status not in POSTED:
        return status
    settled = invoice["payment_made"] or invoice["credits_applied"]
    if invoice["balance"] <= 0 and settled:
        return "paid"
    return "partially_paid" if settled else "sent"


def _owed(invoice: Record) -> Decimal:
    balance: Decimal = invoice["balance"]
    return balance if invoice["status"] in POSTED else ZERO


def _built(books: Books, body: dict[str, Any], before: Record | None, *, own_number: bool) -> Record:
    old: Record = before if before is not None else {}
    own_id = old.get("invoice_id") or books.next_id()
    customer = documents.party_of(books, body, "customer_id", before, "customer")
    on_day = optional_day(body, "date", old.get("date") or books.today())
    terms = whole_days(body.get("payment_terms", old.get("payment_terms", customer["payment_terms"])), "payment_terms")
    money = documents.money_of(books, body, customer, before, on_day)
    inclusive = flag(body, "is_inclusive_tax", old.get("is_inclusive_tax", False))
    replaced = before is None or "line_items" in body
    lines = (
        documents.lines_of(books, body, before, side="sales")
        if replaced
        else [dict(line) for line in old["line_items"]]
    )
    if not lines:
        raise bad_value("line_items")
    adjustment = rounded(optional_number(body, "adjustment", old.get("adjustment", ZERO)), money.digits)
    price_lines(lines, digits=money.digits, rate_bcy=money.rate, inclusive=inclusive)
    sums = total_up(
        lines,
        digits=money.digits,
        adjustment=adjustment,
        inclusive=inclusive,
        per_document=books.switches["tax_rounding"] == "document",
    )
    paid, credited = old.get("payment_made", ZERO), old.get("credits_applied", ZERO)
    return {
        "invoice_id": own_id,
        "invoice_number": _number(books, body, old, own_id, own_number=own_number),
        "customer_id": customer["contact_id"],
        "customer_name": customer["contact_name"],
        "status": old.get("status", "draft"),
        "date": on_day,
        "due_date": optional_day(body, "due_date", old.get("due_date") or days_after(on_day, max(terms, 0))),
        "payment_terms": terms,
        "reference_number": text(body, "reference_number", 100, old.get("reference_number", "")),
        **money.header(),
        "is_inclusive_tax": inclusive,
        "adjustment": adjustment,
        **documents.location_of(books, body, before),
        "line_items": lines,
        "sub_total": sums.sub_total,
        "tax_total": sums.tax_total,
        "taxes": sums.taxes,
        "total": sums.total,
        "bcy_total": rounded(sums.total * money.rate, books.base_digits),
        "payment_made": paid,
        "credits_applied": credited,
        "write_off_amount": old.get("write_off_amount", ZERO),
        "balance": sums.total - paid - credited,
        "email": customer["email"],
        "zcrm_potential_id": text(body, "zcrm_potential_id", 25, old.get("zcrm_potential_id", "")),
        "notes": text(body, "notes", 5000, old.get("notes", "")),
        "salesperson_name": text(body, "salesperson_name", 100, old.get("salesperson_name", "")),
        "has_attachment": old.get("has_attachment", False),
        "documents": old.get("documents", []),
        **customfields.merged(books, "invoices", rows(body, "custom_fields"), before, own_id),
        **{key: old[key] for key in ("created_time", "last_modified_time") if key in old},
    }


def _number(books: Books, body: dict[str, Any], old: Record, own_id: str, *, own_number: bool) -> str:
    sent = text(body, "invoice_number", 100).strip()
    if not own_number or (sent and sent == old.get("invoice_number")):
        return str(old.get("invoice_number") or f"INV-{books.next_number('invoices'):06d}")
    if not sent:
        raise bad_value("invoice_number")
    if any(key != own_id for key in books["invoices"].find("invoice_number", sent)):
        raise business(DUPLICATE, f"Invoice number {sent} already exists.")
    return sent
