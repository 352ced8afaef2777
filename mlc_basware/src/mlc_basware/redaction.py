"""Bank, card and tax-clearance details leave a payload before anything keeps it (pairings 0.8)."""

import re
from typing import Any

#: Whole blocks: a supplier's accounts, and the keys under which an invoice's picture can be had without a login.
DROPPED = frozenset({"financialAccounts", "invoiceImageURL", "invoiceImageToken", "webhookAuthenticationToken"})
SENSITIVE = re.compile(r"iban|bban|bic$|supplierBank|accountHolder|swift|cardnumber", re.IGNORECASE)


def without_secrets(value: Any) -> Any:
    """A copy without them."""
    if isinstance(value, dict):
        return {key: without_secrets(one) for key, one in value.items() if not is_secret(str(key))}
    if isinstance(value, list):
        return [without_secrets(one) for one in value]
    return value


def is_secret(key: str) -> bool:
    return key in DROPPED or SENSITIVE.search(key) is not None
