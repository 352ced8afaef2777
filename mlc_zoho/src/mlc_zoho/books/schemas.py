"""Zoho Books' wire format: plain JSON objects, read leniently. Unknown fields are ignored, ``""`` means empty.

List rows are read by the hundred, so they stay the dicts that came; these are the readers of their fields.
"""

from functools import cache, partial
from typing import Any

from mlc import wire
from mlc.wire import Row, flag, moment, text

__all__ = ["ORGANISATION", "Row", "day", "flag", "moment", "money", "rows", "text", "whole", "without_secrets"]

#: What a payload carries beside Zoho's own fields: facts of its organisation, put there when it was read.
ORGANISATION = "_organisation"

_SECRET_PARTS = ("bank_account", "bankaccount", "card_", "iban", "routing_number")
_SECRET_KEYS = frozenset({"cards", "card", "check_details", "account_number"})
_PERSONAL_TAX_IDS = frozenset({"SSN", "ATIN", "ITIN"})

money = partial(wire.money, sender="Zoho Books", grouped=True)
whole = partial(wire.whole, sender="Zoho Books", grouped=True)
day = partial(wire.day, sender="Zoho Books")
rows = partial(wire.rows, lone=True)


def without_secrets(row: Row) -> dict[str, Any]:
    """The row without bank and card details, cheques and personal tax numbers: dropped before anything is kept."""
    kept = {key: value for key, value in row.items() if not _is_secret(key)}
    if str(kept.get("tax_id_type", "")).upper() in _PERSONAL_TAX_IDS:
        kept.pop("tax_id_value", None)
        kept.pop("tax_id_value_formatted", None)
    return kept


@cache
def _is_secret(key: str) -> bool:
    return key in _SECRET_KEYS or any(part in key for part in _SECRET_PARTS)
