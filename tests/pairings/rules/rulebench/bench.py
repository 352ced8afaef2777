"""One company in two stand-ins, a home of its own, and a clock that the test moves."""

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from mlc.cli.main import mlc
from mlc.clock import Clock
from mlc.config import load_config
from mlc.engine.run import run_pairing
from mlc.engine.runreport import RunReport
from mlc.engine.session import Session, quiet
from mlc.plugins import Plugins
from mlc.runner.embedded import Engine, open_engine
from mlc_sandbox.cli import stand_in_class
from mlc_sandbox.company import Company, make_company
from mlc_sandbox.democonfig import store_demo_secrets, write_config
from mlc_sandbox.scenarios import procurify_zoho_books as scenario
from mlc_sandbox.served import Served
from mlc_sandbox.toolkit.server import Server

SOURCE, TARGET, PAIRING = "procurify", "zoho-books", "demo"
SEED = 7
#: Our clock is ahead of the vendors': what they show was written long enough ago to be believed.
AHEAD_S = 3.0
#: Further than any quarantine.
FAR_S = 400.0

Row = dict[str, Any]


class MovedClock(Clock):
    """The machine's clock, as far ahead as the test says. ``wrong``: somebody has set it, and no time has passed."""

    def __init__(self) -> None:
        self.ahead = timedelta(seconds=AHEAD_S)
        self.wrong = timedelta()
        self.boots = 0
        self.started: timedelta | None = None
        self.names_boots = True

    def now(self) -> datetime:
        return super().now() + self.wrong

    def skipped(self) -> timedelta:
        return self.ahead

    def start_anew(self) -> None:
        """The machine is started again, at this moment."""
        self.boots += 1
        self.started = self.ahead

    def uptime(self) -> timedelta:
        """It was started days ago, unless the test says when."""
        return timedelta(days=3) if self.started is None else self.ahead - self.started

    def boot_id(self) -> str | None:
        return f"start {self.boots}" if self.names_boots else None


class ScenarioWith:
    """The demo's configuration with some settings changed."""

    def __init__(self, policy: Mapping[str, Any], settings: Mapping[str, Mapping[str, Any]]) -> None:
        self._policy = policy
        self._settings = settings

    def connections(self, company: Company) -> dict[str, dict[str, Any]]:
        found = scenario.connections(company)
        return {name: values | dict(self._settings.get(name, {})) for name, values in found.items()}

    def secrets(self, company: Company) -> dict[str, dict[str, str]]:
        return scenario.secrets(company)

    def pairing(self, company: Company) -> dict[str, Any]:
        return scenario.pairing(company) | dict(self._policy)


@dataclass
class Bench:
    """One pairing in which everything is real but the two vendors and the clock."""

    company: Company
    source: Served
    target: Served
    plugins: Plugins
    folder: Path
    clock: MovedClock = field(default_factory=MovedClock)
    policy: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, dict[str, Any]] = field(default_factory=dict)
    marks: dict[str, int] = field(default_factory=dict)
    _opened: ExitStack = field(default_factory=ExitStack)
    _engine: Engine | None = None

    # ---------------------------------------------------------------- configuration

    @property
    def config(self) -> Path:
        return self.folder / "mlc.toml"

    def configure(self, **policy: Any) -> None:
        """Write ``mlc.toml``; keys of the pairing given before stay as they were."""
        self.leave()
        self.policy |= policy
        served = {SOURCE: self.source, TARGET: self.target}
        recipe = self.plugins.recipes[f"{SOURCE}+{TARGET}"]
        write_config(self.folder, recipe, ScenarioWith(self.policy, self.settings), self.company, served)  # type: ignore[arg-type]

    def add_pairing(self, name: str, *, left: str, endpoint: str) -> None:
        """A second pairing in the same database: another tenant of the source, the same ledger."""
        self.leave()
        text = self.config.read_text(encoding="utf-8")
        connections, pairing = text.split(f"[pairings.{PAIRING}]\n")
        other = connections.split(f"[connections.{TARGET}]")[0].split(f"[connections.{SOURCE}]\n")[1]
        other = other.replace(self.source.url, endpoint)
        pairing_two = pairing.replace(f'left = "{SOURCE}"', f'left = "{left}"')
        text += f"\n[connections.{left}]\n{other}\n[pairings.{name}]\n{pairing_two}"
        self.config.write_text(text, encoding="utf-8")
        secrets = scenario.secrets(self.company)[SOURCE]
        with open_engine(
            load_config(self.config, plugins=self.plugins), plugins=self.plugins, clock=self.clock
        ) as engine:
            from mlc.connections import store_secrets
            from mlc.store.credentials import Credentials

            model = self.plugins.system(SOURCE).secrets.model_validate(secrets)
            store_secrets(Credentials(engine.database, engine.keys, now=self.clock.now), left, model)

    # ---------------------------------------------------------------- running

    def enter(self) -> Engine:
        """The engine of this home, opened when it is first needed and kept until ``leave``."""
        if self._engine is None:
            config = load_config(self.config, plugins=self.plugins)
            opening = open_engine(config, plugins=self.plugins, clock=self.clock, limits=False)
            self._engine = self._opened.enter_context(opening)
        return self._engine

    def leave(self) -> None:
        """Let go of the database, as a process that ends."""
        self._engine = None
        self._opened.close()

    @contextmanager
    def session(
        self,
        pairing: str = PAIRING,
        *,
        stop: Callable[[], bool] = lambda: False,
        progress: Callable[..., None] = quiet,
    ) -> Iterator[Session]:
        with self.enter().session(pairing, stop=stop, progress=progress) as session:
            for connection in session.connections.values():
                connection.http.quota.be_patient(0.2, stop=lambda: False)
            yield session

    def run(
        self,
        pairing: str = PAIRING,
        *,
        accept: bool = True,
        sweep: bool = False,
        stop: Callable[[], bool] = lambda: False,
    ) -> RunReport:
        """One run. Marks where both logs stand before it; afterwards two seconds pass, so that versions differ."""
        self.mark()
        try:
            with self.session(pairing, stop=stop) as session:
                return run_pairing(session, accept=accept, sweep=sweep, by="tests")
        finally:
            self.pass_time(2.0)

    def settle(self, rounds: int = 5) -> RunReport:
        """Run, and let quarantines pass, until no write is open."""
        for _round in range(rounds):
            report = self.run()
            if not report.uncertain and not self.intents("planned", "sending", "accepted", "uncertain"):
                return report
            self.pass_time(FAR_S)
        raise AssertionError(f"not settled after {rounds} runs: {report.as_dict()}")

    def pass_time(self, seconds: float) -> None:
        """Let time pass here and at both vendors."""
        self.clock.ahead += timedelta(seconds=seconds)
        for served in (self.source, self.target):
            served.post("clock", {"advance_s": seconds})

    def say(self, *arguments: str) -> Any:
        """The JSON that a command prints."""
        done = CliRunner().invoke(mlc, ["--config", str(self.config), "--json", *arguments], catch_exceptions=False)
        assert done.exit_code in (0, 1), done.output
        return json.loads(done.stdout) if done.stdout else None

    def decide(self, verb: str, record_id: int, *more: str) -> Any:
        """What a person says about a hold."""
        return self.say("held", verb, str(record_id), *more)

    # ---------------------------------------------------------------- what the vendors saw

    def mark(self) -> None:
        """From here on ``written`` counts."""
        for served in (self.source, self.target):
            news = served.get(f"log?since={self.marks.get(served.system, 0)}")
            self.marks[served.system] = int(news[-1]["sequence"]) if news else self.marks.get(served.system, 0)

    def written(self, at: Served | None = None, *, type: str | None = None) -> list[Row]:
        """What calls changed in a vendor's records since the mark (the target's, unless told otherwise)."""
        served = at or self.target
        log = served.get(f"log?since={self.marks[served.system]}&cause=request")
        return [one for one in log if type in (None, one["type"])]

    def wrote_nothing(self) -> bool:
        """No call changed anything on either side since the mark."""
        return not self.written(self.source) and not self.written(self.target)

    def fault(self, match: str, kind: str, *, at: Served | None = None, **options: Any) -> None:
        (at or self.target).post("faults", {"match": match, "kind": kind, **options})

    def heal(self) -> None:
        """Take every fault and every switch back."""
        for served in (self.source, self.target):
            served._ask("DELETE", "faults")
            served._ask("DELETE", "switches")

    # ---------------------------------------------------------------- what the store says

    def rows(self, query: str, *values: Any) -> list[Row]:
        """Read our own database with another program's eyes."""
        with sqlite3.connect(self.folder / "mlc.db") as connection:
            connection.row_factory = sqlite3.Row
            found = [dict(row) for row in connection.execute(query, values)]
        connection.close()
        return found

    def record(self, source_id: str, pairing: str = PAIRING) -> Row:
        """The record of a document born at the source."""
        (row,) = self.rows("SELECT * FROM records WHERE pairing = ? AND external_id = ?", pairing, source_id)
        return row

    def state(self, source_id: str) -> str:
        return str(self.record(source_id)["state"])

    def holds(self, source_id: str | None = None) -> list[Row]:
        """Open holds, of one record or of all."""
        query = "SELECT h.* FROM holds h JOIN records r ON r.id = h.record_id WHERE h.cleared_at IS NULL"
        if source_id is None:
            return self.rows(query)
        return self.rows(query + " AND r.external_id = ?", source_id)

    def codes(self, source_id: str) -> list[str]:
        """Codes of a record's open holds."""
        return sorted(hold["code"] for hold in self.holds(source_id))

    def alerts(self, code: str | None = None) -> list[Row]:
        """Open alerts."""
        query = "SELECT * FROM alerts WHERE cleared_at IS NULL"
        return self.rows(query) if code is None else self.rows(query + " AND code = ?", code)

    def intents(self, *states: str, source_id: str | None = None) -> list[Row]:
        """Writes in these states."""
        marks = ",".join("?" * len(states))
        query = f"SELECT * FROM intents WHERE state IN ({marks})"
        if source_id is None:
            return self.rows(query, *states)
        return self.rows(query + " AND source_id = ?", *states, source_id)

    def events(self, source_id: str) -> list[str]:
        """What the audit trail tells of a record, in order."""
        query = "SELECT a.event FROM audit a JOIN records r ON r.id = a.record_id WHERE r.external_id = ? ORDER BY a.id"
        return [row["event"] for row in self.rows(query, source_id)]

    def copy_database(self, to: Path) -> None:
        """What a backup does while nothing runs."""
        for name in ("mlc.db", "mlc.db-wal", "mlc.db-shm"):
            (to / name).unlink(missing_ok=True)
        with sqlite3.connect(self.folder / "mlc.db") as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        shutil.copy(self.folder / "mlc.db", to / "mlc.db")


@contextmanager
def open_bench(
    folder: Path,
    plugins: Plugins,
    *,
    records: int = 1,
    policy: Mapping[str, Any] | None = None,
    settings: Mapping[str, Mapping[str, Any]] | None = None,
    switches: Mapping[str, Any] | None = None,
) -> Iterator[Bench]:
    """Both stand-ins in this process and a home that has carried nothing yet.

    Args:
        settings: Of connections, e.g. ``{"zoho-books": {"unique_fields": "off"}}``.
        switches: Of the target's stand-in.
    """
    company = make_company(SEED, records)
    with ExitStack() as stack:
        served = {}
        for system in (SOURCE, TARGET):
            standin = stand_in_class(system)(company=company)
            standin.limits_enabled = False
            served[system] = Served(system, stack.enter_context(Server(standin)).url)
        if switches:
            served[TARGET].post("switches", dict(switches))
        bench = Bench(company, served[SOURCE], served[TARGET], plugins, folder)
        # Said, not asked for: the question is a write to /bills, and would be struck by the faults of a test.
        on = "on" if served[TARGET].get("switches")["unique_field"] else "off"
        bench.settings = {TARGET: {"unique_fields": on}} | {
            name: dict(values) for name, values in (settings or {}).items()
        }
        bench.configure(**(policy or {}))
        config = load_config(bench.config, plugins=plugins)
        with open_engine(config, plugins=plugins, clock=bench.clock) as engine:
            store_demo_secrets(engine, scenario, company)
        bench.mark()
        try:
            yield bench
        finally:
            bench.leave()
        crashes = bench.source.get("crashes") + bench.target.get("crashes")
        assert not crashes, f"a stand-in crashed: {crashes[0]}"
