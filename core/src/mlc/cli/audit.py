"""``mlc audit``: what happened, to which record, when; and proof that nobody rewrote it."""

import csv
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice

import click

from mlc.cli.options import Options, pass_options
from mlc.cli.output import print_json, print_table
from mlc.errors import ExitCode
from mlc.store.audit import AuditEvent, read_events, verify_chain

COLUMNS = ("at", "run_id", "pairing", "record_id", "object_type", "event", "side", "external_id", "detail")
SHOWN = 1_000


MOMENT = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])


def _utc(_ctx: click.Context, _param: click.Parameter, moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(tzinfo=UTC)


@click.group(invoke_without_command=True)
@click.option("--record", type=int, help="Events of this record only.")
@click.option("--run", type=int, help="Events of this run only.")
@click.option("--pairing", help="Events of this pairing only.")
@click.option("--id", "external_id", help="Events that name this id of a system.")
@click.option("--since", type=MOMENT, callback=_utc, help="From this moment on.")
@click.option("--until", type=MOMENT, callback=_utc, help="Before this moment.")
@click.option("--csv", "as_csv", is_flag=True, help="Print every event as CSV.")
@click.pass_context
def audit(
    ctx: click.Context,
    record: int | None,
    run: int | None,
    pairing: str | None,
    external_id: str | None,
    since: datetime | None,
    until: datetime | None,
    as_csv: bool,
) -> None:
    """What happened: by record, run or time. Times are UTC."""
    if ctx.invoked_subcommand:
        return
    options = ctx.ensure_object(Options)
    options.known_pairing(pairing)
    events = read_events(
        options.database,
        record_id=record,
        run_id=run,
        pairing=pairing,
        external_id=external_id,
        since=since,
        until=until,
    )
    if as_csv:
        writer = csv.writer(sys.stdout)
        writer.writerow(COLUMNS)
        writer.writerows(_row(event) for event in events)
    elif options.json:
        print_json([{name: getattr(event, name) for name in ("id", "group_no", *COLUMNS)} for event in events])
    else:
        _show(events)


@audit.command()
@pass_options
def verify(options: Options) -> None:
    """Compute the chain of digests again: whether an event was changed, removed or slipped in."""
    report = verify_chain(options.database)
    if options.json:
        print_json(report)
    elif report.ok:
        click.echo(
            f"The audit trail is whole: {report.events} events in {report.groups} groups, head {report.head[:16]}."
        )
    else:
        click.echo(report.problem)
    if not report.ok:
        sys.exit(ExitCode.NEEDS_A_PERSON)


def _show(events: Iterator[AuditEvent]) -> None:
    rows = [_row(event) for event in islice(events, SHOWN)]
    print_table(COLUMNS, rows, empty="Nothing was noted.")
    if len(rows) == SHOWN:
        click.echo(f"These are the first {SHOWN}; narrow it down, or take all with --csv.", err=True)


def _row(event: AuditEvent) -> list[object]:
    detail = " ".join(f"{key}={value}" for key, value in event.detail.items())
    return [getattr(event, name) for name in COLUMNS[:-1]] + [detail]
