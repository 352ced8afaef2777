"""Purchase orders for invoice matching: the header, then its lines, at most 100 a request. Pure.

The order shows in P2P once it has lines. A line that is gone is sent as deleted, with everything it had; what others
fill in (receipts, matched sums) goes back as it was read. Lines keep their number for good.

Vendor doc: P2P OpenAPI 26.06, matchingOrders, matchingOrderLines
"""

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from mlc import Binding, Operation, RenderContext, Rendered, RenderedPart
from mlc.records import DimensionValue, Line, OrderStatus, PurchaseOrder

from mlc_basware.codes import hashed
from mlc_basware.mapping_orders import KEPT_LINES, place_of
from mlc_basware.render_parts import business_code, external_code, losses_of, refuse, touched, wanted
from mlc_basware.settings import BaswareSettings, prefix_of
from mlc_basware.wire import Body, Json, encode, filled

LINES_MAX = 100
LINES = "lines"
PRICE_DIGITS = Decimal("0.00000001")
HEADER = ("po_number", "memo", "delivery_date", "vendor", "currency", "issue_date", "status")
CLOSED = frozenset({OrderStatus.CLOSED, OrderStatus.BILLED})
GONE = CLOSED | {OrderStatus.CANCELLED}
UNPLACED = {
    "ship_to": "matching orders have no address",
    "charges": "matching orders have lines only",
    "attachments": "matching orders have no files",
    "custom_fields": "text fields are Basware's own",
}


def matching_order(
    record: PurchaseOrder, binding: Binding | None, context: RenderContext, settings: BaswareSettings
) -> Rendered:
    """Header, lines, or both. A withdrawn order is its lines, deleted. Raises MappingError."""
    code = external_code(settings, context, binding)
    numbered = _numbered(record, binding)
    losses = losses_of(record, UNPLACED, context)
    lines = [
        _line(line, number, record, code=code, binding=binding, context=context, settings=settings)
        for number, line in numbered
    ]
    by_number = sorted(numbered, key=lambda one: place_of(one[0]))  # as the order shows them
    keys = [line.key or line.line_id or number for number, line in by_number]
    lines += _removed(record, binding, keys, code=code, context=context, settings=settings)
    withdrawn = context.operation is Operation.VOID or record.status is OrderStatus.CANCELLED
    if withdrawn and lines:
        return Rendered(_line_parts(lines, keys, context.operation, main=True), losses)
    header = wanted(context, *HEADER)
    changed = wanted(context, "lines", "status", "currency") and bool(lines)
    parts: list[RenderedPart] = []
    if header or not changed:
        body = _header(record, binding, code, context, settings)
        parts.append(RenderedPart("main", context.operation, encode(body), line_keys=()))
    if changed:
        parts += _line_parts(lines, keys, context.operation, main=not parts)
    return Rendered(tuple(parts), losses)


def line_code(settings: BaswareSettings, order_code: str, key: str) -> str:
    """A line's ``externalCode``, made of the order's and of our key of the line."""
    return hashed(prefix_of(settings), order_code, key)


def _line_parts(
    lines: Sequence[Body], keys: Sequence[str], operation: Operation, *, main: bool
) -> tuple[RenderedPart, ...]:
    """One part per hundred lines. Each names all lines that stand there after it, in their order."""
    parts: list[RenderedPart] = []
    for start in range(0, len(lines), LINES_MAX):
        chunk = lines[start : start + LINES_MAX]
        first = start == 0
        name = "main" if first and main else LINES if first else f"{LINES}:{start // LINES_MAX + 1}"
        standing = tuple(keys[: start + len(chunk)]) if operation is Operation.CREATE else tuple(keys)
        after = None if name == "main" else ("main" if first or (main and start == LINES_MAX) else parts[-1].name)
        # Lines beside a header change the order that the header made.
        what = operation if name == "main" else Operation.UPDATE
        parts.append(RenderedPart(name, what, encode(list(chunk)), after=after, action=LINES, line_keys=standing))
    return tuple(parts)


def _header(
    record: PurchaseOrder, binding: Binding | None, code: str, context: RenderContext, settings: BaswareSettings
) -> Body:
    vendor = record.vendor.source_id if record.vendor is not None else None
    lacking = [
        (field, sentence)
        for field, value, sentence in (
            ("vendor", vendor, "An order needs its vendor."),
            ("currency", record.currency, "An order needs its currency."),
            (
                "organization_element",
                settings.organization_element,
                "Orders need the organisation element that sees them: set organization_element.",
            ),
        )
        if not value
    ]
    if lacking:
        raise refuse(record, *lacking[0])
    number = binding.main.external_id if binding is not None else business_code(record.po_number, context, 100)
    company = record.entity.source_id if record.entity is not None else None
    return {
        "externalCode": code,
        "orderNumber": number,
        "sourceSystem": settings.source_system,
        "companyCode": company if company in settings.company_codes else settings.company_codes[0],
        "organizationElementCode": settings.organization_element,
        "supplierCode": (vendor or "")[:25],
        "currencyCode": record.currency,
        "isClosed": record.status in GONE or context.operation is Operation.VOID,
        **filled(
            {
                "created": record.issue_date,
                "requestedDeliveryDate": record.delivery_date,
                "description": touched(record.memo or "", context).strip()[:1000],
            }
        ),
    }


def _numbered(record: PurchaseOrder, binding: Binding | None) -> list[tuple[str, Line]]:
    """Each line with its number: the one it is bound to, else the next free one."""
    bound: Mapping[str, str] = binding.main.lines if binding is not None else {}
    taken = [int(number) for number in bound.values() if number.isascii() and number.isdigit() and len(number) < 10]
    following = max(taken, default=0)
    found = []
    for line in record.lines:
        key = line.key or line.line_id or ""
        number = bound.get(key)
        if number is None:
            following += 1
            number = str(following)
        found.append((number, line))
    return found


def _line(
    line: Line,
    number: str,
    record: PurchaseOrder,
    *,
    code: str,
    binding: Binding | None,
    context: RenderContext,
    settings: BaswareSettings,
    deleted: bool = False,
) -> Body:
    net = line.line_net_amount
    if net is None:
        net = (line.quantity or Decimal(1)) * (line.unit_price or Decimal(0))
    by_amount = not line.quantity
    quantity = Decimal(1) if by_amount else abs(line.quantity or Decimal(1))
    price = (net / quantity).quantize(PRICE_DIGITS, rounding=ROUND_HALF_UP).normalize() + Decimal(0)
    receipts = settings.receipts == "basware"
    key = line.key or line.line_id or number
    body: Body = {
        "externalCode": line_code(settings, code, key),
        "orderExternalCode": code,
        "lineNumber": number,
        "matchingMode": "Return" if net < 0 else "Standard",
        "quantity": quantity,
        "netPrice": price,
        "netSum": net,
        "isReceiptRequired": receipts,
        "isClosed": record.status in CLOSED or deleted,
        "isDeleted": deleted or record.status is OrderStatus.CANCELLED or context.operation is Operation.VOID,
    }
    if record.currency is not None:
        body["currencyCode"] = record.currency
    coding = _coding(line, key, quantity, net, code=code, settings=settings)
    body |= filled(
        {
            "productName": (line.name or "")[:250],
            "description": (line.description or "")[:1000],
            "uom": line.unit if line.unit is not None and len(line.unit) <= 25 else None,
            "productCode": (line.item.code or "")[:250] if line.item is not None else None,
            "taxCode": None if line.tax is None or line.tax.ref is None else line.tax.ref.source_id,
            "taxPercent": None if line.tax is None else line.tax.percent,
            "comment": touched("", context).strip() or None,
        }
    )
    if coding is not None:
        body["orderLineCoding"] = [coding]
    kept = _kept(binding, number)
    if binding is None and line.billed_quantity:
        body["invoicedQuantity"] = line.billed_quantity  # only before anything was matched
    return {**body, **kept}


def _coding(
    line: Line, key: str, quantity: Decimal, net: Decimal, *, code: str, settings: BaswareSettings
) -> Json | None:
    account = None if line.account is None else line.account.code or line.account.source_id
    found = filled({"accountCode": account, **dimension_codes(line.dimensions)})
    if not found:
        return None
    return {
        "externalCode": hashed(prefix_of(settings), code, key, "coding"),
        "rowIndex": 1,
        "allocatedQuantity": quantity,
        "netTotal": net,
        **found,
    }


def dimension_codes(values: Sequence[DimensionValue]) -> dict[str, Json]:
    """Ids of dimensions name their list: ``costCenters/220``, ``lists/ACC_LIST_3/Nordics``."""
    found: dict[str, Json] = {}
    for value in values:
        place, _, code = (value.source_id or "").rpartition("/")
        key = {"costCenters": "costCenterCode", "projects": "projectCode"}.get(place)
        if key is None and place.startswith("lists/ACC_LIST_"):
            number = place.removeprefix("lists/ACC_LIST_")
            key = f"dimCode{number}" if len(number) < 3 and int(number) <= 10 else None
        if key is not None:
            found[key] = code
    return found


def _kept(binding: Binding | None, number: str) -> Mapping[str, Any]:
    base = None if binding is None else binding.base
    if not isinstance(base, PurchaseOrder):
        return {}
    found: Mapping[str, Any] = base.extensions.get(KEPT_LINES, {}).get(number, {})
    return found


def _removed(
    record: PurchaseOrder,
    binding: Binding | None,
    keys: Sequence[str],
    *,
    code: str,
    context: RenderContext,
    settings: BaswareSettings,
) -> list[Body]:
    """Lines that are bound and no longer in the record, as deleted ones."""
    if binding is None or not isinstance(binding.base, PurchaseOrder) or not record.known("lines"):
        return []
    gone = {number: key for key, number in binding.main.lines.items() if key not in keys}
    return [
        _line(
            line.model_copy(update={"key": gone[line.line_id]}), line.line_id, record,
            code=code, binding=binding, context=context, settings=settings, deleted=True,
        )
        for line in binding.base.lines
        if line.line_id is not None and line.line_id in gone
    ]  # fmt: skip
