"""R3: a quarantine lasts as long as it is to last, whatever the clock of the day is set to meanwhile."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from mlc.plugins import Plugins
from mlc_sandbox.democonfig import store_demo_secrets
from mlc_sandbox.scenarios import procurify_zoho_books as scenario
from rulebench.bench import FAR_S, Bench, open_bench
from rulebench.people import People

from .conftest import Opener

SEARCH = {"unique_field": False, "bill_number_unique": "no"}
#: Longer than any run of a test, shorter than the quarantine.
SHOWN_AFTER_S = 120


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, plugins: Plugins) -> Iterator[Bench]:
    """A ledger without a unique field: only the quarantine stands between a lost answer and a double."""
    with open_bench(tmp_path_factory.mktemp("leaps"), plugins, switches=SEARCH) as opened:
        opened.run()
        yield opened


@pytest.fixture
def people(bench: Bench) -> Iterator[People]:
    yield People(bench)
    bench.clock.wrong, bench.clock.names_boots = timedelta(), True
    bench.target._ask("DELETE", "faults")


def lose_the_request(bench: Bench, people: People) -> str:
    """It never arrived."""
    uuid = people.bill()
    bench.fault("POST /bills$", "drop")
    bench.run()
    assert [one["source_id"] for one in bench.intents("uncertain")] == [uuid]
    return uuid


def lose_the_answer(bench: Bench, people: People, uuid: str) -> None:
    """It was stored, and lists show it only later."""
    bench.fault("POST /bills$", "commit_then_drop")
    bench.fault("READ /bills$", "list_lag", seconds=SHOWN_AFTER_S)
    bench.run()
    assert len(people.documents(uuid)) == 1
    assert [one["source_id"] for one in bench.intents("uncertain")] == [uuid]


@pytest.mark.parametrize("leap", [timedelta(days=1), timedelta(minutes=10), timedelta(days=-1)], ids=str)
def test_a_clock_that_was_set_while_a_write_is_in_doubt_sends_no_second_one(
    bench: Bench, people: People, leap: timedelta
) -> None:
    uuid = people.bill()
    lose_the_answer(bench, people, uuid)
    bench.leave()
    bench.clock.wrong += leap
    for _run in range(3):
        bench.run()
    assert len(people.documents(uuid)) == 1
    assert [one["source_id"] for one in bench.intents("uncertain")] == [uuid], "it waits for as long as before"
    bench.pass_time(FAR_S)
    bench.settle()
    assert len(people.documents(uuid)) == 1
    assert bench.state(uuid) == "in_step"


@pytest.mark.parametrize("leap", [timedelta(days=1), timedelta(days=-1)], ids=str)
def test_a_write_that_never_arrived_is_sent_again_after_the_same_time_as_ever(
    bench: Bench, people: People, leap: timedelta
) -> None:
    uuid = lose_the_request(bench, people)
    bench.clock.wrong += leap
    bench.run()
    assert people.documents(uuid) == []
    bench.pass_time(FAR_S)
    bench.run()
    bench.run()
    assert len(people.documents(uuid)) == 1


def test_another_start_of_the_machine_begins_the_quarantine_anew(bench: Bench, people: People) -> None:
    """How long it was off, nobody can say."""
    uuid = lose_the_request(bench, people)
    bench.leave()
    bench.clock.boots += 1
    bench.pass_time(FAR_S)
    for _run in range(3):
        bench.run()
    assert people.documents(uuid) == []
    bench.pass_time(FAR_S)
    bench.run()
    assert len(people.documents(uuid)) == 1


def test_where_the_platform_names_no_start_the_clock_of_the_day_decides(bench: Bench, people: People) -> None:
    """A process per run would begin every quarantine anew, and never end one."""
    bench.clock.names_boots = False
    bench.run()
    uuid = lose_the_request(bench, people)
    bench.run()
    assert people.documents(uuid) == []
    bench.clock.wrong += timedelta(seconds=FAR_S)
    bench.run()
    bench.run()
    assert len(people.documents(uuid)) == 1


def test_on_a_server_its_own_clock_decides_not_that_of_the_machine_that_looks(
    opening: Opener, postgres_url: str
) -> None:
    with opening(switches=SEARCH) as bench:
        use_server(bench, postgres_url)
        people = People(bench)
        bench.run()
        uuid = people.bill()
        bench.fault("POST /bills$", "commit_then_drop")
        bench.fault("READ /bills$", "list_lag", seconds=SHOWN_AFTER_S)
        bench.run()
        bench.leave()
        bench.clock.wrong, bench.clock.boots = timedelta(days=1), 1  # another machine
        for _run in range(3):
            bench.run()
        assert len(people.documents(uuid)) == 1
        bench.pass_time(FAR_S)
        assert bench.run().uncertain == 0
        assert len(people.documents(uuid)) == 1


def use_server(bench: Bench, url: str) -> None:
    """Keep the bench's records on a server."""
    bench.leave()
    text = bench.config.read_text(encoding="utf-8").replace('home = "."', 'home = "elsewhere"')
    bench.config.write_text(f'database = "{url}"\n' + text, encoding="utf-8")
    store_demo_secrets(bench.enter(), scenario, bench.company)
