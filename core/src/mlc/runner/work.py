"""What is due when, and who does it: claims with a fence, made and kept in the database (R30, R33)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, case, column, exists, literal, or_, select, table, update

from mlc.clock import stamp
from mlc.errors import OvertakenError, StoreError
from mlc.store.database import Database
from mlc.store.migrations import REVISIONS, VERSION_TABLE
from mlc.store.refreshes import lease_now
from mlc.store.schema import leases, work

#: A pairing is worked on as a whole: its flows depend on each other. What the work is stands in the run's stages.
WHOLE = "*"
RUN = "run"

_EPOCH = exists(
    select(literal(1))
    .select_from(table(VERSION_TABLE, column("version_num")))
    .where(column("version_num") == REVISIONS[-1])
)


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on a pairing until somebody takes it over. ``due_at``: when it was due, as stored.

    ``ahead``: how far this machine's clock is ahead of the database's, by which everything is due (R33).
    """

    id: int
    pairing: str
    fence: int
    due_at: str
    failures: int
    taken_over: bool
    """Its holder before us ended without giving it back."""
    ahead: timedelta = timedelta()

    def check(self, tx: Connection) -> None:
        """The first statement of every write: nobody else has taken over, and nobody can until we have committed.

        Raises: OvertakenError.
        """
        query = select(work.c.fence).where(work.c.id == self.id).with_for_update(read=True)
        if tx.execute(query).scalar() != self.fence:
            raise OvertakenError(f"Another process took {self.pairing} over; this one lets go and loses nothing.")


def plan_work(database: Database, due: Mapping[str, datetime], latest: Mapping[str, datetime]) -> None:
    """Make the rows of pairings that have none yet, each with when it is due first; none is due after its latest."""
    with database.write() as tx:
        known = {row.pairing: row.due_at for row in tx.execute(select(work).where(work.c.kind == RUN))}
        for pairing, moment in due.items():
            if pairing in known and known[pairing] > stamp(latest[pairing]):
                bring_forward(tx, pairing, latest[pairing])
            elif pairing not in known:
                values = {"pairing": pairing, "flow": WHOLE, "kind": RUN, "due_at": stamp(moment)}
                tx.execute(_insert_once(tx).values(values).on_conflict_do_nothing())


def bring_forward(tx: Connection, pairing: str, now: datetime) -> None:
    """Something of this pairing waits already: it is due now. Whoever works on it now goes on afterwards."""
    tx.execute(
        update(work)
        .where(work.c.pairing == pairing, work.c.kind == RUN, work.c.due_at > stamp(now))
        .values(due_at=stamp(now))
    )


def shared_now(database: Database, local: datetime) -> datetime:
    """The clock that everything is due by: the database server's, which on SQLite is this machine's (R33)."""
    with database.read() as connection:
        return lease_now(connection, local)


def due_pairings(database: Database, *, owner: str, local: datetime) -> list[str]:
    """Pairings that are due and that nobody works on, the longest due first."""
    with database.read() as connection:
        now = stamp(lease_now(connection, local))
        query = select(work.c.pairing).where(work.c.kind == RUN, work.c.due_at <= now, _free(database, owner, now))
        return list(connection.execute(query.order_by(work.c.due_at)).scalars())


def claim_pairing(
    database: Database, pairing: str, *, owner: str, local: datetime, early: bool = False
) -> Claim | None:
    """The claim on a pairing that is due, None when it is not or somebody works on it.

    Args:
        early: take it although it is not due yet.

    Raises: StoreError when the database was migrated for a newer version of the program meanwhile (R37).
    """

    def take(tx: Connection) -> Claim | None:
        moment = lease_now(tx, local)
        now = stamp(moment)
        row = tx.execute(
            select(work).where(work.c.pairing == pairing, work.c.kind == RUN, _free(database, owner, now))
        ).first()
        if row is None or (row.due_at > now and not early):
            return None
        same = and_(work.c.id == row.id, work.c.fence == row.fence, work.c.due_at == row.due_at)
        done = tx.execute(update(work).where(same, _EPOCH).values(owner=owner, fence=row.fence + 1))
        if done.rowcount != 1:
            if not tx.execute(select(_EPOCH)).scalar():
                raise StoreError(
                    "The database was migrated by a newer version of mlc; install it here and start again."
                )
            return None
        return Claim(
            row.id,
            pairing,
            row.fence + 1,
            row.due_at,
            row.failures,
            taken_over=row.owner is not None,
            ahead=local - moment,
        )

    return database.transact(take)


def give_back(database: Database, claim: Claim, *, due_at: datetime, failures: int) -> None:
    """Let go of a pairing until it is due again, on the database's clock; earlier, when somebody brought it forward.

    Nothing happens when somebody has taken it over.
    """
    wanted = stamp(due_at)
    moved = case((work.c.due_at == claim.due_at, wanted), (work.c.due_at < wanted, work.c.due_at), else_=wanted)
    values = {"owner": None, "failures": failures, "due_at": moved}
    mine = and_(work.c.id == claim.id, work.c.fence == claim.fence)
    database.transact(lambda tx: tx.execute(update(work).where(mine).values(values)))


def let_go(database: Database, pairing: str, owner: str) -> None:
    """Free a pairing that we hold without knowing it: the database took our claim and we never heard its answer."""
    mine = and_(work.c.pairing == pairing, work.c.kind == RUN, work.c.owner == owner)
    database.transact(lambda tx: tx.execute(update(work).where(mine).values(owner=None)))


def _free(database: Database, owner: str, now: str) -> Any:
    """Nobody works on it: on SQLite everybody else is dead, as we hold the lock; elsewhere leases say who lives."""
    if database.is_sqlite:
        return or_(work.c.owner.is_(None), work.c.owner != owner)
    alive = select(literal(1)).where(leases.c.name == work.c.owner, leases.c.expires_at > now)
    return or_(work.c.owner.is_(None), ~exists(alive))


def _insert_once(tx: Connection) -> Any:
    if tx.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as insert_once
    else:
        from sqlalchemy.dialects.sqlite import insert as insert_once  # type: ignore[assignment]
    return insert_once(work)
