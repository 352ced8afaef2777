"""How QuickBooks writes times, money and references."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

Record = dict[str, Any]
Cause = dict[str, Any]

ZONE: Final = ZoneInfo("America/Los_Angeles")
CENT: Final = Decimal("0.01")


def stamp(moment: datetime) -> str:
    """``2026-05-04T09:00:10-07:00``: what MetaData holds, to the second."""
    return moment.astimezone(ZONE).isoformat(timespec="seconds")


def now_text(moment: datetime) -> str:
    """``2026-05-04T09:12:33.101-07:00``: the ``time`` of an answer."""
    return moment.astimezone(ZONE).isoformat(timespec="milliseconds")


@lru_cache(maxsize=65536)
def instant(text: str) -> datetime:
    """A time or a day as sent; without an offset it is the company's own. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    try:
        return (moment if moment.tzinfo is not None else moment.replace(tzinfo=ZONE)).astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{text} is out of range") from None


def updated(record: Record) -> datetime:
    """When a record was last changed."""
    return instant(record["MetaData"]["LastUpdatedTime"])


def today(moment: datetime) -> date:
    """The server's day."""
    return moment.astimezone(ZONE).date()


def money(value: Any) -> Decimal:
    """Two decimals, half up, as amounts are stored."""
    return Decimal(value).quantize(CENT, ROUND_HALF_UP)


def number(value: Any) -> Decimal | None:
    """A JSON number, or a text that is one; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, str, Decimal)):
        return None
    try:
        made = Decimal(value)
    except InvalidOperation:
        return None
    return made if made.is_finite() else None


def ref(record: Record, name: str = "") -> Record:
    """A reference to a stored record."""
    shown = name or record.get("FullyQualifiedName") or record.get("DisplayName") or record.get("Name")
    return {"value": record["Id"], **({"name": shown} if shown else {})}


def value_of(reference: Any) -> str:
    """The id that a reference names, empty for none."""
    return str(reference.get("value") or "") if isinstance(reference, dict) else ""
