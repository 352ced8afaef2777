"""What is paid outside BILL: told to BILL, so that it pays no bill twice; what BILL pays on its own: told to people."""

from collections.abc import Mapping
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from mlc.config import load_config
from mlc.engine.run import run_pairing
from mlc.plugins import Plugins
from mlc.runner.embedded import open_engine
from mlc.store.schema import alerts
from mlc_sandbox.cli import stand_in_class
from mlc_sandbox.company import Company, make_payables_company
from mlc_sandbox.democonfig import PAIRING, store_demo_secrets, write_config
from mlc_sandbox.scenarios import zoho_books_bill as scenario
from mlc_sandbox.served import Served
from mlc_sandbox.toolkit.server import Server
from sqlalchemy import select


class Recording:
    """The scenario, with bills that are part paid sent and told."""

    connections = staticmethod(scenario.connections)

    @staticmethod
    def pairing(company: Company) -> Mapping[str, Any]:
        told = {key: value for key, value in scenario.pairing(company).items() if key != "flows"}
        return {**told, "part_paid": "record"}


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """One run, before it a payment in BILL of a bill that the books know nothing of."""
    from mlc.plugins import load_plugins

    plugins: Plugins = load_plugins()
    company = make_payables_company(11, 1)
    folder: Path = tmp_path_factory.mktemp("paid")
    with ExitStack() as stack:
        served = {}
        for system in (scenario.SOURCE, scenario.TARGET):
            standin = stand_in_class(system)(company=company)
            standin.limits_enabled = False
            served[system] = Served(system, stack.enter_context(Server(standin)).url)
        bill = served[scenario.TARGET]
        vendor = next(one for one in bill.get("objects/vendors") if one["name"] == "Born In The Inbox LLC")
        invoice = {"invoiceNumber": "BITI-1", "invoiceDate": "2026-11-01"}
        body = {"vendorId": vendor["id"], "dueDate": "2026-11-30", "invoice": invoice}
        bill.post("objects/bills", {**body, "billLineItems": [{"amount": 75, "description": "Storage"}]})
        bill.post("objects/payments", {"bills": [{"invoiceNumber": "BITI-1"}], "action": "fund"})
        path = write_config(folder, plugins.recipes["zoho-books+bill"], Recording(), company, served)
        with open_engine(load_config(path, plugins=plugins), plugins=plugins, limits=False) as engine:
            store_demo_secrets(engine, scenario, company)
            with engine.session(PAIRING) as session:
                run_pairing(session, accept=True)
            with engine.database.read() as connection:
                told = connection.execute(select(alerts.c.code, alerts.c.sentence)).all()
        return {"company": company, "bills": bill.get("objects/bills"), "alerts": told}


def test_a_part_paid_bill_is_sent_whole_and_what_was_paid_is_told(done: dict[str, Any]) -> None:
    company: Company = done["company"]
    part = company.ledger_document(company.case("part_paid_at_first_sight").keys[0])
    (there,) = [one for one in done["bills"] if one["invoice"]["invoiceNumber"] == part.number]
    assert (there["amount"], there["paidAmount"]) == (Decimal(1000), Decimal(400))


def test_a_bill_that_the_books_do_not_know_and_bill_pays_is_told_at_once(done: dict[str, Any]) -> None:
    sentences = [row.sentence for row in done["alerts"] if row.code == "payment_unallocated"]
    assert any("which this pairing does not know" in one for one in sentences), done["alerts"]
