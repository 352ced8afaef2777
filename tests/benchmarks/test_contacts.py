"""What changed contacts cost in calls, and that the benchmark counts what the stand-ins count."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from contacts import BOOKS, CRM, Bench, lived, measured, opened

PEOPLE = 60


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with opened(PEOPLE) as bench:
        yield bench


def test_changed_contacts_cost_three_calls_to_the_crm_and_one_each_to_the_books(bench: Bench) -> None:
    idle = bench.run()
    assert (idle[CRM].all, idle[BOOKS].all) == (8, 6), "four lists and what was deleted of each; three lists and locks"
    calls = measured(bench, bench.edit_in_books, "phone")
    assert (calls[CRM].reads - idle[CRM].reads, calls[CRM].writes) == (2, 1), "compared, written, shown: a hundred each"
    calls = measured(bench, bench.edit_in_crm, "designation")
    assert (calls[BOOKS].reads - idle[BOOKS].reads, calls[BOOKS].writes) == (0, PEOPLE)


def test_an_hour_costs_what_the_meter_says_and_reads_metadata_once(bench: Bench) -> None:
    before = bench.crm.calls.as_json()["calls"].get("GET /crm/v8/settings/fields", {"count": 0})["count"]
    hour = lived(bench, hours=1, every_minutes=15)
    after = bench.crm.calls.as_json()["calls"]["GET /crm/v8/settings/fields"]["count"]
    assert (hour.runs, hour.edits) == (4, 60)
    assert after - before == 5, "once an hour, for five modules"
    assert hour.credits == 4 * (8 + 3) + 11
