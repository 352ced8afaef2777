"""``mlc plugin certify``: the grade of a connector, and which check earned or lost which level."""

import sys

import click

from mlc.cli.options import Options, pass_options
from mlc.cli.output import print_json, print_table, progress
from mlc.errors import ExitCode
from mlc.testing.certifying import SEED, Certificate, keep
from mlc.testing.certifying import certify as certified
from mlc.testing.grading import HARMLESS, NONE, Level, Said

FAULTS = 1000


@click.command("certify")
@click.argument("name")
@click.option(
    "--faults",
    type=click.IntRange(0),
    default=FAULTS,
    show_default=True,
    help="Faults to inject, by each torture; 0 injects none.",
)
@click.option("--seed", type=int, default=SEED, show_default=True, help="The same seed draws the same faults.")
@click.option("--recorded", is_flag=True, help="Take the long torture through the engine from quality.toml.")
@click.option("--record", is_flag=True, help="Write what the torture through the engine counted into quality.toml.")
@click.option("--all", "everything", is_flag=True, help="Show the checks that passed, too.")
@pass_options
def certify(
    options: Options, name: str, faults: int, *, seed: int, recorded: bool, record: bool, everything: bool
) -> None:
    """Run every check on an installed connector and say its grade: bronze, silver, gold or platinum."""
    if record and recorded:
        raise click.UsageError("Say --record or --recorded, not both.")
    with progress(f"Checking {name}", total=faults) as bar:
        result = certified(
            name, faults=faults, seed=seed, recorded=recorded, told=lambda what, done: bar(done, note=f"{name}: {what}")
        )
    kept = keep(result) if record else None
    if options.json:
        print_json(_as_json(result))
    else:
        _show(result, everything=everything)
        if kept is not None:
            click.echo(f"Recorded in {kept}.")
    sys.exit(ExitCode.DONE if result.grade.name != NONE else ExitCode.NEEDS_A_PERSON)


def _show(result: Certificate, *, everything: bool) -> None:
    rows = [
        (result.rules.level_of(finding.check), _words(finding.check), finding.said.value, finding.detail)
        for finding in result.findings
        if everything or finding.said is not Said.PASSED
    ]
    order = [level.name for level in result.rules.levels]
    rows.sort(key=lambda row: order.index(row[0]) if row[0] in order else len(order))
    print_table(("level", "check", "said", "why"), rows, empty="Every check passed.")
    click.echo()
    levels = [
        (level.name, level.title, len(level.checks), "earned" if _earned(result, level.name) else _lost(result, level))
        for level in result.rules.levels
    ]
    print_table(("level", "means", "checks", "result"), levels)
    _show_tortures(result)
    passed = sum(1 for finding in result.findings if finding.said is Said.PASSED)
    click.echo(f"\n{result.system} {result.version}: {result.grade.name} ({passed} of {len(result.findings)} passed)")


def _show_tortures(result: Certificate) -> None:
    rows = [
        (what, damage.faults, damage.seed, ", ".join(damage.types) or "reads alone", damage.written,
         damage.duplicates, damage.lost, "nothing else" if damage.ok else f"{len(damage.problems)} problems")
        for what, damage in (("its requests alone", result.alone), ("through the engine", result.engine))
        if damage is not None
    ]  # fmt: skip
    if (kept := result.record) is not None:
        rows.append((f"recorded on {kept.on}", kept.faults, kept.seed, "", kept.written, kept.duplicates, kept.lost,
                     f"{kept.others} problems" if kept.others else "nothing else"))  # fmt: skip
    if rows:
        click.echo()
        columns = ("torture", "faults", "seed", "into", "written", "duplicates", "lost", "and")
        print_table(columns, rows)
    for damage in (result.alone, result.engine):
        for problem in [] if damage is None else damage.problems[:5]:
            click.echo(f"  {problem}")


def _earned(result: Certificate, level: str) -> bool:
    names = [each.name for each in result.rules.levels]
    return result.grade.name != NONE and names.index(level) <= names.index(result.grade.name)


def _lost(result: Certificate, level: Level) -> str:
    missing = result.grade.lost[level.name]
    return f"lacks {', '.join(map(_words, missing))}" if missing else "needs the levels below it"


def _words(check: str) -> str:
    """A check's name as the sentence it is."""
    return check.removeprefix("test_").replace("_", " ")


def _as_json(result: Certificate) -> dict[str, object]:
    return {
        "system": result.system,
        "version": result.version,
        "grade": result.grade.name,
        "levels": [
            {"name": level.name, "title": level.title, "earned": _earned(result, level.name),
             "lacks": list(result.grade.lost[level.name])}
            for level in result.rules.levels
        ],
        "checks": [
            {"check": finding.check, "level": result.rules.level_of(finding.check), "said": finding.said.value,
             "harmless": finding.said in HARMLESS, "why": finding.detail}
            for finding in result.findings
        ],
        "torture": {
            "alone": None if result.alone is None else result.alone.as_json(),
            "engine": None if result.engine is None else result.engine.as_json(),
            "recorded": result.record,
        },
    }  # fmt: skip
