"""A desk that hands invoices over, books that post them, and the real engine between the two."""

from __future__ import annotations

import importlib.util
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from mlc.clock import Clock
from mlc.config import load_config
from mlc.engine import booking, soon, stagework
from mlc.engine.decisions import revive, skip_record
from mlc.engine.run import run_pairing
from mlc.engine.runreport import RunReport
from mlc.pairings import parse_recipe
from mlc.plugins import Found, Plugins
from mlc.runner.embedded import Engine, open_engine
from mlc.store.schema import records
from mlc_sandbox.toolkit.server import Server
from sqlalchemy import select

RECIPE = """
name = "books+desk"
title = "A desk hands over to the books"
left = "books"
right = "desk"

[policy]
payment_authority = "left"

[[flows]]
name = "vendors"
object = "vendor"
from = "left"
mode = "hold"

[[flows]]
name = "bills"
object = "bill"
from = "right"
after = ["vendors"]

[[flows]]
name = "payments"
object = "payment"
from = "left"
after = ["bills"]

[[flows]]
name = "answers"
object = "document_report"
from = "left"
after = ["bills", "payments"]
"""


def _desk() -> ModuleType:
    """The module beside this file, under a name of its own."""
    if "handover_desk" not in sys.modules:
        spec = importlib.util.spec_from_file_location("handover_desk", Path(__file__).with_name("desk.py"))
        assert spec is not None
        assert spec.loader is not None
        sys.modules["handover_desk"] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules["handover_desk"]


class MovedClock(Clock):
    def __init__(self) -> None:
        self.ahead = timedelta()

    def skipped(self) -> timedelta:
        return self.ahead


@dataclass
class World:
    """What a test holds: both systems behind one stand-in, the clock and the engine."""

    there: Any
    engine: Engine
    clock: MovedClock
    database: Path

    def vendor(self, name: str = "Harbour Paper", *, at_the_desk: bool = True) -> None:
        self.there.person("vendors", f"L-{name}", name=name)
        if at_the_desk:
            self.there.person("suppliers", name, name=name)

    def invoice(self, id: str, total: str = "100.00", *, status: str = "offered", **values: Any) -> None:
        facts = {"number": f"HP-{id}", "vendor": "Harbour Paper", "total": total, "rows": total, "status": status}
        self.there.person("invoices", id, **facts | values)

    def run(self, pairing: str = "main", *, sweep: bool = False, accept: bool = True) -> RunReport:
        with self.engine.session(pairing) as session:
            return run_pairing(session, accept=accept, sweep=sweep, by="tests")

    def pass_time(self, seconds: float) -> None:
        self.clock.ahead += timedelta(seconds=seconds)
        self.there.clock.advance(seconds)

    def replay(self, record: int) -> None:
        """As ``mlc replay`` does."""
        with self.engine.database.write() as tx:
            rows = tx.execute(select(records).where(records.c.id == record)).mappings().all()
            revive(tx, rows, by="tests", now=self.clock.now(), event="replayed_by_person")

    def skip(self, id: str, reason: str) -> None:
        """As ``mlc held skip`` does."""
        with self.engine.database.write() as tx:
            rows = tx.execute(select(records).where(records.c.external_id == id)).mappings().all()
            skip_record(tx, rows[0], reason=reason, by="tests", now=self.clock.now())

    def status(self, id: str) -> str:
        return str(self.there.store.get("invoices", id)["status"])

    def told(self, id: str) -> list[dict[str, Any]]:
        """What the desk knows of an invoice by now, taking apart."""
        return list(self.there.store.get("invoices", id)["reports"])

    def kinds(self, id: str) -> list[str]:
        """Every report that arrived, in order, answered or not."""
        return [one["kind"] for one in self.there.told if one["invoice"] == id]

    def posted(self) -> list[str]:
        return sorted(row["number"] for row in self.there.store.all("bills"))

    def bill(self, number: str) -> dict[str, Any]:
        return next(dict(row) for row in self.there.store.all("bills") if row["number"] == number)

    def rows(self, query: str) -> list[dict[str, Any]]:
        with sqlite3.connect(self.database) as connection:
            connection.row_factory = sqlite3.Row
            found = [dict(row) for row in connection.execute(query)]
        connection.close()
        return found

    def record(self, id: str) -> dict[str, Any]:
        query = f"SELECT state, reason FROM records WHERE external_id = '{id}' AND object_type = 'bill'"
        return self.rows(query)[0]

    def holds(self) -> list[str]:
        return [one["code"] for one in self.rows("SELECT code FROM holds WHERE cleared_at IS NULL ORDER BY id")]

    def alerts(self) -> list[str]:
        return [one["code"] for one in self.rows("SELECT code FROM alerts WHERE cleared_at IS NULL ORDER BY id")]


Make = Callable[..., World]


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stagework, "PROVISIONAL_S", 0.0)
    monkeypatch.setattr(soon, "FIRST_ASKED_S", 0.0)
    monkeypatch.setattr(booking, "FIRST_ASKED_S", 0.0)


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Builds a world; ``later``: the desk only accepts at first; ``policy``: further lines of the pairing;
    ``pairings``: of more than one, each with its own lines."""
    with ExitStack() as stack:

        def opened(*, later: bool = False, policy: str = "", pairings: dict[str, str] | None = None) -> World:
            module = _desk()
            found = [Found("desk", module.Desk(later=later)), Found("books", module.Books())]
            plugins = Plugins(found, [parse_recipe(RECIPE, "the tests' recipe")])
            standin = module.HandoverStandIn()
            standin.switches["later"] = later
            url = stack.enter_context(Server(standin)).url
            path = tmp_path / "mlc.toml"
            path.write_text(
                f'home = "."\n[connections.desk]\nsystem = "desk"\nendpoint = "{url}"\n'
                f'[connections.books]\nsystem = "books"\nendpoint = "{url}"\n'
                + "".join(
                    f'[pairings.{name}]\nrecipe = "books+desk"\nleft = "books"\nright = "desk"\n'
                    f"since = 2026-01-01\n{lines}\n"
                    for name, lines in (pairings or {"main": policy}).items()
                )
            )
            clock = MovedClock()
            config = load_config(path, plugins=plugins)
            engine = stack.enter_context(open_engine(config, plugins=plugins, clock=clock, limits=False))
            world = World(standin, engine, clock, tmp_path / "mlc.db")
            world.vendor()
            return world

        yield opened
