"""The source's own arithmetic, the target's predicted total, and the rounding between the two (pairings 0.4, R40)."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from mlc.accounting.drafts import Draft
from mlc.accounting.holdcodes import HoldCode
from mlc.accounting.linemoney import ZERO
from mlc.accounting.naming import money
from mlc.accounting.shapes import Shaping
from mlc.records import Charge, ChargeKind, minor_unit, round_money


@dataclass(frozen=True, slots=True)
class Outside:
    """The document's charges that are no lines."""

    discount: Decimal
    rounding: Decimal
    tax: tuple[Charge, ...]


def outside_of(work: Shaping) -> Outside:
    charges = work.document.charges
    return Outside(
        discount=_sum_of(work, ChargeKind.DISCOUNT),
        rounding=_sum_of(work, ChargeKind.ROUNDING),
        tax=tuple(charge for charge in charges if charge.kind is ChargeKind.TAX and charge.amount != 0),
    )


def limit_for(work: Shaping, lines: int) -> Decimal:
    """One minor unit per line, and ``rounding_limit`` minor units per document, whichever is less."""
    return minor_unit(work.currency) * min(max(lines, 1), work.policy.rounding_limit)


def header_taxes(
    work: Shaping, drafts: Sequence[Draft], outside: Outside, total: Decimal, *, folded: bool
) -> tuple[Charge, ...]:
    """The tax stated for the whole document, after the source's own arithmetic was checked.

    Lines, charges, exclusive tax and rounding make the total. Where only ``tax_total`` explains what is missing, it is
    the document's tax; where tax is folded into the lines, so is the cent by which its sum was rounded.
    """
    header = sum((charge.amount for charge in outside.tax), ZERO)
    added = sum((draft.gross for draft in drafts), ZERO) + outside.discount + outside.rounding + header
    missing = total - added
    limit = limit_for(work, len(drafts))
    counted = sum((draft.tax for draft in drafts), ZERO) + header
    stated = work.document.tax_total
    explained = folded and counted != 0 and stated is not None and missing == stated - counted
    if abs(missing) <= limit and not (explained and missing != 0):
        return outside.tax
    if stated is not None and abs(missing - (stated - counted)) <= limit:
        return (*outside.tax, Charge(kind=ChargeKind.TAX, amount=round_money(missing, work.currency)))
    told = f"{money(added, work.currency)}, not to its total {money(total, work.currency)}"
    raise work.held(HoldCode.TOTALS_DIFFER, f"its lines, charges and tax add up to {told}", sum=added, total=total)


def rounding_charge(work: Shaping, lines: int, *, stated: Decimal, predicted: Decimal, total: Decimal) -> Decimal:
    """What the rounding charge has to be so that the target's total is the source's; zero: none.

    ``predicted`` is the target's total without any rounding, ``stated`` the rounding that the source's total contains.
    """
    difference = total - predicted - stated
    whole = difference + stated
    allowed = minor_unit(work.currency) * work.policy.rounding_limit
    if abs(difference) > limit_for(work, lines) or abs(whole) > allowed:
        told = f"{money(predicted + stated, work.currency)} in the target, {money(total, work.currency)} at the source"
        raise work.held(HoldCode.TOTALS_DIFFER, f"its total would be {told}", predicted=predicted + stated, total=total)
    if difference != 0:
        work.overrides["rounding"] = f"{whole:f}"
    return whole


def _sum_of(work: Shaping, kind: ChargeKind) -> Decimal:
    charges = [charge for charge in work.document.charges if charge.kind is kind]
    return sum((round_money(charge.amount, work.currency) for charge in charges), ZERO)
