"""How a database comes to the schema of this version of the program.

A new database gets the tables at once and is marked with the newest revision; Alembic, which is slow to import, is only
needed to bring an older one up to date. A test holds that both ways end in the same schema.
"""

import sqlite3
import time
from importlib import resources

from sqlalchemy import Connection, inspect, text

from mlc.errors import StoreError
from mlc.store.database import BUSY_TIMEOUT_MS, Database
from mlc.store.schema import metadata
from mlc.store.schema.columns import make_tables

#: Every revision, oldest first; a test compares with the files under ``versions``.
REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009", "0010", "0011", "0012", "0013")
VERSION_TABLE = "alembic_version"


def bring_up_to_date(database: Database) -> None:
    """Make the tables in an empty database, migrate an older one, refuse a newer one.

    Raises: StoreError for a database of a newer version of the program, or one that holds something else.
    """
    with database.read() as connection:
        revision = stored_revision(connection)
    if revision is None:
        if database.is_sqlite:
            _use_wal(database)
        with database.write() as connection:
            one_at_a_time(database, connection)
            revision = stored_revision(connection)
            if revision is None:
                _make(database, connection)
                return
    refuse_newer(database, revision)
    if revision != REVISIONS[-1]:
        _expand(database, revision)


def refuse_newer(database: Database, revision: str) -> None:
    """Raise StoreError for the schema of a newer version of the program."""
    if revision and revision not in REVISIONS:
        raise StoreError(
            f"The database {database.shown} was written by a newer version of mlc (its schema is {revision}, "
            f"this one knows {REVISIONS[-1]}); install that version, or point MLC_HOME elsewhere."
        )


def stored_revision(connection: Connection) -> str | None:
    """The revision a database is marked with: None when it is not ours yet, empty before the first one."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    row = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).first()
    return "" if row is None else str(row[0])


def upgrade(connection: Connection) -> None:
    """Run every migration that is missing, inside the caller's transaction."""
    from alembic import command
    from alembic.config import Config

    with resources.as_file(resources.files(__name__)) as folder:
        config = Config()
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _expand(database: Database, revision: str) -> None:
    """An older SQLite database that nobody works on is copied and changed at once; everything else is asked for."""
    from mlc.store.migrating import back_up, somebody_runs

    if somebody_runs(database):
        raise StoreError(
            f"The database {database.shown} has the schema of an older version of mlc; run mlc migrate, "
            "which lets older programs end what they are sending."
        )
    back_up(database, revision, REVISIONS[-1])
    with database.write() as connection:
        one_at_a_time(database, connection)
        if stored_revision(connection) != REVISIONS[-1]:
            upgrade(connection)


def _use_wal(database: Database) -> None:
    """SQLite answers at once that a new file is locked, whatever the time-out says: another process changes it, too."""
    give_up = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    raw = database.engine.raw_connection()
    try:
        while True:
            try:
                raw.cursor().execute("PRAGMA journal_mode=WAL")
                return
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() >= give_up:
                    raise
                time.sleep(0.02)
    finally:
        raw.close()


def one_at_a_time(database: Database, connection: Connection) -> None:
    """Let no other process make or change tables until this transaction ends."""
    if not database.is_sqlite:
        connection.execute(text("SELECT pg_advisory_xact_lock(7240031)"))


def _make(database: Database, connection: Connection) -> None:
    present = set(inspect(connection).get_table_names()) & set(metadata.tables)
    if present:
        raise StoreError(
            f"The database {database.shown} has tables of something else ({', '.join(sorted(present)[:3])}); "
            "give mlc a database, or on PostgreSQL a schema, of its own."
        )
    make_tables(connection)
    connection.execute(
        text(
            f"CREATE TABLE {VERSION_TABLE} (version_num VARCHAR(32) NOT NULL, "
            f"CONSTRAINT {VERSION_TABLE}_pkc PRIMARY KEY (version_num))"
        )
    )
    connection.execute(text(f"INSERT INTO {VERSION_TABLE} VALUES (:revision)"), {"revision": REVISIONS[-1]})
