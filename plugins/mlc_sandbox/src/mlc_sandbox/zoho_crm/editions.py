"""What an edition brings: credits, requests at once, modules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Edition:
    """One line of the vendor's table; ``most`` is None where credits grow without end."""

    name: str
    base: int
    per_user: int
    most: int | None
    at_once: int
    newer_most: int | None = None


EDITIONS: Final = {
    edition.name: edition
    for edition in (
        Edition("free", 5_000, 0, 5_000, 5),
        Edition("standard", 50_000, 250, 100_000, 10),
        Edition("professional", 50_000, 500, 1_000_000, 15, 3_000_000),
        Edition("enterprise", 50_000, 1_000, 2_000_000, 20, 5_000_000),
        Edition("ultimate", 50_000, 2_000, None, 25),
    )
}
INVENTORY: Final = frozenset({"Invoices", "Quotes", "Sales_Orders", "Purchase_Orders", "Price_Books", "Vendors"})
#: Requests of these kinds at once, whatever the edition.
HEAVY_AT_ONCE: Final = 10


def edition_of(switches: Mapping[str, Any]) -> Edition:
    """The edition that the organisation has bought; an unknown word counts as the enterprise edition."""
    return EDITIONS.get(str(switches["edition"]), EDITIONS["enterprise"])


def credits_of(switches: Mapping[str, Any]) -> int:
    """Credits in any 24 hours."""
    edition = edition_of(switches)
    most = edition.newer_most if switches["newer_maxima"] and edition.newer_most else edition.most
    grown = edition.base + edition.per_user * int(switches["users"])
    return grown if most is None else min(grown, most)


def has_module(switches: Mapping[str, Any], name: str, *, custom: bool) -> bool:
    """Whether the edition has a module."""
    order = list(EDITIONS)
    rank = order.index(edition_of(switches).name)
    if custom or name == "Products":
        return rank > 0
    return name not in INVENTORY or rank >= order.index(str(switches["inventory_from"]))
