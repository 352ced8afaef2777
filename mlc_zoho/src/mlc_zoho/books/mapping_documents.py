"""Bills, vendor credits, purchase orders and invoices → canonical records. Pure.

A list row has no lines: it becomes a summary, and whatever it does not carry stays unset.
"""

from decimal import Decimal
from typing import Any

from mlc.records import AddressKind, Bill, Invoice, ObjectType, OrderStatus, PurchaseOrder, Ref, VendorCredit
from mlc.wire import plain

from mlc_zoho.books.entities import ENTITIES
from mlc_zoho.books.mapping_lines import adjustment, header_discount, lines
from mlc_zoho.books.parts import (
    ZERO,
    FieldTable,
    MapContext,
    address,
    attachments,
    carries_custom_fields,
    custom_fields,
    custom_value,
    rate_of,
    ref,
    source_meta,
    take,
)
from mlc_zoho.books.schemas import Row, day, flag, money, rows, text
from mlc_zoho.books.statuses import document_axes, order_status

_DOCUMENT: FieldTable = (
    ("issue_date", "date", day),
    ("currency", "currency_code", text),
    ("total", "total", money),
    ("status_raw", "status", text),
)
_FULL: FieldTable = (
    ("subtotal", "sub_total", money),
    ("tax_total", "tax_total", money),
    ("memo", "notes", text),
)
_BILL: FieldTable = (
    ("bill_number", "bill_number", text),
    ("due_date", "due_date", day),
    ("payment_reference", "reference_number", text),
    ("payment_terms", "payment_terms_label", text),
    ("amount_paid", "payment_made", money),
    ("credit_applied", "vendor_credits_applied", money),
    ("balance", "balance", money),
)
_CREDIT: FieldTable = (
    ("bill_number", "vendor_credit_number", text),
    ("payment_reference", "reference_number", text),
    ("credit_applied", "total_credits_used", money),
    ("balance", "balance", money),
)
_ORDER: FieldTable = (
    ("po_number", "purchaseorder_number", text),
    ("delivery_date", "delivery_date", day),
)
_INVOICE: FieldTable = (
    ("invoice_number", "invoice_number", text),
    ("due_date", "due_date", day),
    ("amount_paid", "payment_made", money),
    ("credit_applied", "credits_applied", money),
    ("written_off", "write_off_amount", money),
    ("last_payment_date", "last_payment_date", day),
    ("balance", "balance", money),
    ("invoice_url", "invoice_url", text),
    ("salesperson", "salesperson_name", text),
)


def bill(row: Row, context: MapContext) -> Bill:
    fields = _document(row, context, ObjectType.BILL) | take(row, _BILL)
    fields |= _party(row, "vendor", ObjectType.VENDOR)
    _set_axes(fields, row)
    if "line_items" in row:
        orders = _orders(row)
        fields["purchase_orders"] = orders
        fields["lines"] = lines(row, order=orders[0] if len(orders) == 1 else None)
        fields["withholding_total"] = _withholding(row)
        if row.get("payments"):
            fields["extensions"] = {"payments": [_bill_payment(payment) for payment in rows(row, "payments")]}
    if context.issue_date_field is not None:
        stated = custom_value(row, context.issue_date_field)
        if stated is not None:
            fields["posting_date"] = fields.get("issue_date")
            fields["issue_date"] = day({"date": stated}, "date")
    return Bill(**fields)


def vendor_credit(row: Row, context: MapContext) -> VendorCredit:
    fields = _document(row, context, ObjectType.VENDOR_CREDIT) | take(row, _CREDIT)
    fields |= _party(row, "vendor", ObjectType.VENDOR)
    _set_axes(fields, row)
    if "line_items" in row:
        fields["lines"] = lines(row)
        _derive_tax(fields)
    return VendorCredit(**fields)


def purchase_order(row: Row, context: MapContext) -> PurchaseOrder:
    fields = _document(row, context, ObjectType.PURCHASE_ORDER) | take(row, _ORDER)
    fields |= _party(row, "vendor", ObjectType.VENDOR)
    fields["status"] = order_status(text(row, "status"))
    if "line_items" in row:
        fields["lines"] = lines(row)
        fields["charges"] = fields["charges"] + header_discount(row, money(row, "sub_total"))
        fields["billed_total"] = _billed(row, fields)
        where = address(row, "delivery_address", AddressKind.SHIPPING)
        if where is not None:
            fields["ship_to"] = where
    return PurchaseOrder(**fields)


def invoice(row: Row, context: MapContext) -> Invoice:
    fields = _document(row, context, ObjectType.INVOICE) | take(row, _INVOICE)
    fields |= _party(row, "customer", ObjectType.CUSTOMER)
    axes = document_axes(text(row, "status"))
    fields["status"], fields["payment_status"] = axes.status, axes.payment
    fields["overdue"] = text(row, "status") == "overdue"
    deal = custom_value(row, context.deal_field) or text(row, "zcrm_potential_id")
    named = text(row, "reference_number")
    if "line_items" in row:
        fields["lines"] = lines(row)
        fields["deal"] = Ref(record_type=ObjectType.DEAL, source_id=deal, code=named) if deal or named else None
    return Invoice(**fields)


def _document(row: Row, context: MapContext, object_type: ObjectType) -> dict[str, Any]:
    entity = ENTITIES[object_type]
    full = "line_items" in row
    fields = take(row, _DOCUMENT)
    fields["source"] = source_meta(row, context, entity, full=full)
    if "location_id" in row:
        fields["entity"] = ref(row, ObjectType.DIMENSION, "location_id", name="location_name")
    fields |= rate_of(row)
    if full:
        fields |= take(row, _FULL)
        fields["amounts_include_tax"] = flag(row, "is_inclusive_tax") is True
        fields["charges"] = adjustment(row)
        fields["attachments"] = attachments(row, f"/{entity.path}/{row.get(entity.id)}/attachment")
    if "custom_fields" in row:
        fields["custom_fields"] = custom_fields(row)
    if carries_custom_fields(row):
        fields["external_key"] = custom_value(row, context.unique_field)
    return fields


def _party(row: Row, field: str, kind: ObjectType) -> dict[str, Any]:
    """Whose document it is; unset where the row does not say."""
    return {field: ref(row, kind, f"{field}_id", name=f"{field}_name")} if f"{field}_id" in row else {}


def _set_axes(fields: dict[str, Any], row: Row) -> None:
    axes = document_axes(text(row, "status"))
    fields["status"], fields["approval_status"], fields["payment_status"] = axes.status, axes.approval, axes.payment


def _orders(row: Row) -> tuple[Ref, ...]:
    named = rows(row, "purchaseorders")
    if named:
        found = [
            ref(order, ObjectType.PURCHASE_ORDER, "purchaseorder_id", code="purchaseorder_number") for order in named
        ]
        return tuple(order for order in found if order is not None)
    ids = row.get("purchaseorder_ids")
    return tuple(
        Ref(record_type=ObjectType.PURCHASE_ORDER, source_id=str(order))
        for order in (ids if isinstance(ids, list) else ())
        if order
    )


def _bill_payment(row: Row) -> dict[str, str | None]:
    """A payment as the bill shows it; amounts as text, since extensions travel as JSON."""
    amount = money(row, "amount")
    return {
        "payment_id": text(row, "payment_id"),
        "bill_payment_id": text(row, "bill_payment_id"),
        "date": text(row, "date"),
        "amount": None if amount is None else plain(amount),
        "reference": text(row, "reference_number"),
        "paid_through_account_id": text(row, "paid_through_account_id"),
    }


def _withholding(row: Row) -> Decimal | None:
    """Tax withheld at source, when Zoho says there is some: what the total falls short of its parts."""
    if flag(row, "is_tds_applied") is not True:
        return None
    parts = [money(row, key) or ZERO for key in ("sub_total", "tax_total", "adjustment")]
    missing = sum(parts, ZERO) - (money(row, "total") or ZERO)
    return missing if missing > 0 else None


def _derive_tax(fields: dict[str, Any]) -> None:
    """Vendor credits state no tax total: it is what the total holds beyond the subtotal."""
    total, subtotal = fields.get("total"), fields.get("subtotal")
    if "tax_total" not in fields and total is not None and subtotal is not None:
        charged = sum((charge.amount for charge in fields["charges"]), ZERO)
        fields["tax_total"] = total - subtotal - charged


def _billed(row: Row, fields: dict[str, Any]) -> Decimal | None:
    """How much of an order was billed: as stated, else all of a billed one, else by the lines' billed quantities."""
    stated = money(row, "total_invoiced_amount")
    if stated is not None:
        return stated
    if fields["status"] is OrderStatus.BILLED:
        return money(row, "total")
    known = [line for line in fields["lines"] if line.billed_quantity is not None and line.unit_price is not None]
    if not known:
        return None
    return sum((line.billed_quantity * line.unit_price for line in known), ZERO)
