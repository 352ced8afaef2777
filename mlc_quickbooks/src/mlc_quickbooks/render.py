"""Canonical records → the bytes of QuickBooks' calls: which function renders which record. Pure."""

from mlc import Binding, RenderContext, Rendered
from mlc.errors import MappingError
from mlc.records import Bill, JournalEntry, PurchaseOrder, Record, Vendor, VendorCredit

from mlc_quickbooks import render_documents, render_journals, render_parties, render_payables
from mlc_quickbooks.render_parts import Rendering
from mlc_quickbooks.settings import QuickBooksSettings


def to_parts(
    record: Record, binding: Binding | None, context: RenderContext, *, settings: QuickBooksSettings
) -> Rendered:
    """Render one record, whose references carry this company's ids.

    Raises: MappingError when QuickBooks cannot hold it. Payments are never written: QuickBooks is where people pay.
    """
    rendering = Rendering(settings, context, binding)
    match record:
        case Bill() if rendering.as_journal:
            parts = render_payables.bill(record, rendering)
        case Bill():
            parts = render_documents.bill(record, rendering)
        case VendorCredit():
            parts = render_documents.vendor_credit(record, rendering)
        case PurchaseOrder():
            parts = render_documents.purchase_order(record, rendering)
        case JournalEntry():
            parts = render_journals.journal_entry(record, rendering)
        case Vendor():
            parts = render_parties.vendor(record, rendering)
        case _:
            raise MappingError(f"Nothing is written to QuickBooks for {record.object_type}.")
    return Rendered(parts, tuple(rendering.losses))
