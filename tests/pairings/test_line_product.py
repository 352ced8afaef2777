"""The product that invoice lines stand under is made on request: told in the plan, made once, whatever gets lost."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
from mlc_sandbox.toolkit.faults import Fault, Kind
from mlc_sandbox.toolkit.server import Server

TOLD = "makes it (create_product = true): one record in Products, without a price."


@dataclass
class Shop:
    """Both stand-ins, the desk without any product, and the command line."""

    desk: Any
    path: Path
    said: Callable[..., str]

    def ask_for_it(self) -> None:
        text = self.path.read_text(encoding="utf-8")
        self.path.write_text(text.replace('system = "zoho-crm"', 'system = "zoho-crm"\ncreate_product = true'), "utf-8")

    def products(self) -> list[str]:
        return [row["Product_Name"] for row in self.desk.store.all("Products")]


@pytest.fixture
def shop(tmp_path: Path, plugins: Plugins, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    with_limits = embedded.open_engine
    monkeypatch.setattr(
        embedded, "open_engine", lambda *given, **named: with_limits(*given, **named | {"limits": False})
    )
    company = make_selling_company(3, 4)
    books = stand_in_class("zoho-books")(company=company)
    desk = stand_in_class("zoho-crm")(company=company)
    books.limits_enabled = desk.limits_enabled = False
    for row in list(desk.store.all("Products")):
        desk.store.remove("Products", row["id"], {})
    with Server(books) as at_books, Server(desk) as at_desk:
        served = {"zoho-books": Served("zoho-books", at_books.url), "zoho-crm": Served("zoho-crm", at_desk.url)}
        path = write_config(tmp_path, plugins.recipes["zoho-books+zoho-crm"], scenario, company, served)
        with embedded.open_engine(load_config(path, plugins=plugins), plugins=plugins) as engine:
            store_demo_secrets(engine, scenario, company)

        def said(*asked: str) -> str:
            return CliRunner().invoke(mlc, ["--config", str(path), *asked], catch_exceptions=False).output

        yield Shop(desk, path, said)


def test_it_is_never_made_unasked_and_once_where_it_was_asked_for_and_accepted(shop: Shop) -> None:
    shop.said("run", "demo", "--once", "--accept")
    assert shop.products() == []
    assert "Create Product" in shop.said("doctor", "--offline")
    shop.ask_for_it()
    plan = json.loads(shop.said("--json", "plan", "demo"))
    assert TOLD in plan["off"]["invoices"]
    assert TOLD in " ".join(shop.said("run", "demo", "--once").split())
    assert shop.products() == [], "nobody has accepted it"

    told = shop.said("run", "demo", "--once", "--accept")
    assert shop.products() == ["Books invoice line"]
    assert shop.desk.store.count("Invoices") == 0, "nobody has seen what would be shown"
    assert "invoices" in told
    assert "is off" not in told
    shop.said("run", "demo", "--once", "--accept")
    shown = shop.desk.store.count("Invoices")
    assert shown > 0
    shop.said("run", "demo", "--once")
    assert (shop.products(), shop.desk.store.count("Invoices")) == (["Books invoice line"], shown)
    assert shop.said("--json", "audit").count('"event": "made"') == 1


def test_a_lost_answer_and_a_second_run_make_one(shop: Shop) -> None:
    shop.ask_for_it()
    shop.desk.faults.add(Fault(match="POST /Products/upsert", kind=Kind.COMMIT_THEN_DROP, times=1))
    shop.said("run", "demo", "--once", "--accept")
    assert shop.products() == ["Books invoice line"], "it was made, and its answer got lost"
    for _ in range(2):
        shop.said("run", "demo", "--once", "--accept")
    assert shop.products() == ["Books invoice line"]
    assert shop.desk.store.count("Invoices") > 0


def test_what_the_desk_refuses_is_one_sentence_and_stops_no_other_flow(shop: Shop) -> None:
    shop.ask_for_it()
    row = {"code": "MANDATORY_NOT_FOUND", "message": "required field not found", "details": {"api_name": "Region"}}
    refused = {"data": [row | {"status": "error"}]}
    shop.desk.faults.add(Fault(match="POST /Products/upsert", kind=Kind.STATUS, times=1, status=400, body=refused))
    before = shop.desk.store.count("Accounts")
    told = " ".join(shop.said("run", "demo", "--once", "--accept").split())
    assert "invoices is off: The product 'Books invoice line' for invoice lines could not be made" in told
    assert 'defaults = { "Products.Region"' in told
    assert shop.products() == []
    assert shop.desk.store.count("Accounts") > before, "customers went"


def test_an_edition_without_products_says_so_in_one_sentence(shop: Shop) -> None:
    shop.ask_for_it()
    shop.desk.switches["edition"] = "free"
    plan = json.loads(shop.said("--json", "plan", "demo"))
    assert plan["off"]["invoices"].startswith("This edition of Zoho CRM has no module")
    shop.said("run", "demo", "--once", "--accept")
    assert shop.products() == []
