"""Bringing an older database to this version's schema while others may be at work on it (R37).

Changes only ever expand, so what an older program has under way can still be noted. It begins nothing new: every group
of writes asks for the schema it was written for, in the very statement that counts it.
"""

import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, inspect, select

from mlc.clock import stamp
from mlc.errors import StoreError
from mlc.store import migrations
from mlc.store.database import Database
from mlc.store.lock import engine_lock
from mlc.store.schema import intents, pauses

#: Stands for every pairing in the table of pauses.
EVERYBODY = "*"
DRAIN_S = 60.0
TICK_S = 0.2


@dataclass(frozen=True, slots=True)
class Migrated:
    """From and to which schema, where the copy is, and what was still being sent when the wait was over."""

    before: str
    after: str
    copy: Path | None
    under_way: int


def migrate(
    database: Database, *, at: datetime, drain_s: float = DRAIN_S, sleep: Callable[[float], None] = time.sleep
) -> Migrated:
    """Drain, copy, expand.

    Raises: StoreError when the database is of a newer version, or is none of ours.
    """
    with database.read() as connection:
        before = migrations.stored_revision(connection)
    if before is None:
        raise StoreError(f"{database.shown} holds nothing of mlc yet; mlc run makes it.")
    migrations.refuse_newer(database, before)
    after = migrations.REVISIONS[-1]
    if before == after:
        _resume(database)  # one that was killed after its change may have left everybody paused
        return Migrated(before, after, None, 0)
    paused = _pause(database, at)
    try:
        left = _drain(database, drain_s, sleep)
        copy = back_up(database, before, after)
        with database.write() as tx:
            migrations.one_at_a_time(database, tx)
            if migrations.stored_revision(tx) != after:  # as after another mlc migrate meanwhile
                migrations.upgrade(tx)
    finally:
        if paused:
            _resume(database)
    return Migrated(before, after, copy, left)


def back_up(database: Database, before: str, after: str) -> Path | None:
    """A copy of a SQLite database as it was before the change, beside it; None on a server, which has its own, and
    where somebody else was faster: the copy that he made stays."""
    if database.path is None:
        return None
    copy = database.path.with_name(f"{database.path.name}.before-{after}")
    part = copy.with_name(f"{copy.name}.part{os.getpid()}")
    part.touch(mode=0o600)
    try:
        with closing(sqlite3.connect(database.path)) as source, closing(sqlite3.connect(part)) as target:
            source.backup(target)
            (revision,) = target.execute(f"SELECT max(version_num) FROM {migrations.VERSION_TABLE}").fetchone()
        if (revision or "") != before:
            return None
        part.replace(copy)
    finally:
        part.unlink(missing_ok=True)
    return copy


def somebody_runs(database: Database) -> bool:
    """Whether an engine has this SQLite database; on a server that is not known, so it is assumed."""
    if database.path is None:
        return True
    try:
        with engine_lock(database):
            return False
    except StoreError:
        return True


def _drain(database: Database, drain_s: float, sleep: Callable[[float], None]) -> int:
    """Wait until nothing is being sent, as far as anybody is there to send; how much still is."""
    waited = 0.0
    while True:
        with database.read() as connection:
            if not inspect(connection).has_table(intents.name):
                return 0
            query = select(func.count()).select_from(intents).where(intents.c.state == "sending")
            left = int(connection.execute(query).scalar_one())
        if not left or waited >= drain_s or not somebody_runs(database):
            return left
        sleep(TICK_S)
        waited += TICK_S


def _pause(database: Database, at: datetime) -> bool:
    """Begin no new run anywhere; False where this schema cannot say so yet."""
    with database.write() as tx:
        if not inspect(tx).has_table(pauses.name):
            return False
        tx.execute(pauses.delete().where(pauses.c.pairing == EVERYBODY))
        row = {"pairing": EVERYBODY, "flow": "", "reason": "mlc migrate is at work.", "by": "mlc migrate"}
        tx.execute(pauses.insert().values(**row, at=stamp(at)))
    return True


def _resume(database: Database) -> None:
    with database.write() as tx:
        if not inspect(tx).has_table(pauses.name):
            return
        tx.execute(pauses.delete().where(pauses.c.pairing == EVERYBODY))
