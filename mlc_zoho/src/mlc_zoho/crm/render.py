"""Canonical records → rows of Zoho CRM's writes: which function renders which record. Pure."""

from mlc import Binding, RenderContext, Rendered
from mlc.errors import MappingError
from mlc.records import Contact, Customer, Invoice, Record

from mlc_zoho.crm import persons, render_invoices, render_parties
from mlc_zoho.crm.modules import module_of
from mlc_zoho.crm.render_parts import Rendering
from mlc_zoho.crm.settings import CrmSettings


def to_parts(record: Record, binding: Binding | None, context: RenderContext, *, settings: CrmSettings) -> Rendered:
    """Render one record, whose references carry this organisation's ids.

    Raises: MappingError when Zoho CRM cannot hold it.
    """
    if not isinstance(record, Customer | Contact | Invoice):
        raise MappingError(f"Nothing is written to Zoho CRM for {record.object_type}.")
    module = module_of(settings, record.object_type)
    rendering = Rendering(settings, context, binding, module.api_name, record.object_type)
    if isinstance(record, Customer) and settings.persons_buy:
        parts = persons.person_as_customer(record, rendering)
    elif isinstance(record, Customer):
        parts = render_parties.account(record, rendering)
    elif isinstance(record, Contact):
        parts = render_parties.person(record, rendering)
    else:
        parts = render_invoices.invoice(record, rendering)
    return Rendered(parts, tuple(rendering.losses))
