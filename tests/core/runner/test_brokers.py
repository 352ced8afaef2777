"""The queue inside a process, and the refusals of the one between processes."""

import threading
import time
from pathlib import Path

import pytest
from dramatiq import Worker
from mlc.config import Config
from mlc.errors import ConfigError
from mlc.runner.brokers import distributed, forgets, shown_url
from mlc.runner.localbroker import LocalBroker
from mlc.runner.nudges import QUEUE, declare_actors, nudge_of


def _config(**values: str) -> Config:
    return Config(path=Path("mlc.toml"), home=Path(), **{"database": "mlc.db", **values})


def test_no_middleware_of_the_library_is_left() -> None:
    assert LocalBroker().middleware == []


def test_equal_nudges_are_one_until_a_worker_takes_them_up() -> None:
    broker, ran, hold = LocalBroker(), [], threading.Event()

    def advance(pairing: str) -> None:
        ran.append(pairing)
        hold.wait(5)

    declare_actors(broker, advance)
    worker = Worker(broker, worker_threads=1, worker_timeout=100)
    worker.queue_prefetch = 1
    worker.start()
    try:
        broker.enqueue(nudge_of("a"))
        while not ran:
            time.sleep(0.01)
        for _ in range(50):
            broker.enqueue(nudge_of("a"))
            broker.enqueue(nudge_of("b"))
        hold.set()
        broker.join(QUEUE, timeout=5_000)
    finally:
        worker.stop()
    assert sorted(ran) == ["a", "a", "b"], "one that came while it worked is another one"


def test_beyond_its_bound_nudges_are_dropped() -> None:
    broker = LocalBroker(bound=2)
    declare_actors(broker, lambda pairing: None)
    for name in "abcd":
        broker.enqueue(nudge_of(name))
    assert broker.dropped == 2
    broker.flush_all()


def test_a_nudge_has_no_delay() -> None:
    broker = LocalBroker()
    declare_actors(broker, lambda pairing: None)
    with pytest.raises(ValueError, match="delay"):
        broker.enqueue(nudge_of("a"), delay=5)


def test_several_processes_need_a_broker_and_postgresql() -> None:
    with pytest.raises(ConfigError, match="need a broker"):
        distributed(_config())
    with pytest.raises(ConfigError, match="need PostgreSQL"):
        distributed(_config(broker="redis://localhost/0"))
    config = _config(broker="redis://localhost/0", database="postgresql+psycopg://localhost/mlc")
    assert distributed(config) == "redis://localhost/0"


def test_a_brokers_password_is_never_shown() -> None:
    assert shown_url("redis://:hunter2@example.com:6379/0") == "redis://example.com:6379/0"
    with pytest.raises(ConfigError) as refused:
        forgets("redis://:hunter2@127.0.0.1:1/0")
    assert "hunter2" not in str(refused.value)
    assert "does not answer" in str(refused.value)
