"""Spend & Expense: card transactions and reimbursements → expenses. Pure.

A card purchase is first an authorization, then a clearing with an id of its own; only cleared ones are spending.
"""

from decimal import Decimal
from typing import Any

from mlc.records import AttachmentRef, CustomField, Expense, Line, ObjectType, Ref
from mlc.wire import plain

from mlc_bill.parts import FieldTable, MapContext, source_meta, take
from mlc_bill.schemas import Row, inner, local_day, money, rows, text

_REFUSED = frozenset({"DECLINED", "DENIED"})
_SYNCED = frozenset({"SYNCED", "MANUAL_SYNCED"})
_EXPENSE: FieldTable = (
    ("merchant", "merchantName", text),
    ("memo", "note", text),
)


def expense(row: Row, context: MapContext) -> Expense:
    """``category``: clear, authorization, declined, synced (by another program), or reimbursement. A refund is positive
    and of kind ``refund``."""
    fields: dict[str, Any] = take(row, _EXPENSE)
    card = "transactionType" in row
    fields["source"] = source_meta(row, context, "transaction" if card else "reimbursement", id_key="uuid")
    fields["expense_number"] = text(row, "uuid")
    fields["category"] = _category(row) if card else "reimbursement"
    raw = text(row, "status") or ("COMPLETE" if row.get("complete") is True else None)
    if raw is not None or "status" in row:
        fields["status_raw"] = raw
    dated = "occurredTime" if card else "occurredDate"
    if dated in row:
        fields["issue_date"] = local_day(row, dated, context.time_zone)
    fields["currency"] = context.base_currency
    if "amount" in row:
        amount = money(row, "amount")
        refund = amount is not None and amount < 0
        fields["total"] = None if amount is None else abs(amount)
        fields["kind"] = ("refund" if refund else "card") if card else "reimbursement"
        account = _account(row, context.account_field)
        fields["lines"] = (
            Line(
                line_id="1",
                position=1,
                line_net_amount=fields["total"],
                description=text(row, "note"),
                account=account,
            ),
        )
    user = text(row, "userUuid") or text(row, "userId")
    if user is not None:
        fields["employee"] = Ref(record_type=ObjectType.CONTACT, source_id=user, name=text(row, "userName"))
    paid_with = text(row, "cardUuid") or text(row, "cardId")
    if paid_with is not None:
        fields["paid_through_account"] = Ref(record_type=ObjectType.ACCOUNT, source_id=paid_with)
    if "customFields" in row:
        fields["custom_fields"] = _custom_fields(row)
    if "receipts" in row:
        fields["attachments"] = _receipts(row)
    fields["extensions"] = _told(row)
    return Expense(**fields)


def _category(row: Row) -> str:
    """Only cleared spending that nobody else has booked is to be carried."""
    kind = (text(row, "transactionType") or "unknown").lower()
    if kind == "decline" or text(row, "status") in _REFUSED:
        return "declined"
    synced = {text(one, "syncStatus") for one in rows(row, "accountingIntegrationTransactions")}
    return "synced" if kind == "clear" and synced & _SYNCED else kind


def _account(row: Row, name: str) -> Ref | None:
    """The ledger account that somebody chose: ``6300 Travel`` has the code 6300, a name alone is its own code."""
    chosen = next((field.value for field in _custom_fields(row) if (field.label or "") == name and field.value), None)
    if chosen is None:
        return None
    first = chosen.split()[0]
    code = first if any(sign.isdigit() for sign in first) else chosen
    return Ref(record_type=ObjectType.ACCOUNT, code=code, name=chosen)


def _custom_fields(row: Row) -> tuple[CustomField, ...]:
    """How Spend & Expense codes to the ledger: selected values by the field's name, a note as it stands."""
    found = []
    for field in rows(row, "customFields"):
        key = text(field, "uuid") or text(field, "id")
        chosen = [text(value, "value") for value in rows(field, "selectedValues")]
        value = ", ".join(one for one in chosen if one) or text(field, "note")
        if key is not None:
            found.append(CustomField(key=key, label=text(field, "name"), value=value))
    return tuple(found)


def _receipts(row: Row) -> tuple[AttachmentRef, ...]:
    found = []
    for number, receipt in enumerate(rows(row, "receipts"), 1):
        name = text(receipt, "filename")
        found.append(
            AttachmentRef(source_id=text(receipt, "uuid") or str(number), filename=name, is_image_of_document=True)
        )
    return tuple(found)


def _told(row: Row) -> dict[str, Any]:
    """Whether another sync has taken it, what it was authorised as, what was paid abroad."""
    kept: dict[str, Any] = {}
    synced = [text(one, "syncStatus") for one in rows(row, "accountingIntegrationTransactions")]
    if any(synced):
        kept["sync_status"] = ", ".join(sorted({one for one in synced if one}))
    for name, key in (
        ("authorization", "originalAuthTransactionUuid"),
        ("budget", "budgetUuid"),
        ("budget_name", "budgetName"),
    ):
        value = text(row, key)
        if value is not None:
            kept[name] = value
    abroad = inner(row, "currencyData")
    if text(abroad, "originalCurrencyCode") is not None:
        original = money(abroad, "originalCurrencyAmount")
        kept["original"] = {
            "currency": text(abroad, "originalCurrencyCode"),
            "amount": None if not isinstance(original, Decimal) else plain(original),
        }
    return kept
