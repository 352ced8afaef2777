"""Several workers and schedulers on one Redis and one PostgreSQL: each pairing once, whatever dies."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable

from mlc.runner.leases import living
from mlc.store.audit import verify_chain
from mlc.store.schema import intents, slots
from sqlalchemy import func, select

from .conftest import PATIENCE_S, Redis, Works


def test_two_workers_and_two_schedulers_run_every_pairing_once(works: Callable[..., Works]) -> None:
    made = works(plots=3)
    with made.at_work(workers=2):
        made.until(made.all_done)
        time.sleep(1.2)  # another tick or two of each scheduler
        made.until(lambda: len(living(made.engine.database)) == 2)
    assert made.farm.written > 0
    assert made.farm.doubled() == []
    made.assert_never_twice_at_once()
    with made.engine.database.read() as connection:
        assert connection.execute(select(func.count()).select_from(slots)).scalar_one() == 3
    report = verify_chain(made.engine.database)
    assert report.ok, report.problem
    made.until(lambda: living(made.engine.database) == [])


def test_redis_may_forget_everything_and_restart(works: Callable[..., Works], redis_server: Redis) -> None:
    made = works(plots=2)
    with made.at_work(workers=1, threads=1):
        made.until(lambda: made.farm.written > 0)
        redis_server.client.flushall()
        made.until(lambda: len(made.finished()) >= 1)
        redis_server.kill()
        time.sleep(1.0)
        redis_server.start()
        made.until(made.all_done)
    assert made.farm.doubled() == []
    made.assert_never_twice_at_once()


def test_the_runs_of_workers_that_are_gone_are_gone_on_with(works: Callable[..., Works]) -> None:
    """One is killed, one is frozen: each in the middle of a write, and so of a slice."""
    made = works(plots=2)
    hangs = [made.hold_a_write(number, seconds=20.0) for number in range(2)]
    both = [made.worker(threads=1, lease_s=3.0) for _ in range(2)]
    with made.at_work(workers=0):
        made.until(lambda: all(hanging() for hanging in hangs))
        for process, how in zip(both, (signal.SIGKILL, signal.SIGSTOP), strict=True):
            process.send_signal(how)
        with made.at_work(workers=1):
            made.until(lambda: len(made.heard("run.taken_over")) == 2)
            both[1].send_signal(signal.SIGCONT)
            made.until(made.all_done)
    both[1].kill()  # it waits for an answer that nobody needs any more
    assert [len(outcomes) for outcomes in made.finished().values()] == [1, 1], "gone on with, not begun again"
    assert made.farm.doubled() == []
    made.assert_never_twice_at_once()
    assert verify_chain(made.engine.database).ok


def test_a_worker_ends_between_two_writes_and_another_goes_on(works: Callable[..., Works]) -> None:
    made = works(plots=1)
    hanging = made.hold_a_write(0, seconds=3.0)
    first = made.worker()
    with made.at_work(workers=0):
        made.until(hanging)
        first.send_signal(signal.SIGTERM)
        assert first.wait(PATIENCE_S) == 0
        with made.engine.database.read() as connection:
            assert "sending" not in set(connection.execute(select(intents.c.state)).scalars())
        assert not made.all_done()
        with made.at_work(workers=1):
            made.until(made.all_done)
    assert made.heard("run.taken_over") == [], "it was given back"
    assert len(made.finished()["p000"]) == 1
    assert made.farm.doubled() == []


#: A program whose schema has one revision more.
NEWER = """
import sys
from datetime import UTC, datetime
from mlc.store import migrating, migrations
from mlc.store.database import connect_database
from sqlalchemy import text
migrations.REVISIONS = (*migrations.REVISIONS, "9999")
def upgrade(tx):
    tx.execute(text("ALTER TABLE runs ADD COLUMN newer TEXT"))
    tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))
migrations.upgrade = upgrade
database = connect_database(sys.argv[1])
print(migrating.migrate(database, at=datetime.now(UTC)).under_way)
database.close()
"""


def test_a_worker_under_which_the_database_is_migrated_notes_what_it_sent_and_ends(
    works: Callable[..., Works], postgres_url: str
) -> None:
    made = works(plots=1)
    hanging = made.hold_a_write(0, seconds=3.0)
    older = made.worker()
    with made.at_work(workers=0):
        made.until(hanging)
        newer = subprocess.run([sys.executable, "-c", NEWER, postgres_url], capture_output=True, text=True, check=True)
        assert newer.stdout == "0\n", "nothing was under way when the tables changed"
        assert older.wait(PATIENCE_S) != 0
    assert any("migrated by a newer version" in str(one["said"]) for one in made.said)
    with made.engine.database.read() as connection:
        assert "sending" not in set(connection.execute(select(intents.c.state)).scalars())
    assert made.farm.written > 0
    assert made.farm.doubled() == []
