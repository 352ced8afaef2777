"""Payments → canonical payments. Only what singleStatus says has moved has moved. Pure."""

from typing import Any

from mlc.records import ObjectType, Payment, PaymentAllocation, PaymentDirection, Ref
from mlc.wire import plain

from mlc_bill.parts import FieldTable, MapContext, currency, party, rate, source_meta, take
from mlc_bill.schemas import Row, day, flag, inner, money, rows, text
from mlc_bill.statuses import movement

_PAYMENT: FieldTable = (
    ("payment_date", "processDate", day),
    ("amount", "amount", money),
    ("memo", "description", text),
)
_METHODS = {
    "ACH": "ach",
    "CHECK": "check",
    "VIRTUAL_CARD": "card",
    "INTERNATIONAL": "wire",
    "WIRE": "wire",
    "RPPS": "other",
    "WALLET": "other",
    "OFFLINE": "other",
}


def payment(row: Row, context: MapContext) -> Payment:
    fields = take(row, _PAYMENT) | currency(row) | rate(row, context, amount="amount")
    fields["source"] = source_meta(row, context, "payment")
    if "vendorId" in row:
        fields["party"] = party(row, "vendor", ObjectType.VENDOR)["vendor"]
    fields |= {
        "direction": PaymentDirection.OUT,
        "movement": movement(row),
    }
    raw = text(row, "singleStatus") or text(row, "status")
    if raw is not None or {"singleStatus", "status"} & row.keys():
        fields["status_raw"] = raw
    number = text(row, "transactionNumber") or text(row, "confirmationNumber")
    if number is not None or {"transactionNumber", "confirmationNumber"} & row.keys():
        fields["payment_number"] = number
    check = text(inner(inner(row, "disbursementInfo"), "checkDisbursement"), "checkNumber")
    reference = text(row, "confirmationNumber") or check
    if reference is not None or "confirmationNumber" in row:
        fields["reference"] = reference
    method = text(row, "disbursementType")
    if method is not None:
        fields["method"] = _METHODS.get(method, method.lower())
    if "fundingAccount" in row:
        fields["money_account"] = _funding(inner(row, "fundingAccount"))
    if "billPayments" in row or "billId" in row:
        fields["allocations"] = _allocations(row)
    fields |= _kind(row)
    return Payment(**fields)


def _kind(row: Row) -> dict[str, Any]:
    """``online``: BILL moves the money. ``recorded``: somebody wrote down what was paid elsewhere."""
    online = flag(row, "onlinePayment")
    kept: dict[str, Any] = {} if online is None else {"online": online}
    credits = [
        {"bill_id": text(entry, "billId"), "id": text(credit, "id"), "amount": plain(amount)}
        for entry in rows(row, "billPayments")
        for credit in rows(entry, "vendorCredits")
        if (amount := money(credit, "amount")) is not None
    ]
    if credits:
        kept["vendor_credits"] = credits
    category = {} if online is None else {"category": "online" if online else "recorded"}
    return {**category, "extensions": kept} if kept else category


def _funding(row: Row) -> Ref | None:
    """Which account of ours paid: its id alone, never its number."""
    account = text(row, "id")
    return None if account is None else Ref(record_type=ObjectType.ACCOUNT, source_id=account, name=text(row, "type"))


def _allocations(row: Row) -> tuple[PaymentAllocation, ...]:
    entries = rows(row, "billPayments")
    if entries:
        return tuple(
            PaymentAllocation(document=_bill(entry), amount=money(entry, "amount"), external_id=text(entry, "id"))
            for entry in entries
        )
    alone = _bill(row)
    return () if alone is None else (PaymentAllocation(document=alone, amount=money(row, "amount")),)


def _bill(row: Row) -> Ref | None:
    bill_id = text(row, "billId")
    return None if bill_id is None else Ref(record_type=ObjectType.BILL, source_id=bill_id)
