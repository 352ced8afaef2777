"""Zoho Books' wire format: plain JSON objects, read leniently. Unknown fields are ignored, ``""`` means empty.

List rows are read by the hundred, so they stay the dicts that came; these are the readers of their fields.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from functools import cache, lru_cache
from typing import Any

from mlc.errors import MappingError

#: One JSON object as it came, numbers as int or Decimal.
Row = Mapping[str, Any]

#: What a payload carries beside Zoho's own fields: facts of its organisation, put there when it was read.
ORGANISATION = "_organisation"

_SECRET_PARTS = ("bank_account", "bankaccount", "card_", "iban", "routing_number")
_SECRET_KEYS = frozenset({"cards", "card", "check_details", "account_number"})
_PERSONAL_TAX_IDS = frozenset({"SSN", "ATIN", "ITIN"})


def text(row: Row, key: str) -> str | None:
    """A text, None when empty."""
    value = row.get(key)
    if value is None or value == "":
        return None
    return value if isinstance(value, str) else str(value)


def money(row: Row, key: str) -> Decimal | None:
    """A number, whether it came as int, Decimal or text; None when empty.

    Raises: MappingError.
    """
    value = row.get(key)
    if value is None or value == "":
        return None
    if isinstance(value, Decimal):
        return value
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise MappingError(f"Zoho Books sent no number in {key}.", field=key)
    try:
        return Decimal(value.replace(",", "") if isinstance(value, str) else value)
    except InvalidOperation as error:
        raise MappingError(f"Zoho Books sent no number in {key}: {value!r}.", field=key) from error


def day(row: Row, key: str) -> date | None:
    """A document's date: the first ten characters, no zone, no conversion."""
    value = row.get(key)
    if value is None or value == "":
        return None
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError as error:
        raise MappingError(f"Zoho Books sent no date in {key}: {value!r}.", field=key) from error


def moment(row: Row, key: str) -> datetime | None:
    """A timestamp such as ``2026-02-03T10:11:12+0530`` as aware UTC; None when empty or unreadable."""
    value = row.get(key)
    return _instant(value) if isinstance(value, str) and value else None


@lru_cache(maxsize=64)  # a row's own is read for its version, its record and its age
def _instant(value: str) -> datetime | None:
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        return None
    return parsed.astimezone(UTC) if parsed.tzinfo is not None else None


def flag(row: Row, key: str) -> bool | None:
    """A boolean, also as text."""
    value = row.get(key)
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.lower())
    return value if isinstance(value, bool) else None


def whole(row: Row, key: str) -> int | None:
    """An integer, None when empty."""
    value = money(row, key)
    return None if value is None else int(value)


def rows(row: Row, key: str) -> list[Row]:
    """A list of objects; an object in place of a list counts as one."""
    value = row.get(key)
    if isinstance(value, Mapping):
        return [value]
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


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
