"""What benchmarks of many processes share: a farm on a schema of its own, its processes, and what their runs left."""

import json
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlc.config import load_config
from mlc.plugins import load_plugins
from mlc.runner.embedded import Engine, open_engine
from mlc.store.database import connect_database
from mlc.store.schema import audit, runs
from mlc_sandbox.demofarm import Farm, grow
from sqlalchemy import select, text


@dataclass(frozen=True)
class Farmed:
    """A farm and an engine that looks into its database."""

    farm: Farm
    engine: Engine

    def worker(self, *, threads: int = 4) -> "subprocess.Popen[bytes]":
        """With the vendors' quotas opened."""
        command = [sys.executable, "-m", "mlc_sandbox.demofarm", str(self.farm.config), "--threads", str(threads)]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def scheduler(self) -> "subprocess.Popen[bytes]":
        code = "from mlc.cli.main import main; main()"
        command = [sys.executable, "-c", code, "--config", str(self.farm.config), "--json", "scheduler"]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def end(self, processes: "Sequence[subprocess.Popen[bytes]]") -> None:
        for process in processes:
            process.terminate()
        for process in processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def servers(folder: Path, database: str, broker: str) -> Iterator[tuple[str, str]]:
    """A PostgreSQL and a Redis: those that are named, else of our own as long as the block lasts.

    Ends the program with a sentence where neither is named nor installed.
    """
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "faults"))
    from faultbench.servers import Absent, Postgres, Redis

    with ExitStack() as stack:
        try:
            if not database:
                folder.chmod(0o711)  # its server may be another user
                postgres = Postgres(folder / "postgres")
                postgres.start()
                stack.callback(postgres.end)
                database = postgres.url
            if not broker:
                redis = Redis(folder)
                redis.start()
                stack.callback(redis.kill)
                stack.callback(redis.client.close)
                broker = redis.url
        except Absent as error:
            sys.exit(f"SKIPPED: {error}; install it, or name one by --database and --redis.")
        yield database, broker


@contextmanager
def schema_on(database: str) -> Iterator[str]:
    """A schema of its own, dropped at the end."""
    name = f"mlc_bench_{uuid.uuid4().hex[:10]}"
    server = connect_database(database)
    with server.write() as tx:
        tx.execute(text(f"CREATE SCHEMA {name}"))
    try:
        yield f"{database}?options=-csearch_path%3D{name}"
    finally:
        with server.write() as tx:
            tx.execute(text(f"DROP SCHEMA {name} CASCADE"))
        server.close()


@contextmanager
def farmed(
    folder: Path, *, plots: int, records: int, database: str, broker: str, every: str = "1d"
) -> Iterator[Farmed]:
    """A farm whose pairings are all due at once."""
    with ExitStack() as stack:
        where = stack.enter_context(schema_on(database))
        farm = stack.enter_context(
            grow(folder, plots=plots, records=records, database=where, broker=broker, every=every)
        )
        plugins = load_plugins()
        engine = stack.enter_context(
            open_engine(load_config(farm.config, plugins=plugins), plugins=plugins, limits=False)
        )
        farm.prepare(engine)
        yield Farmed(farm, engine)


def finished(engine: Engine) -> set[str]:
    """Pairings whose first run has ended."""
    with engine.database.read() as connection:
        return set(connection.execute(select(runs.c.pairing).where(runs.c.finished_at.is_not(None))).scalars())


def fences_turned_back(engine: Engine) -> list[str]:
    """Pairings whose audit shows a fence after a later one: two held them at once.

    Raises: RuntimeError when the audit holds no fence at all.
    """
    last: dict[str, int] = {}
    back = set()
    with engine.database.read() as connection:
        kept = select(audit.c.pairing, audit.c.detail).where(audit.c.pairing.is_not(None)).order_by(audit.c.id)
        for row in connection.execute(kept):
            fence = json.loads(row.detail).get("fence")
            if fence is None:
                continue
            if fence < last.get(row.pairing, fence):
                back.add(row.pairing)
            last[row.pairing] = fence
    if not last:
        raise RuntimeError("the audit holds no fence: nothing was proved")
    return sorted(back)


def until(what: Callable[[], Any], *, within_s: float, look_s: float = 0.1) -> Any:
    """Wait for something to become true; its value. Raises TimeoutError."""
    give_up = time.monotonic() + within_s
    while not (found := what()):
        if time.monotonic() > give_up:
            raise TimeoutError(f"it did not happen in {within_s:.0f} s")
        time.sleep(look_s)
    return found
