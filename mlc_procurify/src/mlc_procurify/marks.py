"""Payments made elsewhere: Procurify only lets approved bills be marked as paid, whole, and keeps no payment for it.

What was marked is known by an id of our own, ``marked:<bill uuid>+<bill uuid>``, read back from the bills themselves.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from mlc.errors import MappingError
from mlc.records import MoneyMovement, ObjectType, Payment, PaymentAllocation, PaymentDirection, Ref, SourceMeta

from mlc_procurify import SYSTEM
from mlc_procurify.bills import PAID
from mlc_procurify.fields import parsed
from mlc_procurify.parts import currency_values, looked_up, vendor_ref
from mlc_procurify.schemas import BillWire
from mlc_procurify.settings import ProcurifySettings
from mlc_procurify.values import tidy

MARK = "marked"
MARK_AS_PAID = "mark_as_paid"
PREFIX = f"{MARK}:"
BETWEEN = "+"


def mark_id(uuids: Sequence[str]) -> str:
    return PREFIX + BETWEEN.join(uuids)


def mark_action(amounts: Sequence[Decimal]) -> str:
    """The call's name with what is paid of each bill: a mark cannot say amounts, so push compares them."""
    return f"{MARK_AS_PAID}:{','.join(format(amount, 'f') for amount in amounts)}"


def marked_amounts(action: str | None) -> list[Decimal] | None:
    """The amounts in such a name; None for any other."""
    name, _, amounts = (action or "").partition(":")
    return [Decimal(amount) for amount in amounts.split(",")] if name == MARK_AS_PAID and amounts else None


def is_mark(record_id: str) -> bool:
    return record_id.startswith(PREFIX)


def bills_of(record_id: str) -> list[str]:
    """The uuids in a mark's id."""
    return record_id.removeprefix(PREFIX).split(BETWEEN)


def payment(payload: Mapping[str, Any], *, settings: ProcurifySettings, connection: str) -> Payment:
    """The mark as a payment: moved while all its bills are paid."""
    bills = [parsed(BillWire, bill, what="marked bill") for bill in payload.get("bills", ())]
    if not bills:
        raise MappingError("A mark without bills cannot be read.", field="bills", system=SYSTEM)
    amounts = [tidy(bill.total_cost_with_tax) for bill in bills]
    known = [amount for amount in amounts if amount is not None]
    return Payment(
        source=SourceMeta(
            system=SYSTEM,
            source_id=str(looked_up(payload)[MARK]),
            connection_id=connection,
            entity_id=settings.subdomain,
            record_type=MARK_AS_PAID,
        ),
        direction=PaymentDirection.OUT,
        party=vendor_ref(bills[0].vendor),
        amount=sum(known[1:], known[0]) if len(known) == len(bills) else None,
        allocations=tuple(
            PaymentAllocation(document=Ref(record_type=ObjectType.BILL, source_id=bill.uuid), amount=amount)
            for bill, amount in zip(bills, amounts, strict=True)
        ),
        movement=MoneyMovement.MOVED if all(bill.status == PAID for bill in bills) else MoneyMovement.REVERSED,
        status_raw=",".join(str(bill.status) for bill in bills),
        **currency_values(bills[0].currency),
    )
