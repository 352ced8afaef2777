"""Records that live inside another: a whole reading of their customer says who of its people is gone."""

from collections.abc import Collection, Sequence

from sqlalchemy import select

from mlc.contract import SourceRecord
from mlc.engine.scope import ListScope
from mlc.engine.vanishing import GONE_VERSION
from mlc.records import Deletion, DeletionKind
from mlc.store.schema import registers


def gone_from(scope: ListScope, parents: Sequence[str], there: Collection[str]) -> list[SourceRecord]:
    """Whom the register knows of these parents, and a page that has all of theirs does not show."""
    if not parents:
        return []
    with scope.session.database.read() as connection:
        known = connection.execute(
            select(registers.c.external_id).where(
                scope.where(registers),
                registers.c.party.in_(parents),
                registers.c.live == 1,
                registers.c.external_id.not_like("intent:%"),
            )
        ).scalars()
        missing = sorted(set(known) - set(there))
    gone = Deletion(kind=DeletionKind.HARD_DELETED, evidence="missing_in_scan")
    return [SourceRecord(one, GONE_VERSION, {}, deleted=gone) for one in missing]
