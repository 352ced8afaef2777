"""``mlc plugin certify``: the grade of a connector, and which check earned or lost which level."""

import sys

import click

from mlc.cli.options import Options, pass_options
from mlc.cli.output import print_json, print_table, progress
from mlc.errors import ExitCode
from mlc.testing.certifying import Certificate
from mlc.testing.certifying import certify as certified
from mlc.testing.grading import HARMLESS, NONE, Level, Said

FAULTS = 1000


@click.command("certify")
@click.argument("name")
@click.option(
    "--faults", type=click.IntRange(0), default=FAULTS, show_default=True, help="Faults to inject; 0 injects none."
)
@click.option("--all", "everything", is_flag=True, help="Show the checks that passed, too.")
@pass_options
def certify(options: Options, name: str, faults: int, everything: bool) -> None:
    """Run every check on an installed connector and say its grade: bronze, silver, gold or platinum."""
    with progress(f"Checking {name}"):
        result = certified(name, faults=faults)
    if options.json:
        print_json(_as_json(result))
    else:
        _show(result, everything=everything)
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
    damage = result.damage
    if damage is not None:
        struck = ", ".join(damage.types) or "reads alone"
        click.echo(
            f"\n{damage.faults} faults injected into {struck}: {damage.written} records written, "
            f"{damage.duplicates} duplicates, {damage.lost} lost."
        )
        for problem in damage.problems[:5]:
            click.echo(f"  {problem}")
    passed = sum(1 for finding in result.findings if finding.said is Said.PASSED)
    click.echo(f"\n{result.system} {result.version}: {result.grade.name} ({passed} of {len(result.findings)} passed)")


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
        "torture": None if result.damage is None else result.damage.as_json(),
    }  # fmt: skip
