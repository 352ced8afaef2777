"""Files of suppliers and of the bank into the books, on loopback: each bill and payment once, whatever happens."""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from mlc import dropfolder
from mlc.config import load_config
from mlc.engine.run import run_pairing
from mlc.engine.runreport import RunReport
from mlc.plugins import Plugins
from mlc.runner.embedded import open_session
from mlc.store.schema import records
from mlc_sandbox.cli import stand_in_class
from mlc_sandbox.served import Served
from mlc_sandbox.toolkit.server import Server
from sqlalchemy import select

CONFIG = """
home = "."

[connections.files]
system = "csv"
folder = "{folder}"
currency = "USD"
delimiter = ";"
amounts = "1.234,56"
date = "%d.%m.%Y"
rest_s = 1
columns = {{ bill_number = "Invoice No", issue_date = "Date", tax = "VAT" }}

[connections.books]
system = "zoho-books"
endpoint = "{url}"
organization_id = "700001234"
client_id = {{ env = "CLIENT" }}
client_secret = {{ env = "SECRET" }}
refresh_token = {{ env = "REFRESH" }}

[pairings.main]
recipe = "csv+zoho-books"
since = 2026-10-01
taxes = [{{ code = "V20", to = "Standard Rate" }}]
money_accounts = {{ "main" = "1010", "{bank}" = "main" }}
"""
BACK = """
payment_authority = "right"
flows.payments.mode = "off"
flows.payments-back.mode = "write"
"""
VENDORS = "vendor_id;vendor_name;tax_number;email\nV1;Harbour Paper;GB1;bills@harbour.example\nV2;Quay & Sons;;\n"
BILLS = (
    "vendor_id;Invoice No;Date;amount;VAT;tax_code;account;description;due_date\n"
    "V1;2026/1;05.11.2026;1.200,00;240,00;V20;6100;Paper;05.12.2026\n"
    "V1;2026/1;05.11.2026;35,50;;;6650;Freight;05.12.2026\n"
    "V2;77;06.11.2026;12,00;;;6100;Pens;\n"
)
PAYMENTS = (
    "payment_number;vendor_id;Invoice No;payment_date;amount;account;reference\n"
    "P1;V1;2026/1;10.11.2026;1.475,50;main;Run 1\n"
)
ENVIRON = {"CLIENT": "1000.DEMO", "SECRET": "demo-secret", "REFRESH": "1000.demo.refresh"}


@dataclass
class Exchange:
    """The folder, the books and the pairing between them."""

    folder: Path
    books: Served
    config: Path
    plugins: Plugins

    def drop(self, name: str, text: str) -> None:
        path = self.folder / "inbox" / name
        path.write_text(text, encoding="utf-8")
        past = time.time() - 60
        os.utime(path, (past, past))

    def run(self, *, sweep: bool = False) -> RunReport:
        config = load_config(self.config, plugins=self.plugins, environ=ENVIRON)
        with open_session(config, "main", plugins=self.plugins, limits=False, environ=ENVIRON) as session:
            report = run_pairing(session, accept=True, sweep=sweep)
            with session.database.read() as connection:
                rows = connection.execute(select(records.c.external_id, records.c.state, records.c.reason))
                self.states = {row.external_id: (row.state, row.reason) for row in rows}
        return report

    def bills(self) -> dict[str, Any]:
        return {bill["bill_number"]: bill for bill in self.books.get("objects/bills")}

    def names(self, place: str) -> list[str]:
        return sorted(path.name for path in (self.folder / place).iterdir())


@pytest.fixture
def exchange(tmp_path: Path, plugins: Plugins) -> Iterator[Exchange]:
    for name in ("inbox", "outbox", "archive"):
        (tmp_path / "exchange" / name).mkdir(parents=True)
    standin = stand_in_class("zoho-books")(company=None)
    standin.limits_enabled = False
    with Server(standin) as server:
        config = tmp_path / "mlc.toml"
        books = Served("zoho-books", server.url)
        text = CONFIG.format(folder=tmp_path / "exchange", url=server.url, bank=bank_of(books))
        config.write_text(text, encoding="utf-8")
        yield Exchange(tmp_path / "exchange", books, config, plugins)


def bank_of(books: Served) -> str:
    """The ledger's own id of its bank account."""
    (bank,) = (one for one in books.get("objects/chartofaccounts") if one["account_code"] == "1010")
    return str(bank["account_id"])


def test_vendors_bills_and_payments_reach_the_books_once(exchange: Exchange) -> None:
    exchange.drop("vendors.csv", VENDORS)
    exchange.drop("bills-november.csv", BILLS)
    exchange.drop("payments.csv", PAYMENTS)
    first = exchange.run()
    assert {name: flow["created"] for name, flow in first.flows.items()} == {"vendors": 2, "bills": 2, "payments": 1}
    bills = exchange.bills()
    assert {number: (str(bill["total"]), bill["status"]) for number, bill in bills.items()} == {
        "2026/1": ("1475.50", "paid"),
        "77": ("12.00", "open"),
    }
    assert exchange.names("inbox") == []
    exchange.drop("bills-again.csv", BILLS)
    exchange.drop("vendors.csv", VENDORS)
    exchange.drop("payments-again.csv", PAYMENTS)
    for sweep in (False, True):
        again = exchange.run(sweep=sweep)
        assert again.calls["right"]["write"] == 0
    assert len(exchange.books.get("objects/bills")) == 2
    assert len(exchange.books.get("objects/contacts")) == 2
    assert len(exchange.books.get("objects/vendorpayments")) == 1
    assert {state for state, _ in exchange.states.values()} == {"in_step"}


def test_a_later_file_corrects_a_bill(exchange: Exchange) -> None:
    exchange.drop("vendors.csv", VENDORS)
    exchange.drop("bills.csv", BILLS)
    exchange.run()
    exchange.drop("bills-corrected.csv", BILLS.replace("12,00", "21,00"))
    exchange.run()
    assert len(exchange.books.get("objects/bills")) == 2
    assert str(exchange.bills()["77"]["total"]) == "21.00"
    assert exchange.run(sweep=True).calls["right"]["write"] == 0
    assert str(exchange.bills()["77"]["total"]) == "21.00"


def test_a_file_with_one_wrong_amount_waits_whole_and_is_told(exchange: Exchange) -> None:
    exchange.drop("vendors.csv", VENDORS)
    exchange.drop("bills-bad.csv", BILLS.replace("1.200,00", "1200.00"))
    report = exchange.run()
    assert exchange.bills() == {}
    assert report.needs_a_person
    said = "bills-bad.csv, row 2, amount: '1200.00' is no amount written like 1.234,56."
    assert exchange.states["bills-bad.csv"] == ("dead", said)
    assert exchange.names("inbox") == ["bills-bad.csv"]
    exchange.drop("bills-bad.csv", BILLS)
    exchange.run()
    assert len(exchange.bills()) == 2


def test_a_bill_whose_vendor_no_file_has_told_waits_for_it(exchange: Exchange) -> None:
    exchange.drop("bills.csv", BILLS)
    exchange.run()
    assert exchange.bills() == {}
    exchange.drop("vendors.csv", VENDORS)
    exchange.run()
    assert len(exchange.bills()) == 2


def test_payments_of_the_books_come_back_as_files(exchange: Exchange, monkeypatch: pytest.MonkeyPatch) -> None:
    with exchange.config.open("a", encoding="utf-8") as config:
        config.write(BACK)
    exchange.drop("accounts.csv", "account;account_name;pays\nmain;Main bank;yes\n")
    exchange.drop("vendors.csv", VENDORS)
    exchange.drop("bills.csv", BILLS)
    exchange.run()
    pay(exchange)

    really = dropfolder.sync

    def lost(*paths: Path) -> None:
        if any(path.is_dir() for path in paths):  # after the renames, before anybody knows
            raise KeyboardInterrupt
        really(*paths)

    monkeypatch.setattr(dropfolder, "sync", lost)
    with pytest.raises(KeyboardInterrupt):
        exchange.run()
    monkeypatch.undo()
    exchange.run()
    data, side = exchange.names("outbox")
    assert side == f"{data}.sha256"
    text = (exchange.folder / "outbox" / data).read_text(encoding="utf-8")
    header, *rows = [line.split(";") for line in text.splitlines()]
    (row,) = (dict(zip(header, cells, strict=True)) for cells in rows)
    shown = ("vendor_id", "Invoice No", "payment_date", "amount", "account")
    assert [row[name] for name in shown] == ["V2", "77", "12.11.2026", "12.00".replace(".", ","), "main"]
    assert exchange.run(sweep=True).calls["left"]["write"] == 0
    assert len([name for name in exchange.names("archive") if "-payment-" in name]) == 1


def pay(exchange: Exchange) -> None:
    """Somebody pays a bill on the ledger's own screen."""
    bill = exchange.bills()["77"]
    exchange.books.post(
        "objects/vendorpayments",
        {
            "vendor_id": bill["vendor_id"],
            "amount": bill["total"],
            "date": "2026-11-12",
            "paid_through_account_id": bank_of(exchange.books),
            "bills": [{"bill_id": bill["bill_id"], "amount_applied": bill["total"]}],
        },
    )
