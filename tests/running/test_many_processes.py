"""Several workers and schedulers on one Redis and one PostgreSQL: each pairing once, whatever dies."""

import signal
import time
from collections.abc import Callable

import pytest
from mlc.runner.leases import living
from mlc.store.audit import verify_chain
from mlc.store.schema import intents, slots
from sqlalchemy import func, select

from .conftest import Redis, Works


def test_two_workers_and_two_schedulers_run_every_pairing_once(works: Callable[..., Works]) -> None:
    made = works(plots=4)
    with made.at_work(workers=2):
        made.until(made.all_done)
        time.sleep(1.2)  # another tick or two of each scheduler
        assert len(living(made.engine.database)) == 2
    assert all(len(outcomes) == 1 for outcomes in made.finished().values()), made.finished()
    assert made.farm.written > 0
    assert made.farm.doubled() == []
    made.assert_never_twice_at_once()
    with made.engine.database.read() as connection:
        assert connection.execute(select(func.count()).select_from(slots)).scalar_one() == 4
    report = verify_chain(made.engine.database)
    assert report.ok, report.problem
    assert living(made.engine.database) == []


def test_redis_may_forget_everything_and_restart(works: Callable[..., Works], redis_server: Redis) -> None:
    made = works(plots=3)
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


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "frozen"])
def test_the_run_of_a_worker_that_is_gone_is_gone_on_with(works: Callable[..., Works], how: signal.Signals) -> None:
    made = works(plots=1, records=30)
    first = made.worker()
    made.scheduler()
    made.until(lambda: made.farm.written > 5)
    made.freeze_at_work(first, "p000")
    first.send_signal(how)
    with made.at_work(workers=1) as log:
        made.until(lambda: "run.taken_over" in log.text())
        if how is signal.SIGSTOP:
            first.send_signal(signal.SIGCONT)
        made.until(made.all_done)
    assert made.heard("run.taken_over")
    assert len(made.finished()["p000"]) == 1, "it was gone on with, not begun again"
    assert made.farm.doubled() == []
    made.assert_never_twice_at_once()
    assert verify_chain(made.engine.database).ok


def test_a_worker_ends_between_two_writes_and_another_goes_on(works: Callable[..., Works]) -> None:
    made = works(plots=1, records=30)
    first = made.worker()
    made.scheduler()
    made.until(lambda: made.farm.written > 5)
    first.send_signal(signal.SIGTERM)
    assert first.wait(60) == 0
    with made.engine.database.read() as connection:
        assert "sending" not in set(connection.execute(select(intents.c.state)).scalars())
    with made.at_work(workers=1):
        made.until(made.all_done)
    assert made.heard("run.taken_over") == [], "it was given back"
    assert len(made.finished()["p000"]) == 1
    assert made.farm.doubled() == []
