"""Expenses → reimbursements, which ask BILL to pay an employee: made only of what a person has prepared. Pure."""

from mlc import Operation, RenderedPart
from mlc.errors import MappingError
from mlc.records import Expense

from mlc_bill import SYSTEM
from mlc_bill.render_parts import Rendering, required_id
from mlc_bill.wire import Json, encode

PICTURES = (".jpg", ".jpeg", ".png")


def expense(record: Expense, rendering: Rendering) -> tuple[RenderedPart, ...]:
    """A reimbursement. Receipts have to be uploaded already: each attachment's ``url`` is the upload URL that Spend &
    Expense handed out.

    Raises: MappingError naming what is missing.
    """
    if rendering.context.operation is not Operation.CREATE:
        raise MappingError("A reimbursement is never changed or taken back by us.", field="total", system=SYSTEM)
    if record.currency not in (None, rendering.settings.base_currency):
        raise MappingError(
            f"Spend & Expense reimburses in {rendering.settings.base_currency} only.", field="currency", system=SYSTEM
        )
    stated = {
        "employee": record.employee,
        "extensions.budget": record.extensions.get("budget"),
        "total": record.total,
        "memo": record.memo,
        "merchant": record.merchant,
        "issue_date": record.issue_date,
    }
    missing = [name for name, value in stated.items() if value in (None, "")]
    receipts: list[Json] = []
    for file in record.attachments:
        if file.url and (file.filename or "").lower().endswith(PICTURES):
            receipts.append({"url": file.url, "filename": file.filename})
    if not receipts:
        missing.append("attachments (a receipt as JPG or PNG, uploaded)")
    if missing:
        raise MappingError(
            f"A reimbursement pays an employee, and Spend & Expense wants all of it: {', '.join(missing)} missing.",
            field=missing[0],
            system=SYSTEM,
        )
    body: dict[str, Json] = {
        "userId": required_id(record.employee, "employee"),
        "budgetId": str(record.extensions["budget"]),
        "amount": record.total,
        "note": record.memo,
        "merchantName": record.merchant,
        "occurredDate": record.issue_date,
        "receipts": receipts,
    }
    return (RenderedPart("main", Operation.CREATE, encode(body)),)
