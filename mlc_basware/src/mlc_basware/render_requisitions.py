"""Purchase orders as purchase requisitions, which start an approval in P2P. Pure.

Only by ``po_mode = "requisition"``: P2P may mail the supplier, and takes no change of a requisition.

Vendor doc: P2P OpenAPI 26.06, purchaseRequisitions
"""

from decimal import Decimal

from mlc import Binding, Loss, Operation, RenderContext, Rendered, RenderedPart
from mlc.records import Line, PurchaseOrder

from mlc_basware.codes import hashed, shortened
from mlc_basware.render_orders import PRICE_DIGITS, UNPLACED, dimension_codes, line_code
from mlc_basware.render_parts import business_code, external_code, losses_of, refuse, touched
from mlc_basware.settings import BaswareSettings, prefix_of
from mlc_basware.wire import Body, encode, filled


def requisition(
    record: PurchaseOrder, binding: Binding | None, context: RenderContext, settings: BaswareSettings
) -> Rendered:
    """A purchase requisition, once: P2P takes no change of one. Raises MappingError."""
    if binding is not None or context.operation is not Operation.CREATE:
        return Rendered((), (Loss("*", "a requisition cannot be changed after it was sent; change it in P2P"),))
    if settings.organization_element is None:
        raise refuse(record, "organization_element", "Requisitions need organization_element.")
    if not 1 <= len(record.lines) <= 200:
        raise refuse(record, "lines", f"A requisition has 1 to 200 lines, not {len(record.lines)}.")
    code = external_code(settings, context, binding)
    number = business_code(record.po_number, context, 100)
    lines = [_requisition_line(line, place, record, code, settings) for place, line in enumerate(record.lines, 1)]
    body: Body = {
        "externalCode": code,
        "extDocumentNumber": number if len(number) > 1 else f"PO-{number}",
        "purpose": touched(record.memo or number, context)[:2000],
        "organizationUnitCode": settings.organization_element,
        "sendToProcess": True,
        "orderType": "Standard",
        **filled({"desiredDeliveryDate": record.delivery_date}),
        "lines": lines,
    }
    return Rendered((RenderedPart("main", context.operation, encode(body)),), losses_of(record, UNPLACED, context))


def _requisition_line(line: Line, place: int, record: PurchaseOrder, code: str, settings: BaswareSettings) -> Body:
    vendor = record.vendor.source_id if record.vendor is not None else None
    key = line.key or line.line_id or str(place)
    net = line.line_net_amount
    quantity = line.quantity or Decimal(1)
    price = line.unit_price if net is None else (net / quantity).quantize(PRICE_DIGITS).normalize() + Decimal(0)
    account = None if line.account is None else line.account.code or line.account.source_id
    codes = filled({"accountCode": account, **dimension_codes(line.dimensions)})
    coding = [{"externalCode": hashed(prefix_of(settings), code, key, "coding"), **codes}] if codes else None
    return {
        "externalCode": line_code(settings, code, key),
        "extRequisitionLineNumber": str(place),
        "currencyCode": record.currency,
        "quantity": quantity,
        "priceType": "Net",
        **filled(
            {
                "unitPrice": price,
                "supplierCode": vendor,
                "supplierProductName": (line.name or "")[:250],
                "description": shortened(line.description or line.name or str(place), 2000),
                "codingRows": coding,
            }
        ),
    }
