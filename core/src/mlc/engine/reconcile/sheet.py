"""A reconciliation as CSV: control totals, held amounts, then every difference, one line each."""

import csv
from pathlib import Path

from mlc.engine.reconcile.findings import Bucket, Reconciliation, plain_amount

COLUMNS = ("table", "what", "left", "right", "amount", "currency", "why")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_csv(reconciliation: Reconciliation, path: Path) -> None:
    """Write the file anew. Text that a spreadsheet would take for a formula gets an apostrophe."""
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        out = csv.writer(file)
        out.writerow(COLUMNS)
        for total in reconciliation.totals:
            name = total.object_type.value
            why = f"unexplained {total.text(total.unexplained)}"
            sums = (total.text(one) for one in (total.left, total.right, total.difference))
            out.writerow(("total", name, *sums, total.currency, why))
            for bucket in Bucket:
                if amount := total.explained.get(bucket):
                    out.writerow(("explained", name, "", "", total.text(amount), total.currency, bucket.value))
        for period, amounts in sorted(reconciliation.held_by_period.items()):
            for currency, amount in sorted(amounts.items()):
                out.writerow(("held in period", period, "", "", plain_amount(amount, currency), currency, ""))
        for line in reconciliation.lines():
            texts = (line.what, line.left, line.right)
            amount_cell = plain_amount(line.amount, line.currency)
            row = (*(_safe(text) for text in texts), amount_cell, line.currency, _safe(line.why))
            out.writerow((line.kind.value, *row))


def _safe(text: str | None) -> str:
    if text is None:
        return ""
    return f"'{text}" if text.startswith(_FORMULA) else text
