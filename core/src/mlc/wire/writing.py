"""JSON text of what is sent: amounts as JSON numbers with exactly the digits of the Decimal, never through float."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal

_quoted = json.encoder.encode_basestring

Json = str | int | bool | Decimal | date | None | Mapping[str, "Json"] | Sequence["Json"]
Body = dict[str, Json]


def encode(value: Json, *, days: Callable[[date], str] = date.isoformat) -> bytes:
    """JSON text in UTF-8, without blanks. The same value always gives the same bytes.

    Args:
        days: How the vendor writes a day; ``2026-05-04`` when nothing is said.
    """
    return _text(value, days).encode()


def members(value: Mapping[str, Json], *, days: Callable[[date], str] = date.isoformat) -> str:
    """The members of an object without its braces, to be put beside members whose text is kept as it came."""
    return ",".join([f"{_quoted(key)}:{_text(item, days)}" for key, item in value.items()])


def midnight(day: date) -> str:
    """A day as vendors want it who only know moments: ``2026-05-04T00:00:00Z``."""
    return f"{day.isoformat()}T00:00:00Z"


def filled(body: Mapping[str, Json]) -> Body:
    """The body without fields that are None."""
    return {key: value for key, value in body.items() if value is not None}


def plain(amount: Decimal) -> str:
    """A Decimal without exponent and without trailing zeros: ``55.5``, ``100``, ``0.001``."""
    text = format(amount, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def _text(value: Json, days: Callable[[date], str]) -> str:
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, Decimal):
        return plain(value)
    if value is None:
        return "null"
    if isinstance(value, (dict, Mapping)):  # a dict says so itself, and is nearly always what comes
        return "{" + members(value, days=days) + "}"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, date):
        return _quoted(days(value))
    return "[" + ",".join([_text(item, days) for item in value]) + "]"
