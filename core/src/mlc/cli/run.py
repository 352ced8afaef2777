"""``mlc run``: keep records in step, once or for good."""

import getpass
import json
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from mlc.cli.options import Options, log_of, pass_options
from mlc.cli.output import plain, print_json, told
from mlc.cli.reports import show_report
from mlc.cli.watching import watch
from mlc.errors import AuthError, ExitCode, MlcError, OvertakenError, TransientError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mlc.engine.runreport import RunReport
    from mlc.runner.embedded import Engine
    from mlc.runner.work import Claim


@click.command()
@click.argument("pairings", metavar="[PAIRING]...", nargs=-1)
@click.option("--once", is_flag=True, help="Run once, then end. Without it mlc keeps running.")
@click.option("--accept", is_flag=True, help="Accept the first plan, what limits stopped, and what was there already.")
@click.option("--sweep", is_flag=True, help="Read both sides' lists whole, not only what changed.")
@click.option("--serve", "serves", is_flag=True, help="Receive webhooks as well, in this process.")
@click.option("--listen", metavar="HOST:PORT", help="Where to receive them (default: listen under [serve]).")
@click.option("--log", "logged", is_flag=True, help="Log every event to stderr, one JSON object a line.")
@click.option("--threads", default=4, show_default=True, type=click.IntRange(1, 64), help="Pairings run at once.")
@pass_options
def run(
    options: Options,
    pairings: tuple[str, ...],
    once: bool,
    accept: bool,
    sweep: bool,
    serves: bool,
    listen: str | None,
    logged: bool,
    threads: int,
) -> None:
    """Keep the records of every PAIRING in step, all of them when none is named.

    The first run only shows its plan; --accept sends it. Interrupt it at any moment: it ends between two writes, and
    the next start goes on where it ended.
    """
    from mlc.engine.formkeeping import refuse_another_form
    from mlc.runner.embedded import open_engine
    from mlc.runner.serving import alerts_told, keep_running
    from mlc.runner.signals import stopping

    names = options.pairings(pairings)
    if logged:
        log_of(options)
    if once and serves:
        raise click.UsageError("--serve keeps running; it does not go with --once.")
    with (
        stopping() as stop,
        open_engine(options.config, plugins=options.plugins) as engine,
        alerts_told(engine, logged=logged or not once),
    ):
        if once:
            sys.exit(_once(options, engine, names, accept=accept, sweep=sweep, stop=stop))
        for name in names:  # told at once, not when the pairing is due
            refuse_another_form(engine.database, options.config.pairings[name])
        with (
            _looking_after(engine),
            _woken(options, engine, listen, serves=serves or listen is not None) as sleep,
        ):
            listener, me = _Teller(options), _me()

            def ended() -> bool:
                return stop() or listener.unread

            keep_running(engine, names, threads=threads, accept=accept, stop=ended, listener=listener, by=me, nap=sleep)
            if listener.unread:
                raise BrokenPipeError
    sys.exit(ExitCode.DONE)


@contextmanager
def _looking_after(engine: "Engine") -> "Iterator[None]":
    """Subscriptions are kept alive meanwhile, and sources that go quiet are told of."""
    from mlc.runner.subscribers import Subscribers, looking_after

    with looking_after(Subscribers(engine).look):
        yield


@contextmanager
def _woken(
    options: Options, engine: "Engine", listen: str | None, *, serves: bool
) -> "Iterator[Callable[[float], None]]":
    """How to sleep: with a receiver in this process, until it has stored something."""
    if not serves:
        yield time.sleep
        return
    from mlc.serve.server import serving

    came = threading.Event()

    def sleep(seconds: float) -> None:
        came.wait(seconds)
        came.clear()

    with serving(
        options.config,
        plugins=options.plugins,
        database=engine.database,
        keys=engine.keys,
        clock=engine.clock,
        listen=listen,
        wake=came.set,
    ) as served:
        click.echo(f"Webhooks are received on {served.url}.", err=True)
        yield sleep


def _once(
    options: Options, engine: "Engine", names: list[str], *, accept: bool, sweep: bool, stop: "Callable[[], bool]"
) -> ExitCode:
    from mlc.engine.run import run_pairing

    worst, reports = ExitCode.DONE, []
    for name in names:
        if stop():
            break
        try:
            with (
                watch(name) as progress,
                engine.session_alone(name, progress=progress, stop=stop) as session,
            ):
                report = run_pairing(session, accept=accept, sweep=sweep, by=_me())
        except (AuthError, TransientError, OvertakenError) as error:
            worst = max(worst, error.exit_code)
            reports.append({"pairing": name, "error": error.sentence})
            click.echo(f"{name}: {told(error)}", err=True)
            continue
        worst = max(worst, ExitCode.NEEDS_A_PERSON if report.needs_a_person else ExitCode.DONE)
        reports.append(report.as_dict())
        if not options.json:
            show_report(report)
    if options.json:
        print_json(reports)
    return worst


class _Teller:
    """One line per run of many; nothing of the slices it was done in."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self.unread = False
        """Whoever read us has gone: the same as being asked to end."""

    def pairing_ended(self, pairing: str, news: "RunReport | MlcError") -> None:
        try:
            self._tell(pairing, news)
        except BrokenPipeError:
            self.unread = True

    def _tell(self, pairing: str, news: "RunReport | MlcError") -> None:
        if isinstance(news, MlcError):
            click.echo(f"{pairing}: {told(news)}", err=True)
        elif self._options.json:
            click.echo(json.dumps(news.as_dict(), default=plain, ensure_ascii=False))
        elif news.paused:
            return
        elif news.plans:
            show_report(news)
        else:
            from mlc.runner.worklog import in_one_line

            click.echo(f"{news.started_at:%Y-%m-%d %H:%M:%S} {in_one_line(news)}")

    def slice_ended(self, pairing: str, claim: "Claim", seconds: float) -> None:
        """A run is told when it ends."""


def _me() -> str:
    return getpass.getuser()
