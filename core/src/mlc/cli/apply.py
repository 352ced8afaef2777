"""``mlc apply FILE``: do exactly that plan."""

import getpass
import sys
from pathlib import Path

import click

from mlc.cli.options import Options, pass_options
from mlc.cli.output import print_json, print_table
from mlc.cli.reports import show_report
from mlc.cli.watching import watch
from mlc.clock import Clock
from mlc.errors import ConfigError, ExitCode


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--pairing", metavar="PAIRING", help="Refuse a plan of any other pairing.")
@pass_options
def apply(options: Options, file: Path, pairing: str | None) -> None:
    """Do what the plan in FILE says, and nothing else. mlc plan PAIRING --out FILE writes one.

    A line is left alone, with its reason, when the record, its twin in the target, the configuration or anything else
    it was made from has changed since. Applying a plan twice does nothing the second time.
    """
    from mlc.engine.applying import apply_plan
    from mlc.engine.planfiles import read_plan
    from mlc.runner.embedded import open_session
    from mlc.runner.signals import stopping

    options.known_pairing(pairing)
    plan = read_plan(file, keys=options.keys, now=Clock().now())
    click.get_current_context().call_on_close(plan.lines.close)
    if pairing is not None and plan.pairing != pairing:
        raise ConfigError(f"{file} is a plan of {plan.pairing}, not of {pairing}.")
    options.known_pairing(plan.pairing)
    with (
        stopping() as stop,
        watch(plan.pairing) as progress,
        open_session(options.config, plan.pairing, plugins=options.plugins, progress=progress, stop=stop) as session,
    ):
        done = apply_plan(session, plan, by=getpass.getuser())
    if options.json:
        print_json(done.as_dict())
    else:
        assert done.report is not None
        show_report(done.report)
        click.echo(f"{done.applied} lines applied, {done.already} were applied before, {len(done.refused)} left alone.")
        if done.refused:
            shown = [(line["record"], line["what"], line["action"], line["why"]) for line in done.refused]
            print_table(("record", "what", "action", "left alone because"), shown)
    sys.exit(ExitCode.NEEDS_A_PERSON if done.needs_a_person else ExitCode.DONE)
