"""Invoices as notes on the account, for organisations without a module for them. Pure.

A note has no fields of its own: its text holds one ``Name: value`` a line, which is read back.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from mlc.errors import MappingError
from mlc.records import Invoice, ObjectType, SourceMeta
from mlc.wire import plain

from mlc_zoho.crm.parts import FieldTable, pointing_to, take
from mlc_zoho.crm.schemas import Row, text
from mlc_zoho.crm.settings import CrmSettings
from mlc_zoho.crm.statuses import AXES, shown_by, shown_of, word_of

TITLE = "Invoice "
_AMOUNTS = {"Total": "total", "Paid": "amount_paid", "Credits": "credit_applied", "Written off": "written_off",
            "Balance": "balance"}  # fmt: skip
_DATES = {"Date": "issue_date", "Due": "due_date", "Last payment": "last_payment_date"}
_TEXTS = {"Currency": "currency", "Link": "invoice_url"}
KEY = "Key"
_SHOWN: FieldTable = (("customer", "Parent_Id", pointing_to(ObjectType.CUSTOMER)),)


def title_of(number: str) -> str:
    return TITLE + number


def to_text(invoice: Invoice, settings: CrmSettings, key: str | None) -> str:
    """What stands in the note."""
    shown = shown_of(invoice)
    found: dict[str, str | None] = {"Status": None if shown is None else word_of(shown, settings)}
    for label, name in {**_TEXTS, **_AMOUNTS, **_DATES}.items():
        value = getattr(invoice, name)
        found[label] = plain(value) if isinstance(value, Decimal) else None if value is None else str(value)
    lines = [f"{label}: {value}" for label, value in {**found, KEY: key}.items() if value is not None]
    return "\n".join(lines)


def to_invoice(row: Row, source: SourceMeta, settings: CrmSettings) -> Invoice:
    """The inverse. Raises MappingError for a note that is none of ours."""
    title = text(row, "Note_Title") or ""
    if not title.startswith(TITLE):
        raise MappingError("This note is not about an invoice.", field="Note_Title")
    fields: dict[str, Any] = {"invoice_number": title.removeprefix(TITLE)}
    fields |= take(row, _SHOWN)
    if "Note_Content" in row:
        fields |= _read(told(row), settings)
    return Invoice(source=source, **fields)


def told(row: Row) -> Mapping[str, str]:
    """The lines of a note by label."""
    pairs = (line.partition(": ") for line in (text(row, "Note_Content") or "").splitlines())
    return {label.strip(): value.strip() for label, _, value in pairs if value.strip()}


def _read(lines: Mapping[str, str], settings: CrmSettings) -> dict[str, Any]:
    found: dict[str, Any] = {name: lines[label] for label, name in _TEXTS.items() if label in lines}
    for label, name in _AMOUNTS.items():
        if label in lines:
            found[name] = _amount(label, lines[label])
    for label, name in _DATES.items():
        if label in lines:
            found[name] = _day(label, lines[label])
    if KEY in lines:
        found["external_key"] = lines[KEY]
    shown = shown_by(lines.get("Status"), settings)
    if shown is not None:
        found["status"], found["payment_status"], found["overdue"] = AXES[shown]
    return found


def _amount(label: str, value: str) -> Decimal:
    try:
        return Decimal(value)
    except InvalidOperation as error:
        raise MappingError(f"The note states no amount in {label}: {value!r}.", field="Note_Content") from error


def _day(label: str, value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise MappingError(f"The note states no date in {label}: {value!r}.", field="Note_Content") from error
