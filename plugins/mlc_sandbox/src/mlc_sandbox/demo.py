"""``mlc demo``: stand-ins up, a pairing connected, run three times, reconciled and judged. No account, no network."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from mlc.cli.options import Options
from mlc.cli.output import print_json
from mlc.errors import ExitCode

from mlc_sandbox.company import COMPANIES, Company
from mlc_sandbox.democonfig import store_demo_secrets, write_config
from mlc_sandbox.demopasses import Pass, plan_first, run_pass
from mlc_sandbox.demostory import Story
from mlc_sandbox.demowebhooks import NAME, Watched, watch_pass
from mlc_sandbox.scenarios import CaseResult
from mlc_sandbox.scenarios.contract import Scenario, acts_of, company_kind, find_scenario, webhooks_of
from mlc_sandbox.scenarios.disturbances import Change
from mlc_sandbox.scenarios.invoicecost import Cost
from mlc_sandbox.served import Served, serve

if TYPE_CHECKING:
    from mlc.runner.embedded import Engine

RECIPE = "procurify+zoho-books"
#: What a demo that was kept leaves behind; the stand-ins it knows are gone.
#: The system of a change that a person makes with mlc itself.
OPERATOR = "mlc"
KEPT = ("mlc.toml", "mlc.db")


@dataclass(frozen=True, slots=True)
class Demo:
    """What a demo came to."""

    recipe: str
    seed: int
    passes: tuple[Pass, ...]
    cases: tuple[CaseResult, ...]
    reconcile: dict[str, Any]
    wanted_writes: int
    silent: frozenset[str] = frozenset({"unchanged"})
    batches: bool = False
    watched: Watched | None = None
    costs: tuple[Cost, ...] = ()

    @property
    def ok(self) -> bool:
        """Every case came out as it should, silent passes wrote nothing, the third exactly what had changed."""
        return not self.problems

    @property
    def problems(self) -> list[str]:
        """What did not come out as it should, a sentence each, with the figures."""
        changed = self.passes[2]
        most = self.wanted_writes
        found = [f"{case.name}: expected {case.expected}, got {case.got}." for case in self.cases if not case.ok]
        found += [
            f"The pass {one.name} was not silent: {one.flows}, {one.calls}."
            for one in self.passes
            if one.name in self.silent and not one.silent
        ]
        if changed.written != self.wanted_writes or changed.sent > most or (changed.sent < most and not self.batches):
            found.append(
                f"The pass {changed.name} wrote {changed.written} records in {changed.sent} calls, not "
                f"{self.wanted_writes}: {changed.flows}."
            )
        return found

    def as_dict(self) -> dict[str, Any]:
        """As ``--json`` prints it."""
        return {
            "recipe": self.recipe,
            "seed": self.seed,
            "ok": self.ok,
            "passes": [one.as_dict() for one in self.passes],
            "cases": [{"name": case.name, "expected": case.expected, "got": case.got} for case in self.cases],
            "reconcile": self.reconcile,
            "problems": self.problems,
            **({"cost": [one.as_dict() for one in self.costs]} if self.costs else {}),
        } | ({} if self.watched is None else {"webhook": self.watched.as_dict()})


@click.command()
@click.argument("recipe", default=RECIPE)
@click.option("--records", default=300, show_default=True, type=click.IntRange(1), help="Bills of the seeded company.")
@click.option("--seed", default=7, show_default=True, help="The same seed gives the same company.")
@click.option("--keep", type=click.Path(path_type=Path, file_okay=False), help="Keep configuration and database here.")
@click.pass_context
def demo(ctx: click.Context, recipe: str, records: int, seed: int, keep: Path | None) -> None:
    """Two stand-ins, a whole pairing, no account: see it work.

    Serves both systems of RECIPE on this machine with one invented company, connects them, runs the pairing, runs it
    again, changes records at the source, runs it once more and compares both sides to the cent.
    """
    options = ctx.ensure_object(Options)
    story = Story(silent=options.json)
    if keep is not None and (used := next((keep / name for name in KEPT if (keep / name).exists()), None)):
        raise click.BadParameter(
            f"{used} is there already, of a company that is no more; name a new folder, or remove this one.",
            param_hint="--keep",
        )
    with ExitStack() as stack:
        folder = keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mlc-demo-")))
        done = show(options, recipe, seed=seed, records=records, folder=folder, story=story)
    if options.json:
        print_json(done.as_dict())
    else:
        story.end(done.cases, ok=done.ok, kept=keep)
    ctx.exit(ExitCode.DONE if done.ok else ExitCode.NEEDS_A_PERSON)


def show(options: Options, recipe: str, *, seed: int, records: int, folder: Path, story: Story) -> Demo:
    """Run the whole demo in ``folder``. Raises MlcError, ControlRefused when a stand-in cannot be reached."""
    from mlc.config import load_config
    from mlc.engine.reconcile import reconcile
    from mlc.runner.embedded import open_engine

    scenario = find_scenario(recipe)
    plan = options.plugins.recipes.get(recipe)
    if plan is None:
        raise click.BadParameter(f"the recipe {recipe} is not installed")
    kind = company_kind(scenario)
    company = COMPANIES[kind](seed, records)
    with serve((plan.left, plan.right), seed=seed, records=records, company=kind) as served:
        for system, switches in getattr(scenario, "SWITCHES", {}).items():
            served[system].post("switches", switches)
        path = write_config(folder, plan, scenario, company, served)
        config = load_config(path, plugins=options.plugins)
        story.begin(plan.title, company, served, path)
        with open_engine(config, plugins=options.plugins, limits=False) as engine:
            store_demo_secrets(engine, scenario, company)
            prepare = getattr(scenario, "prepare", None)
            for change in (
                prepare(company, served[plan.left].objects(), served[plan.right].objects()) if prepare else ()
            ):
                _do(engine, served, change)
            if not story.silent:
                plan_first(engine, story)
            passes = [run_pass(engine, "first", story, accept=True)]
            story.held(engine)
            passes.append(run_pass(engine, "unchanged", story))
            changes = scenario.changes(company)
            for change in changes:
                _do(engine, served, change)
            story.changed(list(dict.fromkeys(change.name for change in changes)))
            passes.append(run_pass(engine, "changed", story))
            acts = acts_of(scenario, company)
            for act in acts:
                story.acted(act.name, [change.name for change in act.changes], act.runs)
                for change in act.changes:
                    _do(engine, served, change)
                passes += [run_pass(engine, name, story, sweep=act.sweep) for name in act.passes()]
            cases = _judge(scenario, company, served[plan.left], served[plan.right], passes[-1])
            watched, listening = None, webhooks_of(scenario)
            if listening is not None:
                story.acted(NAME, [change.name for change in listening.changes(company)], 1)
                tells = getattr(listening, "TELLS", plan.left)
                told = plan.right if tells == plan.left else plan.left
                watched = watch_pass(
                    engine, options.plugins, listening, company, source=served[tells], target=served[told], story=story
                )
                passes.append(watched.poll)
                cases += watched.cases
            with engine.session(next(iter(config.pairings))) as session:
                compared = reconcile(session).as_dict()
            story.reconciled(compared)
    silent = frozenset({"unchanged", *(name for act in acts if act.silent for name in act.passes())})
    wanted, batches = sum(change.writes for change in changes), bool(getattr(scenario, "BATCHES", False))
    calls = {one.name: one.calls for one in passes}
    costs = tuple(scenario.costs(company, calls, cases)) if hasattr(scenario, "costs") else ()
    story.costs(costs)
    return Demo(recipe, seed, tuple(passes), tuple(cases), compared, wanted, silent, batches, watched, costs)


def _do(engine: Engine, served: Mapping[str, Served], change: Change) -> None:
    """What a person does: on the screens of a system, or at the command line."""
    if change.system != OPERATOR:
        served[change.system].post(f"objects/{change.type}", change.body)
        return
    if change.type == "held":
        _say(engine, change.body)
        return
    assert change.type == "replay"
    from mlc.engine.decisions import revive
    from mlc.store.schema import records
    from sqlalchemy import select

    with engine.database.write() as tx:
        rows = tx.execute(select(records).where(records.c.state == "dead")).mappings().all()
        revive(tx, rows, by="mlc demo", now=engine.clock.now(), event="replayed_by_person")


def _say(engine: Engine, said: Mapping[str, Any]) -> None:
    """What ``mlc held VERB`` does, for every vendor that waits for this, or for the one of this id."""
    from mlc.engine.decisions import Verb, decide_hold
    from mlc.engine.holdstore import open_rows

    with engine.database.write() as tx:
        for row in open_rows(tx):
            vendor = row["code"] == said["code"] and row["object_type"] == "vendor"
            if vendor and said.get("id") in (None, row["external_id"]):
                decide_hold(tx, row, Verb(said["verb"]), by="mlc demo", now=engine.clock.now())


def _judge(scenario: Scenario, company: Company, source: Served, target: Served, last: Pass) -> list[CaseResult]:
    """Cases, judged from what the stand-ins hold and from the holds that the engine reports."""
    report = {"holds": last.holds, "source_log": source.get("log")}
    return list(scenario.check_cases(company, source.objects(), target.objects(), target.get("log"), report))
