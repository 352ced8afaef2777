"""``mlc keys``: the key that secrets, tax numbers and payloads are encrypted with."""

import os

import click

from mlc.cli.options import KEY_FILE, Options, pass_options
from mlc.cli.output import print_json
from mlc.clock import Clock
from mlc.store.keys import ENVIRONMENT, Keys, add_key


@click.group()
def keys() -> None:
    """The key that secrets, tax numbers and payloads are encrypted with."""


@keys.command()
@click.option(
    "--again", is_flag=True, help="No new key: only encrypt anew what is not yet encrypted with the current one."
)
@pass_options
def rotate(options: Options, again: bool) -> None:
    """Make a new key, then encrypt everything anew. May be interrupted and said again, with --again.

    The older keys stay in the key file, behind the new one: backups need them. With MLC_KEY, put the new key in front
    of the others there first.
    """
    from mlc.store.credentials import Credentials
    from mlc.store.lock import engine_lock
    from mlc.store.resealing import reseal

    database = options.database
    with engine_lock(database):
        current = _current(options, again=again)
        credentials = Credentials(database, current, now=Clock().now).rotate()
        database.seal_with(lambda: current)
        values = reseal(database, current.current_id)
    if options.json:
        print_json({"key": current.current_id, "credentials": credentials, "values": values})
    else:
        click.echo(
            f"Key {current.current_id} encrypts from now on; {credentials} credentials and {values} tax numbers and "
            "payloads were encrypted anew. Back up the key file again; the older keys stay in it for older backups."
        )


def _current(options: Options, *, again: bool) -> Keys:
    if again or os.environ.get(ENVIRONMENT):
        return options.keys
    return add_key(options.file.home / KEY_FILE)
