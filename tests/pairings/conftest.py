"""A whole pairing on loopback: both stand-ins in this process, a home of its own, ``mlc`` as a person calls it."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlc.runner.embedded as embedded
import pytest
from click.testing import CliRunner
from mlc.cli.main import mlc
from mlc.config import load_config
from mlc.plugins import Plugins, load_plugins
from mlc_sandbox.cli import stand_in_class
from mlc_sandbox.company import Company, make_company
from mlc_sandbox.democonfig import store_demo_secrets, write_config
from mlc_sandbox.scenarios import procurify_zoho_books as scenario
from mlc_sandbox.served import Served
from mlc_sandbox.toolkit.server import Server

SEED, RECORDS = 7, 40


@pytest.fixture(scope="session")
def plugins() -> Plugins:
    return load_plugins()


@dataclass
class World:
    """One company in two stand-ins, connected."""

    company: Company
    served: dict[str, Served]
    config: Path
    plugins: Plugins

    def say(self, *arguments: str) -> tuple[int, Any]:
        """Exit code and JSON of a command."""
        done = CliRunner().invoke(mlc, ["--config", str(self.config), "--json", *arguments], catch_exceptions=False)
        return done.exit_code, json.loads(done.stdout) if done.stdout else None

    def tell(self, *arguments: str) -> tuple[int, str]:
        """Exit code and text of a command."""
        done = CliRunner().invoke(mlc, ["--config", str(self.config), *arguments], catch_exceptions=False)
        return done.exit_code, done.output

    def keep_secrets(self) -> None:
        """Store the demo's secrets in the database that the configuration names now."""
        config = load_config(self.config, plugins=self.plugins)
        with embedded.open_engine(config, plugins=self.plugins) as engine:
            store_demo_secrets(engine, scenario, self.company)

    def writes(self) -> int:
        """Records that calls created or changed, as the stand-ins logged them."""
        return sum(len(one.get("log?cause=request")) for one in self.served.values())


@pytest.fixture
def world(tmp_path: Path, plugins: Plugins, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    company = make_company(SEED, RECORDS)
    with_limits = embedded.open_engine
    monkeypatch.setattr(
        embedded, "open_engine", lambda *given, **named: with_limits(*given, **named | {"limits": False})
    )
    with ExitStack() as stack:
        served = {}
        for system in ("procurify", "zoho-books"):
            standin = stand_in_class(system)(company=company)
            standin.limits_enabled = False
            served[system] = Served(system, stack.enter_context(Server(standin)).url)
        recipe = plugins.recipes["procurify+zoho-books"]
        path = write_config(tmp_path, recipe, scenario, company, served)
        made = World(company, served, path, plugins)
        made.keep_secrets()
        yield made
