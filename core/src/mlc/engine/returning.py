"""Our own create that comes back before its outcome is stored: an unknown id is first offered to the open creates
(R17)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import insert, or_, select, text

from mlc.clock import stamp
from mlc.contract import Operation, SourceRecord
from mlc.engine.currencyparts import PREFIX
from mlc.engine.evidence import is_exact, names_key
from mlc.engine.intents import Intent, load_intents
from mlc.engine.readings import Known, map_row
from mlc.engine.scope import ListScope
from mlc.engine.states import IntentState
from mlc.store.schema import UNSETTLED, intents, sightings

OPEN = (IntentState.SENDING.value, IntentState.ACCEPTED.value, IntentState.UNCERTAIN.value)


@dataclass
class Offered:
    """Ids that are a create of ours, and ids that wait while an older create is open."""

    ours: set[str] = field(default_factory=set)
    waiting: set[str] = field(default_factory=set)


def offer_to_open_creates(scope: ListScope, unknown: Sequence[SourceRecord], told: Sequence[Any]) -> Offered:
    """Match unknown records with open creates of their connection and type. A match is a sighting: settling reads
    it.

    Args:
        told: Notices of them; what only a list showed, which the next pass shows no more, waits for nothing.
    """
    offered = Offered()
    if not unknown:
        return offered
    with scope.session.database.read() as connection:
        creates = load_intents(
            connection,
            text(UNSETTLED),
            intents.c.connection == scope.pairing.connection(scope.side),
            intents.c.object_type == scope.object_type.value,
            intents.c.operation == Operation.CREATE.value,
            or_(intents.c.part == "main", intents.c.part.startswith(PREFIX, autoescape=True)),
            intents.c.state.in_(OPEN),
        )
        began = {
            row.id: row.created_at
            for row in connection.execute(
                select(intents.c.id, intents.c.created_at).where(intents.c.id.in_([one.id for one in creates]))
            )
        }
    noted = {one.external_id: one.noted_at for one in told}
    noted |= {row.id: "" for row in unknown if row.id not in noted}
    for row in unknown:
        mine = next((one for one in creates if _is_ours(scope, one, row)), None)
        if mine is not None:
            _sighted(scope, mine, row)
            offered.ours.add(row.id)
        elif any(began[one.id] <= noted[row.id] for one in creates):
            offered.waiting.add(row.id)
    return offered


def _is_ours(scope: ListScope, create: Intent, row: SourceRecord) -> bool:
    seen = map_row(scope, row, Known()).record
    if seen is None:
        return False
    said = names_key(seen, create.record_key)
    if said is not None:
        return said
    return create.rendered is not None and is_exact(create.rendered, seen)


def _sighted(scope: ListScope, create: Intent, row: SourceRecord) -> None:
    with scope.session.database.write() as tx:
        known = tx.execute(
            select(sightings.c.id).where(sightings.c.intent_id == create.id, sightings.c.external_id == row.id)
        ).first()
        if known is None:
            values = {"intent_id": create.id, "attempt": create.attempt, "external_id": row.id, "version": row.version}
            tx.execute(insert(sightings).values(source="webhook", at=stamp(scope.session.clock.now()), **values))
