"""How a run and a plan are shown."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from mlc.cli.output import print_table
from mlc.engine.states import RecordState

if TYPE_CHECKING:
    from mlc.engine.dryrun import FlowPlan
    from mlc.engine.runreport import RunReport

FIGURES = ("created", "updated", "adopted", "voided", "unchanged", "held", "dead", "uncertain", "lost_fields")
PLAN_COLUMNS = ("record", "what", "action", "side", "fields", "why")
SHOWN = 20


def show_report(report: "RunReport") -> None:
    """One run, for a person."""
    if report.paused:
        click.echo(report.paused)
        return
    click.echo(f"{report.pairing}, run {report.run_id}: {report.seconds:.1f} s")
    columns = ("flow", *(name.replace("_", " ") for name in FIGURES))
    rows = [(flow, *(counts.get(name, 0) for name in FIGURES)) for flow, counts in report.flows.items()]
    if not report.plans or any(any(row[1:]) for row in rows):  # a first run has only its plan to tell of
        print_table(columns, rows, empty="No flow carries anything.")
    for side, calls in report.calls.items():
        click.echo(f"Calls, {side}: {calls['read']} reads, {calls['write']} writes")
    show_off(report.off)
    for flow, sentence in report.stopped.items():
        click.echo(f"{flow} stopped: {sentence}")
    if report.uncertain:
        click.echo(f"{report.uncertain} writes are uncertain; they are looked up again before anything is repeated.")
    if report.accepted:
        click.echo(f"{report.accepted} writes were accepted; what became of them is asked for at the next run.")
    if waits := sum(report.waiting.values()):
        click.echo(
            f"{waits} records wait, as what was sent before may still arrive: mlc plan {report.pairing} says how long."
        )
    if report.plans:
        show_plans(report.plans)
        click.echo(UNFORESEEN)
        click.echo(f"Nothing of this was sent. To accept it, type: mlc run {report.pairing} --once --accept")
    waiting = sum(counts.get("held", 0) for counts in report.flows.values())
    given_up = sum(counts.get("dead", 0) for counts in report.flows.values())
    if waiting:
        click.echo(f"{waiting} records are held: mlc held says for what.")
    if given_up:
        click.echo(f"{given_up} records were given up on: mlc dead says why.")


def show_off(off: Mapping[str, str]) -> None:
    """Flows that need what a side does not have."""
    for flow, sentence in off.items():
        click.echo(f"{flow} is off: {sentence}")


def show_totals(plans: "Mapping[str, FlowPlan]") -> None:
    """How much each flow would do, and the calls it would cost."""
    names = sorted({name for plan in plans.values() for name in plan.counts})
    rows = [(flow, *(plan.counts.get(name, 0) for name in names), plan.calls) for flow, plan in plans.items()]
    print_table(("flow", *(name.replace("_", " ") for name in names), "calls"), rows)


#: Of these a plan says only how many they are.
_QUIET = frozenset({"settle", "nothing"})
_QUIET_COUNTS = _QUIET | {state.value for state in RecordState}
#: What a person looks at first; the rest follows as it would go.
_WEIGHTY = ("hold", "void", "update")
#: What no plan can foresee.
UNFORESEEN = "What the other side refuses when it gets there, or changes until then, is held instead."


def show_plans(plans: "Mapping[str, FlowPlan]") -> None:
    """What flows would do: totals first, then the first records of each, what needs a person before all others."""
    show_totals(plans)
    for flow, plan in plans.items():
        if plan.limit is not None:
            click.echo(f"{flow}: {plan.limit}")
        telling = sorted((item for item in plan.items if item["action"] not in _QUIET), key=_weight)
        if telling:
            click.echo()
            click.echo(f"{flow}:")
            print_table(PLAN_COLUMNS, [plan_row(item) for item in telling[:SHOWN]])
        if len(telling) > SHOWN:
            more = sum(count for name, count in plan.counts.items() if name not in _QUIET_COUNTS) - SHOWN
            click.echo(f"… and {more} more; mlc plan --out FILE writes them all.")


def _weight(item: Mapping[str, Any]) -> int:
    return _WEIGHTY.index(item["action"]) if item["action"] in _WEIGHTY else len(_WEIGHTY)


def plan_row(item: Mapping[str, Any]) -> tuple[object, ...]:
    """One record of a plan as a row of ``PLAN_COLUMNS``."""
    what = item["code"] or item["action"]
    why = item["why"] or (f"binds {item['adopts']}" if item["adopts"] else "")
    losses = "; ".join(f"{loss['field']} is lost: {loss['reason']}" for loss in item["losses"])
    told = " ".join(one for one in (why, losses) if one)
    return item["record"], item["what"], what, item["side"], ", ".join(item["fields"]), told
