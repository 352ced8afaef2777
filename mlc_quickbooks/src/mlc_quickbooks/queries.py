"""QuickBooks' query language: whole statements out of checked parts. Pure.

No OR, no joins, no projections; strings in single quotes; keywords in any case; names of entities case sensitive.
Vendor doc: https://developer.intuit.com/app/developer/qbo/docs/learn/explore-the-quickbooks-online-api/data-queries
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime

#: By this lists are read, so that what changes meanwhile comes at the end instead of moving other rows.
BY_CHANGE = "MetaData.LastUpdatedTime, Id"


def quoted(value: str) -> str:
    """A text literal. Backslash and quote are escaped; control characters, which nothing there may hold, go."""
    clean = "".join(sign for sign in value if sign.isprintable())
    return "'" + clean.replace("\\", "\\\\").replace("'", "\\'") + "'"


def moment(at: datetime) -> str:
    """A point in time, to the second: ``2026-05-04T16:00:10+00:00``."""
    return at.astimezone(UTC).replace(microsecond=0).isoformat()


def equals(name: str, value: str | date) -> str:
    stated = value.isoformat() if isinstance(value, date) else value
    return f"{name} = {quoted(stated)}"


def within(name: str, values: Iterable[str]) -> str:
    return f"{name} IN ({', '.join(quoted(value) for value in values)})"


def changed_from(at: datetime) -> str:
    return f"MetaData.LastUpdatedTime >= {quoted(moment(at))}"


#: Without it a list leaves inactive ones out.
ANY_ACTIVE = "Active IN (true, false)"


def select(
    entity: str, where: Iterable[str] = (), *, order: str | None = None, start: int = 1, most: int = 1000
) -> str:
    """One statement. ``start`` is 1-based."""
    conditions = " AND ".join(where)
    parts = [f"SELECT * FROM {entity}"]
    if conditions:
        parts.append(f"WHERE {conditions}")
    if order is not None:
        parts.append(f"ORDERBY {order}")
    if start > 1:
        parts.append(f"STARTPOSITION {start}")
    parts.append(f"MAXRESULTS {most}")
    return " ".join(parts)
