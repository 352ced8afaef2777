"""A busy run whose log can be cut anywhere: the power goes, and the disk has lost what it had last been told."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from mlc.clock import Clock
from mlc.config import load_config
from mlc.engine.run import run_pairing
from mlc.errors import StoreError
from mlc.plugins import Plugins
from mlc.runner.embedded import open_session
from mlc.store.database import open_database
from mlc.store.instance import FILE, InstanceGuard
from mlc_sandbox.company import make_company

from faultbench.crashcases import CRASHED
from faultbench.frozen import Vendors, vendors
from faultbench.once import AheadClock, still_open
from faultbench.people import People
from faultbench.world import FAR_AHEAD_S, PAIRING, SECRETS, SOURCE, SWITCHES, TARGET, TIMING, World, make_world

HEADER = 32
FRAME_HEADER = 24
SEED = 7
DATABASE = "mlc.db"
LOG = f"{DATABASE}-wal"


@dataclass(frozen=True)
class Loss:
    """What was on the disk when the power went: a database and the log of one busy run, with the vendors of then."""

    people: People
    vendors: Vendors
    plugins: Plugins
    disk: Path
    frames: int
    commits: tuple[int, ...]
    """After so many frames a transaction is whole."""
    ahead_s: float

    @property
    def world(self) -> World:
        return self.people.world

    def start_again(self, frames: int, *, noticed: bool) -> list[str]:
        """Begin with the log's first frames and run until nothing is open. What is wrong then, by the vendors' logs.

        Args:
            noticed: the counter beside the key was on the disk; False: it was lost with the frames.
        """
        home = self.world.home
        self.world.ahead_s = self.ahead_s
        for name in (DATABASE, LOG, f"{DATABASE}-shm", FILE):
            (home / name).unlink(missing_ok=True)
        shutil.copy(self.disk / DATABASE, home / DATABASE)
        shutil.copy(self.disk / (FILE if noticed else f"{FILE}.before"), home / FILE)
        log = (self.disk / LOG).read_bytes()
        (home / LOG).write_bytes(log[: HEADER + frames * self._frame(log)])
        with self.vendors.copy():
            self._settle()
            return self.people.problems()

    @staticmethod
    def _frame(log: bytes) -> int:
        return FRAME_HEADER + int.from_bytes(log[8:12], "big")

    def _settle(self, rounds: int = 8) -> None:
        for _ in range(rounds):
            try:
                left = self._run()
            except StoreError as refused:
                if "mlc recover" not in refused.sentence:
                    raise
                recover(self.world.home, self._clock())
                self.world.go_ahead(FAR_AHEAD_S)
                continue
            if not left:
                return
            self.world.go_ahead(FAR_AHEAD_S)
        raise AssertionError(f"not settled: {left} are open; {self.world.all_holds()}")

    def _run(self) -> int:
        config = load_config(self.world.home / "mlc.toml", plugins=self.plugins)
        environ = {**os.environ, **SECRETS}
        with open_session(
            config, PAIRING, plugins=self.plugins, clock=self._clock(), limits=False, environ=environ
        ) as session:
            run_pairing(session, accept=True, by="tests")
            return sum(count for state, count in still_open(session).items() if state != "held")

    def _clock(self) -> Clock:
        return NextBoot(self.world.ahead_s)


class NextBoot(AheadClock):
    """The clock of the machine that was started again."""

    def boot_id(self) -> str:
        return "the next one"

    def uptime(self) -> timedelta:
        """Long enough, whenever the machine of the tests was started."""
        return timedelta(days=1)


def recover(home: Path, clock: Clock) -> None:
    """What a person does who is told that the database was restored."""
    database = open_database(home / DATABASE)
    try:
        InstanceGuard(database, home).recover(clock)
    finally:
        database.close()


@contextmanager
def power_loss(folder: Path, plugins: Plugins, *, strategy: str, step: str) -> Iterator[Loss]:
    """Bills to create, correct, withdraw and pay, one with an image: all in one run; at a step of it the power goes."""
    with vendors((SOURCE, TARGET), seed=SEED, records=1) as served:
        world = make_world(folder, served.served, make_company(SEED, 1), switches=SWITCHES[strategy], timing=TIMING)
        people = People(world)
        people.lay_in(4)
        for operation in ("create", "create", "image", "update", "void", "payment"):
            people.do(operation)
        assert not (world.home / LOG).exists(), "the log holds nothing but the busy run"
        disk = folder / "disk"
        disk.mkdir()
        shutil.copy(world.home / FILE, disk / f"{FILE}.before")
        assert world.run(step=step).code == CRASHED
        served.freeze()
        for name in (DATABASE, LOG, FILE):
            shutil.copy(world.home / name, disk / name)
        frames, commits = read_log(disk / LOG)
        yield Loss(people, served, plugins, disk, frames, commits, world.ahead_s)


def read_log(path: Path) -> tuple[int, tuple[int, ...]]:
    """How many frames a log has, and after how many of them a transaction is whole."""
    log = path.read_bytes()
    size, salts = FRAME_HEADER + int.from_bytes(log[8:12], "big"), log[16:24]
    starts = range(HEADER, len(log) - size + 1, size)
    assert all(log[start + 8 : start + 16] == salts for start in starts), "the log was begun anew meanwhile"
    whole = [number for number, start in enumerate(starts, 1) if int.from_bytes(log[start + 4 : start + 8], "big")]
    return len(starts), tuple(whole)
