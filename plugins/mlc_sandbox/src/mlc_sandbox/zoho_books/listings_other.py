"""The list endpoints beside purchasing: expenses, sales, items and what an organisation is set up with."""

from __future__ import annotations

from typing import Final

from mlc_sandbox.zoho_books import receivables
from mlc_sandbox.zoho_books.books import Books
from mlc_sandbox.zoho_books.choices import active_is, custom_field, everything, has_line, status_is, type_is
from mlc_sandbox.zoho_books.collections import Record
from mlc_sandbox.zoho_books.filters import ACCOUNT_SUFFIXES, Listing
from mlc_sandbox.zoho_books.values import keys


def _invoice_row(books: Books, invoice: Record) -> Record:
    return {**invoice, "status": receivables.invoice_status(books, invoice)}


EXPENSES: Final = Listing(
    kind="expenses",
    key="expenses",
    report="Expenses",
    row=keys(
        "expense_id date account_name description currency_id currency_code bcy_total total is_billable "
        "reference_number customer_id customer_name vendor_id vendor_name status location_id created_time "
        "last_modified_time expense_receipt_name has_attachment"
    ),
    sort=("date", "account_name", "total", "bcy_total", "reference_number", "customer_name", "created_time"),
    texts=("description", "reference_number", "account_name", "customer_name", "vendor_name"),
    dates=("date",),
    numbers=("amount",),
    exact=("vendor_id", "customer_id", "paid_through_account_id", "project_id", "recurring_expense_id"),
    searched=("account_name", "description", "customer_name", "vendor_name"),
    choices={
        "Status.All": everything,
        "Status.Billable": lambda books, record: bool(record["is_billable"]),
        "Status.Nonbillable": lambda books, record: not record["is_billable"],
        "Status.Reimbursed": status_is("reimbursed"),
        "Status.Invoiced": status_is("invoiced"),
        "Status.Unbilled": status_is("unbilled"),
    },
    statuses=frozenset(("unbilled", "invoiced", "reimbursed", "non-billable", "billable")),
    modified="field",
)

INVOICES: Final = Listing(
    kind="invoices",
    key="invoices",
    report="Invoices",
    row=keys(
        "invoice_id customer_name customer_id status invoice_number reference_number date due_date currency_id "
        "currency_code total balance created_time last_modified_time has_attachment custom_fields location_id "
        "salesperson_name adjustment write_off_amount exchange_rate"
    ),
    sort=("customer_name", "invoice_number", "date", "due_date", "total", "balance", "created_time"),
    texts=("invoice_number", "reference_number", "customer_name", "email"),
    dates=("date", "due_date", "created_date"),
    numbers=("total", "balance"),
    exact=("customer_id", "zcrm_potential_id", "recurring_invoice_id"),
    extra={"item_id": has_line("item_id"), "custom_field": custom_field},
    searched=("invoice_number", "reference_number", "customer_name"),
    choices={
        "Status.All": everything,
        "Status.Sent": status_is("sent", of=receivables.invoice_status),
        "Status.Draft": status_is("draft"),
        "Status.OverDue": status_is("overdue", of=receivables.invoice_status),
        "Status.Paid": status_is("paid"),
        "Status.Void": status_is("void"),
        "Status.Unpaid": lambda books, record: record["balance"] > 0 and record["status"] != "draft",
        "Status.PartiallyPaid": status_is("partially_paid"),
        "Status.Viewed": status_is("viewed"),
    },
    statuses=frozenset(keys("draft sent viewed overdue paid partially_paid unpaid void pending_approval")),
    status=receivables.invoice_status,
    modified="documented",
    show=_invoice_row,
)

CUSTOMER_PAYMENTS: Final = Listing(
    kind="customerpayments",
    key="customerpayments",
    report="Payments Received",
    row=keys(
        "payment_id payment_number payment_mode date reference_number amount bcy_amount unused_amount "
        "customer_id customer_name account_id account_name currency_code exchange_rate"
    ),
    sort=("date", "customer_name", "amount", "payment_number", "reference_number", "created_time"),
    texts=("customer_name", "reference_number", "payment_mode"),
    dates=("date",),
    numbers=("amount",),
    exact=("customer_id",),
    searched=("customer_name", "reference_number"),
    modified="field",
)

ITEMS: Final = Listing(
    kind="items",
    key="items",
    report="Items",
    row=keys(
        "item_id name sku status item_type product_type description unit rate tax_id tax_name tax_percentage "
        "purchase_rate account_id purchase_account_id created_time last_modified_time"
    ),
    sort=("name", "rate", "tax_name"),
    default_sort=("name", "A"),
    texts=("name", "description", "sku"),
    numbers=("rate",),
    exact=("tax_id", "account_id"),
    searched=("name", "description", "sku"),
    choices={
        "Status.All": everything,
        "Status.Active": status_is("active"),
        "Status.Inactive": status_is("inactive"),
    },
    default_choice="Status.Active",
    modified="field",
)

_ASSETS = "other_asset other_current_asset cash bank fixed_asset stock payment_clearing input_tax accounts_receivable"
_LIABILITIES = "other_current_liability credit_card long_term_liability other_liability accounts_payable output_tax"

ACCOUNTS: Final = Listing(
    kind="chartofaccounts",
    key="chartofaccounts",
    report="Chart of Accounts",
    row=keys(
        "account_id account_name account_code account_type is_user_created is_system_account "
        "is_standalone_account is_active can_show_in_ze is_involved_in_transaction current_balance "
        "parent_account_id parent_account_name depth has_attachment created_time last_modified_time"
    ),
    sort=("account_name", "account_type", "account_code"),
    default_sort=("account_name", "A"),
    texts=("account_name", "account_code"),
    text_suffixes=ACCOUNT_SUFFIXES,
    exact=("account_id",),
    searched=("account_name", "account_code"),
    choices={
        "AccountType.All": everything,
        "AccountType.Active": active_is(True),
        "AccountType.Inactive": active_is(False),
        "AccountType.Asset": type_is(*keys(_ASSETS)),
        "AccountType.Liability": type_is(*keys(_LIABILITIES)),
        "AccountType.Equity": type_is("equity"),
        "AccountType.Income": type_is("income", "other_income"),
        "AccountType.Expense": type_is("expense", "other_expense", "cost_of_goods_sold"),
    },
    modified="documented",
)

TAXES: Final = Listing(
    kind="taxes",
    key="taxes",
    report="Taxes",
    row=keys(
        "tax_id tax_name tax_percentage tax_type tax_factor tax_specific_type is_value_added is_default_tax "
        "is_editable country_code"
    ),
    sort=(),
    default_sort=("created_time", "A"),
)

LOCKS: Final = Listing(
    kind="transactionlocks",
    key="transaction_locks",
    report="Transaction Locks",
    row=keys(
        "transaction_lock_id transaction_lock_module transaction_lock_status transaction_lock_date lock_status "
        "lock_status_formatted lock_scope lock_scope_formatted partial_lock_number status locked_by "
        "user_exceptions_count account_exceptions_count reason"
    ),
    sort=(),
    default_sort=("created_time", "A"),
    exact=("lock_scope",),
)
