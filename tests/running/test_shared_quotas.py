"""Several processes count short windows and calls in flight together, on Redis or in PostgreSQL (R34)."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from mlc.errors import RateLimitedError
from mlc.http import CallKind, QuotaGate
from mlc.http.sharedwindows import SharedSlots, SharedWindow
from mlc.http.tickets import SLOT_S, Sharing, Tickets, TicketsLostError
from mlc.runner.redistickets import RedisTickets
from mlc.runner.sharing import open_sharing
from mlc.store.database import Database, open_database
from mlc.store.schema import alerts
from mlc.store.tickets import StoredTickets
from mlc.system import QuotaWindow
from sqlalchemy import select

from .conftest import Redis, free_port, until

MINUTE = QuotaWindow.MINUTE
#: Spends what it can for two seconds and prints when each call was admitted; or holds slots until it is killed.
PROCESS = """
import sys, time
from datetime import UTC, datetime
from mlc.errors import RateLimitedError
from mlc.http import CallKind, QuotaGate
from mlc.http.sharedwindows import SharedSlots, SharedWindow
from mlc.runner.sharing import open_sharing
from mlc.store.database import open_database
from mlc.system import QuotaWindow
what, where, broker = sys.argv[1:]
database = open_database(where)
with open_sharing(database, broker=broker or None, now=lambda: datetime.now(UTC)) as sharing:
    if what == "slots":
        slots = SharedSlots(2, scope="acme", sharing=sharing)
        print([slots.take(wait_s=5), slots.take(wait_s=5)], flush=True)
        time.sleep(600)
    gate = QuotaGate([SharedWindow(QuotaWindow.SECOND, 40, scope="acme", sharing=sharing)])
    print("ready", flush=True)
    sys.stdin.readline()
    ends = time.monotonic() + 2.5
    while time.monotonic() < ends:
        try:
            gate.reserve(CallKind.READ).spend()
            print(time.time(), flush=True)
        except RateLimitedError:
            pass
database.close()
"""


@pytest.fixture
def database(postgres_url: str) -> Iterator[Database]:
    opened = open_database(postgres_url)
    yield opened
    opened.close()


@pytest.fixture(params=["redis", "postgresql"])
def tickets(request: pytest.FixtureRequest, database: Database) -> Iterator[Tickets]:
    if request.param == "postgresql":
        yield StoredTickets(database)
        return
    server = request.getfixturevalue("redis_server")
    made = RedisTickets(server.url, namespace=str(time.time_ns()))
    yield made
    made.disconnect()


@pytest.fixture
def broker(request: pytest.FixtureRequest, tickets: Tickets) -> str:
    return request.getfixturevalue("redis_server").url if isinstance(tickets, RedisTickets) else ""


@pytest.fixture
def process() -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    with ExitStack() as stack:

        def start(*arguments: str) -> "subprocess.Popen[str]":
            command = [sys.executable, "-c", PROCESS, *arguments]
            made = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            stack.callback(made.communicate)
            stack.callback(made.kill)
            return made

        yield start


def spent(gate: QuotaGate) -> int:
    count = 0
    while True:
        try:
            gate.reserve(CallKind.READ).spend()
        except RateLimitedError:
            return count
        count += 1


def gate_of(tickets: Tickets, limit: int = 20) -> QuotaGate:
    """The gate of another process."""
    return QuotaGate([SharedWindow(MINUTE, limit, scope="acme", sharing=Sharing(tickets))])


def test_gates_of_two_processes_spend_one_minute_together(tickets: Tickets) -> None:
    one, two = gate_of(tickets), gate_of(tickets)
    for _ in range(5):
        one.reserve(CallKind.READ).spend()
    assert spent(two) == 14, "of 20, one is kept for settling and five are gone"
    assert spent(one) == 0
    (line,) = one.budget()
    assert (line.used, line.remaining) == (19, 1)
    assert line.resets_in_s is not None
    assert 50 < line.resets_in_s <= 60.5


def test_a_call_that_was_not_made_is_free_for_every_process(tickets: Tickets) -> None:
    one, two = gate_of(tickets), gate_of(tickets)
    reservation = one.reserve(CallKind.READ)
    assert spent(two) == 18
    reservation.release()
    assert spent(two) == 1


def test_a_refusal_of_the_vendor_closes_the_window_for_every_process(tickets: Tickets) -> None:
    one, two = gate_of(tickets), gate_of(tickets)
    one.close(MINUTE, 30)
    with pytest.raises(RateLimitedError) as refused:
        two.reserve(CallKind.READ)
    assert 25 < refused.value.retry_after_s <= 30


def test_what_the_vendor_has_counted_more_than_we_counts(tickets: Tickets) -> None:
    one, two = gate_of(tickets), gate_of(tickets)
    one.observe(MINUTE, remaining=4)
    assert spent(two) == 3, "the twentieth is kept for settling"
    one.observe(MINUTE, remaining=15)
    assert spent(two) == 0, "an answer that is older than the others' calls frees nothing"


def test_a_call_leaves_the_window_when_it_is_over(tickets: Tickets) -> None:
    assert tickets.take("k", "a", allowed=1, lasts_s=0.3) == 0
    wait_s = tickets.take("k", "b", allowed=1, lasts_s=0.3)
    assert 0 < wait_s <= 0.3
    time.sleep(wait_s + 0.01)
    assert tickets.take("k", "b", allowed=1, lasts_s=0.3) == 0


def test_two_processes_never_exceed_the_limit_in_any_second(
    tickets: Tickets, broker: str, postgres_url: str, process: Callable[..., Any]
) -> None:
    both = [process("calls", postgres_url, broker) for _ in range(2)]
    for one in both:
        assert one.stdout.readline() == "ready\n"
    for one in both:
        one.stdin.write("go\n")
        one.stdin.flush()
    stamps = sorted(float(line) for one in both for line in one.stdout)
    assert len(stamps) >= 80, "the limit is used, too"
    worst = max(sum(1 for other in stamps if begin <= other < begin + 0.9) for begin in stamps)
    assert worst <= 40, f"{worst} calls in nine tenths of a second; the rest allows for a late print"


def test_slots_of_a_killed_process_are_free_after_some_seconds(
    tickets: Tickets, broker: str, database: Database, postgres_url: str, process: Callable[..., Any]
) -> None:
    killed = process("slots", postgres_url, broker)
    assert killed.stdout.readline() == "[1, 2]\n"
    with open_sharing(database, broker=broker or None, now=lambda: datetime.now(UTC)) as sharing:
        assert sharing is not None
        slots = SharedSlots(2, scope="acme", sharing=sharing)
        time.sleep(SLOT_S + 1)
        assert slots.take(wait_s=0.1) is None, "a process that lives keeps its slots, however long its calls take"
        assert slots.in_flight == 2
        killed.kill()
        until(lambda: slots.take(wait_s=0.5), within_s=SLOT_S * 3)


def test_threads_of_two_processes_never_have_more_calls_in_flight(tickets: Tickets) -> None:
    both = [SharedSlots(3, scope="acme", sharing=Sharing(tickets)) for _ in range(2)]
    lock, flying, most, done = threading.Lock(), 0, 0, 0

    def call(slots: SharedSlots) -> None:
        nonlocal flying, most, done
        for _ in range(3):
            slot = slots.take(wait_s=30)
            assert slot is not None
            with lock:
                flying += 1
                most = max(most, flying)
            time.sleep(0.02)
            with lock:
                flying -= 1
                done += 1
            slots.give_back(slot)

    threads = [threading.Thread(target=call, args=(slots,)) for slots in both for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done == 24
    assert most == 3


def test_without_redis_each_process_keeps_to_its_part_and_one_alert_says_so(
    tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mlc.http.tickets.AGAIN_S", 0.2)
    monkeypatch.setattr("mlc.runner.sharing._processes", lambda _database: 4)
    server = Redis(tmp_path)
    server.start()
    with ExitStack() as stack:
        stack.callback(server.client.close)
        stack.callback(server.kill)
        opened = [
            stack.enter_context(open_sharing(database, broker=server.url, now=lambda: datetime.now(UTC)))
            for _ in range(2)
        ]
        gates = [QuotaGate([SharedWindow(MINUTE, 40, scope="acme", sharing=sharing)]) for sharing in opened]
        gates[0].reserve(CallKind.READ).spend()
        server.kill()
        assert spent(gates[0]) == 8, "nine of 38, and one was made before"
        assert spent(gates[1]) == 9
        until(lambda: _open_alerts(database))
        assert len(_open_alerts(database)) == 1
        assert "its part of every limit" in _open_alerts(database)[0]
        server.start()
        time.sleep(0.3)
        assert gates[0].budget()[0].limit == 40
        assert gates[1].budget()[0].used >= 1, "Redis kept what it had"
        until(lambda: not _open_alerts(database))


def test_a_flushed_redis_begins_to_count_anew_and_stops_nobody(redis_server: Redis) -> None:
    tickets = RedisTickets(redis_server.url, namespace=str(time.time_ns()))
    gate = gate_of(tickets)
    assert spent(gate) == 19
    redis_server.client.flushall()
    redis_server.client.script_flush()
    assert spent(gate) == 19
    tickets.disconnect()


def test_a_limit_smaller_than_the_number_of_processes_is_spread_over_a_longer_time() -> None:
    class Lost:
        def __getattr__(self, name: str) -> Any:
            def fail(*_arguments: object, **_more: object) -> None:
                raise TicketsLostError("gone")

            return fail

    sharing = Sharing(Lost(), processes=lambda: 4)  # type: ignore[arg-type]
    window = SharedWindow(MINUTE, 2, scope="acme", sharing=sharing)
    assert window.take(1.0) == 0
    assert window.take(1.0) > 100, "four processes, one call each in two minutes: two in one"


def test_a_redis_that_was_never_there_stops_nobody(database: Database) -> None:
    with open_sharing(database, broker=f"redis://127.0.0.1:{free_port()}/0", now=lambda: datetime.now(UTC)) as sharing:
        assert sharing is not None
        gate = QuotaGate([], slots=SharedSlots(2, scope="acme", sharing=sharing))
        with gate.slot(), gate.slot(), pytest.raises(RateLimitedError), gate.slot():
            pass


def _open_alerts(database: Database) -> list[str]:
    with database.read() as connection:
        return list(connection.execute(select(alerts.c.sentence).where(alerts.c.cleared_at.is_(None))).scalars())
