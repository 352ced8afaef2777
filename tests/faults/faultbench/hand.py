"""A worker or a scheduler in a process of its own: ``python hand.py worker|scheduler CONFIG CLOCK NAME AFTER``.

CLOCK is a file that says how far this machine's clock is ahead; whoever writes it moves the clocks of all of them.
"""

import os
import sys
from datetime import timedelta
from pathlib import Path

from mlc.clock import Clock
from mlc.config import load_config
from mlc.engine import dispatch, stagework
from mlc.plugins import load_plugins
from mlc.runner.brokers import redis_broker
from mlc.runner.embedded import open_engine
from mlc.runner.serving import schedule_until, work_until
from mlc.runner.signals import stopping
from mlc.runner.worklog import Log

THREADS = 4


class FileClock(Clock):
    """The real clock, as far ahead as a file says."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def skipped(self) -> timedelta:
        return timedelta(seconds=float(self._path.read_text()))

    def uptime(self) -> timedelta:
        """Long enough, whenever the machine of the tests was started."""
        return timedelta(days=1)


def main(role: str, path: str, clock_path: str, name: str, after: str) -> None:
    """Work, or tick, until told to stop or until whoever started it is gone."""
    stagework.PROVISIONAL_S = 0.0
    dispatch.PATIENCE_S = 0.5
    plugins, clock, parent = load_plugins(), FileClock(Path(clock_path)), os.getppid()
    config = load_config(Path(path), plugins=plugins)
    with stopping() as told, open_engine(config, plugins=plugins, clock=clock, limits=False) as engine:

        def stop() -> bool:
            return told() or os.getppid() != parent

        broker, names = redis_broker(config, engine.database), sorted(config.pairings)
        if role == "worker":
            work_until(
                engine, broker, names, threads=THREADS, stop=stop, log=Log(as_json=True), by="torture",
                owner=name, after=after, accept=True,
            )  # fmt: skip
            return
        schedule_until(engine, broker, names, stop=stop, log=Log(as_json=True), owner=name)


if __name__ == "__main__":
    main(*sys.argv[1:])
