"""Vendor payments and expenses → canonical records. Pure."""

from decimal import Decimal
from typing import Any

from mlc.records import (
    AttachmentRef,
    Expense,
    Line,
    ObjectType,
    Payment,
    PaymentAllocation,
    PaymentDirection,
    Ref,
)

from mlc_zoho.books.entities import ENTITIES
from mlc_zoho.books.mapping_lines import line_tax
from mlc_zoho.books.parts import (
    FieldTable,
    MapContext,
    carries_custom_fields,
    custom_fields,
    custom_value,
    dimensions,
    rate_of,
    ref,
    source_meta,
    take,
)
from mlc_zoho.books.schemas import Row, day, flag, money, rows, text, whole
from mlc_zoho.books.statuses import movement

_PAYMENT: FieldTable = (
    ("payment_number", "payment_number", text),
    ("payment_date", "date", day),
    ("amount", "amount", money),
    ("currency", "currency_code", text),
    ("reference", "reference_number", text),
    ("memo", "description", text),
)
_EXPENSE: FieldTable = (
    ("expense_number", "reference_number", text),
    ("issue_date", "date", day),
    ("currency", "currency_code", text),
    ("tax_total", "tax_amount", money),
    ("subtotal", "sub_total", money),
    ("memo", "description", text),
    ("status_raw", "status", text),
    ("kind", "expense_type", text),
    ("merchant", "merchant_name", text),
)

#: Status and category of an expense that Zoho has seen reimbursed.
REIMBURSED = "reimbursed"
_YES = frozenset({"true", "yes", "1", "checked"})
#: Zoho's presets of ``payment_mode`` → canonical methods; the mode itself is free text.
METHODS = {
    "check": "check",
    "cash": "cash",
    "bank transfer": "ach",
    "bank remittance": "wire",
    "credit card": "card",
    "ach": "ach",
}


def payment(row: Row, context: MapContext) -> Payment:
    """A vendor payment; list rows lack the bills it settles and, in the documented form, the currency."""
    fields = take(row, _PAYMENT)
    full = "bills" in row
    status = text(row, "ach_payment_status") or text(row, "status")
    fields |= {
        "source": source_meta(row, context, ENTITIES[ObjectType.PAYMENT], full=full),
        "direction": PaymentDirection.OUT,
        "movement": movement(status.lower() if status else None),
        "status_raw": status,
    }
    if "vendor_id" in row:
        fields["party"] = ref(row, ObjectType.VENDOR, "vendor_id", name="vendor_name")
    mode = text(row, "payment_mode")
    if mode is not None:
        fields["method"] = METHODS.get(mode.lower(), mode)
    if "paid_through_account_id" in row:
        fields["money_account"] = ref(
            row, ObjectType.ACCOUNT, "paid_through_account_id", name="paid_through_account_name"
        )
    fields |= rate_of(row)
    if full:
        fields["allocations"] = tuple(_allocation(part) for part in rows(row, "bills"))
    if "vendorpayment_refunds" in row:
        fields["refunded"] = sum((_refund(part) for part in rows(row, "vendorpayment_refunds")), Decimal(0))
    if full and carries_custom_fields(row):
        fields["external_key"] = custom_value(row, context.unique_field)
    return Payment(**fields)


def _refund(row: Row) -> Decimal:
    """In the payment's currency, where the row says it."""
    return money(row, "amount_fcy") or money(row, "amount") or money(row, "amount_bcy") or Decimal(0)


def _allocation(row: Row) -> PaymentAllocation:
    return PaymentAllocation(
        document=ref(row, ObjectType.BILL, "bill_id", code="bill_number"),
        amount=money(row, "amount_applied"),
        external_id=text(row, "bill_payment_id"),
    )


def expense(row: Row, context: MapContext) -> Expense:
    """An expense: money already spent. Lists name the amount ``total``, details ``amount``; lists lack the accounts.

    ``category``: reimburse (a person asks for it), reimbursed, or expense.
    """
    full = "account_id" in row or "line_items" in row or "paid_through_account_id" in row
    fields = take(row, _EXPENSE)
    fields["source"] = source_meta(row, context, ENTITIES[ObjectType.EXPENSE], full=full)
    fields["total"] = money(row, "total") if row.get("total") not in (None, "") else money(row, "amount")
    if "vendor_id" in row:
        fields["vendor"] = ref(row, ObjectType.VENDOR, "vendor_id", name="vendor_name")
    if "location_id" in row:
        fields["entity"] = ref(row, ObjectType.DIMENSION, "location_id", name="location_name")
    if text(row, "status") == REIMBURSED:
        fields["category"] = REIMBURSED
    if full:
        fields |= _full_expense(row, context)
    return Expense(**fields)


def _full_expense(row: Row, context: MapContext) -> dict[str, Any]:
    inclusive = flag(row, "is_inclusive_tax") is True
    parts = rows(row, "line_items") or rows(row, "line_item")
    fields: dict[str, Any] = {
        "amounts_include_tax": inclusive,
        **rate_of(row),
        "lines": tuple(_expense_line(part, inclusive=inclusive) for part in parts or [row]),
    }
    if "custom_fields" in row:
        fields["custom_fields"] = custom_fields(row)
    if carries_custom_fields(row):
        fields["external_key"] = custom_value(row, context.unique_field)
        fields |= _asked_for(row, context)
    if "paid_through_account_id" in row:
        fields["paid_through_account"] = ref(
            row, ObjectType.ACCOUNT, "paid_through_account_id", name="paid_through_account_name"
        )
    receipt = text(row, "expense_receipt_name")
    if receipt is not None:
        path = f"/expenses/{row.get('expense_id')}/receipt"
        told = AttachmentRef(source_id=receipt, filename=receipt, url=path, is_image_of_document=True)
        fields["attachments"] = (told,)
    return fields


def _asked_for(row: Row, context: MapContext) -> dict[str, Any]:
    """Whether a person asked to have it reimbursed, whose it is and from which budget. List rows do not show it."""
    asked = (custom_value(row, context.reimburse_field) or "").lower() in _YES
    found: dict[str, Any] = {}
    if text(row, "status") != REIMBURSED:
        found["category"] = "reimburse" if asked else "expense"
    employee = custom_value(row, context.employee_field)
    if employee is not None:
        found["employee"] = Ref(record_type=ObjectType.CONTACT, code=employee)
    budget = custom_value(row, context.budget_field)
    if budget is not None:
        found["extensions"] = {"budget": budget}
    return found


def _expense_line(row: Row, *, inclusive: bool) -> Line:
    """A line of an itemised expense, or the expense itself as its only line."""
    amount = money(row, "item_total") or money(row, "amount") or money(row, "total")
    net = money(row, "sub_total") if inclusive and row.get("sub_total") else amount
    return Line(
        line_id=text(row, "line_item_id") or text(row, "expense_id"),
        position=whole(row, "item_order"),
        description=text(row, "description"),
        line_net_amount=net,
        line_gross_amount=amount if inclusive else None,
        tax=line_tax(row, inclusive=inclusive),
        account=ref(row, ObjectType.ACCOUNT, "account_id", name="account_name"),
        dimensions=dimensions(row),
    )
