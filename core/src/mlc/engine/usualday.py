"""How many creates a usual day brings: counted as they are noted, not by going through all that was ever sent (R24)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, select

from mlc.contract import Operation
from mlc.records import ObjectType
from mlc.store.instance import was_recovered
from mlc.store.schema import creates
from mlc.store.statements import Statement

#: From so many days with creates on it is known what a usual day has.
KNOWN_DAYS = 5


def usual_creates(connection: Connection, pairing: str, object_type: ObjectType) -> int | None:
    """The mean over the days that had any.

    None until five such days are known; but whoever restored a database has the limit from the first day on (R36).
    """
    of_type = (creates.c.pairing == pairing) & (creates.c.object_type == object_type.value)
    counts: Sequence[int] = connection.execute(select(creates.c.made).where(of_type)).scalars().all()
    if len(counts) >= KNOWN_DAYS or was_recovered(connection):
        return round(sum(counts) / max(1, len(counts)))
    return None


def count_creates(tx: Connection, rows: Sequence[Mapping[str, Any]], day: str) -> None:
    """Add the rows of new intents to their day, in the transaction that stores them."""
    counts = Counter(
        (row["pairing"], row["object_type"])
        for row in rows
        if row["operation"] == Operation.CREATE.value and row["part"] == "main"
    )
    if counts:
        _count(tx.dialect.name).run_all(
            tx,
            [
                {"pairing": pairing, "object_type": kind, "day": day, "made": made}
                for (pairing, kind), made in counts.items()
            ],
        )


@cache
def _count(dialect: str) -> Statement:
    if dialect == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as upsert
    else:
        from sqlalchemy.dialects.sqlite import insert as upsert  # type: ignore[assignment]
    statement = upsert(creates)
    more = {"made": creates.c.made + statement.excluded.made}
    keys = ["pairing", "object_type", "day"]
    return Statement(statement.on_conflict_do_update(index_elements=keys, set_=more), columns=[*keys, "made"])
