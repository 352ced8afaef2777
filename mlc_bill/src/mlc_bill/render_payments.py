"""Payments made elsewhere → ``record-payment``, which moves no money. Nothing that pays is ever rendered. Pure."""

from decimal import Decimal

from mlc import Operation, RenderedPart
from mlc.errors import MappingError
from mlc.records import MoneyMovement, Payment
from mlc.wire import Json, encode, plain

from mlc_bill import SYSTEM
from mlc_bill.render_parts import Rendering, required_id

#: In the probe's ``extra``: whether this user may record payments.
MAY_RECORD = "record_payments"


def payment(record: Payment, rendering: Rendering) -> tuple[RenderedPart, ...]:
    """One recorded payment over the bills it settled.

    Raises: MappingError when no money moved, or BILL does not let this user record it.
    """
    if rendering.context.operation is not Operation.CREATE:
        raise MappingError(
            "A payment recorded in BILL is never changed or taken back by us.", field="amount", system=SYSTEM
        )
    if record.movement is not MoneyMovement.MOVED:
        raise MappingError("Only a payment whose money has moved is recorded in BILL.", field="movement", system=SYSTEM)
    if rendering.context.probe.extra.get(MAY_RECORD) == "no":
        raise MappingError(
            "The connected BILL user may not record payments: mark the bill as paid in BILL, or it may be paid again.",
            field="amount",
            system=SYSTEM,
        )
    if record.payment_date is None or record.amount is None:
        raise MappingError("BILL needs the date and the amount of a payment.", field="payment_date", system=SYSTEM)
    parts: list[Json] = []
    total = Decimal(0)
    for allocation in record.allocations:
        if allocation.amount is None or allocation.amount <= 0:
            raise MappingError("BILL needs an amount for each bill of a payment.", field="allocations", system=SYSTEM)
        parts.append({"billId": required_id(allocation.document, "bill"), "amount": allocation.amount})
        total += allocation.amount
    if not parts or total != record.amount:
        raise MappingError(
            f"The payment is {plain(record.amount)}, and its bills take {plain(total)} of it: BILL records only whole "
            "ones.",
            field="allocations",
            system=SYSTEM,
        )
    for name in ("reference", "memo", "method"):
        if getattr(record, name):
            rendering.lose(name, "a payment recorded in BILL has no place for it")
    if record.money_account is not None:
        rendering.lose("money_account", "the payment was made elsewhere; BILL keeps no account of it")
    body: dict[str, Json] = {
        "vendorId": required_id(record.party, "vendor"),
        "processDate": record.payment_date,
        "toPrintCheck": False,
        "payments": parts,
    }
    return (RenderedPart("main", Operation.CREATE, encode(body), action="record"),)
