"""A canonical record → requests of Basware's. Pure."""

from mlc import Binding, RenderContext, Rendered
from mlc.errors import MappingError
from mlc.records import (
    Account,
    Dimension,
    DocumentReport,
    ExchangeRate,
    PaymentTerm,
    PurchaseOrder,
    Record,
    TaxRate,
    Vendor,
)

from mlc_basware import SYSTEM, render_masterdata, render_orders, render_reports, render_requisitions
from mlc_basware.render_parties import vendor
from mlc_basware.settings import BaswareSettings


def to_parts(record: Record, binding: Binding | None, context: RenderContext, *, settings: BaswareSettings) -> Rendered:
    """Raises: MappingError for what Basware cannot hold."""
    match record:
        case Vendor():
            return vendor(record, binding, context, settings)
        case Account():
            return render_masterdata.account(record, binding, context, settings)
        case Dimension():
            return render_masterdata.dimension(record, binding, context, settings)
        case TaxRate():
            return render_masterdata.tax_rate(record, binding, context, settings)
        case PaymentTerm():
            return render_masterdata.payment_term(record, binding, context, settings)
        case ExchangeRate():
            return render_masterdata.exchange_rate(record, binding, context, settings)
        case PurchaseOrder() if settings.po_mode == "requisition":
            return render_requisitions.requisition(record, binding, context, settings)
        case PurchaseOrder():
            return render_orders.matching_order(record, binding, context, settings)
        case DocumentReport():
            return render_reports.report(record, settings)
    raise MappingError(f"Basware takes no {record.object_type}.", field="object_type", system=SYSTEM)
