"""List endpoints of purchasing: row keys, sort columns and filters. A key that is not named here is detail only."""

from __future__ import annotations

from datetime import date
from typing import Final

from mlc_sandbox.zoho_books import bills, contacts, receivables, vendorpayments
from mlc_sandbox.zoho_books.books import Books
from mlc_sandbox.zoho_books.choices import custom_field, everything, has_line, mode_is, status_is
from mlc_sandbox.zoho_books.collections import Record
from mlc_sandbox.zoho_books.filters import Listing
from mlc_sandbox.zoho_books.values import keys


def bill_row(books: Books, bill: Record) -> Record:
    """A bill with what depends on the date."""
    days = (date.fromisoformat(books.today()) - date.fromisoformat(bill["due_date"])).days
    status = bills.status_of(books, bill)
    due = f"Overdue by {days} days" if status == "overdue" else f"Due in {-days} days" if days < 0 else ""
    return {**bill, "status": status, "due_days": due}


CONTACTS: Final = Listing(
    kind="contacts",
    key="contacts",
    report="Contacts",
    row=keys(
        "contact_id contact_name customer_name vendor_name company_name contact_number contact_type status "
        "payment_terms payment_terms_label currency_id currency_code outstanding_receivable_amount "
        "outstanding_payable_amount unused_credits_receivable_amount unused_credits_payable_amount "
        "first_name last_name email phone mobile website source is_linked_with_zohocrm track_1099 "
        "custom_fields custom_field_hash has_attachment created_time last_modified_time"
    ),
    sort=(
        "contact_name",
        "first_name",
        "last_name",
        "email",
        "outstanding_receivable_amount",
        "created_time",
        "last_modified_time",
    ),
    default_sort=("contact_name", "A"),
    texts=("contact_name", "company_name", "first_name", "last_name", "email", "phone"),
    exact=("contact_type", "zcrm_contact_id", "zcrm_account_id", "zcrm_vendor_id"),
    extra={"address": lambda record, value: value.casefold() in str(record["billing_address"]).casefold()},
    searched=("contact_name", "company_name", "notes"),
    choices={
        "Status.All": everything,
        "Status.Active": status_is("active"),
        "Status.Inactive": status_is("inactive"),
        "Status.Duplicate": lambda books, record: False,
        "Status.PortalEnabled": lambda books, record: False,
        "Status.PortalDisabled": everything,
        "Status.CreditLimitExceed": lambda books, record: False,
        "Status.Crm": lambda books, record: bool(record["is_linked_with_zohocrm"]),
        "Invoice.OverDue": lambda books, record: _owes(books, record, late=True),
        "Invoice.Unpaid": lambda books, record: _owes(books, record, late=False),
    },
    modified="field",
    show=contacts.shown,
)


def _owes(books: Books, contact: Record, *, late: bool) -> bool:
    for key in books["invoices"].find("customer_id", contact["contact_id"]):
        invoice = books.require("invoices", key)
        if invoice["balance"] > 0 and (not late or receivables.invoice_status(books, invoice) == "overdue"):
            return True
    return False


BILLS: Final = Listing(
    kind="bills",
    key="bills",
    report="Bills",
    row=keys(
        "bill_id vendor_id vendor_name status bill_number reference_number date due_date due_days currency_id "
        "currency_code price_precision exchange_rate total balance location_id location_name created_time "
        "last_modified_time attachment_name has_attachment is_tds_applied"
    ),
    sort=("vendor_name", "bill_number", "date", "due_date", "total", "balance", "created_time"),
    texts=("bill_number", "reference_number", "vendor_name", "description"),
    dates=("date", "due_date", "created_date"),
    numbers=("total",),
    exact=("vendor_id", "recurring_bill_id"),
    extra={
        "purchaseorder_id": lambda record, value: value in record["purchaseorder_ids"],
        "item_id": has_line("item_id"),
        "project_id": has_line("project_id"),
        "customer_id": has_line("customer_id"),
        "location_ids": lambda record, value: record["location_id"] in value.split(","),
    },
    searched=("bill_number", "reference_number", "vendor_name"),
    choices={
        "Status.All": everything,
        "Status.PartiallyPaid": status_is("partially_paid"),
        "Status.Paid": status_is("paid"),
        "Status.Overdue": status_is("overdue", of=bills.status_of),
        "Status.Void": status_is("void"),
        "Status.Open": status_is("open", of=bills.status_of),
    },
    statuses=frozenset(("paid", "open", "overdue", "void", "partially_paid", "draft", "pending_approval")),
    status=bills.status_of,
    modified="documented",
    show=bill_row,
)

ORDERS: Final = Listing(
    kind="purchaseorders",
    key="purchaseorders",
    report="Purchase Orders",
    row=keys(
        "purchaseorder_id vendor_id vendor_name status purchaseorder_number reference_number date delivery_date "
        "currency_id currency_code price_precision total has_attachment location_id created_time "
        "last_modified_time custom_fields"
    ),
    sort=("vendor_name", "purchaseorder_number", "date", "delivery_date", "total", "created_time"),
    texts=("purchaseorder_number", "reference_number", "vendor_name"),
    dates=("date", "created_date"),
    numbers=("total",),
    exact=("vendor_id",),
    extra={
        "item_id": has_line("item_id"),
        "custom_field": custom_field,
        "location_ids": lambda record, value: record["location_id"] in value.split(","),
    },
    searched=("purchaseorder_number", "reference_number", "vendor_name"),
    choices={
        "Status.All": everything,
        "Status.Draft": status_is("draft"),
        "Status.Open": status_is("open", "partially_billed"),
        "Status.Billed": status_is("billed"),
        "Status.Cancelled": status_is("cancelled"),
    },
    statuses=frozenset(("draft", "open", "billed", "cancelled", "partially_billed", "pending_approval")),
    modified="documented",
)

CREDITS: Final = Listing(
    kind="vendorcredits",
    key="vendorcredits",
    report="Vendor Credits",
    row=keys(
        "vendor_credit_id vendor_credit_number status reference_number date total balance vendor_id vendor_name "
        "currency_id currency_code created_time last_modified_time has_attachment exchange_rate tags"
    ),
    sort=(
        "vendor_name",
        "vendor_credit_number",
        "balance",
        "total",
        "date",
        "created_time",
        "last_modified_time",
        "reference_number",
    ),
    texts=("vendor_credit_number", "reference_number", "notes"),
    dates=("date",),
    numbers=("total",),
    extra={
        "item_id": has_line("item_id"),
        "custom_field": custom_field,
        "customer_id": lambda record, value: record["vendor_id"] == value,
        "customer_name": lambda record, value: record["vendor_name"] == value,
        "customer_name_contains": lambda record, value: value.casefold() in record["vendor_name"].casefold(),
    },
    searched=("vendor_credit_number", "reference_number", "vendor_name"),
    choices={
        "Status.All": everything,
        "Status.Draft": status_is("draft"),
        "Status.Open": status_is("open"),
        "Status.Closed": status_is("closed"),
        "Status.Void": status_is("void"),
    },
    statuses=frozenset(("open", "closed", "void", "draft", "pending_approval")),
    modified="documented",
)

PAYMENTS: Final = Listing(
    kind="vendorpayments",
    key="vendorpayments",
    report="Payments Made",
    row=keys(
        "payment_id vendor_id vendor_name bill_numbers payment_mode payment_number description date "
        "reference_number exchange_rate amount bcy_amount paid_through_account_id paid_through_account_name "
        "balance bcy_balance created_time last_modified_time is_paid_via_print_check has_attachment "
        "is_ach_payment ach_payment_status tags check_details"
    ),
    sort=("vendor_name", "date", "reference_number", "amount", "balance"),
    texts=("reference_number", "vendor_name", "payment_mode", "description"),
    dates=("date",),
    numbers=("amount", "payment_number"),
    exact=("vendor_id",),
    extra={"bill_id": lambda record, value: any(part["bill_id"] == value for part in record["bills"])},
    searched=("reference_number", "vendor_name", "description"),
    choices={
        "PaymentMode.All": everything,
        **{
            f"PaymentMode.{mode}": mode_is(mode)
            for mode in (
                "Check",
                "Cash",
                "BankTransfer",
                "Paypal",
                "CreditCard",
                "GoogleCheckout",
                "Credit",
                "BankRemittance",
            )
        },
    },
    modified="documented",
    show=vendorpayments.row_shown,
)
