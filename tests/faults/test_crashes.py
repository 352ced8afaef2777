"""A process may die, raise or freeze at any numbered step: every record ends in the ledger exactly once (R44b)."""

import os
import signal
import time
from pathlib import Path

import pytest
from faultbench.people import People
from faultbench.world import KILLED
from mlc.testing.steps import STEPS

OPERATIONS = ("create", "update", "void")
#: Around one write: where a process can be caught between the store and the vendor.
WRITE_STEPS = ("intent.sending.before", "intent.sending.committed", "push.permit.open", "push.answered", "outcome.before")
CRASHED = 137


def disturb(people: People, step: str, operations: tuple[str, ...] = OPERATIONS) -> None:
    """Something to write; for the steps of settling, writes whose answers were lost in an earlier run."""
    for operation in operations:
        people.do(operation)
    if step.startswith("settle."):
        people.world.fault("WRITE /bills", "commit_then_drop", times=len(operations))
        people.world.run()
        people.world.heal()
        people.world.go_ahead(60)


def finish(people: People) -> None:
    """Run on until nothing is open; then the judge has the word."""
    people.world.settle()
    people.judge()


@pytest.mark.parametrize("step", STEPS)
def test_a_crash_at_any_step_leaves_every_record_exactly_once(people: People, step: str) -> None:
    disturb(people, step)
    ran = people.world.run(step=f"{step}:crash")
    assert ran.code == CRASHED, ran.said
    finish(people)


@pytest.mark.parametrize("step", WRITE_STEPS)
def test_a_crash_around_a_payment_or_an_image_leaves_one_of_each(people: People, step: str) -> None:
    people.do("payment")
    people.do("image")
    nth = 1 if step in ("push.permit.open", "push.answered") else 2
    assert people.world.run(step=f"{step}:crash:{nth}").code == CRASHED
    finish(people)


@pytest.mark.parametrize("step", WRITE_STEPS)
def test_an_exception_around_a_write_leaves_every_record_exactly_once(people: People, step: str) -> None:
    disturb(people, step)
    ran = people.world.run(step=f"{step}:raise")
    assert "StepError" in ran.said
    finish(people)


@pytest.mark.parametrize("step", ["intent.sending.committed", "push.permit.open"])
def test_a_frozen_process_is_not_taken_over_before_it_is_dead(people: People, step: str) -> None:
    disturb(people, step)
    frozen = people.world.begin(step=f"{step}:freeze")
    wait_until_stopped(frozen.pid)
    second = people.world.run()
    assert second.code == 2
    assert f"Process {frozen.pid} already works on" in second.said
    frozen.kill()
    assert people.world.end(frozen).code == KILLED
    finish(people)


def test_a_process_that_wakes_too_late_sends_nothing_of_what_it_had_begun(people: People) -> None:
    uuid = people.do("create")
    frozen = people.world.begin(step="push.permit.open:freeze")
    wait_until_stopped(frozen.pid)
    time.sleep(5.3)
    os.kill(frozen.pid, signal.SIGCONT)
    ran = people.world.end(frozen)
    assert not ran.said
    assert ("not_sent", 1) in people.world.history(uuid)
    assert ("created", 2) in people.world.history(uuid)
    finish(people)


def test_every_numbered_step_is_passed_by_these_tests(people: People) -> None:
    disturb(people, "settle.looked")
    finish(people)
    assert set(people.world.visited) >= set(STEPS)


def wait_until_stopped(pid: int) -> None:
    """Until the process has sent itself SIGSTOP."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T":
            return
        time.sleep(0.02)
    raise AssertionError("the process did not reach the step")
