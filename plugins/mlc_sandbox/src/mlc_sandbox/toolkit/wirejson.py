"""JSON as the stand-ins read and write it: decimals go in and out digit by digit, never through float."""

from __future__ import annotations

import json
import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any

_MARK = "\u0001decimal:"
_MARKED = re.compile(r'"\\u0001decimal:([^"]*)"')


def _other(value: object) -> str:
    if isinstance(value, Decimal):
        return _MARK + format(value, "f")
    if isinstance(value, datetime | date):
        return value.isoformat().replace("+00:00", "Z")
    raise TypeError(f"{type(value).__name__} has no place in a JSON reply")


_encoder = json.JSONEncoder(separators=(",", ":"), ensure_ascii=True, default=_other)


def dumps(value: object) -> bytes:
    """Encode compactly; a Decimal becomes the JSON number with exactly its digits (``Decimal("1.50")`` is ``1.50``)."""
    text = _encoder.encode(value)
    if "\\u0001decimal:" in text:
        text = _MARKED.sub(r"\1", text)
    return text.encode("ascii")


def loads(data: bytes | str) -> Any:
    """Decode; numbers with a point or an exponent become Decimal."""
    return json.loads(data, parse_float=Decimal)


def copy_of(value: Any) -> Any:
    """Copy nested dicts and lists; everything else is immutable and shared."""
    if isinstance(value, dict):
        return {key: copy_of(item) for key, item in value.items()}
    if isinstance(value, list):
        return [copy_of(item) for item in value]
    return value
