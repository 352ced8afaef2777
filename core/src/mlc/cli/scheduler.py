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
    """Nudge the workers about every PAIRING that is due, all of them when none is named.

    Run two on different machines when one may fail: a slot is run once, however many schedulers there are.
    """
    from mlc.runner.brokers import distributed, redis_broker
    from mlc.runner.embedded import open_engine
    from mlc.runner.leases import process_name
    from mlc.runner.pace import schedules
    from mlc.runner.scheduler import Scheduler
    from mlc.runner.serving import nudging, wait
    from mlc.runner.signals import stopping
    from mlc.runner.worklog import Log

    distributed(options.config)
    names = options.pairings(pairings)
    log = Log(as_json=options.json)
    logging.basicConfig(handlers=[log.handler()], level=logging.WARNING, force=True)
    with stopping() as stop, open_engine(options.config, plugins=options.plugins) as engine:
        broker = redis_broker(options.config, engine.database)
        one = Scheduler(engine, schedules(engine, names), owner=process_name(), nudge=nudging(broker))
        one.prepare()
        log.say("scheduler.started", f"Looking after {len(names)} pairings.")
        troubled = False
        while not stop():
            one.tick()
            if one.trouble is not None and not troubled:
                log.say("scheduler.trouble", "The database does not answer; looking again.", level="error")
            elif one.trouble is None and troubled:
                log.say("scheduler.recovered", "The database answers again.")
            troubled = one.trouble is not None
            wait(one.tick_s, stop)
    sys.exit(ExitCode.DONE)
