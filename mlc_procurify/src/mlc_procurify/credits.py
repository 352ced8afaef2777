"""Procurify has no credit document: a bill with a negative total becomes one, every sign turned."""

from decimal import Decimal
from typing import Any

from mlc.records import Allocation, Charge, Line

TURNED = ("subtotal", "tax_total", "total", "amount_paid")


def flipped(values: dict[str, Any]) -> dict[str, Any]:
    """The values of a vendor credit: amounts with the other sign, percentages and dates as they are."""
    turned: dict[str, Any] = {name: _minus(values[name]) for name in TURNED if name in values}
    if "lines" in values:
        turned["lines"] = tuple(_line(line) for line in values["lines"])
    if "charges" in values:
        turned["charges"] = tuple(_charge(charge) for charge in values["charges"])
    return {**values, **turned}


def _minus(amount: Decimal | None) -> Decimal | None:
    if amount is None:
        return None
    return -amount if amount else abs(amount)


def _line(line: Line) -> Line:
    """A negative quantity turns positive and leaves the price; otherwise the price turns."""
    by_quantity = line.quantity is not None and line.quantity < 0
    return line.model_copy(
        update={
            "quantity": _minus(line.quantity) if by_quantity else line.quantity,
            "unit_price": line.unit_price if by_quantity else _minus(line.unit_price),
            "line_net_amount": _minus(line.line_net_amount),
            "line_gross_amount": _minus(line.line_gross_amount),
            "tax": line.tax.model_copy(update={"amount": _minus(line.tax.amount)}) if line.tax else None,
            "allocations": tuple(_allocation(share) for share in line.allocations),
        }
    )


def _allocation(share: Allocation) -> Allocation:
    return share.model_copy(update={"amount": _minus(share.amount)})


def _charge(charge: Charge) -> Charge:
    return charge.model_copy(update={"amount": _minus(charge.amount)})
