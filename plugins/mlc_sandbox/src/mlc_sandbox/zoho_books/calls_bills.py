"""Calls under ``/bills``."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from mlc_sandbox.toolkit.http import Request, Response, json_response
from mlc_sandbox.zoho_books import (
    applying,
    attachments,
    bills,
    bodies,
    listings,
    lists,
    locks,
    orderlinks,
    vendorcredits,
    vendorpayments,
)
from mlc_sandbox.zoho_books.books import Books
from mlc_sandbox.zoho_books.calls import body_of, call, record_of, set_custom_fields, told, upserted
from mlc_sandbox.zoho_books.collections import Cause, Record
from mlc_sandbox.zoho_books.refusals import bad_query, bad_value, business
from mlc_sandbox.zoho_books.values import ZERO, identifier, keys, number, rows

if TYPE_CHECKING:
    from mlc_sandbox.zoho_books.app import ZohoBooksStandIn as Z

CREATED = "The bill has been created."
LOCKED = {"vendorpayments": vendorpayments.LOCKED_MODULES, "vendorcredits": ("purchase",)}
UPDATED = "Bill information has been updated."


def shown(books: Books, bill: Record) -> Record:
    """The detail form: as stored, with what depends on the date and on the orders it bills."""
    row = listings.bill_row(books, bill)
    row["purchaseorders"] = orderlinks.orders_shown(books, bill) if bill["purchaseorder_ids"] else []
    return row


@call("GET", "/bills", "bills")
def list_bills(standin: Z, request: Request) -> Response:
    return lists.page_of(standin, request, listings.BILLS)


@call("POST", "/bills", "bills")
def create_bill(standin: Z, request: Request) -> Response:
    record = bills.create(standin.books, body_of(standin, request), request.cause())
    if "multipart" in request.headers.get("content-type", ""):
        for part in bodies.files_of(request, "attachment"):
            attachments.add(standin.books, "bills", record["bill_id"], part.name, part.content, request.cause())
        record = standin.books.require("bills", record["bill_id"])
    return told(CREATED, "bill", shown(standin.books, record), status=201)


@call("PUT", "/bills", "bills")
def upsert_bill(standin: Z, request: Request) -> Response:
    books = standin.books
    record, created = upserted(
        standin,
        request,
        "bills",
        lambda body, cause: bills.create(books, body, cause),
        lambda key, body, cause: bills.update(books, key, body, cause),
    )
    return told(CREATED if created else UPDATED, "bill", shown(books, record))


@call("GET", "/bills/{bill_id}", "bills")
def read_bill(standin: Z, request: Request, bill_id: str) -> Response:
    return told("success", "bill", shown(standin.books, record_of(standin, request, "bills", bill_id)))


@call("PUT", "/bills/{bill_id}", "bills")
def update_bill(standin: Z, request: Request, bill_id: str) -> Response:
    standin.books.require("bills", bill_id)
    record = bills.update(standin.books, bill_id, body_of(standin, request), request.cause())
    return told(UPDATED, "bill", shown(standin.books, record))


@call("DELETE", "/bills/{bill_id}", "bills")
def delete_bill(standin: Z, request: Request, bill_id: str) -> Response:
    bills.delete(standin.books, bill_id, request.cause())
    return told("The bill has been deleted.")


@call("PUT", "/bill/{bill_id}/customfields", "bills")
def bill_custom_fields(standin: Z, request: Request, bill_id: str) -> Response:
    return set_custom_fields(standin, request, "bills", bill_id)


@call("POST", "/bills/{bill_id}/status/void", "bills")
def void_bill(standin: Z, request: Request, bill_id: str) -> Response:
    bills.void(standin.books, bill_id, request.cause())
    return told("The bill has been marked as void.", status=201)


@call("POST", "/bills/{bill_id}/status/open", "bills")
def open_bill(standin: Z, request: Request, bill_id: str) -> Response:
    bills.reopen(standin.books, bill_id, request.cause())
    return told("The status of the bill has been changed to open.", status=201)


@call("POST", "/bills/{bill_id}/submit", "bills")
def submit_bill(standin: Z, request: Request, bill_id: str) -> Response:
    bills.submit(standin.books, bill_id, request.cause())
    return told("The bill has been submitted for approval successfully.")


@call("POST", "/bills/{bill_id}/approve", "bills")
def approve_bill(standin: Z, request: Request, bill_id: str) -> Response:
    bills.approve(standin.books, bill_id, request.cause())
    return told("The bill has been approved.")


@call("GET", "/bills/{bill_id}/payments", "bills")
def bill_payments(standin: Z, request: Request, bill_id: str) -> Response:
    bill = record_of(standin, request, "bills", bill_id)
    return json_response(200, {"code": 0, "message": "success", "payments": bill["payments"]})


@call("DELETE", "/bills/{bill_id}/payments/{bill_payment_id}", "bills")
def unapply_payment(standin: Z, request: Request, bill_id: str, bill_payment_id: str) -> Response:
    vendorpayments.unapply(standin.books, bill_id, bill_payment_id, request.cause())
    return told("The payment has been deleted.")


@call("POST", "/bills/{bill_id}/credits", "bills")
def apply_credits(standin: Z, request: Request, bill_id: str) -> Response:
    """Applies excess payments and vendor credits; everything is checked before the first is applied."""
    books, body, cause = standin.books, body_of(standin, request), request.cause()
    bill = books.require("bills", bill_id)
    from_payments = _sources(books, rows(body, "bill_payments"), "vendorpayments", "payment_id", bill, cause)
    from_credits = _sources(books, rows(body, "apply_vendor_credits"), "vendorcredits", "vendor_credit_id", bill, cause)
    if not from_payments and not from_credits:
        raise bad_value("bill_payments")
    if sum((part[1] for part in (*from_payments, *from_credits)), ZERO) > bill["balance"]:
        raise business(applying.TOO_MUCH, "The amount applied is more than the balance of the bill.")
    for payment_id, amount in from_payments:
        vendorpayments.apply_excess(books, payment_id, bill, amount, cause)
    for credit_id, amount in from_credits:
        vendorcredits.apply(books, credit_id, [{"bill_id": bill_id, "amount_applied": amount}], cause)
    return told("Credits have been applied to the bill(s).", status=201)


def _sources(
    books: Books, sent: list[dict[str, Any]], kind: str, id_key: str, bill: Record, cause: Cause
) -> list[tuple[str, Decimal]]:
    found: list[tuple[str, Decimal]] = []
    for row in sent:
        source = books.require(kind, identifier(row, id_key))
        locks.refuse_if_locked(books, LOCKED[kind], source["date"], cause)
        amount = number(row.get("amount_applied"), "amount_applied")
        unposted = kind == "vendorcredits" and source["status"] != "open"
        same = source["vendor_id"] == bill["vendor_id"] and source["currency_id"] == bill["currency_id"]
        if amount <= 0 or not same or unposted or bill["status"] not in bills.POSTED:
            raise bad_value(id_key)
        if amount + sum((part[1] for part in found if part[0] == source[id_key]), ZERO) > source["balance"]:
            raise business(applying.TOO_MUCH, "The amount applied is more than what is left to apply.")
        found.append((source[id_key], amount))
    return found


@call("POST", "/bills/{bill_id}/attachment", "bills")
def attach(standin: Z, request: Request, bill_id: str) -> Response:
    return attachments.attach(standin, request, "bills", bill_id)


@call("GET", "/bills/{bill_id}/attachment", "bills")
def read_attachment(standin: Z, request: Request, bill_id: str) -> Response:
    return attachments.read(standin, "bills", bill_id)


@call("DELETE", "/bills/{bill_id}/attachment", "bills")
def remove_attachment(standin: Z, request: Request, bill_id: str) -> Response:
    return attachments.remove(standin, request, "bills", bill_id)


@call("GET", "/bills/editpage/frompurchaseorders", "bills")
def bill_from_orders(standin: Z, request: Request) -> Response:
    """A bill prefilled with what is still to be billed of the orders."""
    books = standin.books
    wanted = [key for key in (request.query.get("purchaseorder_ids") or "").split(",") if key]
    if not wanted:
        raise bad_query("purchaseorder_ids")
    orders = [books.require("purchaseorders", key) for key in wanted]
    if len({order["vendor_id"] for order in orders}) > 1:
        raise bad_query("purchaseorder_ids")
    kept = keys("item_id name account_id account_name description rate unit tax_id tax_name tax_percentage tags")
    lines: list[dict[str, Any]] = []
    for order in orders:
        for line in order["line_items"]:
            left = line["quantity"] - books.billed.get(line["line_item_id"], ZERO)
            if left > 0:
                told_line = {key: line[key] for key in kept}
                told_line.update(purchaseorder_item_id=line["line_item_id"], quantity=left, item_order=len(lines) + 1)
                lines.append(told_line)
    first = orders[0]
    head = keys("vendor_id vendor_name currency_id currency_code exchange_rate is_inclusive_tax location_id")
    prefilled = {
        **{key: first[key] for key in head},
        "purchaseorder_ids": wanted,
        "reference_number": first["purchaseorder_number"],
        "date": books.today(),
        "line_items": lines,
    }
    return json_response(200, {"code": 0, "message": "success", "purchaseorder_ids": wanted, "bill": prefilled})
