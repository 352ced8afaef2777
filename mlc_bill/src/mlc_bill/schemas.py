"""BILL's wire format: plain JSON objects, read leniently. Unknown fields are ignored; what is empty is left out."""

from datetime import date
from functools import partial
from zoneinfo import ZoneInfo

from mlc import wire
from mlc.wire import Row, fact, flag, inner, moment, rows, text

__all__ = ["FACTS", "Row", "day", "fact", "flag", "inner", "local_day", "moment", "money", "rows", "text"]

#: What a payload carries beside BILL's own fields: what was looked up when it was read.
FACTS = "_facts"

money = partial(wire.money, sender="BILL")
day = partial(wire.day, sender="BILL")


def local_day(row: Row, key: str, zone: str) -> date | None:
    """The day of a moment in the organisation's zone; a plain date stays as it is."""
    at = moment(row, key)
    return day(row, key) if at is None else at.astimezone(ZoneInfo(zone)).date()
