"""Bills → canonical, whichever way they were posted: as a Bill, or as a journal entry with a payables line. Pure."""

from decimal import Decimal
from typing import Any

from mlc.records import Bill, DocumentStatus, Line, ObjectType

from mlc_quickbooks import kept, mapping_documents
from mlc_quickbooks.entities import JOURNAL_BILL, SETTLED
from mlc_quickbooks.journals import DEBIT, JOURNAL_LINE, payable_line
from mlc_quickbooks.mapping_documents import payment_status
from mlc_quickbooks.notes import NOTE, memo_in
from mlc_quickbooks.parts import (
    ZERO,
    FieldTable,
    MapContext,
    account_ref,
    dimensions,
    money_fields,
    ref,
    source_meta,
    take,
)
from mlc_quickbooks.schemas import COMPANY, ENTITY, Row, day, inner, money, rows, text

_ENTRY: FieldTable = (
    ("bill_number", "DocNumber", text),
    ("issue_date", "TxnDate", day),
    ("memo", NOTE, memo_in),
)


def bill(row: Row, context: MapContext) -> Bill:
    return entry(row, context) if text(row, ENTITY) == JOURNAL_BILL.name else mapping_documents.bill(row, context)


def entry(row: Row, context: MapContext) -> Bill:
    """A journal entry as the bill that it stands for: its payables line is vendor and total, the others its lines.

    One that owes no vendor anything (any more) is a void bill.
    """
    fields: dict[str, Any] = {**take(row, _ENTRY), **money_fields(row), "status": DocumentStatus.OPEN}
    found = payable_line(row, tuple(inner(row, COMPANY).get("payables") or ()))
    others = [line for line in rows(row, "Line") if line is not found and text(line, "DetailType") == JOURNAL_LINE]
    fields["lines"] = tuple(_line(line) for line in others)
    fields["extensions"] = kept.kept_of(row, kept.JOURNAL)
    if found is None:
        fields |= {"status": DocumentStatus.VOID, "total": ZERO}
        return Bill(source=source_meta(row, context, JOURNAL_BILL), **fields)
    total = money(found, "Amount") or ZERO
    fields |= {"total": total, "subtotal": total, "amounts_include_tax": False}
    fields["vendor"] = ref(ObjectType.VENDOR)(inner(inner(found, JOURNAL_LINE), "Entity"), "EntityRef")
    fields["payable_account"] = account_ref(inner(found, JOURNAL_LINE), "AccountRef")
    settled = money(row, SETTLED)
    if settled is not None:
        fields |= {"balance": total - settled, "amount_paid": settled}
        fields["payment_status"] = payment_status(total, total - settled)
        if settled and settled >= total:
            fields["status"] = DocumentStatus.CLOSED
    return Bill(source=source_meta(row, context, JOURNAL_BILL), **fields)


def _line(line: Row) -> Line:
    """A debit is what a bill's line would be; a credit takes off."""
    detail = inner(line, JOURNAL_LINE)
    amount = money(line, "Amount") or Decimal(0)
    fields: dict[str, Any] = take(line, (("line_id", "Id", text), ("description", "Description", text)))
    fields |= take(detail, (("account", "AccountRef", account_ref),))
    fields["line_net_amount"] = amount if text(detail, "PostingType") == DEBIT else -amount
    found = dimensions(detail)
    if found:
        fields["dimensions"] = found
    return Line(**fields)
