"""What is settled in the books after BILL, which pays, got the bill: told to people where no payment tells BILL."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from mlc.clock import Clock
from mlc.config import load_config
from mlc.engine import stagework
from mlc.engine.run import run_pairing
from mlc.plugins import Plugins
from mlc.runner.embedded import open_engine
from mlc.store.schema import alerts
from mlc_sandbox.cli import stand_in_class
from mlc_sandbox.company import make_payables_company
from mlc_sandbox.democonfig import PAIRING, store_demo_secrets, write_config
from mlc_sandbox.scenarios import zoho_books_bill as scenario
from mlc_sandbox.served import Served
from mlc_sandbox.toolkit.server import Server
from mlc_sandbox.zoho_books import vendorcredits
from sqlalchemy import select

Row = dict[str, Any]


class Ahead(Clock):
    """The machine's clock, as far ahead as the test says."""

    ahead = timedelta(seconds=3)

    def skipped(self) -> timedelta:
        return self.ahead


class World:
    """The books, BILL, and the pairing between them."""

    def __init__(self, folder: Path, plugins: Plugins, stack: ExitStack) -> None:
        company = make_payables_company(11, 1)
        self.since = company.since.isoformat()
        self.served: dict[str, Served] = {}
        for system in (scenario.SOURCE, scenario.TARGET):
            standin = stand_in_class(system)(company=company)
            standin.limits_enabled = False
            self.served[system] = Served(system, stack.enter_context(Server(standin)).url)
            if system == scenario.SOURCE:
                self.books = standin.books
        self.clock = Ahead()
        path = write_config(folder, plugins.recipes["zoho-books+bill"], scenario, company, self.served)
        config = load_config(path, plugins=plugins)
        self.engine = stack.enter_context(open_engine(config, plugins=plugins, clock=self.clock, limits=False))
        store_demo_secrets(self.engine, scenario, company)

    def run(self) -> None:
        with self.engine.session(PAIRING) as session:
            run_pairing(session, accept=True, sweep=True)

    def pass_time(self, seconds: float) -> None:
        self.clock.ahead += timedelta(seconds=seconds)
        for served in self.served.values():
            served.post("clock", {"advance_s": seconds})

    def alerts(self) -> list[str]:
        query = select(alerts.c.sentence).where(alerts.c.code == "paid_without_payment", alerts.c.cleared_at.is_(None))
        with self.engine.database.read() as connection:
            return list(connection.execute(query).scalars())

    def both_owe(self) -> Row:
        """A bill of the books that BILL has as well, and of which nothing is paid."""
        there = {one["invoice"]["invoiceNumber"] for one in self.served[scenario.TARGET].get("objects/bills")}
        bills = self.served[scenario.SOURCE].get("objects/bills")
        return next(
            one
            for one in bills
            if one["bill_number"] in there
            and one["date"] >= self.since
            and one["status"] == "open"
            and one["balance"] == one["total"] > 20
        )

    def credit(self, bill: Row, amount: int) -> Callable[[], None]:
        """A credit of the vendor is used for it in the books; returns how that is taken back."""
        line = {"account_id": bill["line_items"][0]["account_id"], "rate": amount, "quantity": 1}
        asked = {"vendor_id": bill["vendor_id"], "date": bill["date"], "line_items": [line]}
        made = self.served[scenario.SOURCE].post("objects/vendorcredits", asked | {"vendor_credit_number": "CN-7001"})
        part = {"bill_id": bill["bill_id"], "amount_applied": made["total"]}
        cause = {"kind": "ui", "action": "apply", "type": "vendorcredits"}
        credit_id = made["vendor_credit_id"]
        (used,) = vendorcredits.apply(self.books, credit_id, [part], cause)
        return lambda: vendorcredits.unapply(self.books, credit_id, used["vendor_credit_bill_id"], cause)


@pytest.fixture
def world(tmp_path: Path, plugins: Plugins, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(stagework, "PROVISIONAL_S", 0.0)
    with ExitStack() as stack:
        yield World(tmp_path, plugins, stack)


def test_a_credit_that_is_used_in_the_books_is_told_before_bill_pays_the_whole(world: World) -> None:
    world.run()
    bill = world.both_owe()
    assert world.alerts() == []
    take_back = world.credit(bill, 10)
    world.pass_time(60.0)
    world.run()
    assert world.alerts() == [], "a payment may tell it in this very run"
    world.pass_time(2 * 3_600.0)
    world.run()
    (told,) = world.alerts()
    assert bill["bill_number"] in told
    assert "bill still owes" in told
    take_back()
    world.pass_time(60.0)
    world.run()
    assert world.alerts() == []
