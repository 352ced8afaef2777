"""A pairing with Basware on loopback: two stand-ins, a home of its own, commands as an operator types them."""

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import mlc.runner.embedded as embedded
from click.testing import CliRunner
from mlc.cli.main import mlc
from mlc.config import load_config
from mlc.plugins import Plugins
from mlc_sandbox.basware.seed import HEAD
from mlc_sandbox.cli import stand_in_class
from mlc_sandbox.company import COMPANIES, Company
from mlc_sandbox.democonfig import store_demo_secrets, write_config
from mlc_sandbox.scenarios.contract import company_kind
from mlc_sandbox.served import Served
from mlc_sandbox.toolkit.server import Server

from halls.ledgers import Ledger

PAIRING = "demo"
ACCOUNT = "6100"
Row = dict[str, Any]


class Told:
    """The demo's configuration with some keys of the pairing, flows and connections changed."""

    def __init__(self, scenario: Any, pairing: Mapping[str, Any], settings: Mapping[str, Mapping[str, Any]]) -> None:
        self._scenario = scenario
        self._pairing = pairing
        self._settings = settings

    def connections(self, company: Company) -> dict[str, dict[str, Any]]:
        found = self._scenario.connections(company)
        return {name: values | dict(self._settings.get(name, {})) for name, values in found.items()}

    def secrets(self, company: Company) -> dict[str, dict[str, str]]:
        return dict(self._scenario.secrets(company))

    def pairing(self, company: Company) -> dict[str, Any]:
        return self._scenario.pairing(company) | dict(self._pairing)


@dataclass
class Hall:
    """P2P (``desk``) and the books of one company; ``ledger`` knows the screens of the books."""

    company: Company
    ledger: Ledger
    desk: Served
    config: Path
    plugins: Plugins

    # ---------------------------------------------------------------- the operator

    def mlc(self, *arguments: str) -> tuple[int, Any]:
        """Exit code and JSON of a command."""
        done = CliRunner().invoke(mlc, ["--config", str(self.config), "--json", *arguments], catch_exceptions=False)
        assert done.exit_code in (0, 1), done.output
        return done.exit_code, json.loads(done.stdout) if done.stdout else None

    def run(self, *more: str) -> Row:
        """``mlc run demo --once --accept``: what it reports."""
        _, told = self.mlc("run", PAIRING, "--once", "--accept", *more)
        (report,) = told
        assert "error" not in report, report
        return dict(report)

    def dead(self, number: str) -> list[Row]:
        """Dead letters of a number."""
        return [row for row in self.mlc("dead")[1] if row["number"] == number]

    def held(self, code: str) -> list[Row]:
        """Records held under a code."""
        return [row for group in self.mlc("held", "--code", code)[1] for row in group["records"]]

    def balanced(self) -> bool:
        return self.mlc("reconcile", PAIRING)[0] == 0

    # ---------------------------------------------------------------- P2P

    def invoice(self, id: str, total: str, **more: Any) -> Row:
        """People approve an invoice of one coding row; its coding is in the books."""
        amount = Decimal(total)
        day = f"{self.company.today.isoformat()}T00:00:00Z"
        row = {"accountCode": ACCOUNT, "netTotal": amount, "grossTotal": amount, "taxSum": 0, "text1": id}
        body = {
            "invoiceId": id, "invoiceNumber": f"N-{id}", "companyCode": HEAD, "supplierCode": self.ledger.supplier_code,
            "currencyCode": "USD", "netSum": amount, "taxSum1": 0, "grossSum": amount, "invoiceDate": day,
            "dueDate": day, "codingRows": [row], "state": "WaitingForTransfer",
        }  # fmt: skip
        return dict(self.desk.post("objects/invoices", {**body, **more}))

    def refuse(self, entity: str, message: str) -> None:
        """P2P refuses what comes of this kind in the second phase, until ``mend``."""
        planned = {"entityType": entity, "status": "Error", "message": message, "category": "DataValidation"}
        self.desk.post("objects/outcomes", {**planned, "times": 1000})

    def mend(self) -> None:
        """The cause of every refusal is gone."""
        self.desk.post("objects/outcomes", {"action": "clear"})

    def shown(self, type: str, **values: Any) -> list[Row]:
        """P2P's or the API layer's records of a type whose members have these values."""
        rows = self.desk.get(f"objects/{type}")
        return [row for row in rows if all(row.get(name) == value for name, value in values.items())]

    def status(self, id: str) -> str:
        (row,) = self.shown("accountingDocuments", invoiceId=id)
        return str(row["processingStatus"])

    def answers(self, id: str, kind: str = "transferResponses") -> list[Row]:
        (row,) = self.shown("accountingDocuments", invoiceId=id)
        return list(row.get(kind, ()))

    def order(self, number: str) -> Row | None:
        """An order as P2P has it: header, and ``lines`` in their order. None: it has none."""
        found = [row for row in self.desk.get("objects/p2p_orders") if row["orderNumber"] == number]
        assert len(found) < 2, found
        if not found:
            return None
        lines = sorted(found[0]["lines"].values(), key=lambda one: int(one["lineNumber"]))
        return {**found[0], "lines": lines}


@contextmanager
def open_hall(
    folder: Path,
    plugins: Plugins,
    books: type[Ledger],
    *,
    pairing: Mapping[str, Any] | None = None,
    settings: Mapping[str, Mapping[str, Any]] | None = None,
) -> Iterator[Hall]:
    """Both stand-ins in this process and a home that has carried nothing yet. Go-live is today."""
    scenario = books.scenario
    kind = company_kind(scenario)
    company = COMPANIES[kind](7, 1)
    with ExitStack() as stack:
        served = {}
        for system in (books.system, "basware"):
            standin = stand_in_class(system)(company=company)
            standin.limits_enabled = False
            served[system] = Served(system, stack.enter_context(Server(standin)).url)
        served["basware"].post("switches", {"settle_s": 0.1})
        told = Told(scenario, {"since": company.today, **(pairing or {})}, settings or {})
        recipe = plugins.recipes[f"{books.system}+basware"]
        config = write_config(folder, recipe, told, company, served)  # type: ignore[arg-type]
        with embedded.open_engine(load_config(config, plugins=plugins), plugins=plugins) as engine:
            store_demo_secrets(engine, told, company)  # type: ignore[arg-type]
        yield Hall(company, books(served[books.system], company), served["basware"], config, plugins)
        for one in served.values():
            assert not one.get("crashes"), f"{one.system} crashed: {one.get('crashes')[0]}"
