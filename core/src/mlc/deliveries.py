"""Webhooks as plugins see them: what a system declares, a delivery as it arrived, its notices, our subscriptions.
Frozen data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import SecretStr

from mlc.records import ObjectType


@dataclass(frozen=True, slots=True)
class Webhooks:
    """How a system's webhooks behave, as its plugin declares it.

    ``accepted``: the exact status that the vendor takes for "received". ``within_s``: how long it waits for it.
    ``max_bytes``: a longer body is refused unread. ``quiet_after_s``: without any delivery for that long the
    source is taken for dead and polled at every chance until one arrives.
    ``look_after_s``: how often our subscriptions are looked at (``mlc_watch``). ``renew_before_s``: what lapses within
    that time is renewed.
    ``setup``: numbered steps for a person, from the settings and the address, where subscriptions are made by hand.
    """

    accepted: int = 200
    within_s: float = 10.0
    max_bytes: int = 1_000_000
    quiet_after_s: float = 86_400.0
    look_after_s: float = 3_600.0
    renew_before_s: float = 86_400.0
    setup: Callable[[Any, str], tuple[str, ...]] | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """A verified webhook said that this record changed. The version decides, never the order of arrival.

    ``delivery_id`` is the same when the vendor sends the same event again. ``occurred_at``: when it changed there.
    ``moved_to``: the id of the record that this one was merged into, where the event says so. It counts only once a
    read shows that this one is gone.
    """

    object_type: ObjectType
    external_id: str
    event: str
    delivery_id: str
    occurred_at: datetime | None = None
    moved_to: str | None = None


@dataclass(frozen=True, slots=True)
class Watch:
    """A subscription of ours at the vendor.

    ``secret`` signs its deliveries; core keeps it encrypted and hands it back with every delivery and every look. None
    in an answer means "as stored". ``events``: what it covers, in the vendor's words, for people to read.
    """

    id: str
    secret: SecretStr | None = None
    expires_at: datetime | None = None
    events: tuple[str, ...] = ()


class WatchChange(StrEnum):
    PREPARED = "prepared"
    """Nothing was sent yet: the secret of what is to be made has to be kept first."""
    MADE = "made"
    RENEWED = "renewed"
    REPAIRED = "repaired"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Watching:
    """Our subscriptions as they are now, and the one thing that was changed. ``change`` None: nothing is left to do."""

    watches: tuple[Watch, ...]
    change: WatchChange | None = None


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """A delivery as it arrived: raw bytes, lower-case header names.

    ``watches``: our subscriptions on this connection with their secrets; any of them may have signed it. A secret that
    was replaced is handed out for a day more, as a further entry of the same id.
    """

    method: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes
    received_at: datetime
    watches: tuple[Watch, ...] = ()
