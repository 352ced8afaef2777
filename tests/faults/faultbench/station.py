"""Distributed running in full: stand-ins, Redis, PostgreSQL, workers and schedulers, each of which may be killed."""

import os
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlc.clock import stamp
from mlc.store.database import Database, connect_database, open_database
from mlc.store.schema import intents, records, runs, work
from mlc_sandbox.cli import stand_in_class
from mlc_sandbox.company import make_company
from mlc_sandbox.served import Served
from mlc_sandbox.toolkit.server import Server
from mlc_sandbox.toolkit.standin import StandIn
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import SQLAlchemyError

from faultbench.configuring import pairing_lines
from faultbench.servers import Postgres, Redis, until
from faultbench.world import AHEAD_S, FAR_AHEAD_S, LONG_TIMING, SECRETS, SOURCE, SWITCHES, TARGET, World

HAND = Path(__file__).with_name("hand.py")
#: What every pairing has to have done after the last fault.
SETTLE_S = 900.0
HOOK_SECRET = "abcdef123456"
#: What waits while faults strike leaves at once after them, and nobody is there to accept a plan of it (R24).
UNLIMITED = {"voids_min": 1_000, "updates_min": 1_000, "creates_min": 1_000}
_OPEN = ("planned", "sending", "accepted", "uncertain")


@dataclass
class Hand:
    """One process that works or ticks."""

    role: str
    name: str
    process: subprocess.Popen[bytes]


@dataclass
class Station:
    """Everything of one torture. ``postgres`` is None where only a schema on somebody's server could be had."""

    folder: Path
    redis: Redis
    postgres: Postgres | None
    database_url: str
    standins: list[StandIn] = field(default_factory=list)
    worlds: dict[str, "Plot"] = field(default_factory=dict)
    hands: list[Hand] = field(default_factory=list)
    ahead_s: float = AHEAD_S
    _database: Database | None = None

    @property
    def config(self) -> Path:
        return self.folder / "mlc.toml"

    @property
    def ledgers(self) -> list[StandIn]:
        """The targets' stand-ins, which live in this process."""
        return [standin for standin in self.standins if standin.name == TARGET]

    @property
    def clock(self) -> Path:
        return self.folder / "clock"

    @property
    def database(self) -> Database:
        if self._database is None:
            self._database = open_database(self.database_url)
        return self._database

    # ---------------------------------------------------------------- time

    def go_ahead(self, seconds: float) -> None:
        """Let time pass: on our machines and at every vendor."""
        self.ahead_s += seconds
        self.set_clock(self.ahead_s)
        for standin in self.standins:
            with standin.lock:
                standin.clock.advance(seconds)

    def set_clock(self, ahead_s: float) -> None:
        """Our machines' clock alone. Written beside and moved, so that nobody reads half of it."""
        beside = self.clock.with_suffix(".new")
        beside.write_text(str(ahead_s))
        beside.replace(self.clock)

    # ---------------------------------------------------------------- processes

    def hire(self, role: str, *, after: str = "") -> None:
        """Start a process. ``after``: the dead one in whose place it is started."""
        name = f"process:{socket.gethostname()}:{role}:{uuid.uuid4().hex[:8]}"
        command = [sys.executable, str(HAND), role, str(self.config), str(self.clock), name, after]
        environ = {**os.environ, **SECRETS, "ZOHO_HOOK": HOOK_SECRET, "MLC_HOME": str(self.folder)}
        with (self.folder / f"{role}.log").open("ab") as log:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environ)
        self.hands.append(Hand(role, name, process))

    def kill(self, role: str, chance: Any) -> None:
        """kill -9 one of a role; another takes its place, told whose it is or not."""
        mine = [hand for hand in self.hands if hand.role == role]
        dead = chance.choice(mine)
        dead.process.kill()
        dead.process.wait()
        self.hands.remove(dead)
        self.hire(role, after=dead.name if chance.random() < 0.7 and role == "worker" else "")

    def mind(self) -> list[str]:
        """Start what ended by itself anew; sentences about it, because nothing should."""
        ended = [hand for hand in self.hands if hand.process.poll() is not None]
        for hand in ended:
            self.hands.remove(hand)
            self.hire(hand.role)
        return [f"a {hand.role} ended by itself with exit code {hand.process.returncode}" for hand in ended]

    def dismiss(self) -> None:
        for hand in self.hands:
            hand.process.terminate()
        for hand in self.hands:
            try:
                hand.process.wait(30)
            except subprocess.TimeoutExpired:
                hand.process.kill()
                hand.process.wait()
        self.hands.clear()

    # ---------------------------------------------------------------- driving; judges nothing

    def bring_forward(self, names: Collection[str] = ()) -> None:
        """These pairings, or all of them, are due now, as if their slot had come."""
        try:
            with self.database.write() as tx:
                now = stamp(tx.execute(text("SELECT clock_timestamp()")).scalar_one())
                chosen = work.c.pairing.in_(names or tuple(self.worlds))
                tx.execute(update(work).where(work.c.due_at > now, chosen).values(due_at=now))
        except SQLAlchemyError:
            time.sleep(0.5)  # PostgreSQL is on its way up

    def written(self) -> int:
        """What stood in the stand-ins' logs until now."""
        return sum(len(standin.log.entries()) for standin in self.standins)

    def open(self) -> int:
        """Writes and records that are not settled."""
        with self.database.read() as connection:
            count = select(func.count())
            waiting = connection.execute(count.select_from(intents).where(intents.c.state.in_(_OPEN))).scalar_one()
            due = (records.c.state.in_(("pending", "writing"))) | (records.c.dirty == 1)
            return int(waiting + connection.execute(count.select_from(records).where(due)).scalar_one())

    def held(self) -> list[str]:
        """What waits for a person, as it tells."""
        from mlc.engine.holdstore import open_rows

        with self.database.read() as connection:
            return [f"{name}: {row['sentence']}" for name in self.worlds for row in open_rows(connection, name)]

    def stuck(self) -> int:
        """Writes that wait for a person."""
        with self.database.read() as connection:
            query = select(func.count()).select_from(intents).where(intents.c.state == "held")
            return int(connection.execute(query).scalar_one())

    def finished(self) -> dict[str, int]:
        """Pairing → the last of its finished runs."""
        with self.database.read() as connection:
            query = select(runs.c.pairing, func.max(runs.c.id)).where(runs.c.finished_at.is_not(None))
            return {str(row[0]): int(row[1]) for row in connection.execute(query.group_by(runs.c.pairing))}

    def settle(self) -> None:
        """Until nothing is open and every pairing has run once more since."""
        give_up = time.monotonic() + SETTLE_S
        while True:
            began = self._last()
            until(lambda since=began: self._ran_since(since), within_s=SETTLE_S, said=self._said)  # type: ignore[misc]
            if self.open() == 0:
                return
            assert time.monotonic() < give_up, f"not settled: {self.open()} open; {self._said()}"
            self.go_ahead(FAR_AHEAD_S)

    def _last(self) -> int:
        with self.database.read() as connection:
            return int(connection.execute(select(func.max(runs.c.id))).scalar() or 0)

    def _ran_since(self, last: int) -> bool:
        self.mind()
        try:
            finished = self.finished()
        except SQLAlchemyError:
            return False
        waiting = [name for name in self.worlds if finished.get(name, 0) <= last]
        if waiting:
            self.bring_forward(waiting)
            time.sleep(0.5)
        return not waiting

    def _said(self) -> str:
        logs = [self.folder / "worker.log", self.folder / "scheduler.log"]
        return "\n".join(path.read_text(errors="replace")[-1500:] for path in logs if path.exists())


@dataclass
class Plot(World):
    """One company of a station. Time passes for all of them at once."""

    station: Station | None = None
    pairing: str = ""

    def go_ahead(self, seconds: float) -> None:
        assert self.station is not None
        self.station.go_ahead(seconds)

    def holds(self, source_id: str) -> list[str]:
        raise NotImplementedError("nobody edits the ledger in this torture")


@contextmanager
def open_station(
    folder: Path,
    *,
    pairings: int,
    records: int,
    seed: int,
    redis: Redis,
    database_url: str,
    postgres: Postgres | None = None,
    workers: int = 2,
    strategies: Sequence[str] = tuple(SWITCHES),
) -> Iterator[Station]:
    """So many companies, nothing carried yet, and nobody at work."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    station = Station(folder, redis, postgres, database_url)
    station.set_clock(station.ahead_s)
    lines = ['home = "."', f'database = "{database_url}"', f'broker = "{redis.url}"', "broker_may_forget = true"]
    with ExitStack() as stack:
        for number in range(pairings):
            company = make_company(seed + number, records)
            served = {}
            for system in (SOURCE, TARGET):
                standin = stand_in_class(system)(company=company)
                standin.limits_enabled = False
                station.standins.append(standin)
                served[system] = Served(system, stack.enter_context(Server(standin)).url)
            served[TARGET].post("switches", dict(SWITCHES[strategies[number % len(strategies)]]))
            name = f"p{number:02}"
            plot = Plot(folder, company, served[SOURCE], served[TARGET], station=station, pairing=name)
            station.worlds[name] = plot
            told = {"every": "1h", "jitter": "0s", "limits": UNLIMITED}
            written = pairing_lines(
                company, served[SOURCE], served[TARGET], name, timing=LONG_TIMING, policy=told, prefix=f"{name}-"
            )
            at = next(place for place, line in enumerate(written) if "ZOHO_REFRESH" in line)
            written.insert(at + 1, 'webhook_secret = { env = "ZOHO_HOOK" }')
            lines += written
        station.config.write_text("\n".join(lines) + "\n", encoding="utf-8")
        stack.callback(lambda: station._database and station._database.close())
        stack.callback(station.dismiss)
        open_database(database_url).close()  # one process makes the tables
        for _ in range(workers):
            station.hire("worker")
        station.hire("scheduler")
        yield station


@contextmanager
def own_schema(server: str) -> Iterator[str]:
    """An empty schema on somebody's PostgreSQL, taken away afterwards."""
    schema = f"mlc_{uuid.uuid4().hex[:12]}"
    database = connect_database(server)
    with database.write() as tx:
        tx.execute(text(f"CREATE SCHEMA {schema}"))
    try:
        yield f"{server}?options=-csearch_path%3D{schema}"
    finally:
        with database.write() as tx:
            tx.execute(text(f"DROP SCHEMA {schema} CASCADE"))
        database.close()
