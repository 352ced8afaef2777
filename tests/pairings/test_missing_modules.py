"""An edition of Zoho CRM without Invoices: that flow is off and says so in one sentence; the others go on."""

import json
from pathlib import Path

import mlc.runner.embedded as embedded
import pytest
from click.testing import CliRunner
from mlc.cli.main import mlc
from mlc.config import load_config
from mlc.plugins import Plugins
from mlc_sandbox.cli import stand_in_class
from mlc_sandbox.company import make_selling_company
from mlc_sandbox.democonfig import store_demo_secrets, write_config
from mlc_sandbox.scenarios import zoho_books_zoho_crm as scenario
from mlc_sandbox.served import Served
from mlc_sandbox.toolkit.server import Server

SENTENCE = "This edition of Zoho CRM has no module Invoices"


def test_a_flow_whose_module_is_missing_is_off_and_says_so_until_it_is_there(
    tmp_path: Path, plugins: Plugins, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_limits = embedded.open_engine
    monkeypatch.setattr(
        embedded, "open_engine", lambda *given, **named: with_limits(*given, **named | {"limits": False})
    )
    company = make_selling_company(3, 4)
    books = stand_in_class("zoho-books")(company=company)
    desk = stand_in_class("zoho-crm")(company=company)
    desk.switches["edition"] = "standard"
    books.limits_enabled = desk.limits_enabled = False
    with Server(books) as at_books, Server(desk) as at_desk:
        served = {"zoho-books": Served("zoho-books", at_books.url), "zoho-crm": Served("zoho-crm", at_desk.url)}
        path = write_config(tmp_path, plugins.recipes["zoho-books+zoho-crm"], scenario, company, served)
        with embedded.open_engine(load_config(path, plugins=plugins), plugins=plugins) as engine:
            store_demo_secrets(engine, scenario, company)

        def said(*asked: str) -> str:
            return CliRunner().invoke(mlc, ["--config", str(path), *asked], catch_exceptions=False).output

        plan = json.loads(said("--json", "plan", "demo"))
        assert SENTENCE in plan["off"]["invoices"]
        assert "invoices" not in plan["flows"]
        assert plan["flows"]["customers"]["counts"]
        told = said("run", "demo", "--once", "--accept")
        assert f"invoices is off: {SENTENCE}" in told
        status = json.loads(said("--json", "status"))
        assert SENTENCE in status["pairings"][0]["off"]["invoices"]
        assert [alert["code"] for alert in status["alerts"] if alert["code"] == "flow_off"] == []
        assert f"invoices of demo is off: {SENTENCE}" in said("doctor", "--offline")
        assert desk.store.count("Invoices") == 0

        desk.switches["edition"] = "enterprise"
        said("run", "demo", "--once", "--accept")
        assert desk.store.count("Invoices") > 0, "the module is there by now: its flow goes, from where it stood"
        desk.switches["edition"] = "standard"
        status = json.loads(said("--json", "run", "demo", "--once") and said("--json", "status"))
        (alert,) = [one for one in status["alerts"] if one["code"] == "flow_off"]
        assert SENTENCE in alert["sentence"], "a flow that has carried something does not end in silence"
