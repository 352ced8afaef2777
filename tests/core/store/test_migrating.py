"""R37: an older database is drained, copied and expanded; an older program that still runs ends in order."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from mlc.engine.pauses import pauses_of
from mlc.errors import ExitCode, StoreError
from mlc.store import migrating, migrations
from mlc.store.database import Database, connect_database, open_database
from mlc.store.instance import InstanceGuard
from mlc.store.lock import engine_lock
from mlc.store.migrating import EVERYBODY, migrate
from mlc.store.schema import intents, pauses, runs
from sqlalchemy import Connection, insert, inspect, select, text, update

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
NEXT = "9999"


@pytest.fixture
def database(where: str) -> Iterator[Database]:
    opened = open_database(where)
    yield opened
    opened.close()


@pytest.fixture
def newer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program as its next version would be: one table more."""

    def upgrade(connection: Connection) -> None:
        connection.execute(text("CREATE TABLE something_new (id INTEGER PRIMARY KEY)"))
        connection.execute(text(f"UPDATE {migrations.VERSION_TABLE} SET version_num = '{NEXT}'"))

    monkeypatch.setattr(migrations, "REVISIONS", (*migrations.REVISIONS, NEXT))
    monkeypatch.setattr(migrations, "upgrade", upgrade)


@pytest.fixture
def guard(database: Database, tmp_path: Path) -> InstanceGuard:
    """Of the program that runs, made before the next version arrives."""
    made = InstanceGuard(database, tmp_path / "home")
    made.check()
    return made


def sending(tx: Connection, **changes: str) -> None:
    texts = ("id", "pairing", "connection", "part", "record_key", "payload_digest", "source_id", "created_at")
    fixed = dict.fromkeys((*texts, "updated_at"), "x") | {"side": "right", "object_type": "bill", "record_id": 1}
    fixed |= {"operation": "create", "state": "sending", "strategy": "search", "source_side": "left"}
    tx.execute(insert(intents).values(**(fixed | changes)))


def send_more(database: Database, guard: InstanceGuard) -> None:
    with database.write() as tx:
        sending(tx, id="another", part="other")
        guard.advance(tx)


def test_a_running_program_notes_what_it_sent_and_begins_nothing_more(
    database: Database, guard: InstanceGuard, request: pytest.FixtureRequest
) -> None:
    with database.write() as tx:
        guard.advance(tx)
        sending(tx)
    request.getfixturevalue("newer")
    done = migrate(database, at=NOW, drain_s=0)
    assert (done.after, done.under_way) == (NEXT, 1)
    with database.write() as tx:  # the answer arrives: it is noted
        tx.execute(update(intents).values(state="confirmed"))
    with pytest.raises(StoreError, match=f"to {NEXT} by a newer version") as refused:
        send_more(database, guard)
    assert refused.value.exit_code is ExitCode.USAGE
    with pytest.raises(StoreError, match="Start the newer one"), database.write() as tx:
        guard.check_epoch(tx)
    with database.read() as connection:
        assert connection.execute(select(intents.c.state)).scalars().all() == ["confirmed"], (
            "nothing lost, nothing more"
        )


def test_draining_waits_until_what_is_under_way_has_ended(
    database: Database, guard: InstanceGuard, newer: None
) -> None:
    with database.write() as tx:
        sending(tx)
    waits: list[list[str]] = []

    def sleep(_seconds: float) -> None:
        with database.read() as connection:
            waits.append(list(connection.execute(select(pauses.c.pairing)).scalars()))
        if len(waits) == 3:
            with database.write() as tx:
                tx.execute(update(intents).values(state="confirmed"))

    with engine_lock(database):
        done = migrate(database, at=NOW, sleep=sleep)
    assert done.under_way == 0
    assert waits == [[EVERYBODY]] * 3, "nobody begins a new run meanwhile"
    with database.read() as connection:
        assert connection.execute(select(pauses)).all() == []
        assert inspect(connection).has_table("something_new")


def test_the_copy_is_the_database_as_it_was(tmp_path: Path, newer: None) -> None:
    before = migrations.REVISIONS[:-1]
    database = connect_database(tmp_path / "mlc.db")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(migrations, "REVISIONS", before)
        open_database(tmp_path / "mlc.db").close()
    with database.write() as tx:
        tx.execute(insert(runs).values(pairing="main", started_at="then"))
    done = migrate(database, at=NOW)
    database.close()
    assert done.copy == tmp_path / f"mlc.db.before-{NEXT}"
    assert done.copy.stat().st_mode & 0o077 == 0
    with sqlite3.connect(done.copy) as copy:
        assert copy.execute("SELECT version_num FROM alembic_version").fetchone() == (before[-1],)
        assert copy.execute("SELECT pairing FROM runs").fetchall() == [("main",)]
    copy.close()


def test_an_older_database_somebody_works_on_is_not_changed_under_them(database: Database, newer: None) -> None:
    with engine_lock(database), pytest.raises(StoreError, match="run mlc migrate"):
        migrations.bring_up_to_date(database)
    with database.read() as connection:
        assert not inspect(connection).has_table("something_new")


def test_the_old_program_refuses_the_new_database_in_a_sentence(
    database: Database, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(migrations, "REVISIONS", (*migrations.REVISIONS, NEXT))
        with database.write() as tx:
            tx.execute(text(f"UPDATE {migrations.VERSION_TABLE} SET version_num = '{NEXT}'"))
    with pytest.raises(StoreError, match="written by a newer version of mlc") as refused:
        open_database(where)
    assert refused.value.exit_code is ExitCode.USAGE
    with pytest.raises(StoreError, match="written by a newer version of mlc"):
        migrate(database, at=NOW)


def test_migrating_twice_does_nothing(database: Database) -> None:
    done = migrate(database, at=NOW)
    assert (done.before, done.copy) == (done.after, None)


def test_a_migration_that_was_killed_after_its_change_leaves_nobody_paused(database: Database, newer: None) -> None:
    def killed(_database: Database) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(migrating, "_resume", killed)
        with pytest.raises(KeyboardInterrupt):
            migrate(database, at=NOW)
    with database.read() as connection:
        sentence = pauses_of(connection, "main")[None].sentence
    assert sentence.endswith("mlc migrate is at work. It goes on after that; if mlc migrate was killed, run it again.")
    done = migrate(database, at=NOW)
    assert done.before == done.after
    with database.read() as connection:
        assert connection.execute(select(pauses)).all() == []


def test_the_second_of_two_migrations_at_once_keeps_the_copy_of_the_first(
    tmp_path: Path, newer: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = connect_database(tmp_path / "mlc.db")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(migrations, "REVISIONS", migrations.REVISIONS[:-1])
        open_database(tmp_path / "mlc.db").close()
    drain, others = migrating._drain, iter([lambda: migrate(database, at=NOW)])

    def meanwhile(*arguments: Any) -> int:
        for other in others:
            other()
        return drain(*arguments)

    monkeypatch.setattr(migrating, "_drain", meanwhile)
    done = migrate(database, at=NOW)
    database.close()
    assert done.copy is None, "there was nothing left to do"
    with closing(sqlite3.connect(tmp_path / f"mlc.db.before-{NEXT}")) as copy:
        assert copy.execute("SELECT version_num FROM alembic_version").fetchone() == (migrations.REVISIONS[-2],)
    assert not list(tmp_path.glob("*.part*"))
