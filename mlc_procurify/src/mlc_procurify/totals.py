"""A bill's arithmetic: net lines, charges and tax that add up to the stated total.

``total = subtotal + charges + tax`` holds for canonical records. Procurify's document says that subtotals are without
tax; for lines whose price includes tax that is uncertain, so the stated figures themselves decide.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from mlc_procurify.schemas import BillLineWire, BillWire
from mlc_procurify.values import FINEST, tidy

ZERO = Decimal(0)
TOLERANCE = Decimal("0.005")


@dataclass(frozen=True, slots=True)
class LineAmounts:
    net: Decimal | None
    gross: Decimal | None
    unit_price: Decimal | None


@dataclass(frozen=True, slots=True)
class Totals:
    subtotal: Decimal | None
    tax: Decimal | None


def line_amounts(line: BillLineWire) -> LineAmounts:
    """Net, gross and net unit price of a line. An inclusive line whose cost is its cost with tax is stated gross."""
    gross, tax = line.total_cost_with_tax, line.tax_amount or ZERO
    net = line.total_cost
    if net is None and line.quantity is not None and line.unit_cost is not None:
        net = line.quantity * line.unit_cost
    if not line.tax_is_inclusive or net is None or tax == ZERO:
        return LineAmounts(net=tidy(net), gross=tidy(gross), unit_price=tidy(line.unit_cost))
    already_net = gross is not None and abs(net + tax - gross) <= TOLERANCE
    if not already_net:
        gross, net = net, net - tax
    unit_price = (net / line.quantity).quantize(FINEST) if line.quantity else line.unit_cost
    return LineAmounts(net=tidy(net), gross=tidy(gross), unit_price=tidy(unit_price))


def bill_totals(bill: BillWire, *, net_lines: Sequence[Decimal | None], charges: Sequence[Decimal]) -> Totals:
    """Subtotal and tax as stated; taken apart anew only when the stated subtotal turns out to hold inclusive tax."""
    inclusive, exclusive = bill.inclusive_tax_amount or ZERO, bill.exclusive_tax_amount or ZERO
    tax = bill.tax_amount
    if tax is None and (bill.inclusive_tax_amount is not None or bill.exclusive_tax_amount is not None):
        tax = inclusive + exclusive
    stated = Totals(subtotal=tidy(bill.subtotal_cost), tax=tidy(tax))
    total = bill.total_cost_with_tax
    if inclusive == ZERO or bill.subtotal_cost is None or total is None:
        return stated
    net = sum((amount or ZERO for amount in net_lines), ZERO)
    outside = sum(charges, ZERO)
    apart = Totals(subtotal=tidy(net), tax=tidy(inclusive + exclusive))
    adds_up = abs(net + inclusive + exclusive + outside - total) <= TOLERANCE
    return apart if adds_up and abs(bill.subtotal_cost - net) > TOLERANCE else _with_whole_tax(bill, stated, apart, net)


def _with_whole_tax(bill: BillWire, stated: Totals, apart: Totals, net: Decimal) -> Totals:
    """The stated subtotal is net. A stated tax that leaves the inclusive part out is replaced by both parts."""
    left_out = bill.tax_amount is not None and bill.tax_amount == (bill.exclusive_tax_amount or ZERO)
    return apart if left_out and stated.subtotal == tidy(net) else stated
