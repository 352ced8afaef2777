"""Canonical records → the bytes of BILL's calls: which function renders which record. Pure."""

from mlc import Binding, RenderContext, Rendered
from mlc.errors import MappingError
from mlc.records import Account, Bill, Customer, Dimension, Expense, Invoice, Payment, Record, Vendor, VendorCredit

from mlc_bill import SYSTEM, render_documents, render_lists, render_parties, render_payments, render_spend
from mlc_bill.render_parts import Rendering
from mlc_bill.settings import BillSettings


def to_parts(record: Record, binding: Binding | None, context: RenderContext, *, settings: BillSettings) -> Rendered:
    """Render one record, whose references carry this organisation's ids.

    Raises: MappingError when BILL cannot hold it.
    """
    rendering = Rendering(settings, context, binding)
    match record:
        case Bill():
            parts = render_documents.bill(record, rendering)
        case VendorCredit():
            parts = render_documents.vendor_credit(record, rendering)
        case Invoice():
            parts = render_documents.invoice(record, rendering)
        case Vendor():
            parts = render_parties.vendor(record, rendering)
        case Customer():
            parts = render_parties.customer(record, rendering)
        case Payment():
            parts = render_payments.payment(record, rendering)
        case Account():
            parts = render_lists.account(record, rendering)
        case Dimension():
            parts = render_lists.dimension(record, rendering)
        case Expense():
            parts = render_spend.expense(record, rendering)
        case _:
            raise MappingError(f"Nothing is written to BILL for {record.object_type}.", system=SYSTEM)
    return Rendered(parts, tuple(rendering.losses))
