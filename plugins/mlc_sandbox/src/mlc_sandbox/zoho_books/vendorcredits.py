"""Vendor credits: what a vendor owes us, applied to that vendor's bills."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from mlc_sandbox.zoho_books import applying, contacts, customfields, documents, locks
from mlc_sandbox.zoho_books.books import Books
from mlc_sandbox.zoho_books.collections import Cause, Record
from mlc_sandbox.zoho_books.refusals import bad_value, business
from mlc_sandbox.zoho_books.totals import price_lines, total_up
from mlc_sandbox.zoho_books.values import ZERO, flag, optional_day, rounded, rows, text

WRONG_STATE: Final = 43001
IN_USE: Final = 43002
DUPLICATE: Final = 43003
UNUSED: Final = "unused_credits_payable_amount"


def create(books: Books, body: dict[str, Any], cause: Cause, *, own_number: bool = False) -> Record:
    """A new credit. Its number is the caller's when one is sent with ``own_number``, else generated."""
    record = _built(books, body, None, own_number=own_number)
    approvals = cause["kind"] == "request" and books.switches["approvals"]
    record["status"] = books.switches["approval_status" if approvals else "credit_created_status"]
    locks.refuse_if_locked(books, ("purchase",), record["date"], cause)
    books.save("vendorcredits", record, cause)
    contacts.owe(books, record["vendor_id"], UNUSED, _unused(record))
    return record


def update(books: Books, credit_id: str, body: dict[str, Any], cause: Cause) -> Record:
    """Sent fields over the stored ones; lines are replaced as a whole."""
    before = books.require("vendorcredits", credit_id)
    if before["status"] in ("void", "closed"):
        raise business(WRONG_STATE, f"A vendor credit that is {before['status']} cannot be edited.")
    record = _built(books, body, before, own_number=True)
    locks.refuse_if_locked(books, ("purchase",), before["date"], cause)
    locks.refuse_if_locked(books, ("purchase",), record["date"], cause)
    if record["balance"] < 0 or (before["bills_credited"] and record["vendor_id"] != before["vendor_id"]):
        raise business(IN_USE, "Credits of this vendor credit have been applied to bills.")
    books.save("vendorcredits", record, cause)
    contacts.owe(books, before["vendor_id"], UNUSED, -_unused(before))
    contacts.owe(books, record["vendor_id"], UNUSED, _unused(record))
    return record


def set_status(books: Books, credit_id: str, status: str, cause: Cause) -> Record:
    """Opens, submits, approves or voids a credit."""
    before = books.require("vendorcredits", credit_id)
    locks.refuse_if_locked(books, ("purchase",), before["date"], cause)
    allowed = {
        "open": ("draft", "void", "pending_approval"),
        "pending_approval": ("draft",),
        "void": ("draft", "open", "pending_approval"),
    }
    if before["status"] not in allowed[status]:
        raise business(WRONG_STATE, f"The vendor credit is {before['status']}.")
    if status == "void" and before["bills_credited"]:
        raise business(IN_USE, "Vendor credits that have been applied cannot be voided.")
    record = {**before, "status": status}
    books.save("vendorcredits", record, cause)
    contacts.owe(books, record["vendor_id"], UNUSED, _unused(record) - _unused(before))
    return record


def delete(books: Books, credit_id: str, cause: Cause) -> None:
    """Deletes a credit nothing of which was applied."""
    before = books.require("vendorcredits", credit_id)
    locks.refuse_if_locked(books, ("purchase",), before["date"], cause)
    if before["bills_credited"]:
        raise business(IN_USE, "Vendor credits that have been applied cannot be deleted.")
    books.delete("vendorcredits", credit_id, cause)
    contacts.owe(books, before["vendor_id"], UNUSED, -_unused(before))


def apply(books: Books, credit_id: str, sent: list[dict[str, Any]], cause: Cause) -> list[dict[str, Any]]:
    """Applies parts of an open credit to bills of its vendor, all or none."""
    credit = books.require("vendorcredits", credit_id)
    if credit["status"] != "open":
        raise business(WRONG_STATE, f"The vendor credit is {credit['status']}.")
    if not sent:
        raise bad_value("bills")
    locks.refuse_if_locked(books, ("purchase",), credit["date"], cause)
    parts = applying.wanted(books, sent, credit["vendor_id"])
    total = sum((amount for _, amount in parts), ZERO)
    if total > credit["balance"]:
        raise business(applying.TOO_MUCH, "The amount applied is more than the balance of the vendor credit.")
    if any(bill["currency_id"] != credit["currency_id"] for bill, _ in parts):
        raise bad_value("bill_id")
    told = [_apply_one(books, credit, bill, amount, cause) for bill, amount in parts]
    _change(books, credit, [*credit["bills_credited"], *told], credit["balance"] - total, cause)
    return told


def unapply(books: Books, credit_id: str, vendor_credit_bill_id: str, cause: Cause) -> None:
    """Takes one applied part back."""
    credit = books.require("vendorcredits", credit_id)
    part = next((p for p in credit["bills_credited"] if p["vendor_credit_bill_id"] == vendor_credit_bill_id), None)
    if part is None:
        raise bad_value("vendor_credit_bill_id")
    locks.refuse_if_locked(books, ("purchase",), credit["date"], cause)
    applying.unapply_credit(books, part["bill_id"], vendor_credit_bill_id, cause)
    kept = [p for p in credit["bills_credited"] if p is not part]
    _change(books, credit, kept, credit["balance"] + part["amount"], cause)


def _apply_one(books: Books, credit: Record, bill: Record, amount: Decimal, cause: Cause) -> dict[str, Any]:
    part = {
        "vendor_credit_id": credit["vendor_credit_id"],
        "vendor_credit_bill_id": books.next_id(),
        "vendor_credit_number": credit["vendor_credit_number"],
        "date": credit["date"],
        "amount": amount,
    }
    applying.apply_credit(books, bill["bill_id"], part, cause)
    return {**part, "bill_id": bill["bill_id"], "bill_number": bill["bill_number"]}


def _change(books: Books, credit: Record, parts: list[dict[str, Any]], balance: Decimal, cause: Cause) -> None:
    record = {
        **credit,
        "bills_credited": parts,
        "balance": balance,
        "total_credits_used": credit["total"] - balance,
        "status": "closed" if balance == 0 else "open",
    }
    books.save("vendorcredits", record, cause)
    contacts.owe(books, credit["vendor_id"], UNUSED, _unused(record) - _unused(credit))


def _unused(credit: Record) -> Decimal:
    balance: Decimal = credit["balance"]
    return balance if credit["status"] in ("open", "closed") else ZERO


def _built(books: Books, body: dict[str, Any], before: Record | None, *, own_number: bool) -> Record:
    old: Record = before if before is not None else {}
    own_id = old.get("vendor_credit_id") or books.next_id()
    vendor = documents.party_of(books, body, "vendor_id", before, "vendor")
    on_day = optional_day(body, "date", old.get("date") or books.today())
    money = documents.money_of(books, body, vendor, before, on_day)
    inclusive = flag(body, "is_inclusive_tax", old.get("is_inclusive_tax", False))
    replaced = before is None or "line_items" in body
    lines = documents.lines_of(books, body, before) if replaced else [dict(line) for line in old["line_items"]]
    if not lines:
        raise bad_value("line_items")
    price_lines(lines, digits=money.digits, rate_bcy=money.rate, inclusive=inclusive)
    sums = total_up(
        lines,
        digits=money.digits,
        adjustment=ZERO,
        inclusive=inclusive,
        per_document=books.switches["tax_rounding"] == "document",
    )
    if sums.total < 0:
        raise business(WRONG_STATE, "The total of a vendor credit cannot be negative.")
    used = sum((part["amount"] for part in old.get("bills_credited", ())), ZERO)
    return {
        "vendor_credit_id": own_id,
        "vendor_credit_number": _number(books, body, old, own_id, own_number=own_number),
        "vendor_id": vendor["contact_id"],
        "vendor_name": vendor["contact_name"],
        "status": old.get("status", "open"),
        "date": on_day,
        "reference_number": text(body, "reference_number", 100, old.get("reference_number", "")),
        **money.header(),
        "is_inclusive_tax": inclusive,
        **documents.location_of(books, body, before),
        "line_items": lines,
        "sub_total": sums.sub_total,
        "tax_total": sums.tax_total,
        "taxes": sums.taxes,
        "total": sums.total,
        "bcy_total": rounded(sums.total * money.rate, books.base_digits),
        "total_credits_used": used,
        "total_refunded_amount": ZERO,
        "balance": sums.total - used,
        "bills_credited": old.get("bills_credited", []),
        "notes": text(body, "notes", 5000, old.get("notes", "")),
        "tags": documents.tags_of(books, body) if "tags" in body else old.get("tags", []),
        "has_attachment": False,
        **customfields.merged(books, "vendorcredits", rows(body, "custom_fields"), before, own_id),
        **{key: old[key] for key in ("created_time", "last_modified_time") if key in old},
    }


def _number(books: Books, body: dict[str, Any], old: Record, own_id: str, *, own_number: bool) -> str:
    sent = text(body, "vendor_credit_number", 100).strip()
    if sent and sent == old.get("vendor_credit_number"):
        return sent
    if not own_number:
        if sent and not books.switches["credit_number_free"]:
            raise bad_value("vendor_credit_number")
        if not sent:
            return str(old.get("vendor_credit_number") or f"DN-{books.next_number('vendorcredits'):05d}")
    if not sent:
        if old:
            return str(old["vendor_credit_number"])
        raise bad_value("vendor_credit_number")
    if any(key != own_id for key in books["vendorcredits"].find("vendor_credit_number", sent)):
        raise business(DUPLICATE, f"The vendor credit number {sent} already exists.")
    return sent
