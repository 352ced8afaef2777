"""A process may die, raise or freeze at any numbered step: every record ends in the ledger exactly once (R44b).

The cases run once per strategy, each in a module of its own, so that two workers can share them.
"""

import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from mlc.testing.steps import STEPS

from faultbench.people import People
from faultbench.world import KILLED, PATIENCE_S
from tests.forking import Running

OPERATIONS = ("create", "update", "void")
ACTIONS = ("crash", "raise", "freeze")
#: Around one write: where a process can be caught between the store and the vendor.
WRITE_STEPS = (
    "intent.sending.before",
    "intent.sending.committed",
    "push.permit.open",
    "push.answered",
    "outcome.before",
)
CRASHED = 137


def disturb(people: People, step: str, operations: Sequence[str] = OPERATIONS) -> None:
    """Something to write; for the steps of settling, the vendor's answers get lost on top."""
    for operation in operations:
        people.do(operation)
    if step.startswith("settle."):
        people.world.fault("WRITE /bills", "commit_then_drop", times=len(operations))


def finish(people: People) -> None:
    """Run on until nothing is open; then the judge has the word."""
    people.world.heal()
    people.world.settle()
    people.judge()


def freeze(people: People, step: str) -> Running:
    """A run that has stopped itself at a step."""
    frozen = people.world.begin(step=f"{step}:freeze")
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end and frozen.at_work():
        if Path(f"/proc/{frozen.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T":
            return frozen
        time.sleep(0.02)
    frozen.kill()  # or it would hold the database's lock against every later run
    people.world.end(frozen)
    raise AssertionError(f"the process did not reach {step}")


def break_off(people: People, step: str, action: str) -> None:
    """One run that does not get beyond a step."""
    if action == "freeze":
        frozen = freeze(people, step)
        second = people.world.run()
        assert second.code == 2
        assert f"Process {frozen.pid} already works on" in second.said
        frozen.kill()
        assert people.world.end(frozen).code == KILLED
        return
    ran = people.world.run(step=f"{step}:{action}")
    assert ran.code == CRASHED if action == "crash" else "StepError" in ran.said, ran.said


class CrashCases:
    """The suite's share: every step with all operations at once."""

    @pytest.mark.parametrize("step", STEPS)
    def test_a_crash_at_any_step_leaves_every_record_exactly_once(self, people: People, step: str) -> None:
        disturb(people, step)
        break_off(people, step, "crash")
        finish(people)

    @pytest.mark.parametrize("step", ["intent.sending.committed", "push.answered", "outcome.before"])
    def test_a_crash_around_a_payment_or_an_image_leaves_one_of_each(self, people: People, step: str) -> None:
        people.do("payment")
        people.do("image")
        nth = 2 if step != "push.answered" else 1
        assert people.world.run(step=f"{step}:crash:{nth}").code == CRASHED
        finish(people)

    @pytest.mark.parametrize("step", ["deliver.planned", "push.permit.open", "push.answered"])
    def test_an_exception_leaves_every_record_exactly_once(self, people: People, step: str) -> None:
        disturb(people, step)
        break_off(people, step, "raise")
        finish(people)

    def test_a_frozen_process_is_not_taken_over_before_it_is_dead(self, people: People) -> None:
        disturb(people, "push.permit.open")
        break_off(people, "push.permit.open", "freeze")
        finish(people)

    def test_a_process_that_wakes_too_late_sends_nothing_of_what_it_had_begun(self, people: People) -> None:
        uuid = people.do("create")
        frozen = freeze(people, "push.permit.open")
        time.sleep(5.3)
        os.kill(frozen.pid, signal.SIGCONT)
        ran = people.world.end(frozen)
        assert not ran.said
        assert ("not_sent", 1) in people.world.history(uuid)
        assert ("created", 2) in people.world.history(uuid)
        finish(people)

    def test_every_numbered_step_was_passed(self, people: People) -> None:
        assert people.world.visited >= set(STEPS)


@pytest.mark.torture
class CrashMatrix:
    """Every operation, step and action on its own."""

    @pytest.mark.parametrize("action", ACTIONS)
    @pytest.mark.parametrize("step", STEPS)
    @pytest.mark.parametrize("operation", OPERATIONS)
    def test_it_leaves_exactly_one_record(self, people: People, operation: str, step: str, action: str) -> None:
        disturb(people, step, [operation])
        break_off(people, step, action)
        finish(people)
