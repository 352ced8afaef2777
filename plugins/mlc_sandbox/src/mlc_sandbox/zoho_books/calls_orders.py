"""Calls under ``/purchaseorders``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlc_sandbox.toolkit.http import Request, Response
from mlc_sandbox.zoho_books import attachments, listings, lists, orders
from mlc_sandbox.zoho_books.calls import body_of, call, record_of, said, set_custom_fields, told, upserted

if TYPE_CHECKING:
    from mlc_sandbox.zoho_books.app import ZohoBooksStandIn as Z

OWN_NUMBER = "ignore_auto_number_generation"
CREATED = "Purchase Order has been added."
UPDATED = "Purchase Order has been updated."
KEY = "purchaseorder"
SCOPE = "purchaseorders"


@call("GET", "/purchaseorders", SCOPE)
def list_orders(standin: Z, request: Request) -> Response:
    return lists.page_of(standin, request, listings.ORDERS)


@call("POST", "/purchaseorders", SCOPE)
def create_order(standin: Z, request: Request) -> Response:
    body, own = body_of(standin, request), said(request, OWN_NUMBER)
    record = orders.create(standin.books, body, request.cause(), own_number=own)
    return told(CREATED, KEY, orders.shown(standin.books, record), status=201)


@call("PUT", "/purchaseorders", SCOPE)
def upsert_order(standin: Z, request: Request) -> Response:
    books, own = standin.books, said(request, OWN_NUMBER)
    record, created = upserted(
        standin,
        request,
        "purchaseorders",
        lambda body, cause: orders.create(books, body, cause, own_number=own),
        lambda key, body, cause: orders.update(books, key, body, cause, own_number=own),
    )
    return told(CREATED if created else UPDATED, KEY, orders.shown(books, record))


@call("GET", "/purchaseorders/{order_id}", SCOPE)
def read_order(standin: Z, request: Request, order_id: str) -> Response:
    record = record_of(standin, request, "purchaseorders", order_id)
    if request.query.get("accept") == "pdf":
        return Response(200, b"%PDF-1.4\n%%EOF\n", {"content-type": "application/pdf"})
    return told("success", KEY, orders.shown(standin.books, record))


@call("PUT", "/purchaseorders/{order_id}", SCOPE)
def update_order(standin: Z, request: Request, order_id: str) -> Response:
    standin.books.require("purchaseorders", order_id)
    body, own = body_of(standin, request), said(request, OWN_NUMBER)
    record = orders.update(standin.books, order_id, body, request.cause(), own_number=own)
    return told(UPDATED, KEY, orders.shown(standin.books, record))


@call("DELETE", "/purchaseorders/{order_id}", SCOPE)
def delete_order(standin: Z, request: Request, order_id: str) -> Response:
    orders.delete(standin.books, order_id, request.cause())
    return told("The purchase order has been deleted.")


@call("PUT", "/purchaseorder/{order_id}/customfields", SCOPE)
def order_custom_fields(standin: Z, request: Request, order_id: str) -> Response:
    return set_custom_fields(standin, request, "purchaseorders", order_id)


@call("POST", "/purchaseorders/{order_id}/status/open", SCOPE)
def open_order(standin: Z, request: Request, order_id: str) -> Response:
    orders.set_status(standin.books, order_id, "open", request.cause())
    return told(orders.MESSAGES["open"], status=201)


@call("POST", "/purchaseorders/{order_id}/status/billed", SCOPE)
def close_order(standin: Z, request: Request, order_id: str) -> Response:
    orders.set_status(standin.books, order_id, "billed", request.cause())
    return told(orders.MESSAGES["billed"], status=201)


@call("POST", "/purchaseorders/{order_id}/status/cancelled", SCOPE)
def cancel_order(standin: Z, request: Request, order_id: str) -> Response:
    orders.set_status(standin.books, order_id, "cancelled", request.cause())
    return told(orders.MESSAGES["cancelled"], status=201)


@call("POST", "/purchaseorders/{order_id}/submit", SCOPE)
def submit_order(standin: Z, request: Request, order_id: str) -> Response:
    orders.submit(standin.books, order_id, request.cause())
    return told("The purchase order has been successfully submitted for approval.")


@call("POST", "/purchaseorders/{order_id}/approve", SCOPE)
def approve_order(standin: Z, request: Request, order_id: str) -> Response:
    orders.approve(standin.books, order_id, request.cause())
    return told("The purchase order has been approved.")


@call("POST", "/purchaseorders/{order_id}/reject", SCOPE)
def reject_order(standin: Z, request: Request, order_id: str) -> Response:
    orders.reject(standin.books, order_id, request.cause())
    return told("The purchase order has been rejected.", status=201)


@call("POST", "/purchaseorders/{order_id}/attachment", SCOPE)
def attach(standin: Z, request: Request, order_id: str) -> Response:
    return attachments.attach(standin, request, "purchaseorders", order_id)


@call("GET", "/purchaseorders/{order_id}/attachment", SCOPE)
def read_attachment(standin: Z, request: Request, order_id: str) -> Response:
    return attachments.read(standin, "purchaseorders", order_id)


@call("DELETE", "/purchaseorders/{order_id}/attachment", SCOPE)
def remove_attachment(standin: Z, request: Request, order_id: str) -> Response:
    return attachments.remove(standin, request, "purchaseorders", order_id)
