"""Bills, vendor credits, purchase orders → canonical. Pure. Whatever a full update must send back travels along."""

from collections.abc import Sequence
from typing import Any

from mlc.records import (
    AddressKind,
    Bill,
    DocumentStatus,
    Line,
    LineTax,
    ObjectType,
    OrderStatus,
    PaymentStatus,
    PurchaseOrder,
    Ref,
    VendorCredit,
)

from mlc_quickbooks import kept
from mlc_quickbooks.entities import BILL, DEPARTMENT, PURCHASE_ORDER, VENDOR_CREDIT, Entity
from mlc_quickbooks.notes import NOTE, memo_in
from mlc_quickbooks.parts import (
    ZERO,
    FieldTable,
    MapContext,
    account_ref,
    address,
    dimension,
    dimensions,
    money_fields,
    ref,
    source_meta,
    take,
)
from mlc_quickbooks.schemas import Row, day, inner, money, ref_name, rows, text, whole

ACCOUNT_LINE, ITEM_LINE = "AccountBasedExpenseLineDetail", "ItemBasedExpenseLineDetail"
INCLUSIVE = "TaxInclusive"
ORDER_LINK = "PurchaseOrder"
#: Pseudo codes of the United States: not taxed, taxed.
NOT_TAXED, TAXED = "NON", "TAX"

_DOCUMENT: FieldTable = (
    ("issue_date", "TxnDate", day),
    ("memo", NOTE, memo_in),
    ("total", "TotalAmt", money),
    ("vendor", "VendorRef", ref(ObjectType.VENDOR)),
    ("tax_total", "TxnTaxDetail", lambda row, key: money(inner(row, key), "TotalTax") or ZERO),
)
_PAYABLE: FieldTable = (
    ("bill_number", "DocNumber", text),
    ("payable_account", "APAccountRef", account_ref),
    ("balance", "Balance", money),
)
_BILL: FieldTable = (("due_date", "DueDate", day), ("payment_terms", "SalesTermRef", ref_name))
_ORDER: FieldTable = (
    ("po_number", "DocNumber", text),
    ("due_date", "DueDate", day),
    ("status_raw", "POStatus", text),
)
_ORDER_STATUSES = {"open": OrderStatus.ISSUED, "closed": OrderStatus.CLOSED}


def bill(row: Row, context: MapContext) -> Bill:
    fields = _payable(row, context, BILL, kept.BILL) | take(row, _BILL)
    return Bill(**fields)


def vendor_credit(row: Row, context: MapContext) -> VendorCredit:
    return VendorCredit(**_payable(row, context, VENDOR_CREDIT, kept.VENDOR_CREDIT))


def purchase_order(row: Row, context: MapContext) -> PurchaseOrder:
    """An order that bills are linked to is billed only once QuickBooks has closed it. One that we cancelled is closed,
    with a note that says so."""
    fields = _document(row, context, PURCHASE_ORDER, kept.PURCHASE_ORDER) | take(row, _ORDER)
    status = _ORDER_STATUSES.get((text(row, "POStatus") or "").lower(), OrderStatus.UNKNOWN)
    billed = any(text(link, "TxnType") == "Bill" for link in rows(row, "LinkedTxn"))
    if status is OrderStatus.CLOSED:
        cancelled = kept.CANCELLED in (text(row, "PrivateNote") or "")
        status = OrderStatus.BILLED if billed else OrderStatus.CANCELLED if cancelled else status
    fields["status"] = status
    if "LinkedTxn" in row and not billed:
        fields["billed_total"] = ZERO
    elif status is OrderStatus.BILLED:
        fields["billed_total"] = money(row, "TotalAmt")
    where = address(row, "ShipAddr", AddressKind.SHIPPING)
    if "ShipAddr" in row:
        fields["ship_to"] = where
    return PurchaseOrder(**fields)


def _payable(row: Row, context: MapContext, entity: Entity, members: Sequence[str]) -> dict[str, Any]:
    fields = _document(row, context, entity, members) | take(row, _PAYABLE)
    total, balance = fields.get("total"), fields.get("balance")
    if "total" in fields and "balance" in fields:
        fields["amount_paid"] = None if total is None or balance is None else total - balance
    fields["payment_status"], fields["status"] = payment_status(total, balance), DocumentStatus.OPEN
    if fields["payment_status"] is PaymentStatus.PAID:
        fields["status"] = DocumentStatus.CLOSED
    orders = {one.source_id: one for line in fields.get("lines", ()) if (one := line.purchase_order) is not None}
    orders |= {text(link, "TxnId"): _order(link) for link in rows(row, "LinkedTxn") if _order(link) is not None}
    if orders:
        fields["purchase_orders"] = tuple(orders.values())
    return fields


def payment_status(total: Any, balance: Any) -> PaymentStatus:
    if total is None or balance is None:
        return PaymentStatus.UNKNOWN
    if balance == 0 and total != 0:
        return PaymentStatus.PAID
    return PaymentStatus.UNPAID if balance >= total else PaymentStatus.PARTIAL


def _document(row: Row, context: MapContext, entity: Entity, members: Sequence[str]) -> dict[str, Any]:
    fields: dict[str, Any] = {"source": source_meta(row, context, entity), **take(row, _DOCUMENT), **money_fields(row)}
    if "Line" in row:
        fields["lines"] = lines(row)
    if "total" in fields and fields["total"] is None:
        fields["subtotal"] = None
    elif fields.get("total") is not None and "lines" in fields:
        fields["subtotal"] = fields["total"] - (fields.get("tax_total") or ZERO)
        stated = sum((line.line_net_amount or ZERO for line in fields["lines"]), ZERO)
        inclusive = text(row, "GlobalTaxCalculation") == INCLUSIVE and bool(fields.get("tax_total"))
        fields["amounts_include_tax"] = inclusive and stated == fields["total"]
    fields["extensions"] = kept.kept_of(row, members)
    return fields


def lines(row: Row) -> tuple[Line, ...]:
    """Lines that carry money; a document's department is each line's."""
    department = dimension(row, "DepartmentRef", DEPARTMENT)
    return tuple(_line(item, detail, department) for item in rows(row, "Line") if (detail := _detail(item)) is not None)


def _detail(item: Row) -> Row | None:
    """The part of a line that its type names; None for text lines, which carry no money."""
    kind = text(item, "DetailType")
    return inner(item, kind) if kind in (ACCOUNT_LINE, ITEM_LINE) else None


def _line(item: Row, detail: Row, department: Any) -> Line:
    fields: dict[str, Any] = take(
        item,
        (
            ("line_id", "Id", text),
            ("position", "LineNum", whole),
            ("description", "Description", text),
            ("line_net_amount", "Amount", money),
        ),
    )
    fields |= take(
        detail,
        (
            ("quantity", "Qty", money),
            ("unit_price", "UnitPrice", money),
            ("line_gross_amount", "TaxInclusiveAmt", money),
            ("account", "AccountRef", account_ref),
            ("item", "ItemRef", ref(ObjectType.ITEM)),
            ("customer", "CustomerRef", ref(ObjectType.CUSTOMER)),
            ("billable", "BillableStatus", lambda row, key: text(row, key) in ("Billable", "HasBeenBilled")),
        ),
    )
    tax = _tax(detail)
    if tax is not None:
        fields["tax"] = tax
    for link in rows(item, "LinkedTxn"):
        order = _order(link)
        if order is not None:
            fields["purchase_order"] = order
            line_id = text(link, "TxnLineId")
            fields["purchase_order_line"] = Ref(record_type=ObjectType.PURCHASE_ORDER, source_id=line_id)
    found = dimensions(detail, department)
    if found:
        fields["dimensions"] = found
    return Line(**fields)


def _tax(detail: Row) -> LineTax | None:
    """A line's tax code; ``NON`` of the United States is none."""
    found = ref(ObjectType.TAX_RATE)(detail, "TaxCodeRef")
    if found is None or found.source_id == NOT_TAXED:
        return None
    return LineTax(ref=found, name=found.name, **take(detail, (("amount", "TaxAmount", money),)))


def _order(link: Row) -> Ref | None:
    order_id = text(link, "TxnId")
    if text(link, "TxnType") != ORDER_LINK or order_id is None:
        return None
    return Ref(record_type=ObjectType.PURCHASE_ORDER, source_id=order_id)
