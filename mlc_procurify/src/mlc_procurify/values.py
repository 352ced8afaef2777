"""Procurify's loose values made strict: amounts, calendar dates, instants, names."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from mlc import wire
from mlc.errors import MappingError

FINEST = Decimal("0.00000001")
CENT = Decimal("0.01")
NET_DAYS = re.compile(r"\bnet\s*-?\s*(\d{1,3})\b", re.IGNORECASE)


def tidy(amount: Decimal | None) -> Decimal | None:
    """Eight decimals at most, two at least. Bill totals are doubles on the wire: the ninth decimal is an artefact."""
    if amount is None:
        return None
    rounded = amount.quantize(FINEST, rounding=ROUND_HALF_UP)
    short = rounded.normalize()
    return rounded.quantize(CENT) if rounded == rounded.quantize(CENT) else short


def bare(number: Decimal | None) -> Decimal | None:
    """A quantity or a percentage without trailing zeros and without an exponent."""
    if number is None:
        return None
    short = number.normalize()
    exponent = short.as_tuple().exponent
    return short.quantize(Decimal(1)) if isinstance(exponent, int) and exponent > 0 else short


def calendar_date(text: str | None, zone: ZoneInfo) -> date | None:
    """The date a person typed. A time of day other than midnight is an instant: moved to the zone before it is cut off.

    Raises: MappingError for text that is no date.
    """
    if text is None or not text.strip():
        return None
    head = text.strip()
    try:
        if len(head) == 10:
            return date.fromisoformat(head)
        moment = datetime.fromisoformat(head)
    except ValueError as error:
        raise MappingError(f"Procurify sent {text!r} where a date belongs.", system="procurify") from error
    if (moment.hour, moment.minute, moment.second, moment.microsecond) == (0, 0, 0, 0) or moment.tzinfo is None:
        return moment.date()
    return moment.astimezone(zone).date()


def instant(text: object) -> datetime | None:
    """An aware UTC moment; without a zone it is read as UTC, text that is none gives None."""
    return wire.instant(text.strip(), zoneless=UTC) if isinstance(text, str) else None


def as_text(value: object) -> str | None:
    """Text without edge spaces; None for nothing and for blanks. Numbers and ids become their digits."""
    if value is None or isinstance(value, Mapping | list | tuple | bool):
        return None
    text = str(value).strip()
    return text or None


def person(value: object) -> str | None:
    """A name to show: of a user object its name, else its e-mail; text as it is; a bare id says nothing."""
    if isinstance(value, str):
        return as_text(value)
    if not isinstance(value, Mapping):
        return None
    names = (value.get("first_name", value.get("firstName")), value.get("last_name", value.get("lastName")))
    joined = " ".join(part for part in map(as_text, names) if part)
    return joined or as_text(value.get("name")) or as_text(value.get("email"))


def identifier(value: object) -> str | None:
    """The id in a bare id or in an object that has one."""
    if isinstance(value, Mapping):
        return as_text(value.get("id"))
    return as_text(value)


def net_days(term: str | None) -> int | None:
    """Days of a payment term that says so: "Net 30" → 30."""
    found = NET_DAYS.search(term) if term else None
    return int(found.group(1)) if found else None


def emails(value: Any) -> tuple[str, ...]:
    """E-mail addresses of a list that may hold empty text, blanks and repeats; or of one text."""
    items = value if isinstance(value, list | tuple) else [value]
    cleaned = (item.strip() for item in items if isinstance(item, str))
    return tuple(dict.fromkeys(item for item in cleaned if "@" in item))
