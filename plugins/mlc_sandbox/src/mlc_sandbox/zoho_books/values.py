"""Reading what callers send: amounts, dates, timestamps, ids and texts in the wire's own spellings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from mlc_sandbox.zoho_books.refusals import bad_query, bad_value

ZERO = Decimal(0)
LARGEST = Decimal(10) ** 15
MOST_DAYS = 3650
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d([+-]\d{4}|Z)")
_UNITS = tuple(Decimal(1).scaleb(-digits) for digits in range(10))


def keys(spelled: str) -> tuple[str, ...]:
    """Names written in one text."""
    return tuple(spelled.split())


def rounded(amount: Decimal, digits: int) -> Decimal:
    """Half up to that many decimals: 0 for yen, 3 for Kuwaiti dinar. Raises Refusal where it has too many digits."""
    try:
        return amount.quantize(_UNITS[digits], ROUND_HALF_UP)
    except InvalidOperation:
        raise bad_value("amount") from None


def number(value: Any, name: str) -> Decimal:
    """A JSON number or a text that spells one; True is not a number."""
    if isinstance(value, Decimal):
        amount = value
    elif isinstance(value, int | str) and not isinstance(value, bool):
        try:
            amount = Decimal(value)
        except InvalidOperation:
            raise bad_value(name) from None
    else:
        raise bad_value(name)
    if not amount.is_finite() or abs(amount) >= LARGEST:
        raise bad_value(name)
    return amount


def whole_days(value: Any, name: str) -> int:
    """A number of days, as payment terms are told; empty is none."""
    if value is None or value == "":
        return 0
    days = number(value, name)
    if days != int(days) or abs(days) > MOST_DAYS:
        raise bad_value(name)
    return int(days)


def optional_number(body: Mapping[str, Any], name: str, default: Decimal) -> Decimal:
    """The number under that key, or the default where the key is absent, null or empty."""
    value = body.get(name)
    return default if value is None or value == "" else number(value, name)


def day(value: Any, name: str) -> str:
    """A ``yyyy-mm-dd`` text that names a real day."""
    if not isinstance(value, str) or len(value) != 10:
        raise bad_value(name)
    try:
        date.fromisoformat(value)
    except ValueError:
        raise bad_value(name) from None
    return value


def optional_day(body: Mapping[str, Any], name: str, default: str) -> str:
    """The day under that key, or the default where the key is absent or empty."""
    value = body.get(name)
    return default if value is None or value == "" else day(value, name)


def text(body: Mapping[str, Any], name: str, longest: int, default: str = "") -> str:
    """The text under that key; numbers are taken as their spelling, anything longer is refused."""
    value = body.get(name)
    if value is None:
        return default
    if isinstance(value, bool | list | dict):
        raise bad_value(name)
    spelled = value if isinstance(value, str) else str(value)
    if len(spelled) > longest:
        raise bad_value(name)
    return spelled


def flag(body: Mapping[str, Any], name: str, default: bool = False) -> bool:
    """A JSON true or false, or the words."""
    value = body.get(name)
    if value is None or value == "":
        return default
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return bool(value == "true")
    raise bad_value(name)


def identifier(body: Mapping[str, Any], name: str) -> str:
    """An id as digits, quoted or not; empty where absent."""
    value = body.get(name)
    if value is None or value == "":
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, str) and value.isdigit():
        return value
    raise bad_value(name)


def rows(body: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """The list of objects under that key, empty where absent."""
    value = body.get(name)
    if value is None or value == "":
        return []
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise bad_value(name)
    return value


def moment(value: str, name: str) -> int:
    """Seconds since the epoch of a timestamp in a query; the offset has no colon and its plus was escaped."""
    if not _STAMP.fullmatch(value):
        raise bad_query(name)
    try:
        return int(datetime.strptime(value, "%Y-%m-%dT%H:%M:%S%z").timestamp())
    except ValueError:
        raise bad_query(name) from None
