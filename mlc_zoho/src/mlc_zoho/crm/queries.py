"""COQL: queries as text. Values are quoted, names come from metadata only.

Vendor doc: https://www.zoho.com/crm/developer/docs/api/v8/COQL-Overview.html
"""

from collections.abc import Iterable, Sequence
from datetime import datetime


def quoted(value: str) -> str:
    """A value between quotes, with quotes and backslashes in it escaped."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def one_of(field: str, values: Iterable[str]) -> str:
    return f"{field} in ({', '.join(quoted(value) for value in values)})"


def both(first: str, *others: str) -> str:
    """Conditions that all hold, bracketed in pairs as the language wants it."""
    for other in others:
        first = f"({first} and {other})"
    return first


def select(module: str, fields: Sequence[str], where: str, most: int) -> str:
    return f"select {', '.join(fields)} from {module} where {where} order by id asc limit 0, {most}"


def behind(module: str, fields: Sequence[str], last_id: str, since: datetime | None, most: int) -> str:
    """The next rows behind an id, of those changed since a moment."""
    conditions = [f"id > {quoted(last_id)}"]
    if since is not None:
        conditions.append(f"Modified_Time >= {quoted(since.isoformat(timespec='seconds'))}")
    return select(module, fields, both(*conditions), most)
