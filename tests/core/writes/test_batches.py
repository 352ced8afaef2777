"""Several writes in one request (R8): matched by key, bisected when refused whole, looked up one by one when lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mlc.contract import Strategy

Make = Callable[..., Any]
NAMES = [f"Yard {number:02}" for number in range(1, 13)]


def test_writes_with_a_key_of_ours_share_requests(yards: Make) -> None:
    world = yards(batch=5, later=False)
    world.fill(*NAMES)
    report = world.run()
    assert report.flows["suppliers"]["created"] == 12
    assert sorted(len(keys) for keys in world.standin.sent) == [2, 5, 5]
    assert world.there() == NAMES
    stored = world.rows("SELECT batch, ordinal FROM intents ORDER BY batch, ordinal")
    assert len({row["batch"] for row in stored}) == 3
    assert sorted(row["ordinal"] for row in stored) == sorted([0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1])


def test_a_system_that_can_only_be_searched_gets_one_write_a_request(yards: Make) -> None:
    world = yards(strategy=Strategy.SEARCH, batch=5, later=False)
    world.fill(*NAMES[:3])
    world.run()
    assert [len(keys) for keys in world.standin.sent] == [1, 1, 1]


def test_a_request_that_is_refused_whole_is_cut_until_only_the_culprit_is_dead(yards: Make) -> None:
    world = yards(batch=8, later=False)
    world.fill(*NAMES[:7], "Yard?")
    report = world.run()
    assert report.flows["suppliers"]["created"] == 7
    assert report.flows["suppliers"]["dead"] == 1
    assert world.there() == NAMES[:7]
    (dead,) = world.rows("SELECT reason FROM records WHERE state = 'dead'")
    assert "has a ?" in dead["reason"]


def test_a_lost_answer_to_many_writes_leaves_each_there_once(yards: Make) -> None:
    world = yards(batch=5, later=False)
    world.standin.faults.ask("POST /suppliers", "commit_then_drop", times=2)
    world.fill(*NAMES)
    world.run()
    for _run in range(3):
        world.pass_time(60)
        report = world.run()
    assert report.uncertain == 0
    assert world.there() == NAMES
    assert set(world.states()) == {"confirmed"}


def test_a_key_that_answers_is_sent_again_without_looking_and_an_old_one_is_looked_up(yards: Make) -> None:
    world = yards(strategy=Strategy.REPLAY_KEY, later=False)
    world.standin.faults.ask("POST /suppliers", "commit_then_drop", times=1)
    world.fill("Anchor")
    world.run()
    reads = _reads(world)
    world.pass_time(5)
    world.run()
    assert "replayed" in world.events()
    assert world.there() == ["Anchor"]
    assert world.states() == ["confirmed"]

    world.standin.faults.ask("POST /suppliers", "commit_then_drop", times=1)
    world.fill("Bollard")
    world.run()
    world.standin.replies.clear()  # the vendor has forgotten the key
    for _run in range(3):
        world.pass_time(200)
        world.run()
    assert world.there() == ["Anchor", "Bollard"]
    assert world.states() == ["confirmed", "confirmed"]
    assert _reads(world) > reads


def test_how_long_a_key_is_trusted_is_the_operators_to_say(yards: Make) -> None:
    world = yards(strategy=Strategy.REPLAY_KEY, later=False, flow="replay_valid_s = 0.0")
    world.standin.faults.ask("POST /suppliers", "commit_then_drop", times=1)
    world.fill("Anchor")
    world.run()
    for _run in range(3):
        world.pass_time(200)
        world.run()
    assert "replayed" not in world.events(), "a key that may be forgotten is looked up, never sent again"
    assert world.there() == ["Anchor"]
    assert world.states() == ["confirmed"]


def _reads(world: Any) -> int:
    return int(world.standin.calls.reads)
