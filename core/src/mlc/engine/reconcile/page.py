"""A reconciliation as one readable page: nothing is loaded from anywhere, it can be printed and kept."""

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from mlc.accounting.naming import money
from mlc.engine.reconcile.findings import ZERO, Bucket, Finding, Kind, Reconciliation, Total

ROWS_MAX = 2_000
"""Lines per table on the page; the CSV has them all."""

TITLES = {
    Kind.MISSING_LEFT: "Missing on the left",
    Kind.MISSING_RIGHT: "Missing on the right",
    Kind.AMOUNT: "Different amount",
    Kind.TAX: "Different tax",
    Kind.STATUS: "Different status",
    Kind.PAYMENT_STATUS: "Paid on one side only",
    Kind.CURRENCY: "Different currency",
    Kind.DATE: "Different date",
    Kind.NUMBER: "Different number",
    Kind.UNBOUND: "Alike, but not bound",
    Kind.DOUBLED: "Standing twice",
    Kind.BOUND_TWICE: "Bound twice",
    Kind.UNREADABLE: "Could not be read",
    Kind.HELD: "Held",
    Kind.DEAD: "Given up on",
    Kind.NOT_APPROVED: "Not approved yet",
    Kind.NOT_IN_LEDGER: "Draft in the ledger, not posted yet",
    Kind.LEDGER_ONLY: "Typed in by hand on the receiving side",
    Kind.OVERRIDES: "Altered on purpose",
    Kind.SKIPPED: "Skipped by a person",
    Kind.NOT_CARRIED: "Not carried by this pairing",
    Kind.ACCEPTED: "Difference accepted by a person",
}
BUCKETS = {
    Bucket.HELD: "held",
    Bucket.DEAD: "given up on",
    Bucket.NOT_APPROVED: "not approved",
    Bucket.BEFORE_GO_LIVE: "before go-live",
    Bucket.LEDGER_ONLY: "typed by hand",
    Bucket.OVERRIDES: "altered on purpose",
    Bucket.SKIPPED: "skipped",
    Bucket.NOT_CARRIED: "not carried",
    Bucket.ACCEPTED: "accepted",
}
_SERIES = (("matched", "matched", "#2f7d4f"), ("held", "held", "#d08a1d"), ("missing", "missing", "#b3372f"))
_STYLE = """
body{font:15px/1.45 system-ui,sans-serif;color:#1c2024;max-width:72rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem;margin-bottom:.2rem}h2{font-size:1.15rem;margin-top:2.2rem}
.verdict{display:inline-block;padding:.25rem .7rem;border-radius:.3rem;font-weight:600;color:#fff}
.yes{background:#2f7d4f}.no{background:#b3372f}
table{border-collapse:collapse;width:100%;font-size:.92rem}
th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #dde1e5;vertical-align:top}
th{border-bottom:2px solid #aeb6bd;white-space:nowrap}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
tr.open td{background:#fdf0ef}
p.note{color:#58616a}svg text{font:13px system-ui,sans-serif;fill:#1c2024}
@media print{body{max-width:none}}
"""


def write_html(reconciliation: Reconciliation, path: Path) -> None:
    """Write the page anew, as UTF-8."""
    path.write_text("".join(_page(reconciliation)), encoding="utf-8")


def _page(made: Reconciliation) -> Iterable[str]:
    verdict = ("yes", "Balanced") if made.balanced else ("no", "Not balanced")
    title = f"Reconciliation of {made.pairing}"
    yield "<!doctype html>\n<html lang=en><head><meta charset=utf-8>"
    yield "<meta name=viewport content='width=device-width,initial-scale=1'>"
    yield f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>\n<h1>{escape(title)}</h1>"
    yield f"<p class=note>Left: {escape(made.left)}. Right: {escape(made.right)}. Read {escape(made.at[:19])} UTC.</p>"
    yield f"<p><span class='verdict {verdict[0]}'>{verdict[1]}</span></p>\n"
    yield from _totals(made.totals)
    yield "<h2>Documents</h2>\n" + bar_plot(made.counts_by_type)
    yield from _older(made.counts)
    yield from _periods(made)
    for kind in Kind:
        yield from _differences(kind, made.differences.get(kind, ()))
    yield "</body></html>\n"


def _totals(totals: Sequence[Total]) -> Iterable[str]:
    used = [bucket for bucket in Bucket if any(total.explained.get(bucket) for total in totals)]
    heads = ["", "left", "right", "difference", *(BUCKETS[bucket] for bucket in used), "unexplained"]
    yield "<h2>Control totals</h2>\n<table><thead><tr>"
    yield "".join(f"<th{' class=n' if place else ''}>{escape(head)}</th>" for place, head in enumerate(heads))
    yield "</tr></thead><tbody>\n"
    for total in totals:
        name = f"{total.object_type.value.replace('_', ' ')}s, {total.currency}"
        explained = [total.explained.get(bucket, ZERO) for bucket in used]
        amounts = [total.left, total.right, total.difference, *explained, total.unexplained]
        cells = "".join(f"<td class=n>{escape(money(amount, total.currency))}</td>" for amount in amounts)
        yield f"<tr{' class=open' if total.unexplained or total.loose else ''}><td>{escape(name)}</td>{cells}</tr>\n"
    yield "</tbody></table>\n"
    yield "<p class=note>Void and cancelled documents count nowhere. Difference is left minus right.</p>"


def _older(counts: dict[str, int]) -> Iterable[str]:
    older = {name.removeprefix("before_go_live_"): n for name, n in counts.items() if name.startswith("before_go_live")}
    if older:
        told = ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in older.items())
        yield f"<p class=note>From before go-live, counted apart: {escape(told)}.</p>\n"


def _periods(made: Reconciliation) -> Iterable[str]:
    if not made.held_by_period:
        return
    yield "<h2>Held, by month of the ledger date</h2>\n<table><tbody>\n"
    for period, amounts in sorted(made.held_by_period.items()):
        told = ", ".join(money(amount, currency) for currency, amount in sorted(amounts.items()))
        yield f"<tr><td>{escape(period)}</td><td class=n>{escape(told)}</td></tr>\n"
    yield "</tbody></table>\n"


def _differences(kind: Kind, findings: Sequence[Finding]) -> Iterable[str]:
    if not findings:
        return
    yield f"<h2>{escape(TITLES[kind])} ({len(findings)})</h2>\n<table><thead><tr><th>what<th>left<th>right"
    yield "<th class=n>amount<th>why</tr></thead><tbody>\n"
    for one in findings[:ROWS_MAX]:
        amount = "" if one.amount is None else money(one.amount, one.currency)
        cells = "".join(f"<td>{escape(text or '')}</td>" for text in (one.what, one.left, one.right))
        yield f"<tr>{cells}<td class=n>{escape(amount)}</td><td>{escape(one.why)}</td></tr>\n"
    yield "</tbody></table>\n"
    if len(findings) > ROWS_MAX:
        yield f"<p class=note>… and {len(findings) - ROWS_MAX} more; the CSV has them all.</p>\n"


def bar_plot(counts_by_type: dict[str, dict[str, int]]) -> str:
    """Matched, held and missing documents per object type, as an inline SVG."""
    rows = [(name.replace("_", " ") + "s", _grouped(counts)) for name, counts in counts_by_type.items()]
    most = max((sum(grouped.values()) for _name, grouped in rows), default=0)
    if most == 0:
        return "<p class=note>There are none.</p>\n"
    height = 34 * len(rows) + 34
    parts = [f"<svg viewBox='0 0 760 {height}' width='100%' role=img aria-label='Documents matched, held and missing'>"]
    for place, (name, grouped) in enumerate(rows):
        top, start = 34 * place + 4, 150.0
        parts.append(f"<text x='140' y='{top + 17}' text-anchor='end'>{escape(name)}</text>")
        for key, _title, colour in _SERIES:
            width = 520 * grouped[key] / most
            if width:
                parts.append(f"<rect x='{start:.1f}' y='{top}' width='{width:.1f}' height='24' fill='{colour}'/>")
            start += width
        told = " / ".join(str(grouped[key]) for key, _title, _colour in _SERIES)
        parts.append(f"<text x='{start + 8:.1f}' y='{top + 17}'>{told}</text>")
    for place, (_key, title, colour) in enumerate(_SERIES):
        parts.append(f"<rect x='{150 + 110 * place}' y='{height - 20}' width='12' height='12' fill='{colour}'/>")
        parts.append(f"<text x='{168 + 110 * place}' y='{height - 9}'>{title}</text>")
    return "".join(parts) + "</svg>\n"


def _grouped(counts: dict[str, int]) -> dict[str, int]:
    missing = ("missing_left", "missing_right", "doubled")
    return {
        "matched": counts.get("matched", 0) + counts.get("differing", 0),
        "held": counts.get("held", 0) + counts.get("dead", 0),
        "missing": sum(counts.get(name, 0) for name in missing),
    }
