"""One source, one target that answers as a test wants it, and the real engine between them."""

from __future__ import annotations

import importlib.util
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from mlc.clock import Clock
from mlc.config import load_config
from mlc.contract import Strategy
from mlc.engine.run import run_pairing
from mlc.engine.runreport import RunReport
from mlc.pairings import parse_recipe
from mlc.plugins import Found, Plugins
from mlc.runner.embedded import Engine, open_engine
from mlc_sandbox.toolkit.server import Server

RECIPE = """
name = "yard+drydock"
title = "Yard into Drydock"
left = "yard"
right = "drydock"

[[flows]]
name = "suppliers"
object = "vendor"
from = "left"
request_deadline_s = 3.0
applies_within_s = 10.0
visible_within_s = 10.0

[flows.owners]
name = "left"
"""


def _drydock() -> ModuleType:
    """The module beside this file, under a name of its own."""
    if "drydock" not in sys.modules:
        spec = importlib.util.spec_from_file_location("drydock", Path(__file__).with_name("drydock.py"))
        assert spec is not None
        assert spec.loader is not None
        sys.modules["drydock"] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules["drydock"]


class MovedClock(Clock):
    def __init__(self) -> None:
        self.ahead = timedelta(seconds=3)

    def skipped(self) -> timedelta:
        return self.ahead


@dataclass
class Yards:
    """What a test holds: the source's rows, the target's stand-in, the clock and the engine."""

    yard: Any
    standin: Any
    engine: Engine
    clock: MovedClock
    database: Path
    names: list[str] = field(default_factory=list)

    def fill(self, *names: str) -> None:
        for name in names:
            self.yard.put(f"Y{len(self.yard.rows) + 1}", name)

    def run(self, pairing: str = "main", *, sweep: bool = False) -> RunReport:
        with self.engine.session(pairing) as session:
            return run_pairing(session, accept=True, sweep=sweep, by="tests")

    def pass_time(self, seconds: float) -> None:
        self.clock.ahead += timedelta(seconds=seconds)
        self.standin.clock.advance(seconds)

    def there(self) -> list[str]:
        """Names in the target, each as often as it is there."""
        return sorted(row["name"] for row in self.standin.store.all("suppliers"))

    def rows(self, query: str) -> list[dict[str, Any]]:
        with sqlite3.connect(self.database) as connection:
            connection.row_factory = sqlite3.Row
            found = [dict(row) for row in connection.execute(query)]
        connection.close()
        return found

    def states(self) -> list[str]:
        """Of every intent, oldest first."""
        return [row["state"] for row in self.rows("SELECT state FROM intents ORDER BY created_at, rowid")]

    def events(self) -> list[str]:
        return [row["event"] for row in self.rows("SELECT event FROM audit ORDER BY id")]


Make = Callable[..., Yards]


@pytest.fixture
def yards(tmp_path: Path) -> Iterator[Make]:
    """Builds the two systems; ``strategy``, ``batch``, ``later`` and ``shows_refused`` are the target's.

    ``daily``: calls that its app has a day, for two pairings. ``flow``: lines of mlc.toml about the flow of suppliers.
    """
    with ExitStack() as stack:

        def make(
            *,
            strategy: Strategy = Strategy.CALLER_KEY,
            batch: int = 1,
            later: bool = True,
            shows_refused: bool = False,
            daily: int | None = None,
            flow: str = "",
        ) -> Yards:
            module = _drydock()
            drydock = module.Drydock(
                strategy=strategy, batch=batch, later=later, shows_refused=shows_refused, daily=daily
            )
            yard = module.Yard()
            plugins = Plugins(
                [Found("yard", yard), Found("drydock", drydock)], [parse_recipe(RECIPE, "the tests' recipe")]
            )
            standin = module.DrydockStandIn()
            standin.switches["shows_refused"] = shows_refused
            url = stack.enter_context(Server(standin)).url
            path = tmp_path / "mlc.toml"
            path.write_text(
                f'home = "."\n[connections.yard]\nsystem = "yard"\nendpoint = "{url}"\n'
                + "".join(
                    f'[connections.drydock{one}]\nsystem = "drydock"\nendpoint = "{url}"\n'
                    f'[pairings.{name}]\nrecipe = "yard+drydock"\nleft = "yard"\nright = "drydock{one}"\n'
                    'missing_vendor = "create"\n'
                    for one, name in (("", "main"), ("-2", "other"))
                )
                + (f"[pairings.main.flows.suppliers]\n{flow}\n" if flow else "")
            )
            clock = MovedClock()
            engine = stack.enter_context(
                open_engine(load_config(path, plugins=plugins), plugins=plugins, clock=clock, limits=daily is not None)
            )
            return Yards(yard, standin, engine, clock, tmp_path / "mlc.db")

        yield make
