"""``mlc dead``: what was given up on, with payload and error; try it again."""

import getpass
import json
import sys
from collections.abc import Sequence

import click
from sqlalchemy import RowMapping, or_, select, update

from mlc.cli.options import Options, pass_options
from mlc.cli.output import print_json, print_table
from mlc.cli.sides import both_sides
from mlc.clock import Clock
from mlc.engine.decisions import revive, skip_record
from mlc.engine.states import RecordState
from mlc.errors import ConfigError, ExitCode
from mlc.store.schema import intents, records

COLUMNS = ("record", "object type", "number", "party", "amount", "since", "why")


@click.group(invoke_without_command=True)
@click.option("--pairing", help="Only this pairing.")
@click.pass_context
def dead(ctx: click.Context, pairing: str | None) -> None:
    """What was given up on; try it again."""
    if ctx.invoked_subcommand is None:
        _list(ctx.ensure_object(Options), pairing)


@dead.command("list")
@click.option("--pairing", help="Only this pairing.")
@pass_options
def list_(options: Options, pairing: str | None) -> None:
    """Every dead letter with its error."""
    _list(options, pairing)


@dead.command()
@click.argument("record")
@pass_options
def show(options: Options, record: str) -> None:
    """One dead letter: both sides, and what was sent and refused."""
    (row,) = _rows(options, record=record)
    with options.database.read() as connection:
        sides = both_sides(connection, row["id"])
        sent = connection.execute(
            select(intents.c.operation, intents.c.part, intents.c.state, intents.c.attempt, intents.c.sent_at)
            .add_columns(intents.c.error, intents.c.payload)
            .where(intents.c.record_id == row["id"])
            .order_by(intents.c.created_at)
        ).mappings()
        tries = [dict(one) | {"payload": _text(one["payload"])} for one in sent]
    if options.json:
        print_json({**_as_dict(row), "sides": sides, "tries": tries})
        return
    click.echo(f"{row['object_type']} {row['number'] or row['external_id']}: {row['reason']}")
    print_table(("field", "at the source", "in the target"), [[*one.values()] for one in sides])
    for one in tries:
        click.echo(f"{one['operation']} {one['part']} {one['state']} at {one['sent_at']}: {one['error'] or ''}")
        click.echo(one["payload"])


@dead.command()
@click.argument("names", metavar="[RECORD]...", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Every dead letter.")
@pass_options
def retry(options: Options, names: tuple[str, ...], everything: bool) -> None:
    """Decide again at the next run. What could not be read is read again by the next sweep."""
    if not names and not everything:
        raise click.UsageError("say which records, or --all")
    rows = _rows(options) if everything else [row for name in names for row in _rows(options, record=name)]
    unread = [row["id"] for row in rows if row["input"] is None]
    with options.database.write() as tx:
        done = revive(tx, rows, by=getpass.getuser(), now=Clock().now(), event="retried_by_person") if rows else 0
        if unread:
            tx.execute(update(records).where(records.c.id.in_(unread)).values(version=None))
    if options.json:
        print_json({"retried": done, "read_again": len(unread)})
        return
    click.echo(f"{done} records are decided again at the next run.")
    if unread:
        click.echo(f"{len(unread)} could not be read; mlc run --once --sweep reads them again.")


@dead.command()
@click.argument("record")
@click.option("--reason", required=True, help="Kept with the decision.")
@pass_options
def skip(options: Options, record: str, reason: str) -> None:
    """Give it up for good."""
    if not reason.strip():
        raise click.BadParameter("Say why.", param_hint="--reason")
    (row,) = _rows(options, record=record)
    with options.database.write() as tx:
        skip_record(tx, row, reason=reason, by=getpass.getuser(), now=Clock().now())
    if options.json:
        print_json({"skipped": row["id"]})
    else:
        click.echo(f"Record {row['id']} is skipped.")


def _list(options: Options, pairing: str | None) -> None:
    options.known_pairing(pairing)
    rows = _rows(options, pairing=pairing)
    if options.json:
        print_json([_as_dict(row) for row in rows])
    else:
        shown = [
            (
                row["id"],
                row["object_type"],
                row["number"] or row["external_id"],
                row["party"],
                _amount(row),
                row["changed_at"][:16],
                row["reason"],
            )
            for row in rows
        ]
        print_table(COLUMNS, shown, empty="There is no dead letter.")
    sys.exit(ExitCode.NEEDS_A_PERSON if rows else ExitCode.DONE)


def _rows(options: Options, *, record: str | None = None, pairing: str | None = None) -> Sequence[RowMapping]:
    query = select(records).where(records.c.state == RecordState.DEAD.value).order_by(records.c.id)
    if pairing is not None:
        query = query.where(records.c.pairing == pairing)
    if record is not None:
        named = [records.c.number == record, records.c.external_id == record]
        if record.isdecimal() and len(record) < 19:
            named.append(records.c.id == int(record))
        query = query.where(or_(*named))
    with options.database.read() as connection:
        rows = connection.execute(query).mappings().all()
    if record is not None and len(rows) != 1:
        exact = [row for row in rows if str(row["id"]) == record]
        if len(exact) == 1:
            return exact
        what = "no dead letter" if not rows else f"{len(rows)} dead letters; use the number in the first column"
        raise ConfigError(f"{record} names {what}. mlc dead lists them.")
    return rows


def _as_dict(row: RowMapping) -> dict[str, object]:
    names = ("pairing", "object_type", "side", "external_id", "number", "party", "currency", "amount", "ledger_date")
    return {
        "record": row["id"],
        **{name: row[name] for name in names},
        "since": row["changed_at"],
        "why": row["reason"],
    }


def _amount(row: RowMapping) -> str:
    return f"{row['amount']} {row['currency'] or ''}".strip() if row["amount"] else ""


def _text(payload: bytes | None) -> str:
    """The bytes that were sent, readable where they are JSON."""
    try:
        return json.dumps(json.loads(payload), ensure_ascii=False, indent=2) if payload else ""
    except (ValueError, UnicodeDecodeError):
        return f"({len(payload or b'')} bytes)"
