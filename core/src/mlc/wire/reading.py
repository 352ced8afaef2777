"""Readers of one JSON object's fields: what is empty is None, numbers are exact, days have no zone, moments are UTC.

Empty means missing, null or ``""``: vendors use all three for the same. What cannot be read raises where a record would
be wrong without it (amounts, document dates), and is None where a record can do without.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from mlc.errors import MappingError

#: One JSON object as it came, numbers as int or Decimal.
Row = Mapping[str, Any]

#: Who sent it, in the sentence of an error, where a connector says nothing else.
SENDER = "The system"


def text(row: Row, key: str) -> str | None:
    """A text; a number or a boolean as it is written, None when empty, an object or a list."""
    value = row.get(key)
    if isinstance(value, str):
        return value or None
    return None if value is None or isinstance(value, Mapping | list) else str(value)


def money(row: Row, key: str, *, sender: str = SENDER, grouped: bool = False) -> Decimal | None:
    """A number, whether it came as int, Decimal or text; None when empty.

    Args:
        sender: The vendor's name for the sentence of the error.
        grouped: Text may hold ``,`` between thousands.

    Raises: MappingError for what is no finite number.
    """
    value = row.get(key)
    if value is None or value == "":
        return None
    if isinstance(value, Decimal):
        return _finite(value, key, sender)
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise MappingError(f"{sender} sent no number in {key}.", field=key)
    try:
        found = Decimal(value.replace(",", "") if grouped and isinstance(value, str) else value)
    except InvalidOperation as error:
        raise MappingError(f"{sender} sent no number in {key}: {value!r}.", field=key) from error
    return _finite(found, key, sender)


def number(row: Row, key: str) -> Decimal | None:
    """A number that is no amount; None when empty or unreadable."""
    try:
        return money(row, key)
    except MappingError:
        return None


def whole(row: Row, key: str, *, sender: str = SENDER, grouped: bool = False) -> int | None:
    """A count: the part before the decimal point, None when empty. Arguments and errors are those of ``money``."""
    value = money(row, key, sender=sender, grouped=grouped)
    return None if value is None else int(value)


def day(row: Row, key: str, *, sender: str = SENDER) -> date | None:
    """A document's date: the first ten characters, no zone, no conversion; None when empty.

    Raises: MappingError for what is no date.
    """
    value = row.get(key)
    if value is None or value == "":
        return None
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError as error:
        raise MappingError(f"{sender} sent no date in {key}: {value!r}.", field=key) from error


def moment(row: Row, key: str, *, zoneless: tzinfo | None = None) -> datetime | None:
    """A timestamp in any ISO form as aware UTC; None when empty or unreadable.

    Args:
        zoneless: The zone of a timestamp that states none. Without it such a one is unreadable.
    """
    return instant(row.get(key), zoneless=zoneless)


def instant(value: object, *, zoneless: tzinfo | None = None) -> datetime | None:
    """What ``moment`` reads, of a value that stands alone."""
    return _instant(value, zoneless) if isinstance(value, str) and value else None


@lru_cache(maxsize=64)  # a row's own is read for its version, its record and its age
def _instant(value: str, zoneless: tzinfo | None) -> datetime | None:
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        return None
    if parsed.tzinfo is None:
        parsed = parsed.replace(tzinfo=zoneless)
    return parsed.astimezone(UTC) if parsed.tzinfo is not None else None


def flag(row: Row, key: str) -> bool | None:
    """A boolean, also as text; None for anything else."""
    value = row.get(key)
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.lower())
    return value if isinstance(value, bool) else None


def inner(row: Row, key: str) -> Row:
    """An object inside, empty when there is none."""
    value = row.get(key)
    return value if isinstance(value, Mapping) else {}


def rows(row: Row, key: str, *, lone: bool = False) -> list[Row]:
    """A list of objects; what is no object in it is left out.

    Args:
        lone: An object in place of a list counts as one.
    """
    value = row.get(key)
    if lone and isinstance(value, Mapping):
        return [value]
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def fact(row: Row, key: str, *, under: str = "_facts") -> str | None:
    """A text that a connector looked up when it read the row, and put into the payload under a key of its own."""
    return text(inner(row, under), key)


def _finite(found: Decimal, key: str, sender: str) -> Decimal:
    if not found.is_finite():
        raise MappingError(f"{sender} sent no number in {key}: {str(found)!r}.", field=key)
    return found
