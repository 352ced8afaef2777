"""Calls under ``/vendorpayments``, ``/vendorcredits`` and ``/expenses``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlc_sandbox.toolkit.http import Request, Response, json_response
from mlc_sandbox.zoho_books import attachments, expenses, listings, listings_other, lists, vendorcredits, vendorpayments
from mlc_sandbox.zoho_books.calls import body_of, call, record_of, said, told, upserted
from mlc_sandbox.zoho_books.refusals import bad_query
from mlc_sandbox.zoho_books.values import rows

if TYPE_CHECKING:
    from mlc_sandbox.zoho_books.app import ZohoBooksStandIn as Z

RECORDED = "The payment made to the vendor has been recorded."
PAYMENT_UPDATED = "The details of the payment made to the vendor has been updated"
CREDITS = "debitnotes"
CREDITS_BY_VENDOR = replace(listings.CREDITS, exact=("vendor_id",))


@call("GET", "/vendorpayments", "vendorpayments")
def list_payments(standin: Z, request: Request) -> Response:
    return lists.page_of(standin, request, listings.PAYMENTS)


@call("POST", "/vendorpayments", "vendorpayments")
def create_payment(standin: Z, request: Request) -> Response:
    """The reply is flat in the specification: the payment's fields beside code and message."""
    books = standin.books
    record = vendorpayments.create(books, body_of(standin, request), request.cause())
    shown = vendorpayments.shown(books, record)
    if books.switches["vendorpayment_create_wrapped"]:
        return told(RECORDED, "vendorpayment", shown, status=201)
    return json_response(201, {"code": 0, "message": RECORDED, **shown})


@call("PUT", "/vendorpayments", "vendorpayments")
def upsert_payment(standin: Z, request: Request) -> Response:
    books = standin.books
    record, created = upserted(
        standin,
        request,
        "vendorpayments",
        lambda body, cause: vendorpayments.create(books, body, cause),
        lambda key, body, cause: vendorpayments.update(books, key, body, cause),
    )
    message = RECORDED if created else PAYMENT_UPDATED
    return told(message, "vendorpayment", vendorpayments.shown(books, record))


@call("DELETE", "/vendorpayments", "vendorpayments")
def delete_payments(standin: Z, request: Request) -> Response:
    wanted = [key for key in (request.query.get("vendorpayment_id") or "").split(",") if key]
    if not wanted or not said(request, "bulk_delete"):
        raise bad_query("vendorpayment_id")
    for key in wanted:
        standin.books.require("vendorpayments", key)
    for key in wanted:
        vendorpayments.delete(standin.books, key, request.cause())
    return told("The selected vendor payments have been deleted.")


@call("GET", "/vendorpayments/{payment_id}", "vendorpayments")
def read_payment(standin: Z, request: Request, payment_id: str) -> Response:
    books = standin.books
    if said(request, "is_bill_payment_id"):
        payment_id = next(
            (
                payment["payment_id"]
                for payment in books["vendorpayments"].all()
                if any(part["bill_payment_id"] == payment_id for part in payment["bills"])
            ),
            "",
        )
    record = record_of(standin, request, "vendorpayments", payment_id)
    return told("success", "vendorpayment", vendorpayments.shown(books, record))


@call("PUT", "/vendorpayments/{payment_id}", "vendorpayments")
def update_payment(standin: Z, request: Request, payment_id: str) -> Response:
    books = standin.books
    record = vendorpayments.update(books, payment_id, body_of(standin, request), request.cause())
    return told(PAYMENT_UPDATED, "vendorpayment", vendorpayments.shown(books, record))


@call("DELETE", "/vendorpayments/{payment_id}", "vendorpayments")
def delete_payment(standin: Z, request: Request, payment_id: str) -> Response:
    vendorpayments.delete(standin.books, payment_id, request.cause())
    return told("The payment has been deleted.")


@call("GET", "/vendorpayments/{payment_id}/refunds", "vendorpayments")
def read_refunds(standin: Z, request: Request, payment_id: str) -> Response:
    record = record_of(standin, request, "vendorpayments", payment_id)
    return told("success", "vendorpayment_refunds", record["vendorpayment_refunds"])


@call("POST", "/vendorpayments/{payment_id}/refunds", "vendorpayments")
def refund_payment(standin: Z, request: Request, payment_id: str) -> Response:
    """Vendor doc: https://www.zoho.com/books/api/v3/vendor-payments/#refund-an-excess-vendor-payment"""
    made = vendorpayments.refund(standin.books, payment_id, body_of(standin, request), request.cause())
    return told("Vendor Payment Refunded successfully", "vendorpayment_refund", made)


@call("GET", "/vendorcredits", CREDITS)
def list_credits(standin: Z, request: Request) -> Response:
    wide = standin.switches["credit_vendor_filter"]
    return lists.page_of(standin, request, CREDITS_BY_VENDOR if wide else listings.CREDITS)


@call("POST", "/vendorcredits", CREDITS)
def create_credit(standin: Z, request: Request) -> Response:
    record = vendorcredits.create(
        standin.books,
        body_of(standin, request),
        request.cause(),
        own_number=said(request, "ignore_auto_number_generation"),
    )
    return told("Vendor credit has been created.", "vendor_credit", record, status=201)


@call("GET", "/vendorcredits/{credit_id}", CREDITS)
def read_credit(standin: Z, request: Request, credit_id: str) -> Response:
    return told("success", "vendor_credit", record_of(standin, request, "vendorcredits", credit_id))


@call("PUT", "/vendorcredits/{credit_id}", CREDITS)
def update_credit(standin: Z, request: Request, credit_id: str) -> Response:
    record = vendorcredits.update(standin.books, credit_id, body_of(standin, request), request.cause())
    return told("Vendor credit information has been updated.", "vendor_credit", record)


@call("DELETE", "/vendorcredits/{credit_id}", CREDITS)
def delete_credit(standin: Z, request: Request, credit_id: str) -> Response:
    vendorcredits.delete(standin.books, credit_id, request.cause())
    return told("The vendor credit has been deleted.")


@call("POST", "/vendorcredits/{credit_id}/status/open", CREDITS)
def open_credit(standin: Z, request: Request, credit_id: str) -> Response:
    vendorcredits.set_status(standin.books, credit_id, "open", request.cause())
    return told("The status of the vendor credit has been changed to open.", status=201)


@call("POST", "/vendorcredits/{credit_id}/status/void", CREDITS)
def void_credit(standin: Z, request: Request, credit_id: str) -> Response:
    vendorcredits.set_status(standin.books, credit_id, "void", request.cause())
    return told("The vendor credit has been voided.", status=201)


@call("POST", "/vendorcredits/{credit_id}/submit", CREDITS)
def submit_credit(standin: Z, request: Request, credit_id: str) -> Response:
    vendorcredits.set_status(standin.books, credit_id, "pending_approval", request.cause())
    return told("The vendor credit has been submitted for approval successfully.")


@call("POST", "/vendorcredits/{credit_id}/approve", CREDITS)
def approve_credit(standin: Z, request: Request, credit_id: str) -> Response:
    vendorcredits.set_status(standin.books, credit_id, "open", request.cause())
    return told("The vendor credit has been approved.")


@call("GET", "/vendorcredits/{credit_id}/bills", CREDITS)
def credited_bills(standin: Z, request: Request, credit_id: str) -> Response:
    parts = record_of(standin, request, "vendorcredits", credit_id)["bills_credited"]
    return json_response(200, {"code": 0, "message": "success", "bills_credited": parts})


@call("POST", "/vendorcredits/{credit_id}/bills", CREDITS)
def apply_credit(standin: Z, request: Request, credit_id: str) -> Response:
    sent = rows(body_of(standin, request), "bills")
    parts = vendorcredits.apply(standin.books, credit_id, sent, request.cause())
    told_parts = [{"bill_id": part["bill_id"], "amount_applied": part["amount"]} for part in parts]
    message = "Credits have been applied to the bill(s)."
    return json_response(201, {"code": 0, "message": message, "bills": told_parts})


@call("DELETE", "/vendorcredits/{credit_id}/bills/{part_id}", CREDITS)
def unapply_credit(standin: Z, request: Request, credit_id: str, part_id: str) -> Response:
    vendorcredits.unapply(standin.books, credit_id, part_id, request.cause())
    return told("Credits applied to the bill have been deleted.")


@call("GET", "/expenses", "expenses")
def list_expenses(standin: Z, request: Request) -> Response:
    return lists.page_of(standin, request, listings_other.EXPENSES)


@call("POST", "/expenses", "expenses")
def create_expense(standin: Z, request: Request) -> Response:
    record = expenses.create(standin.books, body_of(standin, request), request.cause())
    return told("The expense has been recorded.", "expense", record)


@call("PUT", "/expenses", "expenses")
def upsert_expense(standin: Z, request: Request) -> Response:
    books = standin.books
    record, created = upserted(
        standin,
        request,
        "expenses",
        lambda body, cause: expenses.create(books, body, cause),
        lambda key, body, cause: expenses.update(books, key, body, cause),
    )
    message = "The expense has been recorded." if created else "Expense information has been updated."
    return told(message, "expense", record)


@call("GET", "/expenses/{expense_id}", "expenses")
def read_expense(standin: Z, request: Request, expense_id: str) -> Response:
    return told("success", "expense", record_of(standin, request, "expenses", expense_id))


@call("PUT", "/expenses/{expense_id}", "expenses")
def update_expense(standin: Z, request: Request, expense_id: str) -> Response:
    record = expenses.update(standin.books, expense_id, body_of(standin, request), request.cause())
    return told("Expense information has been updated.", "expense", record)


@call("DELETE", "/expenses/{expense_id}", "expenses")
def delete_expense(standin: Z, request: Request, expense_id: str) -> Response:
    expenses.delete(standin.books, expense_id, request.cause())
    return told("The expense has been deleted.")


@call("POST", "/expenses/{expense_id}/receipt", "expenses")
def attach_receipt(standin: Z, request: Request, expense_id: str) -> Response:
    return attachments.attach(standin, request, "expenses", expense_id, field="receipt")


@call("GET", "/expenses/{expense_id}/receipt", "expenses")
def read_receipt(standin: Z, request: Request, expense_id: str) -> Response:
    return attachments.read(standin, "expenses", expense_id)


@call("DELETE", "/expenses/{expense_id}/receipt", "expenses")
def remove_receipt(standin: Z, request: Request, expense_id: str) -> Response:
    return attachments.remove(standin, request, "expenses", expense_id)


@call("POST", "/expenses/{expense_id}/attachment", "expenses")
def attach_to_expense(standin: Z, request: Request, expense_id: str) -> Response:
    return attachments.attach(standin, request, "expenses", expense_id)
