"""Writes that are about to leave, noted as ``sending`` (R2)."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection

from mlc.clock import Clock
from mlc.engine.intents import Change, Intent, apply_changes
from mlc.engine.states import IntentState
from mlc.store.marks import mark_of_now

_NOTED = ("attempt", "fence", "sent_at", "sent_mark", "looked_at", "parent_id", "external_id", "batch", "ordinal")


def as_sending(tx: Connection, cut: Sequence[Sequence[Intent]], *, now: str, clock: Clock) -> list[list[Intent]]:
    """Planned intents, request by request, one attempt and one fence further; nothing is stored yet."""
    mark = mark_of_now(tx, clock)
    return [[_sent(intent, now, mark) for intent in batch] for batch in cut]


def mark_sending(tx: Connection, cut: Sequence[Sequence[Intent]], *, now: str, clock: Clock) -> list[list[Intent]]:
    """The same of intents that are stored: they are moved on."""
    leaving = as_sending(tx, cut, now=now, clock=clock)
    changes = [
        Change(before, IntentState.SENDING, {name: getattr(after, name) for name in _NOTED})
        for planned, sending in zip(cut, leaving, strict=True)
        for before, after in zip(planned, sending, strict=True)
    ]
    apply_changes(tx, changes, now)
    return leaving


def _sent(intent: Intent, now: str, mark: str | None) -> Intent:
    return replace(
        intent,
        state=IntentState.SENDING,
        attempt=intent.attempt + 1,
        fence=intent.fence + 1,
        sent_at=now,
        sent_mark=mark,
        looked_at=None if intent.looked_at is None else now,
    )
