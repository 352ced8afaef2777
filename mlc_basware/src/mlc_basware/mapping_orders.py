"""Purchase orders: those we sent for matching, and those that were made in P2P. Pure.

An order sent for matching has no money of its own: what it comes to stands on its lines. Without lines it is a draft,
since P2P does not show it yet.

Vendor doc: P2P OpenAPI 26.06, matchingOrders, matchingOrderLines, exportedPurchaseOrders, purchaseRequisitions
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from mlc.records import Line, LineTax, ObjectType, OrderStatus, PurchaseOrder

from mlc_basware.entities import EXPORTED_ORDERS, ORDER_LINES, ORDERS, REQUISITIONS
from mlc_basware.parts import MapContext, coding_dimensions, currency, needed, ref, source_meta, take
from mlc_basware.schemas import Row, day, fact, flag, money, number, rows, text
from mlc_basware.statuses import ORDER

LINES = "lines"
#: Members of an order line that others fill in; kept aside, to be given back unchanged.
KEPT = ("goodsReceipts", "referenceUsers", "invoicedQuantity", "invoicedNetSum", "invoicedGrossSum")
KEPT_LINES = "kept_lines"


def to_order(row: Row, context: MapContext) -> PurchaseOrder:
    listed = fact(row, "list")
    if listed == EXPORTED_ORDERS.path or (listed is None and "documentSource" in row):
        return _exported(row, context)
    if listed == REQUISITIONS.path or (listed is None and "extDocumentNumber" in row):
        return _requisition(row, context)
    return _matching(row, context)


def _matching(row: Row, context: MapContext) -> PurchaseOrder:
    whole = LINES in row
    values: dict[str, Any] = {
        "source": source_meta(row, context, ORDERS, complete=whole),
        "po_number": text(row, ORDERS.id),
        **take(row, _MATCHING),
    }
    if "currencyCode" in row:
        values["currency"] = currency(row, "currencyCode")
    if "supplierCode" in row:
        values["vendor"] = ref(row, ObjectType.VENDOR, "supplierCode", name="supplierName")
    if not whole:
        values["status"] = OrderStatus.CLOSED if flag(row, "isClosed") else OrderStatus.UNKNOWN
        return PurchaseOrder(**values)
    shown = sorted(rows(row, LINES), key=lambda one: place_of(text(one, ORDER_LINES.id) or ""))
    if not shown:
        values["status"] = OrderStatus.CLOSED if flag(row, "isClosed") else OrderStatus.DRAFT
        return PurchaseOrder(**values)
    live = [one for one in shown if flag(one, "isDeleted") is not True]
    values["lines"] = tuple(_matching_line(one, place, context) for place, one in enumerate(live or shown, 1))
    values["subtotal"] = sum((money(one, "netSum") or Decimal(0) for one in live), Decimal(0))
    kept = {
        needed(one, ORDER_LINES.id, "an order line"): {key: one[key] for key in KEPT if one.get(key) not in (None, [])}
        for one in shown
    }
    values["extensions"] = (
        {KEPT_LINES: {key: value for key, value in kept.items() if value}} if any(kept.values()) else {}
    )
    values["status"] = _matching_status(row, live)
    return PurchaseOrder(**values)


def _matching_status(row: Row, live: Sequence[Row]) -> OrderStatus:
    if not live:
        return OrderStatus.CANCELLED
    closed = flag(row, "isClosed") is True or all(flag(one, "isClosed") is True for one in live)
    return OrderStatus.CLOSED if closed else OrderStatus.ISSUED


def place_of(line: str) -> tuple[int, str]:
    """Where a line stands by its number; what is no number comes behind."""
    return (int(line), "") if line.isascii() and line.isdigit() and len(line) < 15 else (10**15, line)


def _matching_line(row: Row, place: int, context: MapContext) -> Line:
    coding = rows(row, "orderLineCoding")
    first = coding[0] if coding else {}
    return Line(
        line_id=needed(row, ORDER_LINES.id, "an order line"),
        position=place,
        **take(row, _MATCHING_LINE),
        account=ref(first, ObjectType.ACCOUNT, "accountCode", name="accountName"),
        dimensions=coding_dimensions(first, context.settings),
        **_tax(row),
    )


def _exported(row: Row, context: MapContext) -> PurchaseOrder:
    status = text(row, "orderStatus")
    values: dict[str, Any] = {
        "source": source_meta(row, context, EXPORTED_ORDERS),
        **take(row, _EXPORTED),
        "vendor": ref(row, ObjectType.VENDOR, "supplierCode", name="supplierName"),
        "status": ORDER.get(status or "", OrderStatus.UNKNOWN),
        "status_raw": status,
        "category": text(row, "documentSource"),
    }
    if "purchaseCurrency" in row:
        values["currency"] = currency(row, "purchaseCurrency")
    if "orderLines" in row:
        values["lines"] = tuple(
            _exported_line(one, place, context) for place, one in enumerate(rows(row, "orderLines"), 1)
        )
    return PurchaseOrder(**values)


def _exported_line(row: Row, place: int, context: MapContext) -> Line:
    coding = rows(row, "codingRows")
    first = coding[0] if coding else {}
    return Line(
        line_id=needed(row, "orderLineNumber", "an order line"),
        position=place,
        **take(row, _EXPORTED_LINE),
        account=ref(first, ObjectType.ACCOUNT, "accountCode"),
        dimensions=coding_dimensions(first, context.settings),
        **_tax(row),
    )


def _requisition(row: Row, context: MapContext) -> PurchaseOrder:
    """What we asked to be approved; what became of it stands in P2P."""
    shown = rows(row, LINES)
    first = shown[0] if shown else {}
    return PurchaseOrder(
        source=source_meta(row, context, REQUISITIONS),
        po_number=text(row, REQUISITIONS.id),
        memo=text(row, "purpose"),
        delivery_date=day(row, "desiredDeliveryDate"),
        currency=currency(first, "currencyCode"),
        vendor=ref(first, ObjectType.VENDOR, "supplierCode", name="supplierName"),
        status=OrderStatus.UNKNOWN,
        category="requisition",
        lines=tuple(
            Line(
                line_id=text(one, "extRequisitionLineNumber"),
                position=place,
                description=text(one, "description"),
                quantity=number(one, "quantity"),
                unit_price=money(one, "unitPrice"),
            )
            for place, one in enumerate(shown, 1)
        ),
    )


def _tax(row: Row) -> dict[str, Any]:
    if not any(key in row for key in ("taxCode", "taxPercent")):
        return {}
    code = ref(row, ObjectType.TAX_RATE, "taxCode")
    percent = money(row, "taxPercent")
    if code is None and percent is None:
        return {"tax": None}
    return {"tax": LineTax(ref=code, name=None if code is None else code.code, percent=percent)}


_MATCHING: tuple[Any, ...] = (
    ("issue_date", "created", day),
    ("delivery_date", "requestedDeliveryDate", day),
    ("memo", "description", text),
)
_MATCHING_LINE: tuple[Any, ...] = (
    ("name", "productName", text),
    ("description", "description", text),
    ("quantity", "quantity", money),
    ("unit", "uom", text),
    ("unit_price", "netPrice", money),
    ("line_net_amount", "netSum", money),
    ("billed_quantity", "invoicedQuantity", money),
)
_EXPORTED: tuple[Any, ...] = (
    ("po_number", "orderNumber", text),
    ("issue_date", "orderCreationTime", day),
    ("delivery_date", "desiredDeliveryDate", day),
    ("subtotal", "netSum", money),
    ("tax_total", "taxSum", money),
    ("total", "grossSum", money),
    ("memo", "purpose", text),
)
_EXPORTED_LINE: tuple[Any, ...] = (
    ("name", "supplierProductName", text),
    ("description", "description", text),
    ("quantity", "quantity", money),
    ("received_quantity", "receivedQuantity", money),
    ("unit", "quantityUnit", text),
    ("unit_price", "netPrice", money),
    ("line_net_amount", "netSum", money),
    ("line_gross_amount", "grossSum", money),
)
