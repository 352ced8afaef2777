"""Where calls are counted on SQLite: a file of its own beside the database (R31).

Counting never waits for the engine's writer, nor the engine for counting. Losing the file costs nothing but the counts:
they begin anew, and the next answer of a vendor that states its own puts them right.
"""

from pathlib import Path
from typing import Any

from sqlalchemy import event, select
from sqlalchemy.exc import OperationalError

from mlc.store.database import Database, connect_database
from mlc.store.schema import quotas

SUFFIX = ".counters"


def open_counters(database: Path) -> Database:
    """The counters of a SQLite database, made when they are not there yet."""
    counters = connect_database(database.with_name(database.name + SUFFIX))
    event.listen(counters.engine, "connect", _in_no_hurry)
    try:
        with counters.read() as connection:
            connection.execute(select(quotas.c.used).limit(1))
    except OperationalError:
        with counters.write() as connection:
            quotas.create(connection, checkfirst=True)
    return counters


def _in_no_hurry(raw: Any, _record: object) -> None:
    """A count that a power cut takes back is no harm: the vendor keeps its own."""
    cursor = raw.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.close()
