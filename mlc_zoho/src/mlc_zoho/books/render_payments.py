"""Payments → Zoho vendor payments. Recording one moves no money; nothing is printed or sent to a bank. Pure."""

from decimal import Decimal

from mlc import Operation, RenderedPart
from mlc.errors import MappingError
from mlc.records import Payment, PaymentDirection

from mlc_zoho.books.render_parts import Body, Rendering, filled, required_id
from mlc_zoho.books.wire import Json, encode

REFERENCE_MAX = 100
DESCRIPTION_MAX = 500

#: Canonical methods → Zoho's presets of the free text ``payment_mode``.
_MODES = {
    "ach": "Bank Transfer",
    "wire": "Bank Remittance",
    "check": "Check",
    "card": "Credit Card",
    "cash": "Cash",
    "direct_debit": "Bank Transfer",
}


def payment(record: Payment, rendering: Rendering) -> tuple[RenderedPart, ...]:
    """One vendor payment over all its bills, an amount for each.

    Raises: MappingError for a receipt, an update or void, a part without a known bill, or parts above the amount.
    """
    if rendering.context.operation is not Operation.CREATE:
        raise MappingError("A payment in Zoho Books is never changed or deleted by us.", field="status")
    if record.direction is not PaymentDirection.OUT:
        raise MappingError("Only payments to vendors are written to Zoho Books.", field="direction")
    if record.amount is None or record.amount <= 0:
        raise MappingError("A payment needs an amount above zero.", field="amount")
    body: Body = {
        "vendor_id": required_id(record.party, "party"),
        "date": record.payment_date,
        "amount": record.amount,
        "payment_mode": _MODES.get(record.method or "", record.method) if record.method else None,
        "paid_through_account_id": required_id(record.money_account, "money_account"),
        "exchange_rate": _rate(record, rendering),
        "reference_number": rendering.clipped("reference", record.reference, REFERENCE_MAX),
        "description": rendering.clipped("memo", record.memo, DESCRIPTION_MAX),
        "bills": _bills(record),
        "is_paid_via_print_check": False,
        **rendering.custom_fields(),
    }
    if record.payment_number is not None and record.payment_number != record.reference:
        rendering.lose("payment_number", "Zoho Books numbers payments itself")
    return (RenderedPart("main", Operation.CREATE, encode(filled(body))),)


def _bills(record: Payment) -> list[Json]:
    total = Decimal(0)
    bills: list[Json] = []
    for position, part in enumerate(record.allocations, start=1):
        if part.amount is None or part.amount <= 0:
            raise MappingError("Every bill of a payment needs its amount.", field=f"allocations.{position}.amount")
        bill_id = required_id(part.document, f"allocations.{position}.document")
        bills.append({"bill_id": bill_id, "amount_applied": part.amount})
        total += part.amount
    if record.amount is not None and total > record.amount:
        raise MappingError(
            f"The parts add up to {total}, more than the payment of {record.amount}.", field="allocations"
        )
    return bills


def _rate(record: Payment, rendering: Rendering) -> Decimal | None:
    base = rendering.context.probe.base_currency
    if record.currency is None or record.currency == base:
        return None
    if record.exchange_rate is None:
        rendering.lose("exchange_rate", f"none is stated for {record.currency}; Zoho Books takes its own of the day")
        return None
    return record.exchange_rate.value
