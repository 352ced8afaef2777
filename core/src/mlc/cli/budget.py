"""``mlc budget``: calls spent and left."""

from typing import Any

import click

from mlc.cli.options import Options, pass_options
from mlc.cli.output import print_json, print_table


@click.command()
@click.argument("names", metavar="[NAME]...", nargs=-1)
@pass_options
def budget(options: Options, names: tuple[str, ...]) -> None:
    """Calls spent and left per connection and quota. Windows up to an hour are counted by the running mlc alone."""
    rows: list[dict[str, Any]] = []
    for config in options.named(names):
        gate = options.ledger.gate(config.name, options.plugins.system(config.system))
        rows += [
            {
                "connection": config.name,
                "window": str(line.window),
                "counts": line.counts,
                "limit": line.limit,
                "used": line.used,
                "left": line.remaining,
                "resets_in_s": None if line.resets_in_s is None else round(line.resets_in_s),
                "closed_for_s": round(line.closed_for_s),
            }
            for line in gate.budget()
        ]
    if options.json:
        print_json(rows)
    else:
        columns = ("connection", "window", "counts", "limit", "used", "left", "resets_in_s", "closed_for_s")
        shown = [[row[column] for column in columns] for row in rows]
        print_table([column.replace("_", " ") for column in columns], shown, empty="No quota is declared.")
