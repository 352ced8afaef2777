"""Bills and vendors whose answers are lost after BILL has stored them: what tests and benchmarks of that need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlc_sandbox.cli import stand_in_class
from mlc_sandbox.company import Company, make_payables_company
from mlc_sandbox.democonfig import PAIRING, store_demo_secrets, write_config
from mlc_sandbox.scenarios import zoho_books_bill as scenario
from mlc_sandbox.served import Served
from mlc_sandbox.toolkit.server import Server

if TYPE_CHECKING:
    from mlc.plugins import Plugins

RECIPE = "zoho-books+bill"
PATH = "/connect/v3/"
#: Of bills fewer in a row than open the breaker, so that one run meets many; vendors are few.
CHANCE = {"bills": 0.4, "vendors": 1.0}
RUNS_MAX = 60


@dataclass(frozen=True, slots=True)
class LostAnswers:
    """What became of them. ``lookups`` are calls of their list beyond those of runs that lose nothing."""

    struck: int
    posted: int
    doubled: tuple[str, ...]
    missing: tuple[str, ...]
    lookups: int
    runs: int


@dataclass(frozen=True, slots=True)
class _Ran:
    struck: int
    made: Counter[str]
    listed: int
    runs: int


def lose_answers(
    folder: Path, plugins: Plugins, *, times: int, records: int, seed: int = 11, kind: str = "bills"
) -> LostAnswers:
    """Carry one company's bills twice: with ``times`` answers to ``POST /bills`` (or ``/vendors``) lost after the
    record was stored, and undisturbed in as many runs. Raises RuntimeError when there are not so many to strike."""
    company = make_payables_company(seed, records)
    torn = _carry(folder / "torn", plugins, company, kind, times=times)
    calm = _carry(folder / "calm", plugins, company, kind, times=0, runs_min=torn.runs)
    if torn.struck < times:
        raise RuntimeError(f"only {torn.struck} of {times} answers were lost; give it more records")
    return LostAnswers(
        struck=torn.struck,
        posted=torn.made.total(),
        doubled=tuple(sorted(one for one, count in torn.made.items() if count > 1)),
        missing=tuple(sorted((calm.made - torn.made).keys())),
        lookups=torn.listed - calm.listed,
        runs=torn.runs,
    )


def _carry(folder: Path, plugins: Plugins, company: Company, kind: str, *, times: int, runs_min: int = 1) -> _Ran:
    """Run until nothing is in doubt and a run writes nothing: what waited for a lost answer goes in a later one."""
    from mlc.config import load_config
    from mlc.engine.run import run_pairing
    from mlc.runner.embedded import open_engine

    with ExitStack() as stack:
        served = {
            system: stack.enter_context(_served(system, company)) for system in (scenario.SOURCE, scenario.TARGET)
        }
        bill = served[scenario.TARGET]
        if times:
            bill.post("faults", [{"match": f"POST {PATH}{kind}$", "kind": "commit_then_drop", "times": times,
                                  "probability": CHANCE[kind], "seed": company.seed}])  # fmt: skip
        path = write_config(folder, plugins.recipes[RECIPE], _BillsAlone(), company, served)
        config = load_config(path, plugins=plugins)
        with open_engine(config, plugins=plugins, limits=False) as engine:
            store_demo_secrets(engine, scenario, company)
            runs, busy = 0, True
            while (busy or runs < runs_min) and runs < RUNS_MAX:
                with engine.session(PAIRING) as session:
                    report = run_pairing(session, accept=True)
                runs += 1
                wrote = any(calls["write"] for calls in report.calls.values())
                busy = bool(report.uncertain or report.stopped or wrote)
        struck = sum(fault["struck"] for fault in bill.get("faults"))
        made = [row for row in bill.get(f"log?cause=request&type={kind}") if row["op"] == "create"]
        names = {vendor["id"]: vendor["name"] for vendor in bill.get("objects/vendors")}
        stored = Counter(_told(row["after"], names) for row in made)
        listed = int(bill.get("calls")["calls"].get(f"GET {PATH}{kind}", {"count": 0})["count"])
    return _Ran(struck, stored, listed, runs)


class _BillsAlone:
    """The scenario as it is set up, with the recipe's own flows."""

    connections = staticmethod(scenario.connections)

    @staticmethod
    def pairing(company: Company) -> Mapping[str, Any]:
        return {key: value for key, value in scenario.pairing(company).items() if key != "flows"}


@contextmanager
def _served(system: str, company: Company) -> Iterator[Served]:
    standin = stand_in_class(system)(company=company)
    standin.limits_enabled = False
    with Server(standin) as server:
        yield Served(system, server.url)


def _told(made: Mapping[str, Any], vendors: Mapping[str, str]) -> str:
    if "invoice" not in made:
        return f"{made['name']} in {made['billCurrency']}"
    return f"{vendors[made['vendorId']]} {made['invoice']['invoiceNumber']} {made['amount']}"
