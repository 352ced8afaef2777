"""``mlc scheduler``: nudges the workers about what is due; any number of them may run."""

import logging
import sys

import click

from mlc.cli.options import Options, pass_options
from mlc.errors import ExitCode


@click.command()
@click.argument("pairings", metavar="[PAIRING]...", nargs=-1)
@pass_options
def scheduler(options: Options, pairings: tuple[str, ...]) -> None:
    """Nudge the workers about every PAIRING that is due, all of them when none is named; keep subscriptions alive.

    Run two on different machines when one may fail: a slot is run once, however many schedulers there are.
    """
    from mlc.runner.brokers import distributed, redis_broker
    from mlc.runner.embedded import open_engine
    from mlc.runner.leases import process_name
    from mlc.runner.serving import schedule_until
    from mlc.runner.signals import stopping
    from mlc.runner.worklog import Log

    distributed(options.config)
    names = options.pairings(pairings)
    log = Log(as_json=options.json)
    logging.basicConfig(handlers=[log.handler], level=logging.WARNING, force=True)
    with stopping() as stop, open_engine(options.config, plugins=options.plugins) as engine:
        broker = redis_broker(options.config, engine.database)
        schedule_until(engine, broker, names, stop=stop, log=log, owner=process_name())
    sys.exit(ExitCode.DONE)
