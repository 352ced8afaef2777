"""Ids and times as Basware writes them."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any
from uuid import UUID


def make_uuid(kind: str, number: int) -> str:
    """The n-th id of a kind, the same one in every run."""
    return str(UUID(bytes=hashlib.blake2b(f"basware:{kind}:{number}".encode(), digest_size=16).digest(), version=4))


def make_hex(kind: str, number: int) -> str:
    """The same without dashes, as invoices and coding rows are named."""
    return make_uuid(kind, number).replace("-", "")


def told_at(moment: datetime) -> str:
    """A moment in UTC with milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def day_of(day: Any) -> str:
    """A plain date as the date-time that Basware shows for it."""
    return f"{day.isoformat()[:10]}T00:00:00Z"


def without_nulls(value: Any) -> Any:
    """A body as it is kept: what is null counts as not sent."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    return value
