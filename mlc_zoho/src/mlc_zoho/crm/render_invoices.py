"""Invoices → records of the Invoices module, of a custom one with the same fields, or notes. Pure.

The books' figures go to fields of their own; the lines are written once, for people to read.
"""

from decimal import Decimal

from mlc import Operation, RenderedPart
from mlc.errors import MappingError
from mlc.records import DocumentStatus, Invoice, Line, ObjectType
from mlc.wire import Json, encode

from mlc_zoho.crm import notes
from mlc_zoho.crm.modules import INVOICES, ITEMS, OWN_FIELDS, module_of
from mlc_zoho.crm.render_parts import Body, Rendering
from mlc_zoho.crm.settings import NOTES, product_lacking
from mlc_zoho.crm.statuses import shown_of, word_of

SUBJECT_MAX = 300
LINE_MAX = 2000
_STATUS = frozenset({"status", "payment_status", "overdue", "written_off", "balance"})
_DATES = {"issue_date": "Invoice_Date", "due_date": "Due_Date"}
_HANDLED = frozenset(
    {"invoice_number", "lines", "external_key", "customer", "deal", *_STATUS, *_DATES, *OWN_FIELDS.values()}
)
#: What people see of an invoice is its total; what it is made of stays in the books.
_IN_THE_BOOKS = frozenset({"subtotal", "tax_total", "charges", "exchange_rate", "amounts_include_tax", "entity", "url",
                           "posting_date", "attachments", "custom_fields", "extensions", "category"})  # fmt: skip


def invoice(record: Invoice, rendering: Rendering) -> tuple[RenderedPart, ...]:
    """A create sends everything; an update what changed."""
    if shown_of(record) is None and rendering.context.operation is not Operation.VOID:
        raise MappingError(f"An invoice that is {record.status} is not shown in Zoho CRM.", field="status")
    if rendering.module == NOTES:
        return _note(record, rendering)
    fields = rendering.context.fields
    body = _number(record, rendering)
    for name, api_name in (("customer", rendering.settings.customer_field), ("deal", "Deal_Name")):
        if _goes(record, name, rendering):
            body |= _lookup(record, name, api_name, rendering)
    for name, api_name in _DATES.items():
        if _goes(record, name, rendering):
            body |= rendering.placed(name, api_name, getattr(record, name))
    for end, name in OWN_FIELDS.items():
        if _goes(record, name, rendering):
            body |= rendering.placed(name, rendering.settings.invoice_prefix + end, getattr(record, name))
    if fields is None or fields & _STATUS or rendering.context.operation is Operation.VOID:
        body |= _status(record, rendering)
    body |= _lines(record, rendering)
    for name in sorted((record.model_fields_set if fields is None else fields) - _HANDLED - _IN_THE_BOOKS - {"source"}):
        if getattr(record, name, None):
            rendering.lose(name, "has no field on an invoice of Zoho CRM")
    return rendering.finished(body)


def _goes(record: Invoice, name: str, rendering: Rendering) -> bool:
    fields = rendering.context.fields
    return record.known(name) if fields is None else name in fields


def _number(record: Invoice, rendering: Rendering) -> Body:
    number = record.invoice_number
    if number is None:
        raise MappingError("An invoice without a number cannot be shown in Zoho CRM.", field="invoice_number")
    if not _goes(record, "invoice_number", rendering) and rendering.updating:
        return {}
    subject = "Subject" if rendering.module == INVOICES else "Name"
    return {subject: rendering.clipped("invoice_number", number, SUBJECT_MAX)}


def _lookup(record: Invoice, name: str, api_name: str, rendering: Rendering) -> Body:
    pointed = getattr(record, name)
    if pointed is None or pointed.source_id is None:
        if name == "customer":
            raise MappingError("Zoho CRM needs the customer of an invoice, and none is known there.", field="customer")
        return rendering.placed(name, api_name, None)
    return rendering.placed(name, api_name, {"id": pointed.source_id})


def _status(record: Invoice, rendering: Rendering) -> Body:
    if rendering.context.operation is Operation.VOID:
        record = record.model_copy(update={"status": DocumentStatus.VOID})
    shown = shown_of(record)
    if shown is None:
        return {}
    word, known = word_of(shown, rendering.settings), rendering.values("Status")
    if known and word not in known:
        rendering.lose(
            "status", f"the picklist Status has no value {word}: add it, or name another in invoice_statuses"
        )
        return {}
    return rendering.placed("status", "Status", word)


def _lines(record: Invoice, rendering: Rendering) -> Body:
    """Lines are products with an amount. Written once: Zoho CRM has no place for the books' line ids."""
    fields = rendering.context.fields
    if rendering.updating:
        if fields is not None and "lines" in fields:
            rendering.lose("lines", "lines stay as they were first shown; the amounts follow the books")
        return {}
    if ITEMS not in rendering.fields:
        return {}
    stated = record.lines or (Line(line_net_amount=record.total or Decimal(0)),)
    return {ITEMS: [_line(line, record, rendering) for line in stated]}


def _line(line: Line, record: Invoice, rendering: Rendering) -> dict[str, Json]:
    product = (line.item.source_id if line.item is not None else None) or rendering.context.probe.extra.get("product")
    if product is None:
        raise MappingError(product_lacking(rendering.settings), field="lines")
    net = line.line_net_amount
    quantity, price = line.quantity, line.unit_price
    if quantity is None or price is None or (net is not None and quantity * price != net):
        quantity, price = Decimal(1), net if net is not None else price or Decimal(0)
    words = [line.name, line.description] if line.name != line.description else [line.name]
    said = ": ".join(word for word in words if word) or f"Invoice {record.invoice_number}"
    text = rendering.clipped("lines.description", said, LINE_MAX)
    return {"Product_Name": {"id": product}, "Quantity": quantity, "List_Price": price, "Description": text}


def _note(record: Invoice, rendering: Rendering) -> tuple[RenderedPart, ...]:
    """The whole text each time, since a note has no fields."""
    if rendering.context.operation is Operation.VOID:
        record = record.model_copy(update={"status": DocumentStatus.VOID})
    key = record.external_key if rendering.updating else rendering.context.record_key
    title = notes.title_of(record.invoice_number or "")
    body: Body = {"Note_Title": title, "Note_Content": notes.to_text(record, rendering.settings, key)}
    if rendering.binding is not None:
        return (RenderedPart("main", Operation.UPDATE, encode({"id": rendering.binding.main.external_id, **body})),)
    account = record.customer.source_id if record.customer is not None else None
    if account is None:
        raise MappingError("Zoho CRM needs the customer of an invoice, and none is known there.", field="customer")
    module = module_of(rendering.settings, ObjectType.CUSTOMER).api_name
    parent: Body = {"module": {"api_name": module}, "id": account}
    return (RenderedPart("main", Operation.CREATE, encode({**body, "Parent_Id": parent, "$se_module": module})),)
