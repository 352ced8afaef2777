"""``mlc migrate``: bring the database to the schema of this version."""

import click

from mlc.cli.options import Options, pass_options
from mlc.cli.output import print_json
from mlc.clock import Clock


@click.command()
@click.option(
    "--wait", "wait_s", type=click.FloatRange(min=0), default=60.0, help="Seconds to wait for writes under way."
)
@pass_options
def migrate(options: Options, wait_s: float) -> None:
    """Let running programs end what they are sending, copy a SQLite database, then change its tables.

    An older program that still runs ends by itself before it sends anything more; start this version instead.
    """
    from mlc.store.database import connect_database
    from mlc.store.migrating import migrate as bring_up

    database = connect_database(options.file.database)
    try:
        done = bring_up(database, at=Clock().now(), drain_s=wait_s)
    finally:
        database.close()
    if options.json:
        print_json(done)
    elif done.before == done.after:
        click.echo(f"{database.shown} has schema {done.after}: nothing to do.")
    else:
        click.echo(f"{database.shown} went from schema {done.before} to {done.after}.")
        if done.copy is not None:
            click.echo(f"{done.copy} is how it was before; delete it once all is well.")
        if done.under_way:
            click.echo(f"{done.under_way} writes were still under way; they are looked up before anything is repeated.")
