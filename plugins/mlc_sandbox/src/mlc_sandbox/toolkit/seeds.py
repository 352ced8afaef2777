"""Invented values, the same ones for the same seed, for a stand-in whose records no company has."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import TypeVar

T = TypeVar("T")
_FIRST = ("Harbour", "Northgate", "Blue Ridge", "Alder", "Kestrel", "Orchard", "Silver Birch", "Tideline", "Upland")
_TRADE = ("Paper", "Metals", "Freight", "Catering", "Software", "Tools", "Optics", "Textiles", "Fixtures", "Energy")
_FORM = ("Ltd", "LLC", "Inc", "GmbH", "BV", "SARL", "plc", "Oy")


class Seeds:
    """Draws one after the other. ``topic`` keeps kinds of records apart: more vendors do not change the invoices."""

    def __init__(self, seed: int, topic: str = "") -> None:
        self._random = random.Random(f"{seed}:{topic}")
        self._names: set[str] = set()

    def whole(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return self._random.randint(low, high)

    def pick(self, several: Sequence[T]) -> T:
        """One of several."""
        return self._random.choice(several)

    def chance(self, share: float) -> bool:
        """True for about this share of draws."""
        return self._random.random() < share

    def amount(self, low: int | str, high: int | str, *, places: int = 2) -> Decimal:
        """An amount of money with so many decimals."""
        unit = Decimal(1).scaleb(-places)
        return self._random.randint(int(Decimal(low) / unit), int(Decimal(high) / unit)) * unit

    def day(self, first: date, last: date) -> date:
        """A day, both ends included."""
        return first + timedelta(days=self._random.randint(0, (last - first).days))

    def name(self) -> str:
        """The name of a firm that was not drawn before."""
        name = ""
        while not name or name in self._names:
            parts = [self.pick(_FIRST), self.pick(_TRADE), self.pick(_FORM)]
            if len(self._names) > len(_FIRST) * len(_TRADE) * len(_FORM) // 2:
                parts.insert(2, str(len(self._names)))
            name = " ".join(parts)
        self._names.add(name)
        return name

    def code(self, prefix: str, *, digits: int = 5) -> str:
        """A number as documents carry it, e.g. ``INV-40311``."""
        return f"{prefix}{self._random.randrange(10**digits):0{digits}d}"
