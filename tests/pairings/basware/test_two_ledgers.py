"""Two ledgers in one Basware tenant, each with its companies: an invoice reaches the ledger of its company."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlc.runner.embedded as embedded
import pytest
from click.testing import CliRunner
from halls.hall import ACCOUNT, Hall
from halls.ledgers import Ledger, QuickBooks, ZohoBooks
from mlc.cli.main import mlc
from mlc.config import load_config
from mlc.connections import store_secrets
from mlc.plugins import Plugins
from mlc.store.credentials import Credentials
from mlc_sandbox.basware.seed import BRANCH, HEAD
from mlc_sandbox.cli import stand_in_class
from mlc_sandbox.company import COMPANIES
from mlc_sandbox.democonfig import toml_value
from mlc_sandbox.scenarios.contract import company_kind
from mlc_sandbox.served import Served
from mlc_sandbox.toolkit.server import Server

#: Pairing → its books, and its company in the tenant.
LEDGERS: dict[str, tuple[type[Ledger], str]] = {"head": (ZohoBooks, HEAD), "branch": (QuickBooks, BRANCH)}


@dataclass
class Tenant:
    """One P2P and the books of two of its companies."""

    desk: Served
    halls: dict[str, Hall]

    def run(self) -> None:
        for name, hall in self.halls.items():
            code, reports = hall.mlc("run", name, "--once", "--accept")
            assert "error" not in reports[0], reports
            assert code in (0, 1)


@pytest.fixture(scope="module")
def tenant(tmp_path_factory: pytest.TempPathFactory, plugins: Plugins) -> Iterator[Tenant]:
    folder = tmp_path_factory.mktemp("tenant")
    with ExitStack() as stack:

        def serve(system: str, company: Any) -> Served:
            standin = stand_in_class(system)(company=company)
            standin.limits_enabled = False
            return Served(system, stack.enter_context(Server(standin)).url)

        companies = {name: COMPANIES[company_kind(books.scenario)](7, 1) for name, (books, _) in LEDGERS.items()}
        desk = serve("basware", companies["head"])
        desk.post("switches", {"settle_s": 0.1})
        served = {name: serve(books.system, companies[name]) for name, (books, _) in LEDGERS.items()}
        path = folder / "mlc.toml"
        path.write_text(written(served, desk, companies, {name: code for name, (_, code) in LEDGERS.items()}))
        with embedded.open_engine(load_config(path, plugins=plugins), plugins=plugins) as engine:
            credentials = Credentials(engine.database, engine.keys, now=engine.clock.now)
            for name, (books, _) in LEDGERS.items():
                for system, values in books.scenario.secrets(companies[name]).items():
                    secrets = plugins.system(system).secrets.model_validate(values)
                    store_secrets(credentials, f"{system}-{name}", secrets)
        halls = {
            name: Hall(companies[name], books(served[name], companies[name]), desk, path, plugins)
            for name, (books, _) in LEDGERS.items()
        }
        made = Tenant(desk, halls)
        made.run()
        yield made


def written(served: dict[str, Served], desk: Served, companies: dict[str, Any], codes: dict[str, str]) -> str:
    """``mlc.toml``: a connection to the tenant for each ledger, and its own companies in each scope."""
    lines = ['home = "."']
    for name, (books, _) in LEDGERS.items():
        for system, settings in books.scenario.connections(companies[name]).items():
            settings |= {"endpoint": desk.url if system == "basware" else served[name].url}
            if system == "basware":
                settings |= {"company_codes": [codes[name]], "organization_element": codes[name]}
            lines += [f"[connections.{system}-{name}]", f"system = {toml_value(system)}"]
            lines += [f"{key} = {toml_value(value)}" for key, value in settings.items()]
        told = books.scenario.pairing(companies[name]) | {"since": companies[name].today}
        told |= {"scope": {"right": [codes[name]]}, "recipe": f"{books.system}+basware"}
        told |= {"left": f"{books.system}-{name}", "right": f"basware-{name}"}
        lines += [f"[pairings.{name}]", *(f"{key} = {toml_value(value)}" for key, value in told.items())]
    return "\n".join(lines) + "\n"


def test_each_invoice_reaches_exactly_the_ledger_of_its_company(tenant: Tenant) -> None:
    for name, hall in tenant.halls.items():
        hall.invoice(f"of-{name}", "128.40" if name == "head" else "256.80", companyCode=LEDGERS[name][1])
    tenant.run()
    tenant.run()
    for name, hall in tenant.halls.items():
        there = {other: len(one.ledger.bills(f"N-of-{name}")) for other, one in tenant.halls.items()}
        assert there == {other: int(other == name) for other in tenant.halls}
        assert hall.status(f"of-{name}") == "Transferred"
        assert len(hall.answers(f"of-{name}")) == 1
    accounts = tenant.halls["head"].shown("p2p_accounts", accountCode=ACCOUNT)
    assert sorted(one["companyCode"] for row in accounts for one in row["companies"]) == [HEAD, BRANCH]


def test_a_company_of_two_ledgers_is_refused_by_the_doctor(tenant: Tenant) -> None:
    hall = tenant.halls["head"]
    assert "pairings" in doctor(hall.config)[1]
    assert doctor(hall.config)[0] == 0
    whole = hall.config.read_text()
    other = hall.config.with_name("overlapping.toml")
    other.write_text(whole.replace(f'scope = {{ "right" = ["{BRANCH}"] }}', f'scope = {{ "right" = ["{HEAD}"] }}'))
    code, told = doctor(other)
    assert code != 0
    assert f"head and branch both see {HEAD} of basware-head and basware-branch by their scope" in told


def doctor(config: Path) -> tuple[int, str]:
    done = CliRunner().invoke(mlc, ["--config", str(config), "doctor"], catch_exceptions=False)
    return done.exit_code, " ".join(done.output.split())
