"""Bill payments and journal entries → canonical. Pure."""

from decimal import Decimal
from typing import Any

from mlc.records import (
    DocumentStatus,
    JournalEntry,
    JournalLine,
    MoneyMovement,
    ObjectType,
    Payment,
    PaymentAllocation,
    PaymentDirection,
    Ref,
)

from mlc_quickbooks.entities import BILL_PAYMENT, JOURNAL_BILL, JOURNAL_ENTRY
from mlc_quickbooks.journals import JOURNAL_LINE
from mlc_quickbooks.parts import FieldTable, MapContext, account_ref, dimensions, money_fields, ref, source_meta, take
from mlc_quickbooks.schemas import Row, day, inner, money, ref_id, rows, text

_METHODS = {"Check": "check", "CreditCard": "card"}
_ACCOUNTS = (("CheckPayment", "BankAccountRef"), ("CreditCardPayment", "CCAccountRef"))
_SETTLED = {
    "Bill": ObjectType.BILL,
    "VendorCredit": ObjectType.VENDOR_CREDIT,
    "JournalEntry": ObjectType.BILL,
}
_PAYMENT: FieldTable = (
    ("payment_number", "DocNumber", text),
    ("reference", "DocNumber", text),
    ("payment_date", "TxnDate", day),
    ("amount", "TotalAmt", money),
    ("party", "VendorRef", ref(ObjectType.VENDOR)),
    ("memo", "PrivateNote", text),
)
_ENTRY: FieldTable = (
    ("entry_number", "DocNumber", text),
    ("posting_date", "TxnDate", day),
    ("memo", "PrivateNote", text),
)
_PARTIES = {"Vendor": ObjectType.VENDOR, "Customer": ObjectType.CUSTOMER}


def payment(row: Row, context: MapContext) -> Payment:
    """A bill payment. Amounts against vendor credits are stated like those against bills, under another document.
    A journal entry that a bill payment settles is a bill to us."""
    fields: dict[str, Any] = {**take(row, _PAYMENT), **money_fields(row)}
    kind = text(row, "PayType")
    if "PayType" in row:
        fields["method"] = _METHODS.get(kind or "", kind)
    for part, key in _ACCOUNTS:
        if ref_id(inner(row, part), key) is not None:
            fields["money_account"] = account_ref(inner(row, part), key)
    if "CheckPayment" in row:
        fields["status_raw"] = text(inner(row, "CheckPayment"), "PrintStatus")
    if "Line" in row:
        fields["allocations"] = tuple(
            found
            for line in rows(row, "Line")
            for link in rows(line, "LinkedTxn")
            if (found := _allocation(line, link)) is not None
        )
    return Payment(
        source=source_meta(row, context, BILL_PAYMENT),
        direction=PaymentDirection.OUT,
        movement=_movement(row),
        category="recorded",
        **fields,
    )


def is_void(row: Row) -> bool:
    """QuickBooks keeps a void payment with amount 0 and nothing settled; it has no member that says so."""
    settled = [money(line, "Amount") for line in rows(row, "Line") if rows(line, "LinkedTxn")]
    return money(row, "TotalAmt") == 0 and not any(settled)


def _movement(row: Row) -> MoneyMovement:
    """A cheque that is still to be printed has moved nothing."""
    if money(row, "TotalAmt") is None:
        return MoneyMovement.UNKNOWN
    if is_void(row):
        return MoneyMovement.REVERSED
    waiting = text(inner(row, "CheckPayment"), "PrintStatus") == "NeedToPrint"
    return MoneyMovement.PLANNED if waiting else MoneyMovement.MOVED


def _allocation(line: Row, link: Row) -> PaymentAllocation | None:
    kind, document = _SETTLED.get(text(link, "TxnType") or ""), text(link, "TxnId")
    if kind is None or document is None:
        return None
    if kind is ObjectType.BILL and text(link, "TxnType") == JOURNAL_BILL.name:
        document = f"{JOURNAL_BILL.prefix}{document}"
    return PaymentAllocation(document=Ref(record_type=kind, source_id=document), amount=money(line, "Amount"))


def journal_entry(row: Row, context: MapContext) -> JournalEntry:
    fields: dict[str, Any] = {**take(row, _ENTRY), **money_fields(row)}
    if "Line" in row:
        fields["lines"] = tuple(
            _journal_line(line) for line in rows(row, "Line") if text(line, "DetailType") == JOURNAL_LINE
        )
    return JournalEntry(
        source=source_meta(row, context, JOURNAL_ENTRY),
        status=DocumentStatus.OPEN,
        **fields,
    )


def _journal_line(line: Row) -> JournalLine:
    detail = inner(line, JOURNAL_LINE)
    side = {"debit": "debit", "credit": "credit"}.get((text(detail, "PostingType") or "").lower())
    fields: dict[str, Any] = {
        **take(line, (("line_id", "Id", text), ("description", "Description", text))),
        **take(detail, (("account", "AccountRef", account_ref),)),
    }
    amount = money(line, "Amount")
    if side is not None:
        fields[side] = Decimal(0) if amount is None else amount
    entity = inner(detail, "Entity")
    kind = _PARTIES.get(text(entity, "Type") or "")
    if kind is not None:
        fields["party"] = ref(kind)(entity, "EntityRef")
    found = dimensions(detail)
    if found:
        fields["dimensions"] = found
    return JournalLine(**fields)
