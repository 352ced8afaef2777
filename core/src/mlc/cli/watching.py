"""Shows the progress of a run: a bar and a line on a terminal, nothing in a pipe but alerts."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from mlc.engine.session import quiet

#: Refused credentials end the run with the same words.
SAID_AT_THE_END = "credentials"


@contextmanager
def watch(label: str, *, alerts: bool = True) -> Iterator[Callable[..., None]]:
    """What ``Session.progress`` is told goes to stderr while the block runs; ``alerts`` False leaves those out."""
    if not sys.stderr.isatty():
        yield _plain if alerts else quiet
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=None)

        def tell(event: str, **facts: Any) -> None:
            if event == "alert" and (facts["code"] == SAID_AT_THE_END or not alerts):
                return
            if event == "alert":
                bar.console.print(f"Alert {facts['code']}: {facts['sentence']}", markup=False)
            else:
                bar.update(task, description=f"{label}: {describe(event, facts)}")

        yield tell


def describe(event: str, facts: dict[str, Any]) -> str:
    """One event of a run as a phrase."""
    match event:
        case "intake":
            return f"reads {facts['object_type'].value.replace('_', ' ')} ({facts['side'].value}), {facts['rows']} rows"
        case "deliver":
            tally = facts["tally"]
            return (
                f"{facts['flow']}: {tally.created} created, {tally.updated} updated, "
                f"{tally.adopted} adopted, {tally.held} held"
            )
        case "wait":
            return f"waits {facts['seconds']:.0f} s for the vendor's quota"
        case "waits":
            return str(facts["sentence"])
    return event


def _plain(event: str, **facts: Any) -> None:
    if event == "alert" and facts["code"] != SAID_AT_THE_END:
        click.echo(f"Alert {facts['code']}: {facts['sentence']}", err=True)
    elif event == "waits":
        click.echo(facts["sentence"], err=True)
