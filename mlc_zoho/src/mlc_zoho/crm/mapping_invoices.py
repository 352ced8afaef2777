"""Records of the Invoices module, or of a custom one with the same fields → canonical invoices. Pure.

The books' figures stand in fields of their own, since Zoho CRM computes its own total from its lines.
"""

from typing import Any

from mlc.records import DocumentStatus, Invoice, ObjectType, PaymentStatus, SourceMeta

from mlc_zoho.crm.modules import OWN_FIELDS, Module
from mlc_zoho.crm.parts import FieldTable, pointing_to, required, take
from mlc_zoho.crm.schemas import Row, day, money, text
from mlc_zoho.crm.settings import CrmSettings
from mlc_zoho.crm.statuses import AXES, shown_by

_SHOWN: FieldTable = (
    ("issue_date", "Invoice_Date", day),
    ("due_date", "Due_Date", day),
    ("deal", "Deal_Name", pointing_to(ObjectType.DEAL)),
)
_READERS = {"last_payment_date": day, "currency": text, "status_raw": text, "invoice_url": text}


def to_invoice(row: Row, source: SourceMeta, module: Module, settings: CrmSettings) -> Invoice:
    """An invoice as the sales desk shows it, without lines."""
    number = required(row, module.name)
    fields: dict[str, Any] = {
        name: _READERS.get(name, money)(row, settings.invoice_prefix + end)
        for end, name in OWN_FIELDS.items()
        if settings.invoice_prefix + end in row
    }
    sold_to: FieldTable = (("customer", settings.customer_field, pointing_to(ObjectType.CUSTOMER)),)
    fields |= take(row, (*_SHOWN, *sold_to))
    if settings.unique_field in row:
        fields["external_key"] = text(row, settings.unique_field)
    if "Status" in row:
        fields |= _axes(text(row, "Status"), settings)
    return Invoice(source=source, invoice_number=number, **fields)


def _axes(word: str | None, settings: CrmSettings) -> dict[str, Any]:
    shown = shown_by(word, settings)
    if shown is None:
        return {"status": DocumentStatus.UNKNOWN, "payment_status": PaymentStatus.UNKNOWN}
    status, payment, overdue = AXES[shown]
    return {"status": status, "payment_status": payment, "overdue": overdue}
