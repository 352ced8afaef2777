"""R3: a create that was sent twice is looked up again after ten minutes and after an hour, whatever the lists show."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from mlc.engine import dispatch, lists
from mlc.plugins import Plugins
from rulebench.bench import FAR_S, Bench, open_bench
from rulebench.people import People

TEN_MINUTES, AN_HOUR = 600.0, 3_600.0


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, plugins: Plugins) -> Iterator[Bench]:
    """A ledger without a unique field: a lost create is searched for, then sent a second time."""
    with open_bench(
        tmp_path_factory.mktemp("later"), plugins, switches={"unique_field": False, "bill_number_unique": "no"}
    ) as opened:
        opened.run()
        yield opened


@pytest.fixture
def people(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Iterator[People]:
    """Lists find no doubles here: only looking up the key may."""
    monkeypatch.setattr(lists, "find_late_duplicates", lambda *_: 0)
    yield People(bench)
    bench.clock.wrong = timedelta()
    bench.target._ask("DELETE", "faults")


def sent_twice(bench: Bench, people: People) -> str:
    """A bill whose first create was lost; the second is in the ledger."""
    uuid = people.bill()
    bench.fault("POST /bills$", "drop")
    bench.run()
    bench.run()
    bench.pass_time(FAR_S)
    bench.run()
    bench.run()
    assert (bench.state(uuid), len(people.documents(uuid))) == ("in_step", 1)
    (write,) = bench.intents("confirmed", source_id=uuid)
    assert write["attempt"] == 2
    return uuid


def arrives_late(people: People, uuid: str) -> str:
    """The first create takes effect after all."""
    return people.type_in(like=uuid)


def looks(bench: Bench, uuid: str) -> str | None:
    (write,) = [one for one in bench.intents("confirmed", source_id=uuid) if one["part"] == "main"]
    return write["due_at"]  # type: ignore[no-any-return]


def test_a_double_that_came_within_ten_minutes_is_held_and_its_payment_waits(bench: Bench, people: People) -> None:
    uuid = sent_twice(bench, people)
    double = arrives_late(people, uuid)
    bench.run()
    assert bench.codes(uuid) == [], "it is not time yet"
    bench.leave()
    bench.pass_time(TEN_MINUTES)
    bench.run()
    assert bench.codes(uuid) == ["possible_duplicate"]
    (alert,) = bench.alerts("possible_duplicate")
    assert double in alert["sentence"]
    people.pay(uuid)
    bench.run()
    assert people.payments(uuid) == []
    assert [hold["code"] for hold in bench.holds() if "stand twice" in hold["sentence"]] == ["payment_blocked"]


def test_a_double_that_came_after_the_first_look_is_found_by_the_second(bench: Bench, people: People) -> None:
    uuid = sent_twice(bench, people)
    bench.pass_time(TEN_MINUTES)
    bench.run()
    assert (bench.codes(uuid), looks(bench, uuid) is not None) == ([], True)
    arrives_late(people, uuid)
    bench.pass_time(AN_HOUR - TEN_MINUTES)
    bench.run()
    assert bench.codes(uuid) == ["possible_duplicate"]
    assert looks(bench, uuid) is None
    bench.decide("skip", bench.record(uuid)["id"], "--reason", "voided by hand")


@pytest.mark.parametrize("leap", [timedelta(days=1), timedelta(days=-1)], ids=str)
def test_a_clock_that_was_set_moves_no_look(bench: Bench, people: People, leap: timedelta) -> None:
    uuid = sent_twice(bench, people)
    bench.clock.wrong += leap
    bench.run()
    bench.run()
    arrives_late(people, uuid)
    bench.run()
    assert bench.codes(uuid) == [], "it is not time yet"
    bench.pass_time(TEN_MINUTES)
    bench.run()
    assert bench.codes(uuid) == ["possible_duplicate"]
    bench.pass_time(AN_HOUR)
    bench.run()
    assert looks(bench, uuid) is None
    bench.decide("skip", bench.record(uuid)["id"], "--reason", "voided by hand")


def test_two_looks_that_find_one_document_are_all_there_is(bench: Bench, people: People) -> None:
    uuid = sent_twice(bench, people)
    for wait in (TEN_MINUTES, AN_HOUR, AN_HOUR):
        bench.pass_time(wait)
        bench.run()
        assert bench.wrote_nothing()
    assert (bench.codes(uuid), looks(bench, uuid)) == ([], None)


def test_a_create_that_surely_was_not_sent_the_first_time_is_not_looked_up_again(
    bench: Bench, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    once = people.posted_bill()
    assert looks(bench, once) is None
    uuid = people.bill()
    with monkeypatch.context() as patched:
        patched.setattr(dispatch, "LEAVE_WITHIN_S", -1.0)
        patched.setattr(dispatch.Dispatcher, "send_ready", lambda _self: None)
        bench.run()
    assert people.documents(uuid) == []
    bench.run()
    (write,) = bench.intents("confirmed", source_id=uuid)
    assert (write["attempt"], write["due_at"]) == (2, None)
