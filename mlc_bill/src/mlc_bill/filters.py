"""Filters as BILL writes them: ``field:op:value``, joined by commas; values with a colon or comma in quotes. Pure."""

from collections.abc import Iterable
from datetime import UTC, date, datetime


def equal(field: str, value: str) -> str:
    return f"{field}:eq:{quoted(value)}"


def within(field: str, values: Iterable[str]) -> str:
    """One of several; at most a page of them."""
    return f'{field}:in:"{",".join(values)}"'


def starting(field: str, text: str) -> str:
    """Prefix match, in the same case. A quote cannot be written inside a value, so the prefix ends before one."""
    return f'{field}:sw:"{text.partition(chr(34))[0]}"'


def changed_since(field: str, at: datetime) -> str:
    """A moment, to the millisecond in UTC, inclusive."""
    stamp = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"
    return f'{field}:gte:"{stamp}"'


def from_day(field: str, day: date) -> str:
    """Spend & Expense takes days only."""
    return f"{field}:gte:{day.isoformat()}"


def joined(*parts: str | None) -> str | None:
    """All of them must hold; None when there are none."""
    found = [part for part in parts if part]
    return ",".join(found) or None


def quoted(value: str) -> str:
    return f'"{value}"' if any(mark in value for mark in ':, "') else value
