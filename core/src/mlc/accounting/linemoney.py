"""A line's money: net, tax and gross that agree, exact splits, and prices that multiply to the amount."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from mlc.records import Line, LineTax, TaxTreatment, round_money, split_amount

ZERO = Decimal(0)
_HUNDRED = Decimal(100)
_QUANTITY_STEP = Decimal("0.00001")


@dataclass(frozen=True, slots=True)
class LineMoney:
    """``net + tax == gross``, each rounded to the currency. ``inclusive``: the source's prices contain the tax."""

    net: Decimal
    tax: Decimal
    gross: Decimal
    inclusive: bool = False


def line_money(line: Line, currency: str | None, *, prices_include_tax: bool) -> LineMoney | None:
    """What the source states, completed; None when nothing tells the amount. Stated figures win over computed ones."""
    tax = line.tax
    inclusive = tax is not None and (tax.inclusive or prices_include_tax)
    priced = _priced(line)
    if tax is None or tax.treatment is TaxTreatment.REVERSE_CHARGE:
        return _untaxed(line, priced, currency)
    if inclusive:
        return _inclusive(line, tax, priced, currency)
    return _exclusive(line, tax, priced, currency)


def payable_tax(net: Decimal, tax: LineTax | None, currency: str | None) -> Decimal:
    """Tax on a net amount as stated, else by its percentage; self-assessed tax is never payable."""
    if tax is None or tax.treatment is TaxTreatment.REVERSE_CHARGE:
        return ZERO
    if tax.amount is not None:
        return round_money(tax.amount, currency)
    return percent_of(net, tax.percent, currency)


def percent_of(net: Decimal, percent: Decimal | None, currency: str | None) -> Decimal:
    return ZERO if percent is None else round_money(net * percent / _HUNDRED, currency)


def tax_inside(gross: Decimal, percent: Decimal | None, currency: str | None) -> Decimal:
    """The tax that a gross amount contains."""
    if percent is None or percent == -_HUNDRED:
        return ZERO
    return gross - round_money(gross * _HUNDRED / (_HUNDRED + percent), currency)


def exact_split(amount: Decimal, weights: Sequence[Decimal], currency: str | None) -> list[Decimal]:
    """Parts that add up to the amount: the weights themselves where they already do, else by largest remainder.

    Weights of both signs are allowed; then the last part takes the rest.
    """
    total = round_money(amount, currency)
    rounded = [round_money(weight, currency) for weight in weights]
    if rounded == list(weights) and sum(rounded, ZERO) == total:
        return rounded
    base = sum(weights, ZERO)
    if all(weight >= 0 for weight in weights) or all(weight <= 0 for weight in weights):
        return split_amount(total, [abs(weight) for weight in weights], currency)
    parts = [ZERO if base == 0 else round_money(total * weight / base, currency) for weight in weights[:-1]]
    return [*parts, total - sum(parts, ZERO)]


def split_quantity(quantity: Decimal, shares: Sequence[Decimal]) -> list[Decimal]:
    """Quantities in the ratio of the amounts, to five decimals; the last takes the rest."""
    base = sum(shares, ZERO)
    if base == 0:
        return [quantity] * len(shares)
    parts = [(quantity * share / base).quantize(_QUANTITY_STEP, rounding=ROUND_DOWN) for share in shares[:-1]]
    return [*parts, quantity - sum(parts, ZERO)]


def price_for(
    amount: Decimal, quantity: Decimal | None, price: Decimal | None, currency: str | None, *, decimals: int
) -> tuple[Decimal, Decimal]:
    """Quantity and unit price whose product rounds to the amount: the stated ones, else a computed price, else 1."""
    if quantity is None or quantity == 0:
        return Decimal(1), amount
    step = Decimal(1).scaleb(-decimals)
    if price is not None and price == price.quantize(step) and round_money(quantity * price, currency) == amount:
        return quantity, price
    computed = (amount / quantity).quantize(step, rounding=ROUND_HALF_UP)
    if round_money(quantity * computed, currency) == amount:
        return quantity, _shortest(computed, currency)
    return Decimal(1), amount


def _priced(line: Line) -> Decimal | None:
    if line.quantity is None or line.unit_price is None:
        return None
    return line.quantity * line.unit_price - (line.discount or ZERO)


def _shortest(price: Decimal, currency: str | None) -> Decimal:
    """Without trailing zeros beyond the currency's decimals."""
    rounded = round_money(price, currency)
    return rounded if rounded == price else price.normalize()


def _untaxed(line: Line, priced: Decimal | None, currency: str | None) -> LineMoney | None:
    stated = (line.line_net_amount, line.line_gross_amount, priced)
    amount = next((value for value in stated if value is not None), None)
    if amount is None:
        return None
    net = round_money(amount, currency)
    return LineMoney(net, ZERO, net)


def _exclusive(line: Line, tax: LineTax, priced: Decimal | None, currency: str | None) -> LineMoney | None:
    net = line.line_net_amount
    gross = line.line_gross_amount
    if net is None and gross is not None:
        net = gross - (tax_inside(gross, tax.percent, currency) if tax.amount is None else tax.amount)
    if net is None:
        net = priced
    if net is None:
        return None
    net = round_money(net, currency)
    if tax.amount is None and gross is not None:
        return LineMoney(net, round_money(gross, currency) - net, round_money(gross, currency))
    amount = payable_tax(net, tax, currency)
    return LineMoney(net, amount, net + amount)


def _inclusive(line: Line, tax: LineTax, priced: Decimal | None, currency: str | None) -> LineMoney | None:
    """The stated gross is kept; net is what is left of it without the tax."""
    net, gross = line.line_net_amount, line.line_gross_amount
    if gross is None and net is not None:
        gross = net + payable_tax(net, tax, currency)
    if gross is None:
        gross = priced
    if gross is None:
        return None
    gross = round_money(gross, currency)
    if tax.amount is not None:
        amount = round_money(tax.amount, currency)
    elif tax.percent is not None:
        amount = tax_inside(gross, tax.percent, currency)
    else:
        amount = ZERO if net is None else gross - round_money(net, currency)
    return LineMoney(gross - amount, amount, gross, inclusive=True)
