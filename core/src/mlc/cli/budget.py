"""``mlc budget``: calls spent and left, and when what waits would be done."""

from typing import TYPE_CHECKING, Any

import click

from mlc.cli.options import Options, pass_options
from mlc.cli.output import print_json, print_table
from mlc.connections import shares
from mlc.http import BudgetLine
from mlc.pairings import validated

if TYPE_CHECKING:
    from mlc.config import ConnectionConfig
    from mlc.engine.forecast import Forecast

COLUMNS = ("connection", "window", "counts", "limit", "used", "left", "resets_in_s", "closed_for_s")
#: What only the process that calls knows, where processes do not count together.
SHORT = ("second", "minute", "concurrency")


@click.command()
@click.argument("names", metavar="[NAME]...", nargs=-1)
@pass_options
def budget(options: Options, names: tuple[str, ...]) -> None:
    """Calls spent and left per connection and quota, and when what waits would be done.

    Windows of seconds and minutes are known where processes share them: with PostgreSQL. Else their columns are empty.
    """
    lines = {config.name: _lines(options, config) for config in options.named(names)}
    rows = [_row(name, line, shared=not options.database.is_sqlite) for name, found in lines.items() for line in found]
    ends = _forecasts(options, lines)
    if options.json:
        print_json({"windows": rows, "forecasts": [one.as_dict() for one in ends]})
        return
    shown = [[row[column] for column in COLUMNS] for row in rows]
    print_table([column.replace("_", " ") for column in COLUMNS], shown, empty="No quota is declared.")
    for one in ends:
        click.echo(one.sentence)


def _lines(options: Options, config: "ConnectionConfig") -> list[BudgetLine]:
    system = options.plugins.system(config.system)
    settings = validated(system.settings, dict(config.settings))
    return options.ledger.gate(config.name, system, **shares(system, settings)).budget()


def _row(name: str, line: BudgetLine, *, shared: bool) -> dict[str, Any]:
    known = shared or str(line.window) not in SHORT
    return {
        "connection": name,
        "window": str(line.window),
        "counts": line.counts,
        "limit": line.limit,
        "used": line.used if known else None,
        "left": line.remaining if known else None,
        "resets_in_s": None if line.resets_in_s is None else round(line.resets_in_s),
        "closed_for_s": round(line.closed_for_s),
    }


def _forecasts(options: Options, lines: dict[str, list[BudgetLine]]) -> "list[Forecast]":
    """One per pairing in which records wait and side that was asked for."""
    from mlc.clock import Clock
    from mlc.engine.forecast import forecast, measured, waiting
    from mlc.recipes import Side

    found = []
    with options.database.read() as connection:
        for name, pairing in sorted(options.config.pairings.items()):
            waits = waiting(connection, name)
            for side in Side if waits else ():
                where = pairing.connection(side)
                if where in lines:
                    cost = measured(connection, name, side.value)
                    found.append(
                        forecast(name, where, waits=waits, cost=cost, lines=lines[where], now=Clock().now())
                    )  # fmt: skip
    return found
