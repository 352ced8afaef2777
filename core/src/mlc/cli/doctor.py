"""``mlc doctor``: what is wrong with this installation, and what to do about it."""

import click

from mlc.cli.examine import Finding, Level, examine
from mlc.cli.options import Options
from mlc.cli.output import print_json, print_table
from mlc.errors import ExitCode


@click.command()
@click.option("--offline", is_flag=True, help="Do not knock at the vendors' doors.")
@click.pass_context
def doctor(ctx: click.Context, offline: bool) -> None:
    """Look at configuration, plugins, database, key, clock and endpoints."""
    options = ctx.ensure_object(Options)
    findings = list(examine(options, offline=offline))
    if options.json:
        print_json(findings)
    else:
        print_table(("", "what", "found"), [_row(finding) for finding in findings])
    bad = any(finding.level is Level.WRONG for finding in findings)
    ctx.exit(ExitCode.NEEDS_A_PERSON if bad else ExitCode.DONE)


def _row(finding: Finding) -> tuple[str, str, str]:
    return finding.level.value, finding.what, finding.sentence
