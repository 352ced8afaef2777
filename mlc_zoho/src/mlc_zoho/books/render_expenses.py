"""Expenses → Zoho expenses: money that has been spent already, booked against the account it was spent from. Pure.

Vendor doc: https://www.zoho.com/books/api/v3/expenses/
"""

from mlc import Operation, RenderedPart
from mlc.errors import MappingError
from mlc.records import Expense, Line
from mlc.wire import Json, encode

from mlc_zoho.books.render_parts import Body, Rendering, filled, ledger_day, required_id

REFERENCE_MAX = 100
DESCRIPTION_MAX = 100


def expense(record: Expense, rendering: Rendering) -> tuple[RenderedPart, ...]:
    """One expense; several lines make it an itemised one. Changed as a whole, never deleted by us.

    Raises: MappingError without a line, an account, the account it was paid from, or an amount above zero.
    """
    if rendering.context.operation is Operation.VOID:
        raise MappingError("An expense in Zoho Books is never deleted by us.", field="status")
    if not record.lines or record.total is None or record.total <= 0:
        raise MappingError("An expense needs a line and an amount above zero.", field="total")
    told = " - ".join(part for part in (record.merchant, record.memo) if part) or None
    body: Body = {
        "date": ledger_day(record, rendering.context),
        "paid_through_account_id": required_id(record.paid_through_account, "paid_through_account"),
        "vendor_id": record.vendor.source_id if record.vendor is not None else None,
        "reference_number": rendering.clipped("expense_number", record.expense_number, REFERENCE_MAX),
        "description": rendering.clipped("memo", told, DESCRIPTION_MAX),
        "is_inclusive_tax": record.amounts_include_tax,
        **rendering.currency(record),
        **_money(record, rendering),
        **rendering.custom_fields(),
    }
    operation = Operation.UPDATE if rendering.updating else Operation.CREATE
    keys = tuple(line.key or line.line_id or f"#{place}" for place, line in enumerate(record.lines, 1))
    return (RenderedPart("main", operation, encode(filled(body)), line_keys=keys if len(keys) > 1 else ()),)


def _money(record: Expense, rendering: Rendering) -> Body:
    """Amount and account: of the only line, or per line of an itemised expense."""
    if len(record.lines) > 1:
        return {"line_items": [_line(line, rendering, f"lines.{place}") for place, line in enumerate(record.lines, 1)]}
    only = _line(record.lines[0], rendering, "lines.1")
    only.pop("description", None)
    return only


def _line(line: Line, rendering: Rendering, place: str) -> dict[str, Json]:
    amount = line.line_gross_amount if line.tax is not None and line.tax.inclusive else line.line_net_amount
    tax = line.tax.ref.source_id if line.tax is not None and line.tax.ref is not None else None
    return filled(
        {
            "account_id": required_id(line.account, f"{place}.account"),
            "amount": amount,
            "description": rendering.clipped(f"{place}.description", line.description, DESCRIPTION_MAX),
            "tax_id": tax,
            **rendering.dimensions(line.dimensions, place),
        }
    )
