"""When a backfill would end: what waits, times what a record has cost, against the share of a day."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from mlc.engine.forecast import Cost, forecast, measured
from mlc.http import BudgetLine
from mlc.store.database import Database, open_database
from mlc.store.schema import runs

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
COST = Cost(100, {"read": 300, "write": 100})


@pytest.fixture
def database(tmp_path) -> Iterator[Database]:
    opened = open_database(tmp_path / "mlc.db")
    yield opened
    opened.close()


def day(limit=1000, used=0, counts="all", window="day", closed_for_s=0.0) -> BudgetLine:
    return BudgetLine(window, counts, "acme", limit, used, closed_for_s)


def ends_at(waits, *lines, cost=COST):
    return forecast("main", "books", waits=waits, cost=cost, lines=lines, now=NOON).ends_at


def test_a_day_gives_seven_tenths_of_its_calls_bit_by_bit() -> None:
    assert ends_at(175, day()) == datetime(2026, 11, 21, tzinfo=UTC), "700 calls are a day's share"
    assert ends_at(525, day()) == datetime(2026, 11, 23, tzinfo=UTC)
    assert ends_at(350 + 175 // 5, day()) == datetime(2026, 11, 22, 4, 48, tzinfo=UTC)


def test_what_the_day_has_spent_already_is_gone() -> None:
    assert ends_at(175, day(used=700)) == datetime(2026, 11, 22, tzinfo=UTC)
    assert ends_at(175, day(used=350)) == datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_what_the_day_has_given_and_nobody_spent_is_free_at_once() -> None:
    assert ends_at(10, day()) == NOON


def test_a_window_of_writes_counts_writes_alone_and_the_slowest_window_decides() -> None:
    assert ends_at(700, day(counts="write")) == datetime(2026, 11, 21, tzinfo=UTC)
    assert ends_at(700, day(counts="write"), day()) == datetime(2026, 11, 24, tzinfo=UTC)
    assert ends_at(175, day(window="month", limit=1000)) == datetime(2026, 12, 1, tzinfo=UTC)


def test_nothing_ends_before_a_window_that_the_vendor_closed_opens() -> None:
    assert ends_at(10, day(closed_for_s=3600)) == datetime(2026, 11, 20, 13, tzinfo=UTC)


def test_the_sentence_says_when_or_why_not() -> None:
    told = forecast("main", "books", waits=175, cost=COST, lines=[day()], now=NOON).sentence
    assert told == "main: 175 records wait, 4.0 calls each on books; ends about 2026-11-21 00:00 UTC."
    unknown = forecast("main", "books", waits=175, cost=None, lines=[day()], now=NOON).sentence
    assert unknown == "main: 175 records wait; what one costs on books is known after a first run."
    free = forecast("main", "books", waits=175, cost=COST, lines=[day(window="minute")], now=NOON).sentence
    assert free == "main: 175 records wait, 4.0 calls each on books; no window of a day limits them."


def test_a_record_costs_what_finished_runs_that_carried_some_have_spent(database: Database) -> None:
    def run(
        created: int, read: int, *, pairing: str = "main", finished: str | None = "2026-11-20"
    ) -> dict[str, object]:
        summary = {
            "flows": {"bills": {"created": created, "updated": 1 if created else 0, "held": 3}},
            "calls": {"right": {"read": read, "write": created}},
        }
        return {
            "pairing": pairing, "started_at": "2026-11-20", "finished_at": finished, "summary": json.dumps(summary)
        }  # fmt: skip

    with database.write() as tx:
        rows = [run(9, 30), run(9, 10), run(0, 500), run(9, 900, pairing="other"), run(9, 900, finished=None)]
        tx.execute(runs.insert(), rows)
    with database.read() as connection:
        assert measured(connection, "main", "right") == Cost(20, {"read": 40, "write": 18})
        assert measured(connection, "nobody", "right") is None
