"""History takes no more of a vendor's day than its share, so that what is new elsewhere goes on (R34)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

Make = Callable[..., Any]
DAILY = 80
#: Seven tenths of it, and it is noon.
AT_NOON = 28


def _until_noon(now: datetime) -> float:
    noon = now.replace(hour=12, minute=0, second=0, microsecond=0)
    return ((noon if noon >= now else noon + timedelta(days=1)) - now).total_seconds()


def _calls(report: Any) -> int:
    return int(sum(report.calls["right"].values()))


def test_a_first_run_and_a_sweep_leave_the_day_to_what_is_new(yards: Make) -> None:
    world = yards(later=False, daily=DAILY)
    world.pass_time(_until_noon(world.clock.now()))
    world.fill("Anchor")
    before = _calls(world.run("other"))
    world.fill(*(f"Yard {number:02}" for number in range(60)))

    first = world.run("main")
    assert _calls(first) == AT_NOON - before
    assert "wait for a quota" in first.stopped["suppliers"]
    assert len(world.there()) < 61

    swept = world.run("other", sweep=True)
    assert len(world.there()) == 61, "its sweep waits, its new records do not"
    assert AT_NOON < before + _calls(first) + _calls(swept) <= DAILY * 0.95
    assert world.rows("SELECT * FROM pages WHERE pairing = 'other' AND mode = 'sweep'"), "and goes on later"

    world.pass_time(12 * 3600)
    assert world.run("main").stopped == {}, "another day, and the last 35 are no backlog"


def test_a_backlog_is_history_and_a_days_work_is_not(yards: Make, monkeypatch: Any) -> None:
    world = yards(later=False, daily=DAILY)
    world.pass_time(_until_noon(world.clock.now()))
    world.fill("Anchor")
    world.run()
    world.pass_time(1)
    monkeypatch.setattr("mlc.engine.history.BACKLOG", 40)
    world.fill(*(f"Day {number:02}" for number in range(35)))
    assert world.run().stopped == {}
    world.fill(*(f"Bulk {number:02}" for number in range(41)))
    assert "wait for a quota" in world.run().stopped["suppliers"]
