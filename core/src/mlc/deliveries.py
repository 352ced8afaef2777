"""Webhooks as plugins see them: a delivery as it arrived, the notices in it, the subscription behind it. Frozen
data."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from mlc.records import ObjectType


@dataclass(frozen=True, slots=True)
class Notice:
    """A verified webhook said that this record changed. The version decides, never the order of arrival."""

    object_type: ObjectType
    external_id: str
    event: str
    delivery_id: str
    occurred_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """A delivery as it arrived: raw bytes, lower-case header names."""

    method: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Watch:
    id: str
    secret: str | None
    expires_at: datetime | None
