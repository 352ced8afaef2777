"""What BILL lacks of the ledger's lists, created there by setting: once, before the bills, and not where BILL's own
accounting sync keeps the lists."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from mlc.config import load_config
from mlc.engine import stagework
from mlc.engine.run import run_pairing
from mlc.engine.runreport import RunReport
from mlc.plugins import Plugins
from mlc.runner.embedded import Engine, open_engine
from mlc.store.schema import alerts, holds, records
from mlc_sandbox.cli import stand_in_class
from mlc_sandbox.company import Company, make_payables_company
from mlc_sandbox.democonfig import PAIRING, store_demo_secrets, write_config
from mlc_sandbox.scenarios import zoho_books_bill as scenario
from mlc_sandbox.served import Served
from mlc_sandbox.toolkit.server import Server
from sqlalchemy import select

LISTS = ("accounts", "dimensions")
CHART = "chart_of_accounts"


class Writing:
    """The scenario with lists that are written."""

    def __init__(self, sync: str) -> None:
        self.sync = sync

    def connections(self, company: Company) -> dict[str, dict[str, Any]]:
        known = scenario.connections(company)
        return {**known, scenario.TARGET: {**known[scenario.TARGET], "accounting_sync": self.sync}}

    def pairing(self, company: Company) -> Mapping[str, Any]:
        told = {key: value for key, value in scenario.pairing(company).items() if key != "flows"}
        return {**told, "flows": {name: {"mode": "write"} for name in LISTS}}


@dataclass
class World:
    company: Company
    books: Served
    bill: Served
    engine: Engine

    def run(self) -> RunReport:
        with self.engine.session(PAIRING) as session:
            return run_pairing(session, accept=True)

    def made(self, kind: str) -> list[dict[str, Any]]:
        """What calls have created in BILL, oldest first."""
        log = self.bill.get(f"log?cause=request&type={kind}")
        return [row["after"] for row in log if row["op"] == "create"]

    def bill_to(self, number: str, account_id: str, **line: Any) -> None:
        """Somebody enters a bill that is coded to an account."""
        document = next(one for one in self.company.later_documents if one.kind != "credit")
        told: dict[str, Any] = scenario._typed(self.company, document)
        told["line_items"] = [{**told["line_items"][0], "account_id": account_id, **line}]
        self.books.post("objects/bills", {**told, "bill_number": number})

    def states(self, kind: str) -> set[str]:
        query = select(records.c.state).where(records.c.object_type == kind)
        with self.engine.database.read() as connection:
            return set(connection.execute(query).scalars())

    def waiting(self) -> Counter[str]:
        with self.engine.database.read() as connection:
            return Counter(connection.execute(select(holds.c.code).where(holds.c.cleared_at.is_(None))).scalars())

    def alerts(self) -> list[str]:
        with self.engine.database.read() as connection:
            return list(connection.execute(select(alerts.c.sentence).where(alerts.c.code == "flow_off")).scalars())


@contextmanager
def world(folder: Path, plugins: Plugins, *, sync: str) -> Iterator[World]:
    company = make_payables_company(11, 1)
    how: Any = Writing(sync)
    with ExitStack() as stack:
        served = {}
        for system in (scenario.SOURCE, scenario.TARGET):
            standin = stand_in_class(system)(company=company)
            standin.limits_enabled = False
            served[system] = Served(system, stack.enter_context(Server(standin)).url)
        path = write_config(folder, plugins.recipes["zoho-books+bill"], how, company, served)
        engine = stack.enter_context(open_engine(load_config(path, plugins=plugins), plugins=plugins, limits=False))
        store_demo_secrets(engine, scenario, company)
        yield World(company, served[scenario.SOURCE], served[scenario.TARGET], engine)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stagework, "PROVISIONAL_S", 0.0)


def test_what_bill_lacks_is_created_once_though_an_answer_was_lost_and_the_bill_follows(
    tmp_path: Path, plugins: Plugins
) -> None:
    with world(tmp_path, plugins, sync="auto") as here:
        drones = {"account_name": "Drone leases", "account_code": "6999", "account_type": "expense"}
        account = here.books.post("objects/chartofaccounts", drones)
        place = here.books.post("objects/locations", {"location_name": "Hangar"})
        here.bill_to("DRONE-1", account["account_id"])
        there = {row["account"]["number"] for row in here.bill.get(f"objects/{CHART}")}
        lost = {"match": "POST .*/classifications/chart-of-accounts$", "kind": "commit_then_drop", "times": 1}
        here.bill.post("faults", [lost])
        report = here.run()
        here.run()
        assert [fault["struck"] for fault in here.bill.get("faults")] == [1]
        numbers = [row["account"]["number"] for row in here.made(CHART)]
        assert "6999" in numbers
        assert len(numbers) == len(set(numbers)), "each once, though an answer was lost"
        assert not set(numbers) & there, "what was there is found by its number"
        assert [row["name"] for row in here.made("locations")] == ["Hangar"]
        assert place["location_name"] == "Hangar"
        (bill,) = [one for one in here.bill.get("objects/bills") if one["invoice"]["invoiceNumber"] == "DRONE-1"]
        made = next(row for row in here.made(CHART) if row["account"]["number"] == "6999")
        assert bill["billLineItems"][0]["classifications"]["chartOfAccountId"] == made["id"]
        assert here.states("account") <= {"in_step", "not_carried"}
        assert report.off == {}
        before = len(here.made(CHART)) + len(here.made("locations"))
        here.run()
        assert len(here.made(CHART)) + len(here.made("locations")) == before


def test_where_bills_own_sync_keeps_the_lists_they_are_matched_and_that_is_told(
    tmp_path: Path, plugins: Plugins
) -> None:
    with world(tmp_path, plugins, sync="yes") as here:
        drones = {"account_name": "Drone leases", "account_code": "6999", "account_type": "expense"}
        here.bill_to("DRONE-1", here.books.post("objects/chartofaccounts", drones)["account_id"])
        report = here.run()
        assert (here.made(CHART), here.made("locations"), here.states("account")) == ([], [], set())
        assert set(report.off) == set(LISTS)
        assert all("accounting sync" in sentence for sentence in report.off.values())
        assert len(here.alerts()) == len(LISTS)
        assert here.waiting()["account_unmapped"] >= 1
        assert here.made("bills"), "what is coded to accounts that are there goes as before"
