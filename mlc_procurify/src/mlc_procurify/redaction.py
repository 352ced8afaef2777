"""Bank and card details leave a payload before anything keeps it (pairings 0.8)."""

import re
from decimal import Decimal
from functools import lru_cache
from types import NoneType
from typing import Any
from urllib.parse import urlsplit, urlunsplit

DROPPED = frozenset({"payment_methods", "default_payment_method", "payment_method", "creditcard", "creditcard_item"})
#: What nothing can be inside of.
FLAT = frozenset({str, int, bool, Decimal, NoneType})
SENSITIVE = re.compile(
    r"bank|iban|swift|routing|account_?number|mask|card_?number|cardholder|last_?(4|four)|sort_?code|bsb|social_security|ssn",
    re.IGNORECASE,
)


def without_secrets(value: Any) -> Any:
    """A copy without bank and card details, and without the signatures in links to stored files."""
    if isinstance(value, dict):
        # Copied whole, then gone through: a bill has 200 fields, few of them nested, and next to none to be left out.
        kept = value.copy()
        for key in _secrets_of(tuple(kept)):
            del kept[key]
        for key in [key for key, inner in kept.items() if inner and inner.__class__ not in FLAT]:
            kept[key] = without_secrets(kept[key])
        link = kept.get("file")
        if isinstance(link, str):
            kept["file"] = urlunsplit(urlsplit(link)._replace(query="", fragment=""))
        return kept
    if isinstance(value, list):
        return [inner if inner.__class__ in FLAT else without_secrets(inner) for inner in value]
    return value


@lru_cache(maxsize=1_024)
def _secrets_of(keys: tuple[str, ...]) -> tuple[str, ...]:
    """Those to be left out of an object with these fields; objects of one kind have the same ones."""
    return tuple(key for key in keys if key in DROPPED or SENSITIVE.search(key) is not None)
