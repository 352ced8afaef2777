"""A payment that failed after it was recorded: taken off its documents one by one, then refunded (pairings 0.6). Pure.

Each step is decided from what the target shows, so that whatever arrived, or was done by a person, is not done again.
A payment is never deleted.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from mlc.accounting.keys import ref_code
from mlc.accounting.naming import money
from mlc.records import Payment

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Step:
    """``wanted``: the payment as the target shows it once this step is done."""

    wanted: Payment
    told: str


def reversal_day(payment: Payment, zone: str, today: datetime) -> date:
    """The day on which the source voided it, in the books' zone; never before it was made."""
    deleted = payment.source.deleted
    at = (deleted.at if deleted is not None else None) or payment.source.source_updated_at or today
    day = at.replace(tzinfo=at.tzinfo or UTC).astimezone(ZoneInfo(zone)).date()
    return max(day, payment.payment_date or day)


def next_step(shown: Payment) -> Step | None:
    """What is to be done next with a payment as the target shows it; None when nothing of it is left.

    Raises: ValueError when the target does not show what it settles.
    """
    if not shown.known("allocations") or shown.amount is None:
        raise ValueError("the target does not show what it settles")
    if shown.allocations:
        first, *rest = shown.allocations
        told = f"it is taken off {ref_code(first.document) or 'a document'} ({money(first.amount, shown.currency)})"
        return Step(shown.model_copy(update={"allocations": tuple(rest)}), told)
    left = shown.amount - (shown.refunded or ZERO)
    if left <= 0:
        return None
    told = f"a refund of {money(left, shown.currency)} is booked"
    return Step(shown.model_copy(update={"refunded": shown.amount}), told)


def whole_reversal(shown: Payment, day: date) -> str:
    """Every step in a sentence, for the person who decides."""
    told, step = list[str](), next_step(shown)
    while step is not None:
        told.append(step.told)
        step = next_step(step.wanted)
    return f"{', then '.join(told)}, dated {day.isoformat()}; the payment itself stays in the books".capitalize()


def is_done(wanted: Payment, shown: Payment) -> bool:
    """Whether the target shows what a step was to bring about."""
    left = {part.external_id for part in wanted.allocations}
    taken_off = all(part.external_id in left for part in shown.allocations)
    return taken_off and (shown.refunded or ZERO) >= (wanted.refunded or ZERO)
