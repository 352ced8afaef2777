"""QuickBooks' wire format, read leniently: unknown members are ignored, ``""`` means empty.

Vendor doc: https://developer.intuit.com/app/developer/qbo/docs/api/accounting/all-entities/bill
"""

from datetime import UTC, datetime
from functools import partial

from mlc import wire
from mlc.wire import Row, flag, inner, text

__all__ = [
    "COMPANY",
    "ENTITY",
    "RATES",
    "Row",
    "day",
    "flag",
    "inner",
    "instant",
    "modified",
    "money",
    "ref_id",
    "ref_name",
    "rows",
    "text",
    "whole",
]

#: What a payload carries beside QuickBooks' own members: facts of its company, put there when it was read.
COMPANY = "_company"
#: Which entity a payload is of, where two make up one object type.
ENTITY = "_entity"
#: What a tax code carries: the rates of its purchase list, by id.
RATES = "_rates"

money = partial(wire.money, sender="QuickBooks")
whole = partial(wire.whole, sender="QuickBooks")
day = partial(wire.day, sender="QuickBooks")
rows = partial(wire.rows, lone=True)


def instant(value: object) -> datetime | None:
    """``2026-05-04T09:00:10-07:00``, ``…-0700``, ``….179851517Z`` or epoch milliseconds as aware UTC; else None."""
    if isinstance(value, int) and not isinstance(value, bool):
        try:
            return datetime.fromtimestamp(value / 1000, UTC)
        except (OverflowError, ValueError, OSError):
            return None
    return wire.instant(value)


def modified(row: Row) -> datetime | None:
    """When a record was changed last."""
    return instant(inner(row, "MetaData").get("LastUpdatedTime"))


def ref_id(row: Row, key: str) -> str | None:
    """The id of a reference ``{"value": …, "name": …}``."""
    return text(inner(row, key), "value")


def ref_name(row: Row, key: str) -> str | None:
    return text(inner(row, key), "name")
