"""Payments → Zoho vendor payments. Recording one moves no money; nothing is printed or sent to a bank. Pure."""

from decimal import Decimal

from mlc import Operation, RenderedPart
from mlc.errors import MappingError
from mlc.records import Payment, PaymentDirection
from mlc.wire import Json, encode

from mlc_zoho.books.render_parts import Body, Rendering, filled, required_id

REFERENCE_MAX = 100
DESCRIPTION_MAX = 500
#: Actions of a reversal; the first is followed by the ids of the bill and of the payment's part of it.
UNAPPLY, REFUND = "unapply", "refund"

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

    A void is one step of its reversal: off the bill that ``record`` no longer settles, or its refund.

    Raises: MappingError for a receipt, an update, a part without a known bill, or parts above the amount.
    """
    if rendering.context.operation is Operation.VOID:
        return (_reversal(record, rendering),)
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


def _reversal(record: Payment, rendering: Rendering) -> RenderedPart:
    """Vendor doc: https://www.zoho.com/books/api/v3/bills/#delete-a-payment and
    https://www.zoho.com/books/api/v3/vendor-payments/#refund-an-excess-vendor-payment"""
    base = rendering.binding.base if rendering.binding is not None else None
    if not isinstance(base, Payment):
        raise MappingError("What the payment settles in Zoho Books is not known.", field="allocations")
    kept = {part.external_id for part in record.allocations}
    off = next((part for part in base.allocations if part.external_id not in kept), None)
    if off is not None:
        if off.external_id is None:
            raise MappingError("Zoho Books did not show under which id it applied the payment.", field="allocations")
        bill_id = required_id(off.document, "allocations.document")
        return RenderedPart("main", Operation.VOID, b"", action=f"{UNAPPLY} {bill_id} {off.external_id}")
    amount = (record.refunded or Decimal(0)) - (base.refunded or Decimal(0))
    body: Body = {
        "date": rendering.context.overrides.get("refund_day"),
        "refund_mode": _MODES.get(base.method or "", base.method) if base.method else None,
        "reference_number": base.reference,
        "amount": amount,
        "exchange_rate": _rate(base, rendering),
        "to_account_id": required_id(base.money_account, "money_account"),
        "description": "The payment failed or was reversed at its source",
    }
    return RenderedPart("main", Operation.VOID, encode(filled(body)), action=REFUND)


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
