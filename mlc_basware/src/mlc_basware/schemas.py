"""Basware's wire format: plain JSON objects, read leniently. Unknown fields are ignored; what is empty is left out."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from mlc.errors import MappingError

#: One JSON object as it came, numbers as int or Decimal.
Row = Mapping[str, Any]

#: What a payload carries beside Basware's own fields: what was looked up when it was read.
FACTS = "_facts"


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
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise MappingError(f"Basware sent no number in {key}.", field=key)
    try:
        found = Decimal(value)
    except InvalidOperation as error:
        raise MappingError(f"Basware sent no number in {key}: {value!r}.", field=key) from error
    if not found.is_finite():
        raise MappingError(f"Basware sent no number in {key}: {value!r}.", field=key)
    return found


def number(row: Row, key: str) -> Decimal | None:
    """A number that is no amount; None when empty or unreadable."""
    try:
        return money(row, key)
    except MappingError:
        return None


def day(row: Row, key: str) -> date | None:
    """A document's date: the first ten characters, no zone, no conversion."""
    value = row.get(key)
    if value is None or value == "":
        return None
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError as error:
        raise MappingError(f"Basware sent no date in {key}: {value!r}.", field=key) from error


def moment(row: Row, key: str) -> datetime | None:
    """A timestamp as aware UTC, also one without a zone (Basware states none); None when empty or unreadable."""
    value = row.get(key)
    if not isinstance(value, str) or not value:
        return None
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        return None
    return parsed.astimezone(UTC) if parsed.tzinfo is not None else parsed.replace(tzinfo=UTC)


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
    """A list of objects."""
    value = row.get(key)
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def fact(row: Row, key: str) -> str | None:
    """What was looked up when the row was read."""
    return text(inner(row, FACTS), key)
