"""Who lives: each process has one lease on the database's clock, and beats (R33)."""

import logging
import os
import socket
import threading
import uuid
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from mlc.clock import parse_stamp, stamp
from mlc.store.database import Database
from mlc.store.refreshes import lease_now
from mlc.store.schema import leases

TTL_S = 8.0
#: A lease is renewed so often while it lasts.
BEATS = 4
#: Rows of processes that ended long ago are swept away.
FORGOTTEN_S = 3600.0
PREFIX = "process:"

_log = logging.getLogger(__name__)


def process_name() -> str:
    """A name no other process has or had."""
    return f"{PREFIX}{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


class Lease:
    """This process's sign of life. On SQLite nothing is written: there the lock on the file is the sign (R31).

    A process whose lease lapsed, because it was frozen or cut off, beats on: what nobody took over is still its own.
    """

    def __init__(self, database: Database, name: str, *, ttl_s: float | None = None) -> None:
        self.name = name
        self._database = database
        self._ttl_s = TTL_S if ttl_s is None else ttl_s
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._keep_beating, name="mlc-lease", daemon=True)

    def __enter__(self) -> "Lease":
        if not self._database.is_sqlite:
            self.beat()
            self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._ended.set()
        if self._database.is_sqlite:
            return
        self._thread.join()
        try:
            bury(self._database, self.name)
        except SQLAlchemyError as error:
            _log.warning("the lease could not be given back: %s", type(error).__name__)

    def beat(self) -> None:
        """Live for another while."""
        with self._database.write() as tx:
            now = lease_now(tx, datetime.now(UTC))
            expires_at = stamp(now + timedelta(seconds=self._ttl_s))
            done = tx.execute(update(leases).where(leases.c.name == self.name).values(expires_at=expires_at))
            if done.rowcount == 0:
                tx.execute(insert(leases).values(name=self.name, owner=self.name, fence=0, expires_at=expires_at))
                _forget_old(tx, now)

    def _keep_beating(self) -> None:
        while not self._ended.wait(max(0.1, self._ttl_s / BEATS)):
            try:
                self.beat()
            except SQLAlchemyError as error:
                _log.warning("the database does not answer a heartbeat: %s", type(error).__name__)


def bury(database: Database, name: str) -> None:
    """A process has surely ended: what it worked on is free at once."""
    with database.write() as tx:
        tx.execute(delete(leases).where(leases.c.name == name))


def living(database: Database) -> list[str]:
    """Names of the processes whose leases run."""
    with database.read() as connection:
        now = lease_now(connection, datetime.now(UTC))
        rows = connection.execute(select(leases.c.name, leases.c.expires_at).where(leases.c.name.like(f"{PREFIX}%")))
        return sorted(row.name for row in rows if parse_stamp(row.expires_at) > now)


def _forget_old(tx: object, now: datetime) -> None:
    old = stamp(now - timedelta(seconds=FORGOTTEN_S))
    tx.execute(delete(leases).where(leases.c.name.like(f"{PREFIX}%"), leases.c.expires_at < old))  # type: ignore[attr-defined]
