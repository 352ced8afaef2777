"""Crashes, lost answers and late refusals: nothing is told twice, nothing is forgotten (R28, R3, R9)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from mlc.engine import delivery, dispatch, sending

Make = Callable[..., Any]


class Killed(BaseException):
    """The process ends here."""


def lose(world: Any, path: str, kind: str) -> None:
    world.there.faults.ask(path, kind, times=1)


@pytest.mark.parametrize("kind", ["commit_then_drop", "drop", "commit_then_500", "reply_garbled"])
@pytest.mark.parametrize("call", ["take", "reports"])
def test_a_lost_answer_is_looked_up_before_anything_is_sent_again(make: Make, call: str, kind: str) -> None:
    world = make()
    world.invoice("1")
    lose(world, f"POST /desk/invoices/1/{call}", kind)
    for _run in range(3):
        world.run()
        world.pass_time(700)
    assert world.status("1") == "posted"
    assert [one["kind"] for one in world.told("1")] == ["posted"]
    assert world.posted() == ["HP-1"]
    sent = 2 if kind == "drop" else 1
    assert world.kinds("1").count("taken" if call == "take" else "posted") == 1
    assert len([one for one in world.there.order if one in ("take 1", "posted 1")]) <= 1 + sent
    assert world.holds() == []


@pytest.mark.parametrize(
    ("step", "times"),
    [(step, times) for step in ("intent.sending.committed", "push.answered", "outcome.before") for times in (1, 3)],
)
def test_a_process_that_dies_at_any_step_resumes_where_it_was(
    make: Make, step: str, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first write is the taking, the second the posting, the third the answer."""
    world = make()
    world.run()
    world.invoice("1")
    left = [times]

    def kill(name: str) -> None:
        if name == step:
            left[0] -= 1
            if left[0] == 0:
                raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(dispatch, "step", kill)
        patched.setattr(sending, "step", kill)
        with pytest.raises(Killed):
            world.run()
    for _run in range(3):
        world.pass_time(700)
        world.run()
    assert [one["kind"] for one in world.told("1")] == ["posted"]
    assert world.posted() == ["HP-1"]
    assert world.holds() == []


def test_a_late_refusal_is_a_dead_letter_with_the_vendors_words_and_goes_when_it_is_decided_again(make: Make) -> None:
    world = make(later=True)
    world.invoice("1")
    world.there.switches["refuse_later"] = "voucherNumber1 is too long"
    world.run()
    world.run()
    assert (world.posted(), world.told("1")) == (["HP-1"], [])
    (dead,) = world.rows("SELECT id, reason FROM records WHERE state = 'dead'")
    assert dead["reason"] == "voucherNumber1 is too long"
    world.run()
    assert world.kinds("1") == ["taken", "posted"], "it is not sent again by itself"
    world.there.switches["refuse_later"] = ""
    world.replay(dead["id"])
    world.run()
    world.run()
    assert [one["kind"] for one in world.told("1")] == ["posted"]
    sent = [one["code"] for one in world.there.told if one["kind"] == "posted"]
    assert len(sent) == len(set(sent)) == 2, "no code is used twice"
    assert world.rows("SELECT id FROM records WHERE state = 'dead'") == []


def test_what_is_accepted_is_posted_only_once_the_taking_is_confirmed(make: Make) -> None:
    world = make(later=True)
    world.there.switches["slow"] = True
    world.invoice("1")
    world.run()
    assert (world.kinds("1"), world.posted()) == (["taken"], [])
    for task in world.there.tasks.values():
        task["word"] = "done"
    world.there.switches["slow"] = False
    world.pass_time(60)
    world.run()
    assert world.posted() == ["HP-1"]
    world.pass_time(60)
    world.run()
    assert [one["kind"] for one in world.told("1")] == ["posted"]


def test_an_old_report_is_not_sent_after_a_newer_one(make: Make) -> None:
    world = make(later=True)
    world.invoice("1")
    world.run()
    world.run()
    bill = world.bill("HP-1")["id"]
    world.there.switches["refuse_later"] = "the desk is closed"
    world.there.person("bills", bill, balance="60.00")
    world.run()
    world.run()
    (dead,) = world.rows("SELECT id FROM records WHERE state = 'dead'")
    world.there.switches["refuse_later"] = ""
    world.there.person("bills", bill, balance="0.00")
    world.run()
    world.run()
    world.replay(dead["id"])
    world.run()
    assert [one["paid"] for one in world.told("1") if one["kind"] == "paid"] == ["100.00"]


def test_what_was_taken_and_is_stuck_is_looked_for_in_the_whole_list_after_an_hour(make: Make) -> None:
    world = make()
    world.run()
    world.invoice("1")

    def broken(name: str) -> None:
        if name == "deliver.planned" and world.there.order:
            raise Killed

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(delivery, "step", broken)
        with pytest.raises(Killed):
            world.run()
    assert (world.status("1"), world.posted()) == ("taken", [])
    world.pass_time(3700)
    world.run()
    assert world.kinds("1") == ["taken", "posted"]
    swept = world.rows("SELECT swept_at, completed_at FROM watermarks WHERE side = 'right' AND object_type = 'bill'")
    assert swept[0]["swept_at"] >= swept[0]["completed_at"][:16]
