"""What vendors answered, counted for good: processes come and go, a counter does not."""

from collections.abc import Mapping

from sqlalchemy import Connection

from mlc.store.inserting import insert_or_change
from mlc.store.schema import answers

STATUS = "status"


def count_answers(
    tx: Connection, connection: str, system: str, *, calls: Mapping[str, int], statuses: Mapping[int, int]
) -> None:
    """Add to the counters. ``calls``: by kind; ``statuses``: by status."""
    rows = [(kind, "", number) for kind, number in calls.items()]
    rows += [(STATUS, str(status), number) for status, number in statuses.items()]
    for kind, status, number in rows:
        if number:
            insert_or_change(
                tx,
                answers,
                keys=("connection", "kind", "status"),
                change={"count": answers.c.count + number},
                connection=connection,
                kind=kind,
                status=status,
                system=system,
                count=number,
            )
