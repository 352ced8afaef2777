"""``mlc reconcile``: both registers compared, to the cent."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlc.cli.options import Options, pass_options
from mlc.cli.output import print_json, print_table
from mlc.errors import ExitCode

if TYPE_CHECKING:
    from mlc.engine.reconcile import Reconciliation

SHOWN = 50
"""Lines per kind of difference on the terminal; ``--html`` and ``--csv`` have them all."""
FILE = click.Path(path_type=Path, dir_okay=False, writable=True)


@click.command()
@click.argument("pairing")
@click.option("--html", "page", type=FILE, help="Also write a page to read, print and keep.")
@click.option("--csv", "sheet", type=FILE, help="Also write every difference as CSV.")
@pass_options
def reconcile(options: Options, pairing: str, page: Path | None, sheet: Path | None) -> None:
    """Read both sides of PAIRING from their own lists and compare them, document by document and in control totals.

    Writes nothing to either side. Ends with 0 when every cent of difference is explained and nothing stands twice,
    with 1 when not.
    """
    from mlc.cli.watching import watch
    from mlc.engine.reconcile import reconcile as compare
    from mlc.engine.reconcile import write_csv, write_html
    from mlc.runner.embedded import open_session

    with (
        watch(f"Reconcile {pairing}") as tell,
        open_session(options.config, pairing, progress=tell, writes=False) as session,
    ):
        made = compare(session)
    if page is not None:
        write_html(made, page)
    if sheet is not None:
        write_csv(made, sheet)
    if options.json:
        print_json(made.as_dict())
    else:
        _show(made)
    sys.exit(ExitCode.DONE if made.balanced else ExitCode.NEEDS_A_PERSON)


def _show(made: "Reconciliation") -> None:
    from mlc.accounting.naming import money
    from mlc.engine.reconcile import Kind
    from mlc.engine.reconcile.page import BUCKETS, TITLES

    rows = []
    for total in made.totals:
        told = ", ".join(f"{BUCKETS[bucket]} {total.text(amount)}" for bucket, amount in total.explained.items())
        name = total.object_type.value.replace("_", " ") + "s"
        amounts = (total.text(one) for one in (total.left, total.right, total.difference, total.unexplained))
        rows.append((name, total.currency, *amounts, told))
    heads = ("", "currency", "left", "right", "difference", "unexplained", "explained by")
    print_table(heads, rows, empty="Neither side lists a document.")
    for kind in Kind:
        found = made.differences.get(kind, [])
        if not found:
            continue
        click.echo(f"\n{TITLES[kind]} ({len(found)})")
        lines = [
            (one.what, one.left, one.right, None if one.amount is None else money(one.amount, one.currency), one.why)
            for one in found[:SHOWN]
        ]
        print_table(("what", "left", "right", "amount", "why"), lines)
        if len(found) > SHOWN:
            click.echo(f"… and {len(found) - SHOWN} more; --html or --csv have them all.")
    if made.held_by_period:
        click.echo("\nHeld, by month of the ledger date")
        months = [
            (period, ", ".join(money(amount, currency) for currency, amount in sorted(amounts.items())))
            for period, amounts in sorted(made.held_by_period.items())
        ]
        print_table(("month", "amounts"), months)
    counts = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in made.counts.items() if count)
    click.echo(f"\n{counts or 'Nothing was compared'}.")
    click.echo("Balanced." if made.balanced else "Not balanced: see the unexplained amounts and what stands twice.")
