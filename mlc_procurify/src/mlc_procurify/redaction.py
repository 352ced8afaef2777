"""Bank and card details leave a payload before anything keeps it (pairings 0.8)."""

import re
from functools import cache
from typing import Any
from urllib.parse import urlsplit, urlunsplit

DROPPED = frozenset({"payment_methods", "default_payment_method", "payment_method", "creditcard", "creditcard_item"})
SENSITIVE = re.compile(
    r"bank|iban|swift|routing|account_?number|mask|card_?number|cardholder|last_?(4|four)|sort_?code|bsb|social_security|ssn",
    re.IGNORECASE,
)


def without_secrets(value: Any) -> Any:
    """A copy without bank and card details, and without the signatures in links to stored files."""
    if isinstance(value, dict):
        return {key: _kept(key, inner) for key, inner in value.items() if not _secret(key)}
    if isinstance(value, list):
        return [without_secrets(inner) for inner in value]
    return value


@cache
def _secret(key: str) -> bool:
    return key in DROPPED or SENSITIVE.search(key) is not None


def _kept(key: Any, value: Any) -> Any:
    if key == "file" and isinstance(value, str):
        return urlunsplit(urlsplit(value)._replace(query="", fragment=""))
    return without_secrets(value) if isinstance(value, dict | list) else value
