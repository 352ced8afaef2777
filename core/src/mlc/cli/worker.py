"""``mlc worker``: processes that work on what is due, as many as you like, on any number of machines."""

import getpass
import logging
import os
import sys
from typing import TYPE_CHECKING

import click

from mlc.cli.options import Options, pass_options
from mlc.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlc.runner.worklog import Log


@click.command()
@click.argument("pairings", metavar="[PAIRING]...", nargs=-1)
@click.option("--processes", default=1, show_default=True, type=click.IntRange(1, 64), help="Processes to keep alive.")
@click.option("--threads", default=8, show_default=True, type=click.IntRange(1, 256), help="Threads in each of them.")
@click.option("--name", hidden=True, help="The process's name; what minds it chooses one.")
@click.option("--after", hidden=True, help="The process that died in this one's place.")
@pass_options
def worker(
    options: Options, pairings: tuple[str, ...], processes: int, threads: int, name: str | None, after: str | None
) -> None:
    """Work on what is due, of every PAIRING when none is named. Needs Redis, PostgreSQL and a running mlc scheduler.

    A process that dies is started again, and others take its work over within seconds. Interrupt it at any moment: each
    process ends between two writes.
    """
    from mlc.runner.brokers import distributed
    from mlc.runner.signals import stopping
    from mlc.runner.worklog import Log

    distributed(options.config)
    names = options.pairings(pairings)
    log = Log(as_json=options.json)
    logging.basicConfig(handlers=[log.handler], level=logging.WARNING, force=True)
    with stopping() as stop:
        if name is None:
            sys.exit(_mind(options, pairings, processes, threads, stop=stop, log=log))
        sys.exit(_work(options, names, threads, name=name, after=after or "", stop=stop, log=log))


def _mind(
    options: Options, pairings: tuple[str, ...], processes: int, threads: int, *, stop: "Callable[[], bool]", log: "Log"
) -> int:
    from mlc.runner.brokers import redis_broker
    from mlc.runner.leases import process_name
    from mlc.runner.master import itself, mind

    redis_broker(options.config, options.database).close()
    before = ["--config", str(options.config.path), *(["--json"] if options.json else [])]

    def command(name: str, dead: str) -> list[str]:
        inner = ["worker", *pairings, "--threads", str(threads), "--name", name, "--after", dead]
        return itself(*before, *inner)

    log.say("worker.minds", f"Keeping {processes} worker processes of {threads} threads alive.")
    return mind(
        processes,
        command=command,
        name=lambda number, generation: f"{process_name()}:{number}:{generation}",
        stop=stop,
        say=log.say,
    )


def _work(
    options: Options, names: list[str], threads: int, *, name: str, after: str, stop: "Callable[[], bool]", log: "Log"
) -> ExitCode:
    from mlc.runner.brokers import redis_broker
    from mlc.runner.embedded import open_engine
    from mlc.runner.serving import work_until

    parent = os.getppid()

    def stopped() -> bool:
        return stop() or os.getppid() != parent

    with open_engine(options.config, plugins=options.plugins) as engine:
        broker = redis_broker(options.config, engine.database)
        me = getpass.getuser()
        work_until(engine, broker, names, threads=threads, stop=stopped, log=log, by=me, owner=name, after=after)
    return ExitCode.DONE
