"""A run that is cut goes on from where it is stored; one that stumbles over a mistake of ours is begun afresh (R30)."""

from dataclasses import replace
from typing import Any

import pytest
from mlc.engine import run as running
from mlc.engine import settle, stagework
from mlc.engine.course import Order
from mlc.engine.run import run_slice
from mlc.engine.slices import Slice
from mlc.engine.stages import Stage, StageKind
from rulebench.bench import Bench
from rulebench.people import People

ORDER = Order(accept=True, sweep=False, by="tests")


def one_slice(bench: Bench) -> Any:
    """One slice of the bench's pairing."""
    with bench.session() as session:
        session.slice = Slice(stop=lambda: False, writes=lambda: 0, seconds=600)
        return run_slice(session, ORDER)


def test_a_settling_that_was_cut_in_the_middle_is_gone_on_with(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = people.bench
    uuid = people.bill()
    reached = iter(["somewhere", None])
    look = settle.Settler.run

    def cut_once(self: settle.Settler, *, after: str = "") -> settle.Settlement:
        return replace(look(self, after=after), reached=next(reached, None))

    def unsettled(*_arguments: Any) -> bool:
        return False

    with monkeypatch.context() as patch:
        patch.setattr(stagework.Settler, "run", cut_once)
        patch.setattr(stagework, "is_settled", unsettled)
        kept = one_slice(bench)
        assert kept.stages[0].kind is StageKind.SETTLE, "it has to be cut while it settles"
        while kept.stages:
            kept = one_slice(bench)
    assert bench.state(uuid) == "in_step"


def test_a_run_that_ended_unexpectedly_is_begun_afresh(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = people.bench
    uuid = people.bill()
    do_stage = running.do_stage

    begun: list[list[Stage]] = []

    def stumble(session: Any, course: Any, stage: Stage) -> bool:
        begun.append(list(course.stages))
        if stage.kind is StageKind.DELIVER:
            raise KeyError("bills")
        return do_stage(session, course, stage)

    with monkeypatch.context() as patch:
        patch.setattr(running, "do_stage", stumble)
        with pytest.raises(KeyError):
            one_slice(bench)
        begun.clear()
        with pytest.raises(KeyError):
            one_slice(bench)
    assert begun[0][0].kind is StageKind.SETTLE, "the one that ended is not gone on with"
    assert not one_slice(bench).stages
    assert bench.state(uuid) == "in_step"
