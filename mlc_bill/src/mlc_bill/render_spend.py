"""Expenses → reimbursements, which ask BILL to pay an employee: made only of what a person has prepared. Pure.

Employees and budgets are told by the probe: ``user:<e-mail>`` and ``budget:<name>``.
"""

from collections.abc import Mapping

from mlc import Operation, RenderedPart
from mlc.errors import MappingError
from mlc.records import Expense
from mlc.wire import Json, encode

from mlc_bill import SYSTEM
from mlc_bill.render_parts import Rendering

#: How a body says that its receipt is still to be named.
NO_RECEIPT = b'"receipts":[]'
PICTURES = (".jpg", ".jpeg", ".png")


def expense(record: Expense, rendering: Rendering) -> tuple[RenderedPart, ...]:
    """A reimbursement. Its receipt is uploaded right before it is made, and named then.

    Raises: MappingError naming what is missing.
    """
    if rendering.context.operation is not Operation.CREATE:
        raise MappingError("A reimbursement is never changed or taken back by us.", field="total", system=SYSTEM)
    if record.currency not in (None, rendering.settings.base_currency):
        raise MappingError(
            f"Spend & Expense reimburses in {rendering.settings.base_currency} only.", field="currency", system=SYSTEM
        )
    told = rendering.context.probe.extra
    employee = _known(told, "user", record.employee.code or record.employee.source_id if record.employee else None)
    budget = _known(told, "budget", record.extensions.get("budget"))
    note = record.memo or (record.lines[0].description if record.lines else None)
    merchant = record.merchant or (record.vendor.name if record.vendor is not None else None)
    stated = {
        "employee (who is a user of Spend & Expense)": employee,
        "budget": budget,
        "total": record.total,
        "memo": note,
        "merchant": merchant,
        "issue_date": record.issue_date,
    }
    missing = [name for name, value in stated.items() if value in (None, "")]
    pictures = [file for file in record.attachments if file.is_image_of_document]
    if not pictures or not (pictures[0].filename or "").lower().endswith(PICTURES):
        missing.append("receipt as JPG or PNG")
    if missing:
        raise MappingError(
            f"{_label(record)}: a reimbursement pays an employee, and Spend & Expense wants all of it; "
            f"missing: {', '.join(missing)}.",
            field=missing[0],
            system=SYSTEM,
        )
    body: dict[str, Json] = {
        "userId": employee,
        "budgetId": budget,
        "amount": record.total,
        "note": note,
        "merchantName": merchant,
        "occurredDate": record.issue_date,
        "receipts": [],
    }
    return (RenderedPart("main", Operation.CREATE, encode(body)),)


def _known(told: Mapping[str, str], kind: str, stated: object) -> str | None:
    """The id by e-mail address or name, or the id itself: BILL's list of budgets was seen to leave some out."""
    wanted = str(stated or "").strip()
    prefix = {"user": "usr_", "budget": "bgt_"}[kind]
    return told.get(f"{kind}:{wanted.casefold()}") or (wanted if wanted.startswith(prefix) else None)


def _label(record: Expense) -> str:
    number = record.expense_number or record.source.source_id
    return f"Expense {number}" + (f" at {record.merchant}" if record.merchant else "")
