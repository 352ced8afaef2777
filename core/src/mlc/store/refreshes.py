"""Refreshes are writes (R35): each is noted before its call, under a lease; and what became of each connection."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, delete, func, insert, select, text, update

from mlc.clock import parse_stamp, stamp
from mlc.store.schema import connections, leases, refreshes


class RefreshOutcome(StrEnum):
    STORED = "stored"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class ConnectionState(StrEnum):
    READY = "ready"
    PAUSED = "paused"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True)
class Standing:
    """The state of a connection, and one sentence why."""

    state: ConnectionState
    reason: str | None


def lease_now(transaction: Connection, local: datetime) -> datetime:
    """The clock that leases live by: the database server's, which on SQLite is this machine's (R33)."""
    if transaction.dialect.name == "sqlite":
        return local
    now: datetime = transaction.execute(text("SELECT clock_timestamp()")).scalar_one()
    return now


def take_lease(transaction: Connection, name: str, *, owner: str, now: datetime, ttl_s: float) -> int | None:
    """The fence of a lease that is now ours, None while another owner holds it."""
    row = transaction.execute(select(leases).where(leases.c.name == name).with_for_update()).one_or_none()
    expires_at = stamp(now + timedelta(seconds=ttl_s))
    if row is None:
        transaction.execute(insert(leases).values(name=name, owner=owner, fence=1, expires_at=expires_at))
        return 1
    if row.owner not in ("", owner) and parse_stamp(row.expires_at) > now:
        return None
    done = transaction.execute(
        update(leases)
        .where(leases.c.name == name, leases.c.fence == row.fence)
        .values(owner=owner, fence=row.fence + 1, expires_at=expires_at)
    )
    return int(row.fence) + 1 if done.rowcount == 1 else None


def release_lease(transaction: Connection, name: str, *, fence: int) -> None:
    """Let go of a lease; nothing happens when somebody has taken it since."""
    transaction.execute(update(leases).where(leases.c.name == name, leases.c.fence == fence).values(owner=""))


def start_refresh(transaction: Connection, connection: str, now: datetime) -> int:
    """Note that a token call is about to be made; its row's id."""
    done = transaction.execute(insert(refreshes).values(connection=connection, started_at=stamp(now)))
    key = done.inserted_primary_key
    assert key is not None
    return int(key[0])


def withdraw_refresh(transaction: Connection, refresh_id: int) -> None:
    """No call was made after all."""
    transaction.execute(delete(refreshes).where(refreshes.c.id == refresh_id))


def finish_refresh(transaction: Connection, refresh_id: int, outcome: RefreshOutcome, now: datetime) -> None:
    transaction.execute(
        update(refreshes).where(refreshes.c.id == refresh_id).values(finished_at=stamp(now), outcome=outcome)
    )


def count_refreshes(transaction: Connection, connection: str, *, since: datetime) -> int:
    """Token calls of a connection since a moment, crashed ones included."""
    return int(
        transaction.execute(
            select(func.count())
            .select_from(refreshes)
            .where(refreshes.c.connection == connection, refreshes.c.started_at >= stamp(since))
        ).scalar_one()
    )


def standing(transaction: Connection, connection: str) -> Standing | None:
    """The state of a connection, None when it was never noted."""
    row = transaction.execute(
        select(connections.c.state, connections.c.reason).where(connections.c.name == connection)
    ).one_or_none()
    return None if row is None else Standing(ConnectionState(row.state), row.reason)


def set_standing(
    transaction: Connection,
    connection: str,
    *,
    system: str,
    state: ConnectionState,
    reason: str | None,
    now: datetime,
) -> bool:
    """Change the state of a connection. False when it was in that state already, so that one cause alerts once."""
    before = standing(transaction, connection)
    values = {"system": system, "state": state, "reason": reason, "changed_at": stamp(now)}
    if before is None:
        transaction.execute(insert(connections).values(name=connection, **values))
        return True
    if before.state is state:
        return False
    transaction.execute(update(connections).where(connections.c.name == connection).values(**values))
    return True
