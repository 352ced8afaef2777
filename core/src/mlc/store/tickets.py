"""Tickets in a database that several processes share, for a configuration without Redis; PostgreSQL's clock."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.exc import SQLAlchemyError

from mlc.clock import parse_stamp, stamp
from mlc.http.tickets import TicketsLostError, Valid
from mlc.store.refreshes import lease_now
from mlc.store.schema import tickets

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from mlc.store.database import Database

T = TypeVar("T")

#: The row that says until when there are none.
SHUT = ""


class StoredTickets:
    """One transaction per question, one at a time for each key. What a crash of the server loses was a few counts."""

    def __init__(self, database: "Database") -> None:
        self._database = database

    def take(self, key: str, ticket: str, *, allowed: int, lasts_s: float) -> float:
        def work(tx: "Connection", now: datetime) -> float:
            rows = _rows(tx, key)
            shut = rows.pop(SHUT, None)
            if shut is not None:
                return (shut - now).total_seconds()
            if len(rows) >= allowed:
                leaves = sorted(rows.values())[len(rows) - allowed]
                return max(0.001, (leaves - now).total_seconds())
            _put(tx, key, ticket, now + timedelta(seconds=lasts_s))
            return 0.0

        return self._alone_with(key, work)

    def give_back(self, key: str, ticket: str) -> None:
        mine = (tickets.c.key == key) & (tickets.c.ticket == ticket)
        self._alone_with(key, lambda tx, _now: tx.execute(delete(tickets).where(mine)))

    def renew(self, key: str, tickets: Sequence[str], *, lasts_s: float) -> None:
        def work(tx: "Connection", now: datetime) -> None:
            for one in tickets:
                _put(tx, key, one, now + timedelta(seconds=lasts_s))

        self._alone_with(key, work)

    def close(self, key: str, seconds: float) -> None:
        def work(tx: "Connection", now: datetime) -> None:
            until = now + timedelta(seconds=seconds)
            _put(tx, key, SHUT, max(until, _rows(tx, key).get(SHUT, until)))

        self._alone_with(key, work)

    def fill(self, key: str, tickets: Sequence[str], *, used: int, lasts_s: float) -> None:
        def work(tx: "Connection", now: datetime) -> None:
            rows = _rows(tx, key)
            missing = used - len(rows.keys() - {SHUT})
            for one in tickets[: max(0, missing)]:
                _put(tx, key, one, now + timedelta(seconds=lasts_s))

        self._alone_with(key, work)

    def valid(self, key: str) -> Valid:
        with _answering(), self._database.read() as connection:
            now = lease_now(connection, datetime.now(UTC))
            rows = {name: until for name, until in _rows(connection, key).items() if until > now}
        shut = rows.pop(SHUT, now)
        first = min(rows.values(), default=None)
        left = None if first is None else (first - now).total_seconds()
        return Valid(len(rows), (shut - now).total_seconds(), left)

    def _alone_with(self, key: str, work: "Callable[[Connection, datetime], T]") -> T:
        def locked(tx: "Connection") -> T:
            tx.execute(text("SET LOCAL synchronous_commit = off"))
            tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))
            now = lease_now(tx, datetime.now(UTC))
            tx.execute(delete(tickets).where(tickets.c.key == key, tickets.c.expires_at <= stamp(now)))
            return work(tx, now)

        with _answering():
            return self._database.transact(locked)


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        cause = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise TicketsLostError(f"The database does not answer: {cause}") from error


def _rows(connection: "Connection", key: str) -> dict[str, datetime]:
    found = connection.execute(select(tickets.c.ticket, tickets.c.expires_at).where(tickets.c.key == key))
    return {row.ticket: parse_stamp(row.expires_at) for row in found}


def _put(tx: "Connection", key: str, ticket: str, until: datetime) -> None:
    here = (tickets.c.key == key) & (tickets.c.ticket == ticket)
    if tx.execute(update(tickets).where(here).values(expires_at=stamp(until))).rowcount == 0:
        tx.execute(insert(tickets).values(key=key, ticket=ticket, expires_at=stamp(until)))
