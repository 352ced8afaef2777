"""Arithmetic of bills and orders, as the vendor does it: tax per line, rounded per line, then summed."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from mlc_sandbox.procurify.values import Wire, cents, double, fixed

if TYPE_CHECKING:
    from mlc_sandbox.procurify.app import ProcurifyStandIn

_HUNDRED = Decimal(100)
_PLACES = {"JPY": 0, "KRW": 0, "KWD": 3, "BHD": 3, "OMR": 3, "JOD": 3, "TND": 3}


def minor(value: Decimal, currency: str) -> Decimal:
    """Rounded half up to the currency's minor unit, two places for most."""
    return value.quantize(Decimal(1).scaleb(-_PLACES.get(currency, 2)), rounding=ROUND_HALF_UP)


def line_tax(total: Decimal, percentage: Decimal, *, inclusive: bool, currency: str) -> Decimal:
    """The tax of one line, rounded to the minor unit."""
    return minor(total * percentage / (_HUNDRED + (percentage if inclusive else 0)), currency)


def total_bill(standin: ProcurifyStandIn, bill: Wire) -> None:
    """Work the totals of a bill out again from its lines and costs."""
    code = bill["currency"]["name"]
    inclusive = exclusive = subtotal = shipping = Decimal(0)
    for line in bill["items"]:
        total = minor(Decimal(line["quantity"]) * Decimal(line["unit_cost"]), code)
        rate = Decimal(line["tax_percentage"] or 0)
        contained = bool(line["tax_is_inclusive"])
        tax = line_tax(total, rate, inclusive=contained, currency=code)
        line["total_cost"] = double(total)
        line["tax_amount"] = double(tax)
        line["total_cost_with_tax"] = double(total if contained else total + tax)
        inclusive += tax if contained else 0
        exclusive += 0 if contained else tax
        subtotal += total
        shipping += Decimal(line["shipping_amount"] or 0)
    costs = sum((Decimal(cost["amount"]) for cost in bill["costs"]), Decimal(0))
    state_totals(
        bill,
        subtotal=subtotal,
        total_cost=subtotal + costs,
        inclusive=inclusive,
        exclusive=exclusive,
        shipping=shipping,
        total=subtotal + costs + exclusive + shipping,
    )
    bill["converted_total_cost"] = double(
        cents(Decimal(bill["total_cost_with_tax"]) * standin.base_units(bill["currency"]["id"]))
    )


def state_totals(
    bill: Wire,
    *,
    subtotal: Decimal,
    total_cost: Decimal,
    inclusive: Decimal,
    exclusive: Decimal,
    shipping: Decimal,
    total: Decimal,
) -> None:
    """Write totals into a bill in the form of the wire."""
    bill["subtotal_cost"] = double(subtotal)
    bill["total_cost"] = double(total_cost)
    bill["inclusive_tax_amount"] = double(inclusive)
    bill["exclusive_tax_amount"] = double(exclusive)
    bill["tax_amount"] = double(inclusive + exclusive)
    bill["shipping_amount"] = double(shipping)
    bill["total_cost_with_tax"] = double(total)
    bill["invoice_total"] = double(total)


def spread(total: Decimal, weights: list[Decimal]) -> list[Decimal]:
    """Share a total out in the ratio of the weights, to the cent, the last share taking the rest."""
    whole = sum(weights, Decimal(0))
    shares = [cents(total * weight / whole) if whole else Decimal(0) for weight in weights[:-1]]
    return [*shares, total - sum(shares, Decimal(0))]


def modifier(value: Decimal, kind: str, base: Decimal) -> Decimal:
    """What a header tax or discount comes to: an amount, or a percentage of ``base``."""
    return cents(base * value / _HUNDRED) if kind == "percentage" else cents(value)


def total_order(standin: ProcurifyStandIn, order: Wire) -> None:
    """Work the totals of an order out again from its lines and header."""
    subtotal = line_taxes = shipping = Decimal(0)
    for line in order["order_items"]:
        total = cents(Decimal(line["quantity"]) * Decimal(line["price"]))
        line["total_cost"] = fixed(total, 2)
        subtotal += total
        line_taxes += Decimal(line["tax_amount"] or 0)
        shipping += Decimal(line["shipping_amount"] or 0)
    discount = modifier(Decimal(order["discount"]["value"]), order["discount"]["type"], subtotal)
    tax = modifier(Decimal(order["tax"]["value"]), order["tax"]["type"], subtotal - discount)
    freight, other = Decimal(order["freight"] or 0), Decimal(order["other"] or 0)
    total = cents(subtotal - discount + tax + line_taxes + shipping + freight + other)
    order["subtotal"] = fixed(subtotal, 2)
    order["total"] = fixed(total, 2)
    order["item_count"] = len(order["order_items"])
    order["cost_details"] = {
        "subtotal": fixed(subtotal, 2),
        "tax_amount": fixed(tax + line_taxes, 2),
        "total_cost": fixed(total, 2),
        "total_cost_in_base_currency": fixed(cents(total * standin.base_units(order["purchased_currency"]["id"])), 2),
    }


def total_fulfilment(order: Wire) -> str:
    """empty, partial or full by what was received."""
    received = [Decimal(line["receivedPassQty"]) for line in order["order_items"]]
    if not any(received):
        return "empty"
    whole = all(got >= Decimal(line["quantity"]) for got, line in zip(received, order["order_items"], strict=True))
    return "full" if whole else "partial"
