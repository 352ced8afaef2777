"""Basware and QuickBooks on loopback, connected: invoices are approved over there, people act on both screens."""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import mlc.runner.embedded as embedded
from mlc.config import load_config
from mlc.engine.run import run_pairing
from mlc.engine.runreport import RunReport
from mlc.plugins import Plugins
from mlc.runner.embedded import Engine
from mlc_sandbox.basware.seed import HEAD
from mlc_sandbox.cli import stand_in_class
from mlc_sandbox.company import COMPANIES, Company
from mlc_sandbox.democonfig import store_demo_secrets, write_config
from mlc_sandbox.scenarios import quickbooks_basware as scenario
from mlc_sandbox.scenarios.contract import company_kind
from mlc_sandbox.served import Served
from mlc_sandbox.toolkit.server import Server

BOOKS, DESK = "quickbooks", "basware"
ACCOUNT = "6100"


def id_of(name: str) -> str:
    """The id of an invoice that a test offers."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"approved:{name}").hex


@dataclass
class Approved:
    """One engine, both stand-ins."""

    company: Company
    served: Mapping[str, Served]
    engine: Engine
    vendor: str = ""

    @property
    def books(self) -> Served:
        return self.served[BOOKS]

    @property
    def desk(self) -> Served:
        return self.served[DESK]

    def run(self) -> RunReport:
        """One pass of the pairing; whatever it planned is accepted."""
        with self.engine.session("demo") as session:
            return run_pairing(session, accept=True, by="a test")

    def metered(self) -> int:
        """Metered reads so far, as the portal counts them."""
        return int(self.books.post("objects/metering", {})["CorePlus"])

    def sent(self) -> int:
        """Unmetered calls so far: what was written."""
        return int(self.books.post("objects/metering", {})["Core"])

    def offer(self, name: str, amount: str, **more: Any) -> str:
        """An approved invoice of a vendor that the books know; one row per department that ``departments`` counts."""
        departments = more.pop("departments", 1)
        share = (Decimal(amount) / departments).quantize(Decimal("0.01"))
        shares = [share] * (departments - 1) + [Decimal(amount) - share * (departments - 1)]
        today = f"{self.company.today.isoformat()}T00:00:00Z"
        rows = [
            {
                "accountCode": ACCOUNT, "costCenterCode": self.company.departments[place].external_id,
                "netTotal": part, "grossTotal": part, "taxSum": 0, "text1": f"{name} {place + 1}",
            }
            for place, part in enumerate(shares)
        ]  # fmt: skip
        body = {
            "invoiceId": id_of(name), "invoiceNumber": f"T-{id_of(name)[:12]}", "companyCode": HEAD,
            "supplierCode": self.vendor, "currencyCode": "USD", "netSum": Decimal(amount), "taxSum1": 0,
            "grossSum": Decimal(amount), "invoiceDate": today, "dueDate": today, "codingRows": rows,
            "state": "WaitingForTransfer",
        }  # fmt: skip
        self.desk.post("objects/invoices", body | more)
        return id_of(name)

    def told(self, name: str, what: str = "transferResponses") -> list[dict[str, Any]]:
        """What Basware was told of an invoice."""
        (row,) = [one for one in self.desk.get("objects/accountingDocuments") if one["invoiceId"] == id_of(name)]
        return list(row.get(what) or ())


@contextmanager
def approved(
    folder: Path, plugins: Plugins, *, records: int = 8, books: Mapping[str, Any] | None = None, **pairing: Any
) -> Iterator[Approved]:
    """Serve both, connect them. ``books``: more settings of QuickBooks' connection; ``pairing``: of the pairing."""
    company = COMPANIES[company_kind(scenario)](5, records)
    with ExitStack() as stack:
        served = {}
        for system in (BOOKS, DESK):
            standin = stand_in_class(system)(company=company)
            standin.limits_enabled = False
            served[system] = Served(system, stack.enter_context(Server(standin)).url)
            served[system].post("switches", scenario.SWITCHES[system])
        recipe, settled = plugins.recipes["quickbooks+basware"], _Settled(books or {}, pairing)
        path = write_config(folder, recipe, settled, company, served)
        config = load_config(path, plugins=plugins)
        engine = stack.enter_context(embedded.open_engine(config, plugins=plugins, limits=False))
        store_demo_secrets(engine, scenario, company)
        made = Approved(company, served, engine)
        vendors = [
            one for one in made.books.get("objects/Vendor") if one["Active"] and one["CurrencyRef"]["value"] == "USD"
        ]
        made.vendor = f"V{vendors[0]['Id']}"
        yield made


@dataclass(frozen=True)
class _Settled:
    """The demo's settings with a test's own on top."""

    books: Mapping[str, Any]
    more: Mapping[str, Any]

    def connections(self, company: Company) -> dict[str, dict[str, Any]]:
        found = scenario.connections(company)
        found[BOOKS] |= {"rate_days": 1, **self.books}
        return found

    def pairing(self, company: Company) -> dict[str, Any]:
        return scenario.pairing(company) | self.more
