"""Zoho CRM's wire format: plain JSON objects, read leniently. Unknown fields are ignored, null means empty."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from mlc.errors import MappingError

#: One JSON object as it came, numbers as int or Decimal.
Row = Mapping[str, Any]


def text(row: Row, key: str) -> str | None:
    """A text, None when empty or no scalar."""
    value = row.get(key)
    if value is None or value == "" or isinstance(value, Mapping | list):
        return None
    return value if isinstance(value, str) else str(value)


def money(row: Row, key: str) -> Decimal | None:
    """A number, whether it came as a number or as text; None when empty.

    Raises: MappingError.
    """
    value = row.get(key)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise MappingError(f"Zoho CRM sent no number in {key}.", field=key)
    try:
        return Decimal(value)
    except InvalidOperation as error:
        raise MappingError(f"Zoho CRM sent no number in {key}: {value!r}.", field=key) from error


def whole(row: Row, key: str) -> int | None:
    """An integer, None when empty. Raises MappingError."""
    value = money(row, key)
    return None if value is None else int(value)


def day(row: Row, key: str) -> date | None:
    """A date: the first ten characters, no zone, no conversion. Raises MappingError."""
    value = text(row, key)
    if value is None:
        return None
    try:
        return date.fromisoformat(value[:10])
    except ValueError as error:
        raise MappingError(f"Zoho CRM sent no date in {key}: {value!r}.", field=key) from error


def moment(row: Row, key: str) -> datetime | None:
    """A timestamp such as ``2026-02-11T10:00:00+01:00`` as aware UTC; None when empty or unreadable."""
    value = row.get(key)
    if not isinstance(value, str) or not value:
        return None
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        return None
    return parsed.astimezone(UTC) if parsed.tzinfo is not None else None


def flag(row: Row, key: str) -> bool:
    """A boolean; whatever is none counts as False."""
    return row.get(key) is True


def inner(row: Row, key: str) -> Row:
    """An object inside, empty when there is none."""
    value = row.get(key)
    return value if isinstance(value, Mapping) else {}


def rows(row: Row, key: str) -> list[Row]:
    """A list of objects; what is no object is left out."""
    value = row.get(key)
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []
