"""Canonical records → the bytes of Zoho Books' calls: which function renders which record. Pure."""

from mlc import Binding, RenderContext, Rendered
from mlc.errors import MappingError
from mlc.records import Bill, Contact, Customer, Expense, Payment, PurchaseOrder, Record, Vendor, VendorCredit

from mlc_zoho.books import persons, render_contacts, render_documents, render_expenses, render_payments
from mlc_zoho.books.render_parts import Rendering
from mlc_zoho.books.settings import BooksSettings


def to_parts(record: Record, binding: Binding | None, context: RenderContext, *, settings: BooksSettings) -> Rendered:
    """Render one record, whose references carry this organisation's ids.

    Raises: MappingError when Zoho Books cannot hold it.
    """
    rendering = Rendering(settings, context, binding)
    if isinstance(record, Bill):
        parts = render_documents.bill(record, rendering)
    elif isinstance(record, VendorCredit):
        parts = render_documents.vendor_credit(record, rendering)
    elif isinstance(record, PurchaseOrder):
        parts = render_documents.purchase_order(record, rendering)
    elif isinstance(record, Vendor | Customer):
        parts = render_contacts.contact(record, rendering)
    elif isinstance(record, Contact):
        parts = persons.parts(record, rendering)
    elif isinstance(record, Payment):
        parts = render_payments.payment(record, rendering)
    elif isinstance(record, Expense):
        parts = render_expenses.expense(record, rendering)
    else:
        raise MappingError(f"Nothing is written to Zoho Books for {record.object_type}.")
    return Rendered(parts, tuple(rendering.losses))
