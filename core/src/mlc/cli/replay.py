"""``mlc replay``: decide again from stored input, for one record or for all of a run."""

import getpass
from collections.abc import Sequence

import click
from sqlalchemy import RowMapping, select

from mlc.cli.options import Options, pass_options
from mlc.cli.output import print_json, print_table
from mlc.cli.reports import PLAN_COLUMNS, plan_row
from mlc.clock import Clock
from mlc.errors import ConfigError
from mlc.store.schema import audit, records


@click.command()
@click.argument("what", metavar="RUN|RECORD")
@click.option("--plan", "planning", is_flag=True, help="Only show what would be decided.")
@pass_options
def replay(options: Options, what: str, planning: bool) -> None:
    """Decide again from what is stored: run:12 is every record that run touched, 345 one record.

    Nothing is read from the source again; what is written depends on the present mapping and on the target.
    """
    rows = _rows(options, what)
    if planning:
        items = _plan(options, rows)
        if options.json:
            print_json(items)
        else:
            print_table(PLAN_COLUMNS, [plan_row(item) for item in items])
        return
    from mlc.engine.decisions import revive

    with options.database.write() as tx:
        done = revive(tx, rows, by=getpass.getuser(), now=Clock().now(), event="replayed_by_person")
    if options.json:
        print_json({"replayed": done, "records": [row["id"] for row in rows]})
    else:
        click.echo(
            f"{done} of {len(rows)} records are decided again at the next run: mlc run {rows[0]['pairing']} --once"
        )


def _rows(options: Options, what: str) -> Sequence[RowMapping]:
    kind, _, number = what.rpartition(":")
    if kind not in ("", "run", "record") or not number.isdecimal() or len(number) > 18:
        raise ConfigError(f"{what} is neither run:NUMBER nor a record's number; mlc status lists the last runs.")
    query = select(records).order_by(records.c.id)
    if kind == "run":
        touched = select(audit.c.record_id).where(audit.c.run_id == int(number), audit.c.record_id.is_not(None))
        query = query.where(records.c.id.in_(touched))
    else:
        query = query.where(records.c.id == int(number))
    with options.database.read() as connection:
        rows = connection.execute(query).mappings().all()
    if not rows:
        raise ConfigError(f"There is no record of {what}; mlc audit shows what happened when.")
    return rows


def _plan(options: Options, rows: Sequence[RowMapping]) -> list[dict[str, object]]:
    from mlc.engine.lookahead import plan_records
    from mlc.runner.embedded import open_session

    items: list[dict[str, object]] = []
    for pairing in dict.fromkeys(row["pairing"] for row in rows):
        with open_session(options.config, pairing, plugins=options.plugins, writes=False) as session:
            items += plan_records(session, [row for row in rows if row["pairing"] == pairing])
    return items
