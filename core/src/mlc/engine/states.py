"""States of records and intents, and which may follow which."""

from enum import StrEnum


class RecordState(StrEnum):
    """Where a record stands. ``writing`` has an open intent; the rest is settled until something changes."""

    PENDING = "pending"
    WRITING = "writing"
    IN_STEP = "in_step"
    HELD = "held"
    DEAD = "dead"
    UNMATCHED = "unmatched"
    NOT_CARRIED = "not_carried"
    BEFORE_GO_LIVE = "before_go_live"
    SKIPPED = "skipped"


class IntentState(StrEnum):
    PLANNED = "planned"
    SENDING = "sending"
    ACCEPTED = "accepted"
    UNCERTAIN = "uncertain"
    HELD = "held"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"


OPEN_INTENTS = (
    IntentState.PLANNED,
    IntentState.SENDING,
    IntentState.ACCEPTED,
    IntentState.UNCERTAIN,
    IntentState.HELD,
)

#: What may follow what (design 6); the store refuses the rest.
TRANSITIONS: dict[IntentState, frozenset[IntentState]] = {
    IntentState.PLANNED: frozenset(
        {IntentState.SENDING, IntentState.HELD, IntentState.SUPERSEDED, IntentState.UNCERTAIN}
    ),
    IntentState.SENDING: frozenset(
        {
            IntentState.CONFIRMED,
            IntentState.ACCEPTED,
            IntentState.REJECTED,
            IntentState.PLANNED,
            IntentState.UNCERTAIN,
        }
    ),
    IntentState.ACCEPTED: frozenset(
        {IntentState.CONFIRMED, IntentState.REJECTED, IntentState.UNCERTAIN, IntentState.HELD}
    ),
    IntentState.UNCERTAIN: frozenset(
        {
            IntentState.CONFIRMED,
            IntentState.ACCEPTED,
            IntentState.PLANNED,
            IntentState.HELD,
            IntentState.SUPERSEDED,
        }
    ),
    IntentState.HELD: frozenset(
        {IntentState.PLANNED, IntentState.SUPERSEDED, IntentState.CONFIRMED, IntentState.REJECTED}
    ),
    IntentState.CONFIRMED: frozenset(),
    IntentState.REJECTED: frozenset(),
    IntentState.SUPERSEDED: frozenset(),
}

#: Behind a version that may still change under the same name, so that the next look at it does not pass for the same.
PROVISIONAL = "~"
