"""The loop of ``mlc run``: who is due when, what a failure delays, how it ends."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from mlc.engine.runreport import RunReport
from mlc.errors import AuthError, MlcError, PluginError
from mlc.runner.loop import Slot, keep_running
from mlc.runner.schedule import parse_every
from mlc.runner.signals import stopping

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@dataclass
class Day:
    """Time that only passes when somebody sleeps or works; ends after ``hours``."""

    hours: float
    work_s: float = 1.0
    fails: int = 0
    error: Callable[[], MlcError] = lambda: AuthError("Tiny refuses these credentials.")
    next_look: datetime | None = None
    now: datetime = NOON
    ran: list[tuple[str, float]] = field(default_factory=list)
    accepted: list[bool] = field(default_factory=list)
    told: list[RunReport | MlcError] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def run(self, slot: Slot) -> RunReport:
        self.ran.append((slot.pairing, (self.now - NOON).total_seconds() / 60))
        self.accepted.append(slot.accept)
        self.now += timedelta(seconds=self.work_s)
        if self.fails:
            self.fails -= 1
            raise self.error()
        report = RunReport(slot.pairing, len(self.ran), self.now, next_look=self.next_look)
        self.next_look = None
        return report

    def live(self, *slots: Slot) -> None:
        keep_running(
            slots,
            run=self.run,
            now=lambda: self.now,
            stop=lambda: self.now >= NOON + timedelta(hours=self.hours),
            tell=self.told.append,
            sleep=self.sleep,
        )


def _slot(name: str, every: str, *, accept: bool = False) -> Slot:
    return Slot(name, parse_every(every), NOON, accept=accept)


def test_pairings_run_in_their_own_slots() -> None:
    day = Day(hours=1)
    day.live(_slot("fast", "15m"), _slot("slow", "30m"))
    assert [round(minute) for name, minute in day.ran if name == "fast"] == [0, 15, 30, 45]
    assert [round(minute) for name, minute in day.ran if name == "slow"] == [0, 30]


def test_missed_slots_are_made_up_for_once() -> None:
    day = Day(hours=2, work_s=50 * 60)
    day.live(_slot("long", "15m"))
    assert [round(minute) for _, minute in day.ran] == [0, 50, 100], "not four runs for the 50 minutes each took"


def test_a_failure_is_told_and_tried_again_before_the_next_slot_with_growing_pauses() -> None:
    day = Day(hours=1, fails=3)
    day.live(_slot("main", "15m"))
    assert [round(minute * 2) / 2 for _, minute in day.ran][:4] == [0, 0.5, 1.5, 3.5]
    assert [isinstance(one, AuthError) for one in day.told][:4] == [True, True, True, False]


def test_what_no_later_slot_can_cure_ends_the_loop() -> None:
    day = Day(hours=1, fails=1, error=lambda: PluginError("The plugin gave no answer."))
    with pytest.raises(PluginError):
        day.live(_slot("main", "15m"))


def test_only_the_first_plan_is_accepted() -> None:
    day = Day(hours=1, fails=1)
    day.live(_slot("main", "15m", accept=True))
    assert day.accepted[:3] == [True, True, False]


def test_an_uncertain_write_is_looked_up_before_the_next_slot() -> None:
    day = Day(hours=0.2, next_look=NOON + timedelta(minutes=2))
    day.live(_slot("main", "15m"))
    assert [round(minute) for _, minute in day.ran] == [0, 2]


def test_the_first_signal_asks_and_the_second_kills() -> None:
    with stopping() as stop:
        assert not stop()
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop()
    code = (
        "import os, signal\nfrom mlc.runner.signals import stopping\n"
        "with stopping() as stop:\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n    print('asked', stop(), flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n    print('still here')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "asked True\n"
    assert done.returncode == -signal.SIGINT
