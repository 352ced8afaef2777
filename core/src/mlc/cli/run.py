"""``mlc run``: keep records in step, once or for good."""

import getpass
import json
import sys
from typing import TYPE_CHECKING

import click

from mlc.cli.options import Options, pass_options
from mlc.cli.output import plain, print_json, told
from mlc.cli.reports import show_report
from mlc.cli.watching import watch
from mlc.errors import AuthError, ConfigError, ExitCode, MlcError, TransientError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlc.engine.runreport import RunReport
    from mlc.runner.embedded import Engine


@click.command()
@click.argument("pairings", metavar="[PAIRING]...", nargs=-1)
@click.option("--once", is_flag=True, help="Run once, then end. Without it mlc keeps running.")
@click.option("--accept", is_flag=True, help="Accept the first plan, and what the limits stopped.")
@click.option("--sweep", is_flag=True, help="Read both sides' lists whole, not only what changed.")
@pass_options
def run(options: Options, pairings: tuple[str, ...], once: bool, accept: bool, sweep: bool) -> None:
    """Keep the records of every PAIRING in step, all of them when none is named.

    The first run only shows its plan; --accept sends it. Interrupt it at any moment: it ends between two writes, and
    the next start goes on where it ended.
    """
    from mlc.runner.embedded import open_engine
    from mlc.runner.signals import stopping

    names = _names(options, pairings)
    with stopping() as stop, open_engine(options.config, plugins=options.plugins) as engine:
        if once:
            sys.exit(_once(options, engine, names, accept=accept, sweep=sweep, stop=stop))
        from mlc.runner.loop import keep_running, make_slots, run_with

        keep_running(
            make_slots(engine, names, accept=accept),
            run=run_with(engine, stop=stop, by=_me()),
            now=engine.clock.now,
            stop=stop,
            tell=lambda news: _tell(options, news),
        )
    sys.exit(ExitCode.DONE)


def _names(options: Options, pairings: tuple[str, ...]) -> list[str]:
    known = options.config.pairings
    unknown = [name for name in pairings if name not in known]
    if unknown or not known:
        there = ", ".join(sorted(known)) or "none; mlc init writes one"
        what = f"There is no pairing {unknown[0]!r}" if unknown else "There is no pairing"
        raise ConfigError(f"{what} in {options.config.path} (there are: {there}).")
    return list(dict.fromkeys(pairings)) or sorted(known)


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
                engine.session(name, progress=progress, stop=stop) as session,
            ):
                report = run_pairing(session, accept=accept, sweep=sweep, by=_me())
        except (AuthError, TransientError) as error:
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


def _tell(options: Options, news: "RunReport | MlcError") -> None:
    """One run of many, in one line; nothing where nothing happened and nothing waits."""
    if isinstance(news, MlcError):
        click.echo(told(news), err=True)
    elif options.json:
        click.echo(json.dumps(news.as_dict(), default=plain, ensure_ascii=False))
    elif news.plans:
        show_report(news)
    else:
        moved = {
            name: sum(counts.get(name, 0) for counts in news.flows.values())
            for name in ("created", "updated", "adopted", "voided", "held", "dead")
        }
        text = ", ".join(f"{count} {name}" for name, count in moved.items() if count) or "nothing to do"
        click.echo(f"{news.started_at:%Y-%m-%d %H:%M:%S} {news.pairing}: {text} ({news.seconds:.1f} s)")


def _me() -> str:
    return getpass.getuser()
