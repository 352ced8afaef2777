"""A ledger, a sales desk and the real engine between them."""

from __future__ import annotations

import sqlite3
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from desks import Desk
from mlc.clock import Clock
from mlc.config import load_config
from mlc.engine.holdstore import open_rows
from mlc.engine.run import run_pairing
from mlc.engine.runreport import RunReport
from mlc.pairings import parse_recipe
from mlc.plugins import Found, Plugins
from mlc.runner.embedded import Engine, open_engine

PERSON = '["first_name", "last_name", "email", "phone", "title"]'
RECIPE = """
name = "ledger+desk"
title = "A ledger and a sales desk"
left = "ledger"
right = "desk"

[[flows]]
name = "customers"
object = "customer"
from = "left"
match_by = ["external_id", "tax_number", "email"]
[flows.owners]
name = "left"
tax_number = "left"
billing_address = "left"
website = "right"
shipping_address = "right"
status = "left"

[[flows]]
name = "customers-back"
object = "customer"
from = "right"
only_customers = true
match_by = ["external_id", "tax_number", "email"]
[flows.owners]
name = "left"
tax_number = "left"
billing_address = "left"
website = "right"
shipping_address = "right"
status = "left"

[[flows]]
name = "people"
object = "contact"
from = "left"
request_deadline_s = 1.0
[flows.owners]
first_name = "merge"
last_name = "merge"
email = "merge"
phone = "merge"
title = "merge"
[flows.primary_owners]
email = "left"

[[flows]]
name = "people-back"
object = "contact"
from = "right"
request_deadline_s = 1.0
[flows.owners]
first_name = "merge"
last_name = "merge"
email = "merge"
phone = "merge"
title = "merge"
[flows.primary_owners]
email = "left"
"""


class MovedClock(Clock):
    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def skipped(self) -> timedelta:
        return self.ahead


@dataclass
class Office:
    """What a test holds: both systems, the engine, the clock."""

    ledger: Any
    desk: Any
    engine: Engine
    clock: MovedClock
    database: Path

    def run(self, *, accept: bool = True, sweep: bool = False) -> RunReport:
        with self.engine.session("main") as session:
            return run_pairing(session, accept=accept, sweep=sweep, by="tests")

    def pass_time(self, seconds: float) -> None:
        self.clock.ahead += timedelta(seconds=seconds)

    def writes(self) -> int:
        return len(self.ledger.written) + len(self.desk.written)

    def quiet(self, runs: int = 2) -> bool:
        """Further runs write nothing."""
        before = self.writes()
        for _ in range(runs):
            self.run()
        return self.writes() == before

    def holds(self) -> dict[str, str]:
        """External id where it was born → code of its open hold."""
        with self.engine.database.read() as connection:
            return {row["external_id"]: row["code"] for row in open_rows(connection, "main")}

    def hold(self, external_id: str) -> Any:
        with self.engine.database.read() as connection:
            return next(row for row in open_rows(connection, "main") if row["external_id"] == external_id)

    def rows(self, query: str) -> list[dict[str, Any]]:
        with sqlite3.connect(self.database) as connection:
            connection.row_factory = sqlite3.Row
            found = [dict(row) for row in connection.execute(query)]
        connection.close()
        return found


def open_office(folder: Path, stack: ExitStack, **of_desk: Any) -> Office:
    """A new office. Keyword arguments are the desk's."""
    ledger, desk = Desk("ledger"), Desk("desk", **{"batch": 100, "shows": False, **of_desk})
    plugins = Plugins([Found("ledger", ledger), Found("desk", desk)], [parse_recipe(RECIPE, "the tests' recipe")])
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "mlc.toml"
    path.write_text(
        'home = "."\n[connections.ledger]\nsystem = "ledger"\n[connections.desk]\nsystem = "desk"\n'
        '[pairings.main]\nrecipe = "ledger+desk"\nleft = "ledger"\nright = "desk"\n'
    )
    clock = MovedClock()
    opened = open_engine(load_config(path, plugins=plugins), plugins=plugins, clock=clock, limits=False)
    return Office(ledger, desk, stack.enter_context(opened), clock, folder / "mlc.db")
