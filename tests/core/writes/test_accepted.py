"""Accepted is not done (R9): only what the target says of our own write, after we sent it, settles it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Make = Callable[..., Any]


def test_an_accepted_write_is_confirmed_when_the_target_says_so(yards: Make) -> None:
    world = yards()
    world.fill("Anchor")
    first = world.run()
    assert (first.accepted, first.flows["suppliers"]["created"], first.needs_a_person) == (1, 0, False)
    assert first.next_look is not None
    world.pass_time(5)
    second = world.run()
    assert (second.accepted, second.flows["suppliers"]["created"]) == (0, 1)
    assert world.there() == ["Anchor"]
    assert world.states() == ["confirmed"]
    assert len(world.standin.sent) == 1


def test_silence_confirms_nothing_and_after_an_hour_a_person_is_asked(yards: Make) -> None:
    world = yards()
    world.standin.switches["slow"] = True
    world.fill("Anchor")
    world.run()
    for _run in range(3):
        world.pass_time(400)
        world.run()
    assert world.states() == ["accepted"]
    world.pass_time(3000)
    assert world.run().needs_a_person
    assert world.states() == ["held"]
    (hold,) = world.rows("SELECT code, sentence FROM holds WHERE cleared_at IS NULL")
    assert hold["code"] == "quarantine"
    assert "was accepted at" in hold["sentence"]
    assert len(world.standin.sent) == 1


def test_an_answer_that_still_comes_settles_what_was_held(yards: Make) -> None:
    world = yards()
    world.standin.switches["slow"] = True
    world.fill("Anchor")
    world.run()
    world.pass_time(4000)
    world.run()
    world.standin.switches["slow"] = False
    world.pass_time(400)
    world.run()
    assert world.states() == ["confirmed"]
    assert world.rows("SELECT * FROM holds WHERE cleared_at IS NULL") == []
    assert len(world.standin.sent) == 1


def test_a_later_refusal_is_a_dead_letter_with_the_targets_words_and_goes_after_the_fix(yards: Make) -> None:
    world = yards()
    world.fill("Anchor!")
    world.run()
    world.pass_time(5)
    assert world.run().flows["suppliers"]["dead"] == 1
    (record,) = world.rows("SELECT state, reason FROM records WHERE side = 'left'")
    assert record == {"state": "dead", "reason": "the name has a !"}
    world.yard.put("Y1", "Anchor")
    world.pass_time(5)
    world.run()
    world.pass_time(5)
    world.run()
    assert world.there() == ["Anchor"]
    assert [row["touch"] for row in world.standin.store.all("suppliers")] == [1]  # an identical one would be ignored


def test_a_lost_task_is_looked_up_and_written_once(yards: Make) -> None:
    world = yards()
    world.standin.switches["tasks_lost"] = True
    world.fill("Anchor")
    world.run()
    world.pass_time(5)
    world.run()
    assert "uncertain" in world.events()
    for _run in range(3):
        world.pass_time(60)
        world.run()
    assert world.there() == ["Anchor"]
    assert world.states() == ["confirmed"]


def test_two_writes_of_one_record_keep_their_distance(yards: Make) -> None:
    world = yards()
    world.fill("Anchor")
    world.run()
    world.clock.ahead += world.clock.ahead * 0
    world.pass_time(2.1)
    world.run()
    world.yard.put("Y1", "Anchor Ltd")
    world.pass_time(0.1)
    world.run()
    sent = [row["sent_at"] for row in world.rows("SELECT sent_at FROM intents ORDER BY created_at")]
    assert len(sent) == 2
    world.pass_time(5)
    world.run()
    assert world.there() == ["Anchor Ltd"]


def test_a_write_that_is_found_is_not_done_where_refused_ones_are_shown_too(yards: Make) -> None:
    world = yards(shows_refused=True)
    world.standin.faults.ask("POST /suppliers", "commit_then_drop", times=1)
    world.fill("Anchor!")
    world.run()
    for _run in range(3):
        world.pass_time(20)
        world.run()
    assert world.there() == ["Anchor!"]
    assert world.states() == ["rejected"]
    (record,) = world.rows("SELECT state, reason FROM records WHERE side = 'left'")
    assert record == {"state": "dead", "reason": "the name has a !"}
    assert len(world.standin.sent) == 1


def test_of_a_found_write_the_answer_is_waited_for_and_in_the_end_a_person_is_asked(yards: Make) -> None:
    world = yards(shows_refused=True)
    world.standin.switches["slow"] = True
    world.standin.faults.ask("POST /suppliers", "commit_then_drop", times=1)
    world.fill("Anchor")
    world.run()
    world.pass_time(20)
    assert world.run().next_look is not None
    world.pass_time(20)
    world.run()
    assert world.states() == ["accepted"]
    world.pass_time(4000)
    assert world.run().needs_a_person
    world.standin.switches["slow"] = False
    world.pass_time(400)
    world.run()
    assert world.states() == ["confirmed"]
    assert len(world.standin.sent) == 1
