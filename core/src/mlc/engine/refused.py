"""What a target's API goes on showing of writes that were accepted and refused later: it does not count (R9)."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection, select

from mlc.contract import Operation, Rejected
from mlc.engine.changeset import ChangeSet
from mlc.engine.currencyparts import is_currency_part
from mlc.engine.intents import IMAGE_PART, MARK_PART, Intent
from mlc.engine.plans import Entry
from mlc.engine.session import Session
from mlc.engine.states import PROVISIONAL, IntentState
from mlc.recipes import Flow, Side
from mlc.records import ObjectType
from mlc.store.schema import intents, sightings

#: The source of such a sighting.
REFUSED = "refused"
_REJECTED = intents.c.state == IntentState.REJECTED.value


def note_refused(rows: ChangeSet, intent: Intent, outcome: Rejected, now: str) -> None:
    """Remember what the target shows of a refused write; its record is not due because of it."""
    if outcome.external_id is None:
        return
    shown = {"external_id": outcome.external_id, "version": outcome.version}
    rows.sightings.append(shown | {"intent_id": intent.id, "attempt": intent.attempt, "source": REFUSED, "at": now})
    rows.refused.append(
        {
            "b_id": intent.record_id,
            "b_source": intent.source_version,
            "b_before": intent.expected_version,
            "b_shown": outcome.version,
            "b_young": None if outcome.version is None else outcome.version + PROVISIONAL,
        }
    )


def as_it_counts(connection: Connection, entries: Sequence[Entry]) -> list[Entry]:
    """Entries whose target shows a refused write, with what it showed before: only that is there."""
    shown = [entry.id for entry in entries if entry.target is not None and entry.other_version is not None]
    if not shown:
        return list(entries)
    found = connection.execute(
        select(intents.c.record_id, intents.c.side, sightings.c.version)
        .join(sightings, sightings.c.intent_id == intents.c.id)
        .where(intents.c.record_id.in_(shown), _REJECTED, sightings.c.source == REFUSED)
    ).all()
    refused = {(record_id, side, version) for record_id, side, version in found}
    return [_before(entry) if refused and _shows(entry, refused) else entry for entry in entries]


def refused_ids(connection: Connection, session: Session, flow: Flow, kind: ObjectType) -> frozenset[str]:
    """Ids under which the target shows creates that it refused later."""
    support = session.system(flow.target).support(kind)
    if support is None or not support.answers_later:
        return frozenset()
    found = connection.execute(
        select(sightings.c.external_id)
        .join(intents, intents.c.id == sightings.c.intent_id)
        .where(
            intents.c.pairing == session.pairing.name,
            _REJECTED,
            intents.c.side == flow.target.value,
            intents.c.object_type == kind.value,
            intents.c.operation == Operation.CREATE.value,
            sightings.c.source == REFUSED,
        )
    )
    return frozenset(found.scalars())


def lacks_a_part(session: Session, entry: Entry, side: Side) -> bool:
    """Whether the last thing said of one of its parts is a refusal: it is not there as it was sent."""
    with session.database.read() as connection:
        found = connection.execute(
            select(intents.c.part, intents.c.state)
            .where(intents.c.record_id == entry.id, intents.c.side == side.value)
            .order_by(intents.c.created_at)
        ).all()
    last = {part: state for part, state in found if state != IntentState.SUPERSEDED.value}
    beside = {"main", IMAGE_PART, MARK_PART}
    return any(
        state == IntentState.REJECTED.value and part not in beside and not is_currency_part(part)
        for part, state in last.items()
    )


def _shows(entry: Entry, refused: set[tuple[int, str, str | None]]) -> bool:
    version = (entry.other_version or "").removesuffix(PROVISIONAL)
    return (entry.id, entry.side.other.value, version) in refused


def _before(entry: Entry) -> Entry:
    return replace(entry, other_input=None if entry.target is None else entry.target.base)
