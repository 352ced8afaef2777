"""Purchase orders: numbers of their own unless told otherwise, issued before they can be billed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from mlc_sandbox.zoho_books import customfields, documents, locks, orderlinks
from mlc_sandbox.zoho_books.books import Books
from mlc_sandbox.zoho_books.collections import Cause, Record
from mlc_sandbox.zoho_books.refusals import bad_value, business
from mlc_sandbox.zoho_books.totals import price_lines, total_up
from mlc_sandbox.zoho_books.values import ZERO, flag, number, optional_day, rounded, rows, text

WRONG_STATE: Final = 36102
HAS_BILLS: Final = 36103
NUMBERED: Final = 36104
TEXTS: Final = {
    "reference_number": 100,
    "notes": 5000,
    "terms": 10000,
    "ship_via": 100,
    "attention": 100,
    "delivery_org_address_id": 25,
    "delivery_customer_id": 25,
    "billing_address_id": 25,
    "template_id": 25,
    "discount_account_id": 25,
}
MESSAGES: Final = {
    "open": "The purchase order has been marked as open.",
    "billed": "The purchase order has been marked as billed.",
    "cancelled": "The purchase order has been cancelled.",
}


def create(books: Books, body: dict[str, Any], cause: Cause, *, own_number: bool = False) -> Record:
    """A new order; ``own_number`` says that the caller numbers it."""
    record = _built(books, body, None, own_number=own_number)
    if cause["kind"] == "request" and books.switches["approvals"]:
        record["status"] = books.switches["approval_status"]
    _refuse_locked(books, record["date"], cause)
    books.save("purchaseorders", record, cause)
    _remember_lines(books, None, record)
    return record


def update(books: Books, order_id: str, body: dict[str, Any], cause: Cause, *, own_number: bool = False) -> Record:
    """Sent fields over the stored ones; billed lines have to stay."""
    before = books.require("purchaseorders", order_id)
    if before["status"] in ("cancelled", "billed"):
        raise business(WRONG_STATE, f"A purchase order that is {before['status']} cannot be edited.")
    record = _built(books, body, before, own_number=own_number)
    kept = {line["line_item_id"] for line in record["line_items"]}
    for line in before["line_items"]:
        if line["line_item_id"] not in kept and books.billed.get(line["line_item_id"]):
            raise business(HAS_BILLS, "Items that have been billed cannot be removed from the purchase order.")
    if record["vendor_id"] != before["vendor_id"] and any(map(books.billed.get, kept)):
        raise business(HAS_BILLS, "The vendor of a purchase order with bills cannot be changed.")
    _refuse_locked(books, before["date"], cause)
    _refuse_locked(books, record["date"], cause)
    if before["status"] in ("open", "partially_billed"):
        record["status"] = orderlinks.status_by_quantity(books, record)
    books.save("purchaseorders", record, cause)
    _remember_lines(books, before, record)
    return record


def set_status(books: Books, order_id: str, status: str, cause: Cause) -> Record:
    """Issues, closes or cancels an order by hand."""
    before = books.require("purchaseorders", order_id)
    billed = any(books.billed.get(line["line_item_id"]) for line in before["line_items"])
    if before["status"] == "pending_approval":
        raise business(WRONG_STATE, "The purchase order is pending approval.")
    if status == "cancelled" and billed:
        raise business(HAS_BILLS, "Purchase orders with bills cannot be cancelled.")
    if status == "billed" and before["status"] not in ("open", "partially_billed"):
        raise business(WRONG_STATE, "Only open purchase orders can be marked as billed.")
    if status == "open" and billed:
        status = orderlinks.status_by_quantity(books, before)
    return books.save("purchaseorders", {**before, "status": status}, cause)


def submit(books: Books, order_id: str, cause: Cause) -> Record:
    """Sends a draft to its approvers."""
    return _move(books, order_id, ("draft",), "pending_approval", cause)


def approve(books: Books, order_id: str, cause: Cause) -> Record:
    """Approves a waiting order; it is issued."""
    return _move(books, order_id, ("pending_approval",), "open", cause)


def reject(books: Books, order_id: str, cause: Cause) -> Record:
    """Sends a waiting order back to draft."""
    return _move(books, order_id, ("pending_approval",), "draft", cause)


def delete(books: Books, order_id: str, cause: Cause) -> None:
    """Deletes an order nothing of which has been billed."""
    before = books.require("purchaseorders", order_id)
    if any(books.billed.get(line["line_item_id"]) for line in before["line_items"]):
        raise business(HAS_BILLS, "Purchase orders with bills cannot be deleted.")
    books.delete("purchaseorders", order_id, cause)
    for line in before["line_items"]:
        books.order_of_line.pop(line["line_item_id"], None)


def shown(books: Books, order: Record) -> Record:
    """The detail form."""
    live = order["status"]
    billed = books.billed
    return {
        **order,
        "order_status": live,
        "can_mark_as_bill": live in ("open", "partially_billed"),
        "can_mark_as_unbill": live == "billed",
        "line_items": [
            {**line, "quantity_billed": billed.get(line["line_item_id"], ZERO)} for line in order["line_items"]
        ],
    }


def _move(books: Books, order_id: str, start: tuple[str, ...], end: str, cause: Cause) -> Record:
    before = books.require("purchaseorders", order_id)
    if before["status"] not in start:
        raise business(WRONG_STATE, f"The purchase order is {before['status']}.")
    return books.save("purchaseorders", {**before, "status": end}, cause)


def _built(books: Books, body: dict[str, Any], before: Record | None, *, own_number: bool) -> Record:
    old: Record = before if before is not None else {}
    own_id = old.get("purchaseorder_id") or books.next_id()
    vendor = documents.party_of(books, body, "vendor_id", before, "vendor")
    if "line_items" not in body and (before is None or books.switches["put_needs_required"]):
        raise bad_value("line_items")
    order_number = _number(books, body, old, own_id, own_number=own_number)
    on_day = optional_day(body, "date", old.get("date") or books.today())
    money = documents.money_of(books, body, vendor, before, on_day)
    inclusive = flag(body, "is_inclusive_tax", old.get("is_inclusive_tax", False))
    replaced = "line_items" in body
    lines = documents.lines_of(books, body, before) if replaced else [dict(line) for line in old["line_items"]]
    if not lines:
        raise bad_value("line_items")
    price_lines(lines, digits=money.digits, rate_bcy=money.rate, inclusive=inclusive)
    discount = _discount(body, old)
    before_tax = flag(body, "is_discount_before_tax", old.get("is_discount_before_tax", True))
    sums = total_up(
        lines,
        digits=money.digits,
        adjustment=ZERO,
        inclusive=inclusive,
        per_document=books.switches["tax_rounding"] == "document",
        discount=discount,
        discount_before_tax=before_tax,
    )
    return {
        "purchaseorder_id": own_id,
        "purchaseorder_number": order_number,
        "vendor_id": vendor["contact_id"],
        "vendor_name": vendor["contact_name"],
        "status": old.get("status", books.switches["order_created_status"]),
        "date": on_day,
        "delivery_date": optional_day(body, "delivery_date", old.get("delivery_date", "")),
        "expected_delivery_date": optional_day(body, "delivery_date", old.get("delivery_date", "")),
        **{key: text(body, key, longest, old.get(key, "")) for key, longest in TEXTS.items()},
        **money.header(),
        "is_inclusive_tax": inclusive,
        "discount": discount,
        "discount_amount": sums.discount,
        "is_discount_before_tax": before_tax,
        **documents.location_of(books, body, before),
        "line_items": lines,
        "sub_total": sums.sub_total,
        "tax_total": sums.tax_total,
        "taxes": sums.taxes,
        "total": sums.total,
        "bcy_total": rounded(sums.total * money.rate, books.base_digits),
        "tags": documents.tags_of(books, body) if "tags" in body else old.get("tags", []),
        "documents": old.get("documents", []),
        "attachment_name": old.get("attachment_name", ""),
        "has_attachment": old.get("has_attachment", False),
        **customfields.merged(books, "purchaseorders", rows(body, "custom_fields"), before, own_id),
        **{key: old[key] for key in ("created_time", "last_modified_time") if key in old},
    }


def _number(books: Books, body: dict[str, Any], old: Record, own_id: str, *, own_number: bool) -> str:
    sent = text(body, "purchaseorder_number", 50).strip()
    kept = str(old.get("purchaseorder_number", ""))
    if sent and sent == kept:
        return kept
    if not own_number:
        if sent:
            raise business(NUMBERED, "Purchase order numbers are generated automatically in this organization.")
        return kept or _generated(books)
    if not sent:
        if kept:
            return kept
        raise bad_value("purchaseorder_number")
    if any(key != own_id for key in books["purchaseorders"].find("purchaseorder_number", sent)):
        code = books.switches["duplicate_order_code"]
        raise business(code, f"The purchase order number {sent} already exists.")
    return sent


def _generated(books: Books) -> str:
    while True:
        proposed = f"PO-{books.next_number('purchaseorders'):05d}"
        if not books["purchaseorders"].holds("purchaseorder_number", proposed):
            return proposed


def _discount(body: dict[str, Any], old: Record) -> str | Decimal:
    sent = body.get("discount")
    if sent is None or sent == "":
        kept: str | Decimal = old.get("discount", ZERO)
        return kept
    if isinstance(sent, str) and sent.endswith("%"):
        percent = number(sent[:-1], "discount")
        if not 0 <= percent <= 100:
            raise bad_value("discount")
        return sent
    amount = number(sent, "discount")
    if amount < 0:
        raise bad_value("discount")
    return amount


def _refuse_locked(books: Books, on_day: str, cause: Cause) -> None:
    if books.switches["lock_covers_orders"]:
        locks.refuse_if_locked(books, ("purchase",), on_day, cause)


def _remember_lines(books: Books, before: Record | None, after: Record) -> None:
    for line in before["line_items"] if before else ():
        books.order_of_line.pop(line["line_item_id"], None)
    for line in after["line_items"]:
        books.order_of_line[line["line_item_id"]] = after["purchaseorder_id"]
