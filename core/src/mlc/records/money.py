"""Money: Decimal amounts, ISO 4217 exponents, one way to round and to split.

Source of the exponents: ISO 4217, list one. Currencies that are not named here have two decimals.
"""

from collections.abc import Sequence
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from functools import cache
from typing import Annotated

from pydantic import BeforeValidator, Field

_NO_DECIMALS = frozenset(
    [
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "UYI",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ]
)
_THREE_DECIMALS = frozenset(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])


def _refuse_float(value: object) -> object:
    if isinstance(value, float):
        raise ValueError("an amount must be a Decimal or text, never a float")
    return value


# The bound stands before our own check: pydantic then applies it to the Decimal itself, without calling Python.
Amount = Annotated[Decimal, Field(allow_inf_nan=False), BeforeValidator(_refuse_float)]
"""A Decimal amount; floats are refused, because they have already lost the cent."""

CurrencyCode = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
"""An ISO 4217 alphabetic code."""


@cache
def exponent(currency: str | None) -> int:
    """Decimals of a currency's minor unit: JPY 0, KWD 3, most 2."""
    if currency in _NO_DECIMALS:
        return 0
    return 3 if currency in _THREE_DECIMALS else 2


@cache
def minor_unit(currency: str | None) -> Decimal:
    """The smallest amount of a currency: Decimal("0.01") for EUR, 1 for JPY."""
    return Decimal(1).scaleb(-exponent(currency))


def round_money(amount: Decimal, currency: str | None) -> Decimal:
    """Round to the currency's minor unit, half away from zero (EN 16931)."""
    return amount.quantize(minor_unit(currency), rounding=ROUND_HALF_UP)


def split_amount(amount: Decimal, weights: Sequence[Decimal], currency: str | None) -> list[Decimal]:
    """Split an amount by weights so that the parts add up exactly (largest remainder).

    Args:
        amount: Rounded to the currency first; may be negative.
        weights: At least one; all of one sign or zero. All zero: equal parts.
    """
    if not weights:
        raise ValueError("an amount cannot be split over no parts")
    total = round_money(amount, currency)
    unit = minor_unit(currency)
    base = sum(weights, Decimal(0))
    shares = [Decimal(1)] * len(weights) if base == 0 else list(weights)
    base = base if base != 0 else Decimal(len(weights))
    exact = [abs(total) * share / base for share in shares]
    parts = [value.quantize(unit, rounding=ROUND_DOWN) for value in exact]
    missing = int(((abs(total) - sum(parts, Decimal(0))) / unit).to_integral_value())
    order = sorted(range(len(parts)), key=lambda index: (parts[index] - exact[index], index))
    for index in order[:missing]:
        parts[index] += unit
    return [-part if total < 0 else part for part in parts]
