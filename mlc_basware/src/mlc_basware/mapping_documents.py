"""Approved invoices → bills and vendor credits, from their coding rows. Pure.

The header has no envelope; ``codingRows`` are the posting lines. ``taxSum1`` is payable, ``taxSum2`` is self-assessed
and is not. A negative total, or a type of ``credit_types``, makes a vendor credit, every sign turned.

Vendor doc: P2P OpenAPI 26.06, accountingDocuments
"""

from typing import Any

from mlc.records import (
    ApprovalStatus,
    AttachmentRef,
    Bill,
    CustomField,
    Line,
    LineTax,
    ObjectType,
    Rate,
    Ref,
    VendorCredit,
)

from mlc_basware.entities import DOCUMENTS
from mlc_basware.parts import MapContext, coding_dimensions, currency, minus, needed, ref, source_meta, take
from mlc_basware.schemas import Row, day, flag, inner, money, rows, text
from mlc_basware.statuses import document_status, export_status, payment_status

IMAGE = "ORIGINALIMAGE"
#: In front of the id of a picture that lies in the Network.
NETWORK = "network/"
TURNED = ("subtotal", "tax_total", "total")


def to_document(row: Row, context: MapContext) -> Bill | VendorCredit:
    """An invoice as what it is. Raises MappingError."""
    settings = context.settings
    source = source_meta(row, context, DOCUMENTS)
    status = needed(row, "processingStatus", "an invoice")
    values: dict[str, Any] = {"source": source, **take(row, _HEADER)}
    if "companyCode" in row:
        values["entity"] = ref(row, ObjectType.DIMENSION, "companyCode", name="companyName")
    code = currency(row, "currencyCode")
    if "currencyCode" in row:
        values["currency"] = code
    if "supplierCode" in row:
        vendor = ref(row, ObjectType.VENDOR, "supplierCode", name="supplierName")
        values["vendor"] = vendor
    if "codingRows" in row:
        values["lines"] = tuple(_line(one, place, context) for place, one in enumerate(rows(row, "codingRows"), 1))
    if "orderNumbers" in row:
        values["purchase_orders"] = _orders(row)
    if "attachments" in row or (settings.network and "bumid" in row):
        values["attachments"] = images(row, network=settings.network) if settings.attachments else ()
    values |= _rate(row, code)
    values |= {
        "status": document_status(status),
        "status_raw": status,
        "export_status": export_status(status),
        "payment_status": payment_status(status),
        "approval_status": ApprovalStatus.APPROVED,
    }
    if "paymentBlock" in row or "disputeInfo" in row:
        values["payment_blocked"] = bool(flag(row, "paymentBlock")) or bool(
            flag(inner(row, "disputeInfo"), "isDisputed")
        )
    values["custom_fields"] = _notes(row)
    gross = money(row, "grossSum")
    credit = (gross is not None and gross < 0) or text(row, "invoiceTypeCode") in settings.credit_types
    if not credit:
        return Bill(**values)
    # A credit note of a tenant that marks it by its type alone has positive sums already.
    return VendorCredit(**(_turned(values) if gross is not None and gross < 0 else values))


def _line(row: Row, place: int, context: MapContext) -> Line:
    net = money(row, "netTotal")
    quantity = money(row, "matchedQuantity")
    fields: dict[str, Any] = {
        "line_id": needed(row, "externalCode", "a coding row"),
        "position": place,
        **take(row, _LINE),
        "account": ref(row, ObjectType.ACCOUNT, "accountCode", name="accountName"),
        "dimensions": coding_dimensions(row, context.settings),
    }
    if net is not None:
        fields["line_net_amount"] = net
    if quantity:
        fields["quantity"] = quantity
    if text(row, "orderNumber") is not None:
        fields["purchase_order"] = ref(row, ObjectType.PURCHASE_ORDER, "orderNumber")
        if text(row, "orderLineNumber") is not None:
            fields["purchase_order_line"] = ref(row, ObjectType.PURCHASE_ORDER, "orderLineNumber")
    if any(key in row for key in ("taxCode", "taxPercent", "taxSum")):
        code = ref(row, ObjectType.TAX_RATE, "taxCode")
        named = None if code is None else code.code
        percent, amount = money(row, "taxPercent"), money(row, "taxSum")
        fields["tax"] = LineTax(ref=code, name=named, percent=percent, amount=amount)
        if code is None and not percent and not amount:
            fields["tax"] = None
    return Line(**fields)


def _orders(row: Row) -> tuple[Ref, ...]:
    listed = row.get("orderNumbers")
    found = [one for one in listed if isinstance(one, str) and one] if isinstance(listed, list) else []
    return tuple(Ref(record_type=ObjectType.PURCHASE_ORDER, source_id=one, code=one) for one in dict.fromkeys(found))


def images(row: Row, *, network: bool = False) -> tuple[AttachmentRef, ...]:
    """The invoice's own picture; a confidential one does not exist for us. With ``network`` that of the e-invoice,
    where P2P has none at all: one that is confidential here is not had by another door.
    """
    own = [one for one in rows(row, "attachments") if (text(one, "category") or "").upper() == IMAGE]
    found = tuple(
        AttachmentRef(source_id=code, filename=text(one, "filename"), is_image_of_document=True)
        for one in own
        if flag(one, "isConfidential") is not True and (code := text(one, "externalCode")) is not None
    )
    bum_id = text(row, "bumid")
    if not network or own or bum_id is None:
        return found
    return (AttachmentRef(source_id=NETWORK + bum_id, filename=f"{bum_id}.pdf", is_image_of_document=True),)


def _rate(row: Row, code: str | None) -> dict[str, Any]:
    """Basware's own rate, for comparison: the ledger owns the rate."""
    base = currency(row, "currencyCodeCompany")
    value = money(row, "exchangeRateCompany")
    if code is None or base is None or value is None or value <= 0:
        return {}
    on = day(row, "exchangeRateBaseDate")
    return {"exchange_rate": Rate(value=value, from_currency=code, to_currency=base, on=on, source="basware")}


def _notes(row: Row) -> tuple[CustomField, ...]:
    """What a person may want to see of it and no field of core's holds."""
    return tuple(
        CustomField(key=key, value=found) for key in _NOTED if (found := text(row, key)) is not None and found != "0"
    )


def _turned(values: dict[str, Any]) -> dict[str, Any]:
    found = {**values, **{name: minus(values[name]) for name in TURNED if name in values}}
    if "lines" in values:
        found["lines"] = tuple(_turned_line(line) for line in values["lines"])
    return found


def _turned_line(line: Line) -> Line:
    quantity = line.quantity
    changes: dict[str, Any] = {}
    if line.known("line_net_amount"):
        changes["line_net_amount"] = minus(line.line_net_amount)
    if line.known("line_gross_amount"):
        changes["line_gross_amount"] = minus(line.line_gross_amount)
    if quantity is not None and quantity < 0:
        changes["quantity"] = minus(quantity)
    if line.tax is not None:
        changes["tax"] = line.tax.model_copy(update={"amount": minus(line.tax.amount)})
    return line.model_copy(update=changes)


_HEADER: tuple[Any, ...] = (
    ("bill_number", "invoiceNumber", text),
    ("issue_date", "invoiceDate", day),
    ("posting_date", "voucherDate", day),
    ("due_date", "dueDate", day),
    ("subtotal", "netSum", money),
    ("tax_total", "taxSum1", money),
    ("total", "grossSum", money),
    ("memo", "description", text),
    ("payment_reference", "referenceNumber", text),
    ("payment_terms", "paymentTermCode", text),
    ("category", "invoiceTypeCode", text),
    ("approver", "referencePerson", text),
)
_LINE: tuple[Any, ...] = (
    ("line_gross_amount", "grossTotal", money),
    ("description", "text1", text),
)
_NOTED = ("cashDate", "cashSum", "cashPercent", "taxSum2", "contractNumber", "bumid", "removalReason")
