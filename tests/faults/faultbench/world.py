"""Both stand-ins in a process of their own, and a pairing that further processes run, break off and resume."""

import json
import os
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlc_sandbox.company import Company, make_company
from mlc_sandbox.served import Served, serve

from faultbench import once
from faultbench.configuring import pairing_lines
from tests.forking import Running

SOURCE, TARGET = "procurify", "zoho-books"
PAIRING = "main"
#: Further than any quarantine of these worlds.
FAR_AHEAD_S = 400.0
#: So far our clock is ahead of the vendors' from the start: more than a version stays provisional.
AHEAD_S = 3.0
#: A run takes seconds; on a busy machine, minutes. What takes longer hangs.
PATIENCE_S = 240.0
#: How uncertain creates are settled → the ledger's switches; without the field nothing of the ledger's own helps.
SWITCHES: Mapping[str, Mapping[str, Any]] = {
    "unique_field": {},
    "search": {"unique_field": False, "bill_number_unique": "no"},
}
#: Quarantine that a test can wait for, with a request deadline that a loaded machine can keep.
TIMING = {"applies_within_s": 1.0, "visible_within_s": 0.5, "request_deadline_s": 2.0}
#: Where clocks are wrong by minutes and leap whenever people work: a quarantine that outlasts both (R3).
LONG_TIMING = TIMING | {"applies_within_s": 300.0}
SECRETS = {
    "PROCURIFY_ID": "demo-client",
    "PROCURIFY_SECRET": "demo-secret",
    "ZOHO_ID": "1000.DEMO",
    "ZOHO_SECRET": "demo-secret",
    "ZOHO_REFRESH": "1000.demo.refresh",
}
#: What a run ends with when a vendor cannot be read: nothing is lost, the next one goes on.
UNAVAILABLE = 4
KILLED = -signal.SIGKILL


@dataclass(frozen=True, slots=True)
class Ran:
    """One run that ended, or was ended."""

    code: int
    report: dict[str, Any]
    said: str

    @property
    def writes(self) -> int:
        """Mutating requests to both sides."""
        return sum(side["write"] for side in self.report.get("calls", {}).values())

    @property
    def open(self) -> int:
        """Intents and records that are not settled; those that wait for a person are."""
        return sum(count for state, count in self.report["open"].items() if state != "held")

    @property
    def settled(self) -> bool:
        return bool(self.report) and self.open == 0 and not self.report["stopped"]


@dataclass
class World:
    """One company, its source, its ledger and the connector between them."""

    folder: Path
    company: Company
    source: Served
    target: Served
    ahead_s: float = AHEAD_S
    visited: set[str] = field(default_factory=set)
    _runs: int = 0

    @property
    def home(self) -> Path:
        return self.folder / "home"

    # ---------------------------------------------------------------- running

    def begin(self, *, step: str | None = None, environ: Mapping[str, str] | None = None) -> Running:
        """Start one run; ``step`` is ``name:action[:nth]`` of ``mlc.testing.steps``."""
        self._runs += 1
        variables = {
            **os.environ,
            **SECRETS,
            "MLC_HOME": str(self.home),
            "MLC_TEST_STEPS_VISITED": str(self._visits),
            **({} if step is None else {"MLC_TEST_STEP": step}),
            **(environ or {}),
        }
        return Running(*self._run_of, environ=variables, files=self.folder / f"run-{self._runs}")

    @property
    def _run_of(self) -> tuple[Any, ...]:
        """What a process does, and with what."""
        return once.main, self.home, self.ahead_s

    @property
    def vendors(self) -> tuple[Served, ...]:
        return self.source, self.target

    def end(self, running: Running, *, timeout_s: float = PATIENCE_S) -> Ran:
        """Wait for a run's end."""
        code, out, err = running.end(timeout_s)
        if self._visits.exists():
            self.visited |= set(self._visits.read_text().split())
            self._visits.unlink()
        return Ran(code, json.loads(out) if out.strip() else {}, err)

    @property
    def _visits(self) -> Path:
        return self.folder / "visited"

    def run(self, *, step: str | None = None, environ: Mapping[str, str] | None = None) -> Ran:
        """One run, from start to end."""
        return self.end(self.begin(step=step, environ=environ))

    def settle(self, *, wait: bool = False, rounds: int = 8) -> Ran:
        """Run until nothing is open. Between runs the clocks go on: by real waiting, or by moving both ahead."""
        for _round in range(rounds):
            ran = self.run()
            if ran.code not in (0, 1, UNAVAILABLE) or "Traceback" in ran.said:
                raise AssertionError(f"a run failed with exit {ran.code}: {ran.said}")
            if ran.settled:
                return ran
            if wait:
                time.sleep(1.5)
            else:
                self.go_ahead(FAR_AHEAD_S)
        raise AssertionError(f"not settled after {rounds} runs: {ran.report or ran.said}")

    def go_ahead(self, seconds: float) -> None:
        """Let time pass: here and at both vendors."""
        self.ahead_s += seconds
        for served in self.vendors:
            served.post("clock", {"advance_s": seconds})

    # ---------------------------------------------------------------- faults

    def fault(self, match: str, kind: str, *, at: Served | None = None, **options: Any) -> None:
        """Ask a stand-in (the target, unless told otherwise) for a fault."""
        (at or self.target).post("faults", {"match": match, "kind": kind, **options})

    def struck(self) -> int:
        """How many requests the target's faults have struck."""
        return sum(fault["struck"] for fault in self.target.get("faults"))

    def heal(self) -> None:
        """Take every fault out."""
        for served in self.vendors:
            served._ask("DELETE", "faults")

    # ---------------------------------------------------------------- the audit trail

    def holds(self, source_id: str) -> list[str]:
        """Codes of what waits for a person about one record."""
        return [row["code"] for row in self.all_holds() if row["external_id"] == source_id]

    def all_holds(self) -> list[dict[str, Any]]:
        """Everything that waits for a person, as the connector tells it."""
        from mlc.engine.holdstore import open_rows
        from mlc.store.database import open_database

        database = open_database(self.home / "mlc.db")
        try:
            with database.read() as connection:
                return [dict(row) for row in open_rows(connection, PAIRING)]
        finally:
            database.close()

    def history(self, source_id: str) -> list[tuple[str, int]]:
        """What the trail tells of one record: events with their attempt."""
        from mlc.store.database import open_database
        from mlc.store.schema import audit, records
        from sqlalchemy import select

        database = open_database(self.home / "mlc.db")
        try:
            with database.read() as connection:
                rows = connection.execute(
                    select(audit.c.event, audit.c.detail)
                    .join(records, records.c.id == audit.c.record_id)
                    .where(records.c.external_id == source_id)
                    .order_by(audit.c.id)
                ).all()
        finally:
            database.close()
        return [(row.event, int(json.loads(row.detail or "{}").get("attempt", 0))) for row in rows]

    def chain_problem(self) -> str | None:
        """What ``mlc audit verify`` finds wrong with the trail, None when it holds."""
        from mlc.store.audit import verify_chain
        from mlc.store.database import open_database

        database = open_database(self.home / "mlc.db")
        try:
            report = verify_chain(database)
            return None if report.ok else report.problem
        finally:
            database.close()


@contextmanager
def open_world(
    folder: Path,
    *,
    records: int = 1,
    seed: int = 7,
    switches: Mapping[str, Any] | None = None,
    timing: Mapping[str, float] | None = None,
    policy: Mapping[str, Any] | None = None,
) -> Iterator[World]:
    """A company in both stand-ins and a configured home, nothing carried yet.

    Args:
        switches: Of the target's stand-in, e.g. ``unique_field`` off for the strategy ``search``.
        timing: ``applies_within_s``, ``visible_within_s``, ``request_deadline_s`` of every writing flow.
    """
    with serve((SOURCE, TARGET), seed=seed, records=records) as served:
        yield make_world(folder, served, make_company(seed, records), switches=switches, timing=timing, policy=policy)


def make_world(
    folder: Path,
    served: Mapping[str, Served],
    company: Company,
    *,
    switches: Mapping[str, Any] | None = None,
    timing: Mapping[str, float] | None = None,
    policy: Mapping[str, Any] | None = None,
) -> World:
    """A configured home between stand-ins that are served already."""
    if switches:
        served[TARGET].post("switches", dict(switches))
    world = World(folder, company, served[SOURCE], served[TARGET])
    _write_config(world, timing or {}, policy or {})
    return world


def _write_config(world: World, timing: Mapping[str, float], policy: Mapping[str, Any]) -> None:
    lines = [
        'home = "."',
        *pairing_lines(world.company, world.source, world.target, PAIRING, timing=timing, policy=policy),
    ]
    world.home.mkdir(parents=True, mode=0o700)
    (world.home / "mlc.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
