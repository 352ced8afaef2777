"""``mlc recover``: after a database was restored from a backup, or copied."""

import click

from mlc.cli.options import Options, pass_options
from mlc.cli.output import print_json
from mlc.clock import Clock
from mlc.store.instance import InstanceGuard
from mlc.store.lock import engine_lock


@click.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_options
def recover(options: Options, yes: bool) -> None:
    """Make a restored or copied database safe to write from.

    Every write that was open becomes uncertain and is looked up at its system before anything is sent again; every list
    is read from the start.
    """
    database = options.database
    if not yes:
        click.confirm(
            f"Is {database.shown} the one database that writes for these connections from now on?", abort=True
        )
    with engine_lock(database):
        done = InstanceGuard(database, options.file.home).recover(Clock())
    if options.json:
        print_json(done)
    else:
        click.echo(
            f"{done.uncertain} open writes will be looked up before anything is sent, "
            f"{done.watermarks} lists will be read from the start. Next, in some minutes: mlc plan."
        )
