"""The arithmetic of a document: Books computes every total itself, to the precision of the currency."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from mlc_sandbox.zoho_books.values import ZERO, rounded

HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Totals:
    """What a document adds up to, in its own currency."""

    sub_total: Decimal
    discount: Decimal
    tax_total: Decimal
    total: Decimal
    taxes: list[dict[str, Any]]


def price_lines(lines: Iterable[dict[str, Any]], *, digits: int, rate_bcy: Decimal, inclusive: bool) -> None:
    """Writes ``item_total``, its tax-inclusive twin and the base-currency rate into fresh lines.

    With inclusive prices the tax is taken out of the rate: ``item_total`` is net either way.
    """
    for line in lines:
        gross = line["rate"] * line["quantity"]
        percent = line["tax_percentage"]
        if inclusive and percent:
            with_tax = rounded(gross, digits)
            net = rounded(gross * HUNDRED / (HUNDRED + percent), digits)
        else:
            net = rounded(gross, digits)
            with_tax = net + rounded(net * percent / HUNDRED, digits) if percent else net
        line["item_total"] = net
        line["item_total_inclusive_of_tax"] = with_tax
        line["bcy_rate"] = line["rate"] if rate_bcy == 1 else rounded(line["rate"] * rate_bcy, 6).normalize()


def total_up(
    lines: list[dict[str, Any]],
    *,
    digits: int,
    adjustment: Decimal,
    inclusive: bool,
    per_document: bool,
    discount: str | Decimal = ZERO,
    discount_before_tax: bool = True,
    overridden: Mapping[str, Decimal] = MappingProxyType({}),
) -> Totals:
    """Adds priced lines up; tax is rounded on each line, or once per tax with ``per_document``.

    Args:
        discount: An amount, or a percentage as "10%" of the sub total.
        discount_before_tax: Whether the discount lowers what is taxed, pro rata over the lines.
        overridden: Amounts per tax id that stand in place of what would be computed.
    """
    sub_total = sum((line["item_total"] for line in lines), ZERO)
    off = _discount(discount, sub_total, digits)
    factor = (sub_total - off) / sub_total if off and discount_before_tax and sub_total else Decimal(1)
    taxed: dict[str, list[Any]] = {}
    for line in lines:
        percent = line["tax_percentage"]
        if not line["tax_id"]:
            continue
        net = line["item_total"] * factor if factor != 1 else line["item_total"]
        if inclusive and factor == 1:
            tax = line["item_total_inclusive_of_tax"] - net
        elif per_document:
            tax = net * percent / HUNDRED
        else:
            tax = rounded(net * percent / HUNDRED, digits)
        entry = taxed.setdefault(line["tax_id"], [line["tax_name"], ZERO])
        entry[1] += tax
    taxes = [
        {"tax_id": tax_id, "tax_name": name, "tax_amount": overridden.get(tax_id, rounded(amount, digits))}
        for tax_id, (name, amount) in taxed.items()
    ]
    tax_total = sum((tax["tax_amount"] for tax in taxes), ZERO)
    total = rounded(sub_total - off + tax_total + adjustment, digits)
    return Totals(rounded(sub_total, digits), off, rounded(tax_total, digits), total, taxes)


def _discount(discount: str | Decimal, sub_total: Decimal, digits: int) -> Decimal:
    if isinstance(discount, str):
        return rounded(sub_total * Decimal(discount.rstrip("%")) / HUNDRED, digits)
    return rounded(discount, digits)
