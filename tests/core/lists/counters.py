"""A source, a target and the real engine between them."""

from __future__ import annotations

import sqlite3
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from chests import Chest
from mlc.clock import Clock
from mlc.config import load_config
from mlc.engine.run import run_pairing
from mlc.engine.runreport import RunReport
from mlc.pairings import parse_recipe
from mlc.plugins import Found, Plugins
from mlc.runner.embedded import Engine, open_engine

RECIPE = """
name = "source+target"
title = "A ledger and where its lists are needed"
left = "source"
right = "target"

[[flows]]
name = "terms"
object = "payment_term"
from = "left"
mode = "write"
only_used = true
owners = { name = "left", active = "left" }

[[flows]]
name = "rates"
object = "exchange_rate"
from = "left"
mode = "write"
owners = { rate = "left", active = "left" }

[[flows]]
name = "taxes"
object = "tax_rate"
from = "left"
mode = "write"
owners = { name = "left", rate = "left", active = "left" }

[[flows]]
name = "accounts"
object = "account"
from = "left"
mode = "write"
categories = ["expense", "fixed_asset"]
codes = { "*" = "{code}|A{id}" }
request_deadline_s = 1.0
owners = { name = "left", active = "left", parent = "left" }

[[flows]]
name = "dimensions"
object = "dimension"
from = "left"
mode = "write"
codes = { "*" = "{code}|{id}", class = "C{id}" }
owners = { name = "left", active = "left" }

[[flows]]
name = "vendors"
object = "vendor"
from = "left"
after = ["terms"]
owners = { name = "left" }

[[flows]]
name = "orders"
object = "purchase_order"
from = "left"
after = ["vendors", "accounts", "dimensions"]
owners = { amount = "left" }
"""


class MovedClock(Clock):
    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def skipped(self) -> timedelta:
        return self.ahead


@dataclass
class Counter:
    """What a test holds: both systems, the engine, the clock."""

    source: Chest
    target: Chest
    engine: Engine
    clock: MovedClock
    database: Path

    def run(self, *, accept: bool = True, sweep: bool = False) -> RunReport:
        with self.engine.session("main") as session:
            return run_pairing(session, accept=accept, sweep=sweep, by="tests")

    def pass_time(self, seconds: float) -> None:
        self.clock.ahead += timedelta(seconds=seconds)

    def quiet(self, runs: int = 2) -> bool:
        """Further runs write nothing."""
        before = len(self.target.written)
        for _ in range(runs):
            self.run()
        return len(self.target.written) == before

    def rows(self, query: str) -> list[dict[str, Any]]:
        with sqlite3.connect(self.database) as connection:
            connection.row_factory = sqlite3.Row
            found = [dict(row) for row in connection.execute(query)]
        connection.close()
        return found

    def states(self, kind: str = "account") -> dict[str, str]:
        """Id → state of the records of one type."""
        found = self.rows(f"SELECT external_id, state FROM records WHERE object_type = '{kind}'")
        return {row["external_id"]: row["state"] for row in found}

    def holds(self) -> dict[str, str]:
        """Id → code of what waits."""
        found = self.rows(
            "SELECT records.external_id, holds.code FROM holds JOIN records ON records.id = holds.record_id "
            "WHERE holds.cleared_at IS NULL"
        )
        return {row["external_id"]: row["code"] for row in found}

    def hold(self, external_id: str) -> dict[str, Any]:
        """The open hold of one record."""
        (found,) = self.rows(
            "SELECT holds.*, records.object_type, records.side FROM holds JOIN records ON records.id = holds.record_id "
            f"WHERE holds.cleared_at IS NULL AND records.external_id = '{external_id}'"
        )
        return found


def open_counter(folder: Path, stack: ExitStack, *, toml: str = "", source: Chest, target: Chest) -> Counter:
    """Two systems with a pairing between them; ``toml`` is added to the pairing's table."""
    plugins = Plugins([Found("source", source), Found("target", target)], [parse_recipe(RECIPE, "the tests' recipe")])
    path = folder / "mlc.toml"
    path.write_text(
        'home = "."\n[connections.source]\nsystem = "source"\n[connections.target]\nsystem = "target"\n'
        '[pairings.main]\nrecipe = "source+target"\nleft = "source"\nright = "target"\n'
        f'missing_vendor = "create"\nsince = 2026-01-01\n{toml}\n'
    )
    clock = MovedClock()
    engine = stack.enter_context(
        open_engine(load_config(path, plugins=plugins), plugins=plugins, clock=clock, limits=False)
    )
    return Counter(source, target, engine, clock, folder / "mlc.db")
