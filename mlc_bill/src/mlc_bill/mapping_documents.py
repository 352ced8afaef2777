"""Bills, vendor credits and invoices → canonical documents. List rows carry their lines. Pure.

BILL knows no tax on bills: what a document's lines add up to is its total.
"""

import mimetypes
from decimal import Decimal
from typing import Any

from mlc.records import (
    AttachmentRef,
    Bill,
    Invoice,
    ObjectType,
    Ref,
    VendorCredit,
)
from mlc.wire import plain

from mlc_bill.parts import FieldTable, MapContext, currency, lines, party, rate, source_meta, take
from mlc_bill.schemas import Row, day, inner, money, rows, text
from mlc_bill.statuses import approval_status, document_status, payment_status

_IMAGES = (".pdf", ".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff")

_BILL: FieldTable = (
    ("due_date", "dueDate", day),
    ("memo", "description", text),
    ("total", "amount", money),
    ("amount_paid", "paidAmount", money),
    ("credit_applied", "creditAmount", money),
    ("balance", "dueAmount", money),
)
_NUMBER: FieldTable = (
    ("bill_number", "invoiceNumber", text),
    ("issue_date", "invoiceDate", day),
)
_CREDIT: FieldTable = (
    ("bill_number", "referenceNumber", text),
    ("issue_date", "creditDate", day),
    ("memo", "description", text),
    ("total", "amount", money),
    ("credit_applied", "appliedAmount", money),
)
_RAW: FieldTable = (("status_raw", "status", text),)
_INVOICE: FieldTable = (
    ("invoice_number", "invoiceNumber", text),
    ("issue_date", "invoiceDate", day),
    ("due_date", "dueDate", day),
    ("total", "totalAmount", money),
    ("credit_applied", "creditAmount", money),
    ("balance", "dueAmount", money),
    ("tax_total", "salesTaxTotal", money),
)


def bill(row: Row, context: MapContext) -> Bill:
    fields = _document(row, context, "bill", "billLineItems") | take(row, _BILL) | take(inner(row, "invoice"), _NUMBER)
    fields |= party(row, "vendor", ObjectType.VENDOR) | rate(row, context, amount="amount")
    paid = payment_status(text(row, "paymentStatus"))
    fields |= {"status": document_status(row, paid=paid), "payment_status": paid}
    if "approvalStatus" in row:
        fields["approval_status"] = approval_status(text(row, "approvalStatus"))
    raw = text(row, "recordStatus") or text(row, "paymentStatus")
    if raw is not None or {"recordStatus", "paymentStatus"} & row.keys():
        fields["status_raw"] = raw
    order = text(row, "purchaseOrderNumber")
    if order is not None:
        fields["purchase_orders"] = (Ref(record_type=ObjectType.PURCHASE_ORDER, code=order),)
    if "documents" in row:
        fields["attachments"] = tuple(_file(one) for one in rows(row, "documents") if text(one, "id") is not None)
    fields["extensions"] = _kept(row)
    return Bill(**fields)


def vendor_credit(row: Row, context: MapContext) -> VendorCredit:
    fields = _document(row, context, "vendor credit", "vendorCreditLineItems") | take(row, _CREDIT)
    fields |= party(row, "vendor", ObjectType.VENDOR)
    paid = payment_status(text(row, "status"))
    fields |= {"status": document_status(row, paid=paid), "payment_status": paid, **take(row, _RAW)}
    if "total" in fields and "credit_applied" in fields:
        total, applied = fields["total"], fields["credit_applied"]
        fields["balance"] = None if total is None or applied is None else total - applied
    return VendorCredit(**fields)


def invoice(row: Row, context: MapContext) -> Invoice:
    fields = _document(row, context, "invoice", "invoiceLineItems") | take(row, _INVOICE)
    fields |= party(row, "customer", ObjectType.CUSTOMER)
    paid = payment_status(text(row, "status"))
    fields |= {"status": document_status(row, paid=paid), "payment_status": paid, **take(row, _RAW)}
    return Invoice(**fields)


def _document(row: Row, context: MapContext, record_type: str, key: str) -> dict[str, Any]:
    fields: dict[str, Any] = {"source": source_meta(row, context, record_type)} | currency(row)
    if key in row:
        fields["lines"] = lines(row, key)
    return fields


def _kept(row: Row) -> dict[str, Any]:
    """What a replacement of the whole bill has to send back, and what a payment would settle with."""
    kept: dict[str, Any] = {}
    account = text(row, "payFromChartOfAccountId")
    if account is not None:
        kept["payFromChartOfAccountId"] = account
    header = {key: str(value) for key, value in inner(row, "classifications").items() if value}
    if header:
        kept["classifications"] = header
    scheduled = money(row, "scheduledAmount")
    if isinstance(scheduled, Decimal):
        kept["scheduled"] = plain(scheduled)
    return kept


def _file(row: Row) -> AttachmentRef:
    name = text(row, "name")
    return AttachmentRef(
        source_id=text(row, "id") or "",
        filename=name,
        mime_type=mimetypes.guess_type(name or "")[0],
        is_image_of_document=(name or "").lower().endswith(_IMAGES),
    )
