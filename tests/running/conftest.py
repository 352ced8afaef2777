"""Several processes on one database and one queue: servers of our own, a farm of small companies, workers."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from mlc.config import load_config
from mlc.plugins import Plugins, load_plugins
from mlc.runner.brokers import redis_broker
from mlc.runner.embedded import Engine, open_engine
from mlc.runner.leases import process_name
from mlc.runner.serving import crew_at_work, schedule_until
from mlc.runner.worklog import Log
from mlc.store.schema import audit, runs
from mlc_sandbox.demofarm import Farm, grow
from sqlalchemy import select, text

sys.path.insert(0, str(Path(__file__).parents[1] / "faults"))

from faultbench.servers import PATIENCE_S, Absent, Redis, free_port, until

__all__ = ["PATIENCE_S", "Redis", "Works", "free_port", "until"]


@pytest.fixture(scope="session")
def plugins() -> Plugins:
    return load_plugins()


@pytest.fixture(scope="module")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    server = Redis(tmp_path_factory.mktemp("redis"))
    try:
        server.start()
    except Absent as error:
        pytest.skip(f"SKIPPED: {error}.")
    yield server
    server.client.close()
    server.kill()


class Heard(Log):
    """A log that can be read while it is written."""

    def __init__(self, said: list[dict[str, Any]]) -> None:
        super().__init__(as_json=True, stream=_Lines(said))


class _Lines(StringIO):
    def __init__(self, said: list[dict[str, Any]]) -> None:
        super().__init__()
        self._said = said

    def write(self, text: str) -> int:
        self._said.extend(json.loads(line) for line in text.splitlines())
        return len(text)


@dataclass
class Works:
    """A farm, its database, and the processes that work on it."""

    farm: Farm
    engine: Engine
    processes: list["subprocess.Popen[str]"] = field(default_factory=list)
    said: list[dict[str, Any]] = field(default_factory=list)

    def worker(self, *, threads: int = 4, lease_s: float = 8.0) -> "subprocess.Popen[str]":
        """A worker process whose quotas are open."""
        command = [sys.executable, "-m", "mlc_sandbox.demofarm", str(self.farm.config), "--threads", str(threads)]
        command += ["--lease", str(lease_s)]
        return self._start(command)

    def scheduler(self) -> "subprocess.Popen[str]":
        return self.mlc("scheduler")

    @contextmanager
    def at_work(self, *, workers: int, threads: int = 2) -> Iterator["Heard"]:
        """Workers inside this process, each with an engine, a queue and a lease of its own, and two schedulers."""
        log = Heard(self.said)
        ended = threading.Event()
        names = [plot.pairing for plot in self.farm.plots]
        with ExitStack() as stack:
            for _ in range(workers):
                engine = stack.enter_context(open_engine(self.engine.config, plugins=self.engine.plugins, limits=False))
                broker = redis_broker(engine.config, engine.database)
                stack.callback(broker.close)
                crew = crew_at_work(engine, broker, names, threads=threads, stop=ended.is_set, listener=log, by="tests")
                stack.enter_context(crew)
            for _ in range(2):
                broker = redis_broker(self.engine.config, self.engine.database)
                stack.callback(broker.close)
                told = {"stop": ended.is_set, "log": log, "owner": process_name()}
                ticking = threading.Thread(target=schedule_until, args=(self.engine, broker, names), kwargs=told)
                ticking.start()
                stack.callback(ticking.join)
            stack.callback(ended.set)
            yield log

    def mlc(self, *arguments: str) -> "subprocess.Popen[str]":
        code = "from mlc.cli.main import main; main()"
        return self._start([sys.executable, "-c", code, "--config", str(self.farm.config), "--json", *arguments])

    def _start(self, command: list[str]) -> "subprocess.Popen[str]":
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        self.processes.append(process)
        threading.Thread(target=self._listen, args=(process,), daemon=True).start()
        return process

    def _listen(self, process: "subprocess.Popen[str]") -> None:
        assert process.stderr is not None
        for line in process.stderr:
            try:
                self.said.append(json.loads(line) | {"pid": process.pid})
            except ValueError:
                self.said.append({"message": "noise", "said": line, "pid": process.pid})

    def heard(self, event: str) -> list[dict[str, Any]]:
        return [one for one in self.said if one["message"] == event]

    def finished(self) -> dict[str, list[str]]:
        """Pairing → outcomes of its finished runs."""
        with self.engine.database.read() as connection:
            rows = connection.execute(select(runs.c.pairing, runs.c.outcome).where(runs.c.finished_at.is_not(None)))
            found: dict[str, list[str]] = {}
            for row in rows:
                found.setdefault(row.pairing, []).append(row.outcome)
            return found

    def until(self, what: Callable[[], Any]) -> Any:
        return until(what, said=lambda: f"{self.said[-20:]}\n{self.standing()}")

    def all_done(self) -> bool:
        return len(self.finished()) == len(self.farm.plots)

    def hold_a_write(self, number: int, *, seconds: float) -> Callable[[], bool]:
        """The ledger of a plot answers the first bill late. What is returned says whether somebody waits for that."""
        ledger = self.farm.plots[number].served["zoho-books"]
        beside_the_probe = {"after": 1, "times": 1}
        ledger.post("faults", {"match": "POST|PUT /bills$", "kind": "delay", "seconds": seconds, **beside_the_probe})
        return lambda: any(fault["struck"] for fault in ledger.get("faults"))

    def standing(self) -> str:
        """How everything stands, for a failure's message."""
        asked = (
            "SELECT pairing, owner, due_at, fence, failures FROM work",
            "SELECT name, expires_at FROM leases",
            "SELECT pid, state, wait_event_type, left(query, 80) FROM pg_stat_activity WHERE state != 'idle'",
        )
        with self.engine.database.read() as connection:
            rows = [tuple(row) for query in asked for row in connection.execute(text(query))]
        return "\n".join(map(str, rows))

    def fences(self) -> dict[str, list[int]]:
        """Pairing → the fence of every audit event, in the order they were committed."""
        found: dict[str, list[int]] = {}
        with self.engine.database.read() as connection:
            for row in connection.execute(
                select(audit.c.pairing, audit.c.detail).where(audit.c.pairing.is_not(None)).order_by(audit.c.id)
            ):
                fence = json.loads(row.detail).get("fence")
                if fence is not None:
                    found.setdefault(row.pairing, []).append(fence)
        return found

    def assert_never_twice_at_once(self) -> None:
        """A fence that comes back after a later one was two holders at once."""
        fences = self.fences()
        assert fences
        for pairing, seen in fences.items():
            assert seen == sorted(seen), f"{pairing} was worked on by two at once: {seen}"

    def end(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stderr is not None:
                process.stderr.close()


@pytest.fixture
def works(tmp_path: Path, plugins: Plugins, redis_server: Redis, postgres_url: str) -> Iterator[Callable[..., Works]]:
    """Grows a farm on a schema and a queue of its own; everything ends with the test."""
    with ExitStack() as stack:

        def make(
            *, plots: int, records: int = 3, database: str = postgres_url, broker: str = "", every: str = "1d"
        ) -> Works:
            farm = stack.enter_context(
                grow(
                    tmp_path,
                    plots=plots,
                    records=records,
                    database=database,
                    broker=broker or redis_server.url,
                    every=every,
                )
            )
            config = load_config(farm.config, plugins=plugins)
            engine = stack.enter_context(open_engine(config, plugins=plugins, limits=False))
            farm.prepare(engine)
            made = Works(farm, engine)
            stack.callback(made.end)
            return made

        yield make
