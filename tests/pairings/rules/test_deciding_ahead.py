"""R5, R20, R34: the next slice is decided while the answers of the last are awaited; it sees what is under way."""

from collections.abc import Iterator

import pytest
from mlc.engine import delivery
from mlc.engine.delivery import Delivery
from rulebench.bench import Bench
from rulebench.people import People, fresh_number

TIMES = 1_000


@pytest.fixture(autouse=True)
def taken(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bool]]:
    """Two documents are a slice; whether a slice that was decided ahead was taken, each time."""
    told: list[bool] = []
    holds = Delivery._still_holds

    def watched(self: Delivery, *arguments: object) -> bool:
        told.append(holds(self, *arguments))  # type: ignore[arg-type]
        return told[-1]

    monkeypatch.setattr(delivery, "SLICE", 2)
    monkeypatch.setattr(Delivery, "_still_holds", watched)
    return iter([told])


def test_a_twin_of_what_is_under_way_is_seen(bench: Bench, people: People, taken: Iterator[list[bool]]) -> None:
    number, amount = fresh_number(), "4711.20"
    first, second = people.bill(number=number, amount=amount, vendor=3), people.bill()
    again, last = people.bill(number=f"{number}-2", amount=amount, vendor=3), people.bill()
    bench.run()
    assert any(next(taken)), "no slice was decided ahead"
    assert [bench.state(uuid) for uuid in (second, last)] == ["in_step", "in_step"]
    assert sorted(bench.state(uuid) for uuid in (first, again)) == ["held", "in_step"]
    assert bench.codes(first) + bench.codes(again) == ["near_twin"]
    assert len(bench.written(type="bills")) == 3


def test_nothing_leaves_that_was_decided_ahead_when_the_target_answers_no_more(bench: Bench, people: People) -> None:
    uuids = [people.bill() for _count in range(8)]
    bench.fault("POST|PUT /bills$", "commit_then_drop", times=TIMES)
    report = bench.run()
    assert "without an answer" in str(report.stopped["bills"])
    assert 3 <= len(bench.written(type="bills")) < len(uuids)
    bench.heal()
    bench.settle()
    assert [len(people.documents(uuid)) for uuid in uuids] == [1] * len(uuids)


def test_a_slice_that_was_decided_ahead_is_decided_again_when_it_is_old(
    bench: Bench, people: People, taken: Iterator[list[bool]], monkeypatch: pytest.MonkeyPatch
) -> None:
    uuids = [people.bill() for _count in range(4)]
    ahead = Delivery._plan_ahead

    def slow(self: Delivery) -> None:
        ahead(self)
        bench.pass_time(6.0)

    monkeypatch.setattr(Delivery, "_plan_ahead", slow)
    bench.run()
    told = next(taken)
    assert told
    assert not any(told)
    assert [bench.state(uuid) for uuid in uuids] == ["in_step"] * 4


def test_what_fails_while_answers_are_awaited_loses_none_of_them(
    bench: Bench, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    uuids = [people.bill() for _count in range(4)]
    plan, failed = Delivery.plan_slice, list[bool]()

    def failing(self: Delivery, after: int, *, provisional: bool = False) -> list[object]:
        if after and self.flow.name == "bills" and not failed:
            failed.append(True)
            raise RuntimeError("while the answers were out")
        return list(plan(self, after, provisional=provisional))

    monkeypatch.setattr(Delivery, "plan_slice", failing)
    bench.run()
    assert failed
    assert [bench.state(uuid) for uuid in uuids] == ["in_step"] * 4
    assert [len(people.documents(uuid)) for uuid in uuids] == [1] * 4
