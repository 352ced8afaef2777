"""Bills: numbers unique per vendor, totals by Books itself, links to orders, balances and statuses."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from mlc_sandbox.zoho_books import contacts, customfields, documents, locks, orderlinks
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

POSTED: Final = frozenset(("open", "partially_paid", "paid"))
NOT_POSTED: Final = frozenset(("draft", "pending_approval", "approved"))
HAS_PAYMENTS: Final = 13004
WRONG_STATE: Final = 13005
DUPLICATE: Final = "A bill with this number has already been created for this vendor. Please check and try again."


def create(books: Books, body: dict[str, Any], cause: Cause) -> Record:
    """A new bill: open, or waiting where the organisation approves bills."""
    record = _built(books, body, None)
    record["status"] = _landing(books, cause, body)
    locks.refuse_if_locked(books, ("purchase",), record["date"], cause)
    books.save("bills", record, cause)
    _posted(books, None, record, cause)
    return record


def update(books: Books, bill_id: str, body: dict[str, Any], cause: Cause) -> Record:
    """Sent fields over the stored ones; ``line_items``, when sent, replaces all lines."""
    before = books.require("bills", bill_id)
    if before["status"] == "void":
        raise business(WRONG_STATE, "Void bills cannot be edited.")
    record = _built(books, body, before)
    locks.refuse_if_locked(books, ("purchase",), before["date"], cause)
    locks.refuse_if_locked(books, ("purchase",), record["date"], cause)
    settled = record["payment_made"] + record["vendor_credits_applied"]
    if settled and record["vendor_id"] != before["vendor_id"]:
        raise business(HAS_PAYMENTS, "The vendor of a bill with payments cannot be changed.")
    if settled > record["total"]:
        raise business(HAS_PAYMENTS, "The total of the bill cannot be less than the payments made for it.")
    record["status"] = settled_status(before["status"], record)
    books.save("bills", record, cause)
    _posted(books, before, record, cause)
    return record


def void(books: Books, bill_id: str, cause: Cause) -> Record:
    """Marks a bill without payments as void."""
    before = books.require("bills", bill_id)
    locks.refuse_if_locked(books, ("purchase",), before["date"], cause)
    if before["payment_made"] or before["vendor_credits_applied"]:
        raise business(HAS_PAYMENTS, "Bills with payments or credits applied cannot be marked as void.")
    if before["status"] == "void":
        raise business(WRONG_STATE, "The bill is already void.")
    record = {**before, "status": "void", "balance": ZERO}
    books.save("bills", record, cause)
    _posted(books, before, record, cause)
    return record


def reopen(books: Books, bill_id: str, cause: Cause) -> Record:
    """Brings a void or draft bill to open."""
    before = books.require("bills", bill_id)
    locks.refuse_if_locked(books, ("purchase",), before["date"], cause)
    if before["status"] not in ("void", "draft"):
        raise business(WRONG_STATE, "Only void or draft bills can be marked as open.")
    _refuse_duplicate(books, before["vendor_id"], before["bill_number"], bill_id)
    record = {**before, "status": "open", "balance": before["total"]}
    books.save("bills", record, cause)
    _posted(books, before, record, cause)
    return record


def submit(books: Books, bill_id: str, cause: Cause) -> Record:
    """Sends a draft to its approvers."""
    before = books.require("bills", bill_id)
    if before["status"] != "draft":
        raise business(WRONG_STATE, "Only draft bills can be submitted for approval.")
    return books.save("bills", {**before, "status": "pending_approval"}, cause)


def approve(books: Books, bill_id: str, cause: Cause) -> Record:
    """Approves a waiting bill; it posts as open."""
    before = books.require("bills", bill_id)
    if before["status"] != "pending_approval":
        raise business(WRONG_STATE, "Only bills that are pending approval can be approved.")
    record = {**before, "status": "open"}
    books.save("bills", record, cause)
    _posted(books, before, record, cause)
    return record


def delete(books: Books, bill_id: str, cause: Cause) -> None:
    """Deletes a bill to which nothing is applied."""
    before = books.require("bills", bill_id)
    locks.refuse_if_locked(books, ("purchase",), before["date"], cause)
    if before["payment_made"] or before["vendor_credits_applied"]:
        raise business(HAS_PAYMENTS, "Bills with payments or credits applied cannot be deleted.")
    books.delete("bills", bill_id, cause)
    _posted(books, before, {**before, "status": "void", "line_items": []}, cause)


def settled_status(status: str, bill: Record) -> str:
    """The stored status after money moved; overdue is not stored, it follows from the date."""
    if status not in POSTED:
        return status
    if bill["balance"] <= 0 and (bill["payment_made"] or bill["vendor_credits_applied"]):
        return "paid"
    return "partially_paid" if bill["payment_made"] or bill["vendor_credits_applied"] else "open"


def status_of(books: Books, bill: Record) -> str:
    """The status as shown today."""
    status = str(bill["status"])
    late = status == "open" or (status == "partially_paid" and books.switches["partial_overdue"])
    return "overdue" if late and bill["due_date"] < books.today() else status


def _landing(books: Books, cause: Cause, body: dict[str, Any]) -> str:
    if cause["kind"] == "request" and books.switches["approvals"]:
        return str(books.switches["approval_status"])
    return "draft" if cause["kind"] == "ui" and body.get("status") == "draft" else "open"


def _built(books: Books, body: dict[str, Any], before: Record | None) -> Record:
    old: Record = before if before is not None else {}
    own_id = old.get("bill_id") or books.next_id()
    vendor = documents.party_of(books, body, "vendor_id", before, "vendor")
    strict = before is None or books.switches["put_needs_required"]
    bill_number = text(body, "bill_number", 100, "" if strict else old.get("bill_number", "")).strip()
    if not bill_number:
        raise bad_value("bill_number")
    _refuse_duplicate(books, vendor["contact_id"], bill_number, own_id)
    on_day = optional_day(body, "date", old.get("date") or books.today())
    terms = whole_days(body.get("payment_terms", old.get("payment_terms", vendor["payment_terms"])), "payment_terms")
    due = optional_day(body, "due_date", old.get("due_date") or days_after(on_day, max(terms, 0)))
    money = documents.money_of(books, body, vendor, before, on_day)
    inclusive = flag(body, "is_inclusive_tax", old.get("is_inclusive_tax", False))
    replaced = before is None or "line_items" in body
    lines = documents.lines_of(books, body, before) if replaced else [dict(line) for line in old["line_items"]]
    if not lines:
        raise bad_value("line_items")
    orders = orderlinks.orders_of(books, body, lines, vendor["contact_id"], before)
    adjustment = rounded(optional_number(body, "adjustment", old.get("adjustment", ZERO)), money.digits)
    price_lines(lines, digits=money.digits, rate_bcy=money.rate, inclusive=inclusive)
    sums = total_up(
        lines,
        digits=money.digits,
        adjustment=adjustment,
        inclusive=inclusive,
        per_document=books.switches["tax_rounding"] == "document",
        overridden=documents.tax_amounts(body, money.digits),
    )
    if sums.total < 0 and not books.switches["negative_totals"]:
        raise business(WRONG_STATE, "The total of a bill cannot be negative.")
    paid, credited = old.get("payment_made", ZERO), old.get("vendor_credits_applied", ZERO)
    return {
        "bill_id": own_id,
        "vendor_id": vendor["contact_id"],
        "vendor_name": vendor["contact_name"],
        "bill_number": bill_number,
        "status": old.get("status", "open"),
        "reference_number": text(body, "reference_number", 100, old.get("reference_number", "")),
        "date": on_day,
        "due_date": due,
        "payment_terms": terms,
        "payment_terms_label": text(body, "payment_terms_label", 200, old.get("payment_terms_label", "")),
        **money.header(),
        "is_inclusive_tax": inclusive,
        "is_item_level_tax_calc": flag(body, "is_item_level_tax_calc", old.get("is_item_level_tax_calc", False)),
        "is_tds_applied": any(line["tds_tax_id"] for line in lines),
        "adjustment": adjustment,
        "adjustment_description": text(body, "adjustment_description", 100, old.get("adjustment_description", "")),
        **documents.location_of(books, body, before),
        "purchaseorder_ids": orders,
        "line_items": lines,
        "sub_total": sums.sub_total,
        "tax_total": sums.tax_total,
        "taxes": sums.taxes,
        "total": sums.total,
        "bcy_total": rounded(sums.total * money.rate, books.base_digits),
        "payment_made": paid,
        "vendor_credits_applied": credited,
        "balance": sums.total - paid - credited,
        "payments": old.get("payments", []),
        "vendor_credits": old.get("vendor_credits", []),
        "notes": text(body, "notes", 5000, old.get("notes", "")),
        "terms": text(body, "terms", 10000, old.get("terms", "")),
        "tags": documents.tags_of(books, body) if "tags" in body else old.get("tags", []),
        "documents": old.get("documents", []),
        "attachment_name": old.get("attachment_name", ""),
        "has_attachment": old.get("has_attachment", False),
        **customfields.merged(books, "bills", rows(body, "custom_fields"), before, own_id),
        **{key: old[key] for key in ("created_time", "last_modified_time") if key in old},
    }


def _refuse_duplicate(books: Books, vendor_id: str, bill_number: str, own_id: str) -> None:
    if books.switches["bill_number_unique"] == "no":
        return
    for key in books["bills"].find("bill_number", bill_number):
        other = books.require("bills", key)
        if key == own_id or (other["status"] == "void" and not books.switches["void_keeps_number"]):
            continue
        if other["bill_number"] != bill_number and not books.switches["bill_number_any_case"]:
            continue
        if other["vendor_id"] == vendor_id or books.switches["bill_number_unique"] == "organization":
            raise business(books.switches["duplicate_bill_code"], DUPLICATE)


def _posted(books: Books, before: Record | None, after: Record, cause: Cause) -> None:
    """What a bill's change does to its vendor's balance and to the orders it bills."""
    if before is not None:
        contacts.owe(books, before["vendor_id"], "outstanding_payable_amount", -_owed(before))
    contacts.owe(books, after["vendor_id"], "outstanding_payable_amount", _owed(after))
    orderlinks.bill_changed(books, before, after, cause)


def _owed(bill: Record) -> Decimal:
    balance: Decimal = bill["balance"]
    return balance if bill["status"] in POSTED else ZERO
