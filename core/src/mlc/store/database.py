"""The one database: SQLite by default (R31), PostgreSQL when the configuration names one (R32).

On SQLite every writer says ``BEGIN IMMEDIATE``: a transaction that reads first and then writes would otherwise lose its
place to another writer without any error. Writers of one process queue on a lock of their own: SQLite's wait polls.
"""

import copy
import errno
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import URL, Connection, Engine, RootTransaction, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError

from mlc.errors import StoreError

if TYPE_CHECKING:
    from mlc.store.keys import Keys

BUSY_TIMEOUT_MS = 10_000
RETRIED = frozenset({"40001", "40P01"})  # serialization failure, deadlock
ATTEMPTS = 5
#: A process that is frozen inside a transaction would keep its rows, and the head of the trail, from everybody:
#: PostgreSQL ends it after so long. Others of its threads may wait in line for the same row, each to be ended in turn.
FROZEN_MS = 3_000
_BEGIN = "mlc_begin"
#: Less than this is no room for a transaction, in bytes.
FULL = 1 << 20
_CURES = {
    errno.EACCES: "Give this user the right to write there",
    errno.EPERM: "Give this user the right to write there",
    errno.EROFS: "Give this user the right to write there",
    errno.ENOSPC: "Make room on that disk",
    errno.EEXIST: "A file is where its folder would be; move it away",
    errno.ENOTDIR: "A file is where its folder would be; move it away",
}

T = TypeVar("T")


class Database:
    """Reading and writing transactions on one database. Safe to share between threads."""

    def __init__(self, engine: Engine, path: Path | None) -> None:
        self.engine = engine
        self.path = path
        """The SQLite file; None on PostgreSQL."""
        self._writing = threading.Lock()
        self._writer: int | None = None
        self._check: Callable[[Connection], None] | None = None
        self._opening = threading.Lock()
        self._counters: Database | None = None
        self._writing_engine = engine.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"}) if path else engine
        self._reading_engine = engine if path else engine.execution_options(isolation_level="REPEATABLE READ")

    @property
    def is_sqlite(self) -> bool:
        return self.path is not None

    @property
    def shown(self) -> str:
        """Where it is, without a password."""
        return str(self.path) if self.path else self.engine.url.render_as_string(hide_password=True)

    @property
    def counters(self) -> "Database":
        """Where calls are counted: on SQLite a file of its own, so that nobody waits for it or makes it wait (R31)."""
        if self.path is None:
            return self
        with self._opening:
            if self._counters is None:
                from mlc.store.counters import open_counters

                self._counters = open_counters(self.path)
            return self._counters

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent view; ends without a trace."""
        with self._reading_engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One durable transaction: committed when the block ends, undone when it raises. Never nested in one thread."""
        if self.path is None:
            with self.engine.begin() as connection:
                connection.exec_driver_sql(f"SET LOCAL idle_in_transaction_session_timeout = {FROZEN_MS}")
                self._checked(connection)
                yield connection
            return
        with self._turn(), self._writing_engine.connect() as connection, self._begun(connection):
            self._checked(connection)
            yield connection

    def fenced(self, check: Callable[[Connection], None]) -> "Database":
        """The same database for one holder of a claim: ``check`` is the first statement of every write transaction."""
        fenced = copy.copy(self)
        fenced._check = check
        return fenced

    def _checked(self, connection: Connection) -> None:
        if self._check is not None:
            self._check(connection)

    def transact(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` in a write transaction, again when the database gives up a deadlock or a serialization (R32).

        ``work`` touches nothing but the database: it may run up to five times.
        """
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with self.write() as connection:
                    return work(connection)
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) not in RETRIED or attempt == ATTEMPTS:
                    raise
        raise AssertionError("the last attempt returns or raises")

    def seal_with(self, load: "Callable[[], Keys]") -> None:
        """Seal tax numbers and payloads with these keys; they are read when they are first needed (R6)."""
        from mlc.store.sealing import Seal, attach

        attach(self.engine.dialect, Seal(load))

    def close(self) -> None:
        """Close every connection; on SQLite the write-ahead log is folded in by the last one."""
        self.engine.dispose()
        if self._counters is not None:
            self._counters.engine.dispose()

    def _begun(self, connection: Connection) -> RootTransaction:
        try:
            return connection.begin()
        except OperationalError as error:
            raise StoreError(
                f"{self.shown} is busy: another process has been writing for {BUSY_TIMEOUT_MS / 1000:g} seconds.",
                repr(error),
            ) from error

    @contextmanager
    def _turn(self) -> Iterator[None]:
        me = threading.get_ident()
        if self._writer == me:
            raise StoreError("A write transaction was opened inside another one of the same thread.")
        if not self._writing.acquire(timeout=BUSY_TIMEOUT_MS / 1000):
            raise StoreError(
                f"{self.shown} is busy: another thread has been writing for {BUSY_TIMEOUT_MS / 1000:g} seconds."
            )
        self._writer = me
        try:
            yield
        finally:
            self._writer = None
            self._writing.release()


def open_database(where: str | Path) -> Database:
    """Open a database, made or brought up to date as needed.

    Args:
        where: A path, ``sqlite:///path`` or ``postgresql+psycopg://user@host/name``.

    Raises: StoreError when it cannot be reached or written, or belongs to a newer version of the program.
    """
    from mlc.store.migrations import bring_up_to_date

    database = connect_database(where)
    try:
        bring_up_to_date(database)
    except DBAPIError as error:
        database.close()
        raise _unusable(database, error) from error
    except BaseException:
        database.close()
        raise
    return database


def connect_database(where: str | Path) -> Database:
    """A database as it is: nothing is made or changed in it."""
    url = _url(where)
    if url.get_backend_name() == "sqlite":
        return _sqlite(url)
    return _postgresql(url)


def _url(where: str | Path) -> URL:
    if isinstance(where, Path) or "://" not in where:
        return URL.create("sqlite", database=str(where))
    try:
        url = make_url(where)
    except (ArgumentError, ValueError):
        # What cannot be read may hold a password anywhere.
        raise StoreError(
            "database is neither a path nor a URL like postgresql+psycopg://user@host/name; special characters of a "
            "password are written as %40 and the like, or it stands in PGPASSWORD."
        ) from None
    if url.drivername in ("postgresql", "postgres"):
        url = url.set(drivername="postgresql+psycopg")
    if url.drivername not in ("sqlite", "postgresql+psycopg"):
        raise StoreError(f"The database {url.drivername!r} is not supported; give a path or postgresql+psycopg://….")
    if url.drivername == "sqlite" and url.database in (None, "", ":memory:"):
        raise StoreError("The database needs a file: a path, or sqlite:////absolute/path.")
    return url


def _sqlite(url: URL) -> Database:
    path = Path(str(url.database)).expanduser().absolute()
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        cure = _CURES.get(error.errno or 0, "Look at that place")
        raise StoreError(
            f"The database {path} cannot be written: {error.strerror}. {cure}, "
            "or name another place with database in mlc.toml or with MLC_HOME."
        ) from error
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        connect_args={"timeout": BUSY_TIMEOUT_MS / 1000, "check_same_thread": False},
        pool_size=8,
        max_overflow=-1,
        pool_use_lifo=True,  # one that was used last knows its pages and statements; used in turn, each has to keep all
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return Database(engine, path)


def _prepare_sqlite(raw: Any, _record: object) -> None:
    raw.isolation_level = None  # transactions begin where we say, see _begin_sqlite
    cursor = raw.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN, "BEGIN"))


def _postgresql(url: URL) -> Database:
    try:
        engine = create_engine(url, pool_size=8, max_overflow=-1, pool_pre_ping=True)
    except ModuleNotFoundError as error:
        raise StoreError("PostgreSQL needs its driver: pip install 'ml-connector[postgres]'.") from error
    event.listen(engine, "connect", _prepare_postgresql)
    return Database(engine, None)


def _prepare_postgresql(raw: Any, _record: object) -> None:
    raw.execute("SET synchronous_commit = on")
    raw.commit()


def _unusable(database: Database, error: DBAPIError) -> StoreError:
    cure = "Look at database in mlc.toml, or at MLC_HOME."
    if database.path is not None and shutil.disk_usage(database.path.parent).free < FULL:
        cure = f"The disk of {database.path.parent} is full: make room there; nothing is lost."
    return StoreError(f"The database {database.shown} cannot be used: {in_short(error)}. {cure}", repr(error))


def in_short(error: DBAPIError) -> str:
    """What the database said, without the statement and its values."""
    said = str(error.orig).strip().splitlines()
    return said[0].rstrip(".") if said else type(error).__name__
