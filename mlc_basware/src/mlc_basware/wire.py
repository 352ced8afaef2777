"""JSON for Basware: amounts as JSON numbers with exactly the digits of the Decimal; days as midnight UTC."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

_quoted = json.encoder.encode_basestring

Json = str | int | bool | Decimal | date | None | Mapping[str, "Json"] | Sequence["Json"]
Body = dict[str, Json]


def encode(value: Json) -> bytes:
    """JSON text in UTF-8. The same value always gives the same bytes."""
    return _text(value).encode()


def members(value: Mapping[str, Json]) -> str:
    """The members of an object without its braces."""
    return ",".join([f"{_quoted(key)}:{_text(item)}" for key, item in value.items()])


def filled(body: Mapping[str, Json]) -> Body:
    """The body without empty fields."""
    return {key: value for key, value in body.items() if value is not None and value != ""}


def plain(amount: Decimal) -> str:
    """A Decimal without exponent and without trailing zeros: ``55.5``, ``100``, ``0.001``."""
    text = format(amount, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def _text(value: Json) -> str:
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, Mapping):
        return "{" + members(value) + "}"
    if value is None or isinstance(value, bool | int):
        return json.dumps(value)
    if isinstance(value, date):
        return f'"{value.isoformat()}T00:00:00Z"'
    return "[" + ",".join([_text(item) for item in value]) + "]"
