"""A process that works: actors on a queue, a lease, and in one process the scheduler too."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

from dramatiq import Broker, Worker
from dramatiq.errors import BrokerConnectionError
from sqlalchemy.exc import SQLAlchemyError

from mlc.errors import MlcError
from mlc.runner.alertsinks import make_sinks
from mlc.runner.brokers import local_broker
from mlc.runner.crew import Crew, Listener
from mlc.runner.embedded import Engine
from mlc.runner.followers import Followers
from mlc.runner.leases import Lease, bury, process_name
from mlc.runner.nudges import QUEUE, declare_actors, nudge_of
from mlc.runner.pace import schedules
from mlc.runner.scheduler import TICK_S, Scheduler
from mlc.runner.subscribers import Subscribers, looking_after
from mlc.runner.telling import Teller, telling
from mlc.runner.worklog import Log

#: In one process: enough that a slow vendor holds nobody else up.
THREADS = 4
#: Threads look up this often whether they are to end.
LOOK_UP_MS = 500
END_S = 60
#: The inbox is looked into so often; whoever fills it in this process wakes us at once.
LOOK_S = 0.25


def nudging(broker: Broker) -> Callable[[str], None]:
    """Sends nudges. One that cannot be sent is left to the next tick."""

    def nudge(pairing: str) -> None:
        try:
            broker.enqueue(nudge_of(pairing))
        except (BrokerConnectionError, OSError):
            return

    return nudge


@contextmanager
def _following(
    engine: Engine,
    crew: Crew,
    *,
    threads: int,
    stop: Callable[[], bool],
    listener: Listener,
    nap: Callable[[float], object],
) -> Iterator[None]:
    """Notices are followed up meanwhile, under the same claims as runs and the same shares of the connections."""
    ended = threading.Event()

    def stopped() -> bool:
        return ended.is_set() or stop()

    def follow() -> None:
        followers = Followers(
            engine,
            stop=stopped,
            tell=lambda error: listener.pairing_ended("webhooks", error),
            claims=crew.claims,
            threads=max(1, threads // 4),
            share=crew.share,
        )
        while not stopped() and crew.fatal is None:
            try:
                crew.claims.catch_up()
                followers.follow()
            except MlcError as error:
                crew.fatal = error
            except SQLAlchemyError:
                nap(LOOK_S)
            nap(LOOK_S)
        followers.close()

    thread = threading.Thread(target=follow, name="mlc-followers", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(END_S)


@contextmanager
def alerts_told(engine: Engine, *, logged: bool = True) -> Iterator[None]:
    """Alerts are told meanwhile, to every sink, in a thread of their own."""
    now = engine.clock.now
    sinks = make_sinks(engine.config.alerts, plugins=engine.plugins, now=now, environ=engine.environ, logged=logged)
    with telling(Teller(engine.database, sinks, now=now)):
        yield


@contextmanager
def crew_at_work(
    engine: Engine,
    broker: Broker,
    pairings: Sequence[str],
    *,
    threads: int,
    stop: Callable[[], bool],
    listener: Listener,
    by: str,
    accept: bool = False,
    strict: bool = False,
    owner: str | None = None,
    nap: Callable[[float], object] = time.sleep,
) -> Iterator[Crew]:
    """Threads that take nudges and do slices, until the block ends; then each ends between two writes.

    Args:
        nap: sleeps between two looks into the inbox; may return early, when something has come in.
    """
    with ExitStack() as stack:
        lease = stack.enter_context(Lease(engine.database, owner or process_name()))
        crew = Crew(
            engine,
            schedules(engine, pairings),
            owner=lease.name,
            threads=threads,
            nudge=nudging(broker),
            stop=stop,
            listener=listener,
            by=by,
            accept=accept,
            strict=strict,
        )
        stack.enter_context(_following(engine, crew, threads=threads, stop=stop, listener=listener, nap=nap))
        declare_actors(broker, crew.advance)
        worker = Worker(broker, worker_threads=threads, worker_timeout=LOOK_UP_MS)
        # As many as can begin at once: what a busy process hoards, an idle one could do.
        worker.queue_prefetch = threads
        worker.start()
        broker.declare_queue(QUEUE)
        try:
            yield crew
        finally:
            worker.stop(timeout=END_S * 1000)
            crew.claims.catch_up()


def keep_running(
    engine: Engine,
    pairings: Sequence[str],
    *,
    threads: int = THREADS,
    accept: bool = False,
    stop: Callable[[], bool],
    listener: Listener,
    by: str,
    tick_s: float = TICK_S,
    nap: Callable[[float], object] = time.sleep,
) -> None:
    """``mlc run``: scheduler and workers in one process.

    Raises: StoreError, ConfigError, PluginError: what no later run can cure.
    """
    broker = local_broker()
    ended = threading.Event()

    def stopped() -> bool:
        return ended.is_set() or stop()

    with crew_at_work(
        engine, broker, pairings,
        threads=threads, stop=stopped, listener=listener, by=by, accept=accept, strict=True, nap=nap,
    ) as crew:  # fmt: skip
        scheduler = Scheduler(
            engine, schedules(engine, pairings), owner=crew.claims.owner, nudge=nudging(broker), tick_s=tick_s
        )
        scheduler.prepare()
        for pairing in pairings if accept else ():
            nudging(broker)(pairing)
        try:
            while not stopped() and crew.fatal is None:
                scheduler.tick()
                wait(tick_s, stopped)
        finally:
            ended.set()
    if crew.fatal is not None:
        raise crew.fatal


def work_until(
    engine: Engine,
    broker: Broker,
    pairings: Sequence[str],
    *,
    threads: int,
    stop: Callable[[], bool],
    log: Log,
    by: str,
    owner: str,
    after: str = "",
    accept: bool = False,
) -> None:
    """``mlc worker``: do what the queue brings until told to stop.

    Args:
        after: The process that died in this one's place: what it worked on is free at once.

    Raises: StoreError when the database cannot be used any more.
    """
    if after:
        bury(engine.database, after)
    at_work = crew_at_work(
        engine, broker, pairings, threads=threads, stop=stop, listener=log, by=by, owner=owner, accept=accept
    )
    with alerts_told(engine), at_work as crew:
        log.say("worker.started", f"Working on {len(pairings)} pairings in {threads} threads.", owner=owner)
        while not stop() and crew.fatal is None:
            wait(0.5, stop)
    if crew.fatal is not None:
        raise crew.fatal


def schedule_until(
    engine: Engine, broker: Broker, pairings: Sequence[str], *, stop: Callable[[], bool], log: Log, owner: str
) -> None:
    """``mlc scheduler``: nudge about what is due and look after subscriptions, until told to stop."""
    one = Scheduler(engine, schedules(engine, pairings), owner=owner, nudge=nudging(broker))
    one.prepare()
    with looking_after(Subscribers(engine).look):
        log.say("scheduler.started", f"Looking after {len(pairings)} pairings.")
        troubled = False
        while not stop():
            one.tick()
            if one.trouble is not None and not troubled:
                log.say("scheduler.trouble", "The database does not answer; looking again.", level="error")
            elif one.trouble is None and troubled:
                log.say("scheduler.recovered", "The database answers again.")
            troubled = one.trouble is not None
            wait(one.tick_s, stop)


def wait(seconds: float, stopped: Callable[[], bool]) -> None:
    """Sleep, but not through a signal: it is noticed within a tenth of a second."""
    waiting = threading.Event()
    left = seconds
    while left > 0 and not stopped():
        waiting.wait(min(0.1, left))
        left -= 0.1
