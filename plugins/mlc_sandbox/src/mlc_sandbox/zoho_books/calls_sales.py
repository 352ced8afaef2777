"""Calls under ``/invoices`` and ``/customerpayments``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlc_sandbox.toolkit.http import Request, Response, json_response
from mlc_sandbox.zoho_books import attachments, customerpayments, listings_other, lists, receivables
from mlc_sandbox.zoho_books.books import Books
from mlc_sandbox.zoho_books.calls import body_of, call, record_of, said, set_custom_fields, told, upserted
from mlc_sandbox.zoho_books.collections import Record

if TYPE_CHECKING:
    from mlc_sandbox.zoho_books.app import ZohoBooksStandIn as Z

OWN_NUMBER = "ignore_auto_number_generation"
STATUS_MESSAGES = {
    "sent": "Invoice status has been changed to Sent.",
    "void": "Invoice status has been changed to Void.",
    "draft": "Invoice status has been changed to Draft.",
}


def shown(books: Books, invoice: Record) -> Record:
    """The detail form with the status of today."""
    return {**invoice, "status": receivables.invoice_status(books, invoice)}


@call("GET", "/invoices", "invoices")
def list_invoices(standin: Z, request: Request) -> Response:
    return lists.page_of(standin, request, listings_other.INVOICES)


@call("POST", "/invoices", "invoices")
def create_invoice(standin: Z, request: Request) -> Response:
    record = receivables.create_invoice(
        standin.books,
        body_of(standin, request),
        request.cause(),
        own_number=said(request, OWN_NUMBER),
        send=said(request, "send"),
    )
    return told("The invoice has been created.", "invoice", shown(standin.books, record), status=201)


@call("PUT", "/invoices", "invoices")
def upsert_invoice(standin: Z, request: Request) -> Response:
    books, own = standin.books, said(request, OWN_NUMBER)
    record, created = upserted(
        standin,
        request,
        "invoices",
        lambda body, cause: receivables.create_invoice(books, body, cause, own_number=own),
        lambda key, body, cause: receivables.update_invoice(books, key, body, cause, own_number=own),
    )
    message = "The invoice has been created." if created else "Invoice information has been updated."
    return told(message, "invoice", shown(books, record))


@call("GET", "/invoices/{invoice_id}", "invoices")
def read_invoice(standin: Z, request: Request, invoice_id: str) -> Response:
    return told("success", "invoice", shown(standin.books, record_of(standin, request, "invoices", invoice_id)))


@call("PUT", "/invoices/{invoice_id}", "invoices")
def update_invoice(standin: Z, request: Request, invoice_id: str) -> Response:
    own = said(request, OWN_NUMBER)
    body = body_of(standin, request)
    record = receivables.update_invoice(standin.books, invoice_id, body, request.cause(), own_number=own)
    return told("Invoice information has been updated.", "invoice", shown(standin.books, record))


@call("DELETE", "/invoices/{invoice_id}", "invoices")
def delete_invoice(standin: Z, request: Request, invoice_id: str) -> Response:
    receivables.delete_invoice(standin.books, invoice_id, request.cause())
    return told("The invoice has been deleted.")


@call("PUT", "/invoice/{invoice_id}/customfields", "invoices")
def invoice_custom_fields(standin: Z, request: Request, invoice_id: str) -> Response:
    return set_custom_fields(standin, request, "invoices", invoice_id)


def _set_status(standin: Z, request: Request, invoice_id: str, status: str) -> Response:
    receivables.set_invoice_status(standin.books, invoice_id, status, request.cause())
    return told(STATUS_MESSAGES[status])


@call("POST", "/invoices/{invoice_id}/status/sent", "invoices")
def send_invoice(standin: Z, request: Request, invoice_id: str) -> Response:
    return _set_status(standin, request, invoice_id, "sent")


@call("POST", "/invoices/{invoice_id}/status/void", "invoices")
def void_invoice(standin: Z, request: Request, invoice_id: str) -> Response:
    return _set_status(standin, request, invoice_id, "void")


@call("POST", "/invoices/{invoice_id}/status/draft", "invoices")
def draft_invoice(standin: Z, request: Request, invoice_id: str) -> Response:
    return _set_status(standin, request, invoice_id, "draft")


@call("POST", "/invoices/{invoice_id}/writeoff", "invoices")
def write_off(standin: Z, request: Request, invoice_id: str) -> Response:
    receivables.write_off(standin.books, invoice_id, request.cause())
    return told("Invoice has been written off")


@call("GET", "/invoices/{invoice_id}/payments", "invoices")
def invoice_payments(standin: Z, request: Request, invoice_id: str) -> Response:
    books = standin.books
    invoice = record_of(standin, request, "invoices", invoice_id)
    found = []
    for key in books["customerpayments"].find("customer_id", invoice["customer_id"]):
        payment = books.require("customerpayments", key)
        for part in payment["invoices"]:
            if part["invoice_id"] == invoice_id:
                shared = ("payment_id", "payment_number", "date", "payment_mode", "reference_number")
                amount = part["amount_applied"]
                found.append({**{name: payment[name] for name in shared}, "amount": amount})
    return json_response(200, {"code": 0, "message": "success", "payments": found})


@call("POST", "/invoices/{invoice_id}/attachment", "invoices")
def attach(standin: Z, request: Request, invoice_id: str) -> Response:
    return attachments.attach(standin, request, "invoices", invoice_id)


@call("GET", "/invoices/{invoice_id}/attachment", "invoices")
def read_attachment(standin: Z, request: Request, invoice_id: str) -> Response:
    return attachments.read(standin, "invoices", invoice_id)


@call("GET", "/customerpayments", "customerpayments")
def list_customer_payments(standin: Z, request: Request) -> Response:
    listing = replace(listings_other.CUSTOMER_PAYMENTS, key=standin.switches["customerpayments_key"])
    return lists.page_of(standin, request, listing)


@call("POST", "/customerpayments", "customerpayments")
def create_customer_payment(standin: Z, request: Request) -> Response:
    record = customerpayments.create(standin.books, body_of(standin, request), request.cause())
    return told("The payment has been created.", "payment", record, status=201)


@call("GET", "/customerpayments/{payment_id}", "customerpayments")
def read_customer_payment(standin: Z, request: Request, payment_id: str) -> Response:
    return told("success", "payment", record_of(standin, request, "customerpayments", payment_id))


@call("PUT", "/customerpayments", "customerpayments")
def upsert_customer_payment(standin: Z, request: Request) -> Response:
    books = standin.books
    record, created = upserted(
        standin,
        request,
        "customerpayments",
        lambda body, cause: customerpayments.create(books, body, cause),
        lambda key, body, cause: customerpayments.update(books, key, body, cause),
    )
    message = "The payment has been created." if created else "The payment details have been updated."
    return told(message, "payment", record)


@call("PUT", "/customerpayments/{payment_id}", "customerpayments")
def update_customer_payment(standin: Z, request: Request, payment_id: str) -> Response:
    body = body_of(standin, request)
    record = customerpayments.update(standin.books, payment_id, body, request.cause())
    return told("The payment details have been updated.", "payment", record)


@call("PUT", "/customerpayment/{payment_id}/customfields", "customerpayments")
def customer_payment_fields(standin: Z, request: Request, payment_id: str) -> Response:
    return set_custom_fields(standin, request, "customerpayments", payment_id)


@call("DELETE", "/customerpayments/{payment_id}", "customerpayments")
def delete_customer_payment(standin: Z, request: Request, payment_id: str) -> Response:
    customerpayments.delete(standin.books, payment_id, request.cause())
    return told("The payment has been deleted.")
