"""QuickBooks' wire format, read leniently: unknown members are ignored, ``""`` means empty.

Vendor doc: https://developer.intuit.com/app/developer/qbo/docs/api/accounting/all-entities/bill
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from mlc.errors import MappingError

#: One JSON object as it came, numbers as int or Decimal.
Row = Mapping[str, Any]

#: What a payload carries beside QuickBooks' own members: facts of its company, put there when it was read.
COMPANY = "_company"
#: Which entity a payload is of, where two make up one object type.
ENTITY = "_entity"
#: What a tax code carries: the rates of its purchase list, by id.
RATES = "_rates"


def text(row: Row, key: str) -> str | None:
    """A text, None when empty."""
    value = row.get(key)
    if value is None or value == "" or isinstance(value, dict | list):
        return None
    return value if isinstance(value, str) else str(value)


def money(row: Row, key: str) -> Decimal | None:
    """A number, whether it came as int, Decimal or text; None when empty. Raises MappingError."""
    value = row.get(key)
    if value is None or value == "":
        return None
    if isinstance(value, Decimal):
        return value
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise MappingError(f"QuickBooks sent no number in {key}.", field=key)
    try:
        found = Decimal(value)
    except InvalidOperation as error:
        raise MappingError(f"QuickBooks sent no number in {key}: {value!r}.", field=key) from error
    if not found.is_finite():
        raise MappingError(f"QuickBooks sent no number in {key}: {value!r}.", field=key)
    return found


def whole(row: Row, key: str) -> int | None:
    """An integer, None when empty."""
    value = money(row, key)
    return None if value is None else int(value)


def day(row: Row, key: str) -> date | None:
    """A date without a zone: the first ten characters. Raises MappingError."""
    value = row.get(key)
    if value is None or value == "":
        return None
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError as error:
        raise MappingError(f"QuickBooks sent no date in {key}: {value!r}.", field=key) from error


def instant(value: Any) -> datetime | None:
    """``2026-05-04T09:00:10-07:00``, ``…-0700``, ``….179851517Z`` or epoch milliseconds as aware UTC; else None."""
    if isinstance(value, int) and not isinstance(value, bool):
        try:
            return datetime.fromtimestamp(value / 1000, UTC)
        except (OverflowError, ValueError, OSError):
            return None
    if not isinstance(value, str) or not value:
        return None
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        return None
    return parsed.astimezone(UTC) if parsed.tzinfo is not None else None


def modified(row: Row) -> datetime | None:
    """When a record was changed last."""
    return instant(inner(row, "MetaData").get("LastUpdatedTime"))


def flag(row: Row, key: str) -> bool | None:
    """A boolean, also as text."""
    value = row.get(key)
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.lower())
    return value if isinstance(value, bool) else None


def inner(row: Row, key: str) -> Row:
    """An object inside, empty when there is none."""
    value = row.get(key)
    return value if isinstance(value, Mapping) else {}


def rows(row: Row, key: str) -> list[Row]:
    """A list of objects; a single object counts as one."""
    value = row.get(key)
    if isinstance(value, Mapping):
        return [value]
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def ref_id(row: Row, key: str) -> str | None:
    """The id of a reference ``{"value": …, "name": …}``."""
    return text(inner(row, key), "value")


def ref_name(row: Row, key: str) -> str | None:
    return text(inner(row, key), "name")
