"""R20, R22, pairings 0.4: no create rests on an old listing or an old lock, and nobody takes in more than can leave."""

from contextlib import suppress
from typing import Any

import pytest
from mlc.engine import delivery, lists
from mlc.engine.run import run_pairing
from mlc.errors import MlcError
from rulebench.bench import Bench
from rulebench.people import People


@pytest.fixture(autouse=True)
def _one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every document is a slice of its own."""
    monkeypatch.setattr(delivery, "SLICE", 1)


def run_with_a_pause(bench: Bench, minutes: int, meanwhile: Any) -> None:
    """A run in which time passes, and somebody does something, after the first bill was delivered."""
    done: list[bool] = []

    def pause(event: str, **facts: Any) -> None:
        if event == "deliver" and facts["flow"] == "bills" and not done:
            done.append(True)
            bench.pass_time(60.0 * minutes)
            meanwhile()

    bench.mark()
    with bench.session(progress=pause) as session:
        run_pairing(session, accept=True, by="tests")
    assert done
    bench.pass_time(2.0)


@pytest.mark.parametrize(("minutes", "copies"), [(10, 1), (8, 2)])
def test_a_long_run_lists_the_target_again_before_it_creates(
    bench: Bench, people: People, minutes: int, copies: int
) -> None:
    bench.target.post("switches", {"bill_number_unique": "no"})  # only the listing tells
    uuids, typed = [people.bill(), people.bill(vendor=2)], list[str]()

    def type_the_other_one() -> None:
        typed.append(next(uuid for uuid in uuids if not people.documents(uuid)))
        people.type_in(like=typed[0])

    run_with_a_pause(bench, minutes, type_the_other_one)
    assert len(people.documents(typed[0])) == copies


def test_a_lock_set_in_the_middle_of_a_long_run_is_seen(bench: Bench, people: People) -> None:
    uuids = [people.bill(day="2026-11-03"), people.bill(day="2026-11-03")]
    run_with_a_pause(bench, 16, lambda: people.lock("2026-11-10", ("purchase",)))
    assert sorted(bench.codes(uuid) for uuid in uuids) == [[], ["closed_period"]]
    people.lock(None)
    bench.run()


def test_a_create_that_waited_for_long_is_decided_again(bench: Bench, people: People) -> None:
    uuid = people.bill()
    bench.fault("WRITE /bills", "rate_limit", times=1)
    with suppress(MlcError):  # nothing more is asked of it in this minute
        bench.run()
    assert bench.intents("planned", source_id=uuid)
    people.type_in(like=uuid)
    bench.pass_time(3_100)
    bench.run()
    bench.run()
    assert (len(people.documents(uuid)), bench.state(uuid)) == (1, "in_step")
    assert "superseded" in bench.events(uuid)
    assert "adopted" in bench.events(uuid)


def test_nothing_more_is_taken_in_while_too_many_writes_wait(
    bench: Bench, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = people.bill()
    bench.fault("WRITE /bills", "drop", times=1)
    bench.run()
    assert bench.intents("planned", source_id=first)
    second = people.bill()
    with monkeypatch.context() as patched:
        patched.setattr(lists, "MOST_WAITING", 0)
        bench.run()
        assert bench.rows("SELECT id FROM records WHERE external_id = ?", second) == []
        assert bench.alerts("intake_paused")
    bench.pass_time(120)
    bench.run()
    bench.run()
    assert (bench.state(first), bench.state(second)) == ("in_step", "in_step")
    assert bench.alerts("intake_paused") == []
