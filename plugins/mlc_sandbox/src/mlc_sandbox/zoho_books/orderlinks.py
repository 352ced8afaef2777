"""How bills draw on purchase orders: billed quantities per order line, and the order status they lead to."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from mlc_sandbox.zoho_books.books import Books
from mlc_sandbox.zoho_books.collections import Cause, Record
from mlc_sandbox.zoho_books.refusals import bad_value, business
from mlc_sandbox.zoho_books.values import ZERO, identifier

NOT_BILLABLE: Final = 36100
OVERBILLED: Final = 36101
BILLABLE: Final = frozenset(("open", "partially_billed"))


def orders_of(
    books: Books, body: dict[str, Any], lines: list[dict[str, Any]], vendor_id: str, before: Record | None
) -> list[str]:
    """Ids of the orders a bill belongs to, each checked for vendor and state."""
    sent = body.get("purchaseorder_ids")
    if sent is None:
        found = list(before["purchaseorder_ids"]) if before else []
    elif isinstance(sent, list):
        found = [identifier({"purchaseorder_ids": key}, "purchaseorder_ids") for key in sent]
    else:
        raise bad_value("purchaseorder_ids")
    for line in lines:
        if line["purchaseorder_item_id"]:
            order_id = books.order_of_line.get(line["purchaseorder_item_id"])
            if order_id is None:
                raise bad_value("purchaseorder_item_id")
            if order_id not in found:
                found.append(order_id)
    for order_id in found:
        _refuse_unbillable(books, order_id, vendor_id, before)
    if not books.switches["overbilling"]:
        _refuse_overbilling(books, lines, before)
    return found


def bill_changed(books: Books, before: Record | None, after: Record, cause: Cause) -> None:
    """Moves billed quantities by what a bill's change means, and the statuses of the orders concerned."""
    moved: dict[str, Decimal] = {}
    for bill, sign in ((before, -1), (after, 1)):
        if bill is None or bill["status"] == "void":
            continue
        for line in bill["line_items"]:
            key = line["purchaseorder_item_id"]
            if key:
                moved[key] = moved.get(key, ZERO) + sign * line["quantity"]
    touched: dict[str, None] = {}
    for key, quantity in moved.items():
        if quantity:
            books.billed[key] = books.billed.get(key, ZERO) + quantity
            touched[books.order_of_line.get(key, "")] = None
    for order_id in touched:
        settle_order(books, order_id, cause)


def settle_order(books: Books, order_id: str, cause: Cause) -> None:
    """Brings an order's status in line with what of it has been billed."""
    order = books["purchaseorders"].get(order_id)
    if order is None or order["status"] not in ("open", "partially_billed", "billed"):
        return
    status = status_by_quantity(books, order)
    if status != order["status"]:
        books.save("purchaseorders", {**order, "status": status}, cause)


def status_by_quantity(books: Books, order: Record) -> str:
    """Billed, partially billed or open, by quantity."""
    billed = [books.billed.get(line["line_item_id"], ZERO) for line in order["line_items"]]
    if all(done >= line["quantity"] for done, line in zip(billed, order["line_items"], strict=True)):
        return "billed"
    return str(books.switches["order_partial_status"]) if any(billed) else "open"


def orders_shown(books: Books, bill: Record) -> list[dict[str, Any]]:
    """The ``purchaseorders`` block of a bill's detail."""
    told = []
    for order_id in bill["purchaseorder_ids"]:
        order = books["purchaseorders"].get(order_id)
        if order is not None:
            told.append(
                {
                    "purchaseorder_id": order_id,
                    "purchaseorder_number": order["purchaseorder_number"],
                    "purchaseorder_date": order["date"],
                    "purchaseorder_status": order["status"],
                }
            )
    return told


def _refuse_unbillable(books: Books, order_id: str, vendor_id: str, before: Record | None) -> None:
    order = books.require("purchaseorders", order_id)
    if order["vendor_id"] != vendor_id:
        raise bad_value("purchaseorder_ids")
    if before is not None and order_id in before["purchaseorder_ids"]:
        return
    if order["status"] == "draft" and books.switches["draft_order_billable"]:
        return
    if order["status"] not in BILLABLE:
        number, status = order["purchaseorder_number"], order["status"]
        raise business(NOT_BILLABLE, f"Purchase order {number} is {status} and cannot be converted to a bill.")


def _refuse_overbilling(books: Books, lines: list[dict[str, Any]], before: Record | None) -> None:
    own: dict[str, Decimal] = {}
    for line in before["line_items"] if before and before["status"] != "void" else ():
        key = line["purchaseorder_item_id"]
        own[key] = own.get(key, ZERO) + line["quantity"]
    wanted: dict[str, Decimal] = {}
    for line in lines:
        key = line["purchaseorder_item_id"]
        if key:
            wanted[key] = wanted.get(key, ZERO) + line["quantity"]
    for key, quantity in wanted.items():
        order = books.require("purchaseorders", books.order_of_line[key])
        ordered = next(line["quantity"] for line in order["line_items"] if line["line_item_id"] == key)
        if books.billed.get(key, ZERO) - own.get(key, ZERO) + quantity > ordered:
            raise business(OVERBILLED, "The quantity billed exceeds the quantity ordered.")
