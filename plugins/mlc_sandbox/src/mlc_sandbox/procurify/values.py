"""Numbers, dates and small nested objects in Procurify's spelling."""

from __future__ import annotations

import struct
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

Wire = dict[str, Any]
_CENT = Decimal("0.01")


def fixed(value: Decimal | int | str, places: int) -> str:
    """A decimal string with that many places, as DRF writes DecimalFields."""
    return format(Decimal(value).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP), "f")


def double(value: Decimal | int | str) -> Decimal:
    """The value as a JSON double is written: no trailing zeros, at least one place (``1130.0``)."""
    text = format(Decimal(value), "f")
    if "." in text:
        text = text.rstrip("0")
    else:
        text += "."
    return Decimal(text + "0" if text.endswith(".") else text)


def single(value: Decimal) -> Decimal:
    """The value after a detour through a 32-bit float."""
    return Decimal(repr(struct.unpack("f", struct.pack("f", float(value)))[0]))


def cents(value: Decimal) -> Decimal:
    """Rounded half up to two places."""
    return value.quantize(_CENT, rounding=ROUND_HALF_UP)


def day_time(day: date) -> str:
    """A calendar date as the date-time that bills carry: midnight UTC."""
    return f"{day.isoformat()}T00:00:00Z"


def calendar_day(text: str) -> date:
    """The date that a user typed, from either form. Raises ValueError."""
    return date.fromisoformat(text[:10])


def wire_moment(text: str) -> datetime:
    """A date-time from a query or body, aware UTC; a naive one counts as UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text.strip())
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def person(id: int, first: str, last: str, *, domain: str) -> Wire:
    """A user as nested objects show one."""
    return {
        "id": id,
        "firstName": first,
        "lastName": last,
        "email": f"{first}.{last}@{domain}".lower(),
        "profile_image": None,
        "department_name": "Office",
        "branch_name": "Head office",
    }


def hex_id(uuid: str) -> str:
    """A uuid as bill URLs carry it: 32 hex digits."""
    return uuid.replace("-", "").lower()
