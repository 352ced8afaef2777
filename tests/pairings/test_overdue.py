"""An invoice that nobody touched becomes overdue by the clock alone, and the sales desk shows it."""

import sys
from pathlib import Path

import pytest
from mlc.engine import stagework

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from contacts import BOOKS, CRM, Bench, opened

DAY_S = 86_400.0


def shown(bench: Bench) -> dict[str, str]:
    return {row["Subject"]: row["Status"] for row in bench.crm.store.all("Invoices")}


def owed_since(bench: Bench) -> set[str]:
    """Numbers of invoices whose due date is over in the books and of which something is owed."""
    today = bench.books.books.today()
    return {
        one["invoice_number"]
        for one in bench.books.store.all("invoices")
        if one["status"] in ("sent", "viewed", "unpaid", "partially_paid")
        and one["due_date"] < today
        and one["balance"] > 0
    }


def test_what_nobody_touched_is_shown_overdue_once_its_day_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stagework, "sweep_is_due", lambda _session: False)  # which would find it within the day
    with opened(1) as bench:
        before, late = shown(bench), owed_since(bench)
        assert {number for number, status in before.items() if status == "Overdue"} == late & before.keys()
        bench.run(after_s=120 * DAY_S)
        now = owed_since(bench) & before.keys()
        assert now > late & before.keys(), "the company has invoices that fall due"
        assert {number for number, status in shown(bench).items() if status == "Overdue"} == now
        for _ in range(2):
            again = bench.run(after_s=DAY_S)
            assert (again[CRM].writes, again[BOOKS].writes) == (0, 0), "told once"
