"""Zoho CRM's wire format: plain JSON objects, read leniently. Unknown fields are ignored, null means empty."""

from functools import partial

from mlc import wire
from mlc.wire import Row, inner, moment, rows, text

__all__ = ["Row", "day", "flag", "inner", "moment", "money", "rows", "text", "whole"]

money = partial(wire.money, sender="Zoho CRM")
whole = partial(wire.whole, sender="Zoho CRM")
day = partial(wire.day, sender="Zoho CRM")


def flag(row: Row, key: str) -> bool:
    """A boolean; whatever is none counts as False."""
    return row.get(key) is True
