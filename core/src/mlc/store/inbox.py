"""The inbox: verified notices, put by receivers, read by engines. A receiver only inserts (R31)."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, Select, delete, func, insert, select

from mlc.clock import parse_stamp, stamp
from mlc.deliveries import Notice
from mlc.store.inserting import insert_or_leave
from mlc.store.schema import inbox

#: Rows that were read are kept so long: who wants to know what came in, and when a source was last heard.
KEPT = timedelta(days=7)
TEST = "test"


def put(tx: Connection, connection: str, notices: Sequence[Notice], received_at: datetime) -> int:
    """Store the notices of one delivery; how many were new. One whose twin is unread is dropped (R29)."""
    now = stamp(received_at)
    new = 0
    for notice in notices:
        new += insert_or_leave(
            tx,
            inbox,
            connection=connection,
            delivery_id=notice.delivery_id,
            object_type=notice.object_type.value,
            external_id=notice.external_id,
            event=notice.event,
            moved_to=notice.moved_to,
            occurred_at=None if notice.occurred_at is None else stamp(notice.occurred_at),
            received_at=now,
        )
    return new


def put_test(tx: Connection, connection: str, received_at: datetime) -> None:
    """Remember a genuine delivery that is about no record."""
    now = stamp(received_at)
    values = {"delivery_id": now, "object_type": "", "external_id": "", "event": TEST}
    tx.execute(insert(inbox).values(connection=connection, received_at=now, read_at=now, **values))


def backlog(connection: Connection, name: str, limit: int) -> int:
    """Unread notices of a connection, counted up to ``limit``."""
    rows = select(inbox.c.id).where(inbox.c.connection == name, inbox.c.read_at.is_(None)).limit(limit).subquery()
    return int(connection.execute(select(func.count()).select_from(rows)).scalar_one())


def has_unread(connection: Connection) -> bool:
    return connection.execute(_unread().limit(1)).first() is not None


def heard(connection: Connection, names: Collection[str]) -> dict[str, datetime]:
    """When each connection was last heard of, those that ever were."""
    rows = connection.execute(
        select(inbox.c.connection, func.max(inbox.c.received_at))
        .where(inbox.c.connection.in_(names))
        .group_by(inbox.c.connection)
    )
    return {row[0]: parse_stamp(row[1]) for row in rows}


def forget(tx: Connection, now: datetime) -> int:
    """Delete what was read long ago, but never a connection's latest row."""
    latest = select(func.max(inbox.c.id)).group_by(inbox.c.connection)
    return tx.execute(
        delete(inbox).where(
            inbox.c.read_at.is_not(None), inbox.c.received_at < stamp(now - KEPT), inbox.c.id.not_in(latest)
        )
    ).rowcount


def _unread() -> "Select[tuple[int]]":
    return select(inbox.c.id).where(inbox.c.read_at.is_(None))
