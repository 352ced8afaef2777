"""Many small companies, each with stand-ins and a pairing of its own: what tests and benchmarks of many processes need.

``python -m mlc_sandbox.demofarm CONFIG --threads N`` is a worker for them, with the vendors' quotas opened; with
``--lease SECONDS`` one that is missed sooner than others.
"""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlc_sandbox.company import Company, make_company
from mlc_sandbox.democonfig import toml_value
from mlc_sandbox.scenarios import procurify_zoho_books as scenario
from mlc_sandbox.served import Served
from mlc_sandbox.toolkit.server import Server
from mlc_sandbox.toolkit.standin import StandIn

if TYPE_CHECKING:
    from mlc.runner.embedded import Engine

RECIPE = "procurify+zoho-books"
SYSTEMS = ("procurify", "zoho-books")


@dataclass(frozen=True)
class Plot:
    """One company, its two stand-ins and where they are served."""

    pairing: str
    company: Company
    standins: Mapping[str, StandIn]
    served: Mapping[str, Served]

    @property
    def written(self) -> int:
        """Records that calls created or changed, as the stand-ins logged them."""
        return sum(len(one.get("log?cause=request")) for one in self.served.values())

    def bills(self) -> Counter[tuple[str, str]]:
        """How often each number of each vendor stands in the books."""
        kept = self.served["zoho-books"].get("objects/bills")
        return Counter((str(bill["vendor_id"]), str(bill["bill_number"])) for bill in kept)


@dataclass(frozen=True)
class Farm:
    """Plots and the configuration that names them all."""

    config: Path
    plots: Sequence[Plot]

    @property
    def written(self) -> int:
        return sum(plot.written for plot in self.plots)

    def doubled(self) -> list[tuple[str, str]]:
        """Bills that stand in the books more than once."""
        return [key for plot in self.plots for key, count in plot.bills().items() if count > 1]

    def prepare(self, engine: Engine) -> None:
        """Store what ``mlc connect`` would have asked for, and accept every first plan."""
        from mlc.clock import stamp
        from mlc.connections import store_secrets
        from mlc.store.credentials import Credentials
        from mlc.store.schema import acceptances

        credentials = Credentials(engine.database, engine.keys, now=engine.clock.now)
        now = stamp(engine.clock.now())
        with engine.database.write() as tx:
            for pairing in engine.config.pairings.values():
                rows = [{"pairing": pairing.name, "flow": flow.name, "by": "farm", "at": now} for flow in pairing.flows]
                tx.execute(acceptances.insert(), rows)
        for plot in self.plots:
            for system, values in scenario.secrets(plot.company).items():
                model = engine.plugins.system(system).secrets
                store_secrets(credentials, f"{plot.pairing}-{system}", model.model_validate(values))


@contextmanager
def grow(
    folder: Path,
    *,
    plots: int,
    records: int,
    database: str = "",
    broker: str = "",
    every: str = "1d",
    make: Callable[[str, Company], StandIn] | None = None,
) -> Iterator[Farm]:
    """Serve every stand-in from this process and write the configuration; quotas are open.

    Args:
        make: the stand-in of a system for a company, e.g. a slow one.
    """
    from mlc_sandbox.cli import stand_in_class

    with ExitStack() as stack:
        grown = []
        for number in range(plots):
            company = make_company(100 + number, records)
            standins = {
                system: make(system, company) if make else stand_in_class(system)(company=company) for system in SYSTEMS
            }
            served = {}
            for system, standin in standins.items():
                standin.limits_enabled = False
                served[system] = Served(system, stack.enter_context(Server(standin)).url)
            grown.append(Plot(f"p{number:03}", company, standins, served))
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = folder / "mlc.toml"
        path.write_text(_text(grown, database, broker, every), encoding="utf-8")
        yield Farm(path.absolute(), grown)


def _text(plots: Sequence[Plot], database: str, broker: str, every: str) -> str:
    lines = ['home = "."']
    if database:
        lines.append(f"database = {toml_value(database)}")
    if broker:
        lines += [f"broker = {toml_value(broker)}", "broker_may_forget = true"]
    for plot in plots:
        for system, settings in scenario.connections(plot.company).items():
            lines += ["", f"[connections.{plot.pairing}-{system}]", f"system = {toml_value(system)}"]
            lines += _table(settings)
            lines.append(f"endpoint = {toml_value(plot.served[system].url)}")
        lines += ["", f"[pairings.{plot.pairing}]", f'recipe = "{RECIPE}"', f'every = "{every}"', 'jitter = "0s"']
        lines += [f'left = "{plot.pairing}-procurify"', f'right = "{plot.pairing}-zoho-books"']
        lines += _table(scenario.pairing(plot.company))
    return "\n".join(lines) + "\n"


def _table(values: Mapping[str, Any]) -> list[str]:
    return [f"{key} = {toml_value(value)}" for key, value in values.items()]


def main() -> int:
    """A worker process with the quotas opened."""
    from mlc.config import load_config
    from mlc.plugins import load_plugins
    from mlc.runner import leases
    from mlc.runner.brokers import redis_broker
    from mlc.runner.embedded import open_engine
    from mlc.runner.leases import process_name
    from mlc.runner.serving import work_until
    from mlc.runner.signals import stopping
    from mlc.runner.worklog import Log

    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("config", type=Path)
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--after", default="")
    parser.add_argument("--lease", type=float)
    options = parser.parse_args()
    if options.lease is not None:
        leases.TTL_S = options.lease
    plugins = load_plugins()
    config = load_config(options.config, plugins=plugins)
    parent = os.getppid()
    with stopping() as stop, open_engine(config, plugins=plugins, limits=False) as engine:
        work_until(
            engine,
            redis_broker(config, engine.database),
            sorted(config.pairings),
            threads=options.threads,
            stop=lambda: stop() or os.getppid() != parent,
            log=Log(as_json=True),
            by=getpass.getuser(),
            owner=process_name(),
            after=options.after,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
