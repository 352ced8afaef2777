"""A process may die, raise or freeze at any step under the other strategies: every record is there once (R44b).

The cases run once per strategy, each in a module of its own, so that two workers can share them.
"""

import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from mlc.testing.steps import ACCEPTED_STEPS, STEPS

from faultbench.clerk import Clerk
from faultbench.crashcases import ACTIONS, CRASHED
from faultbench.targets import TARGETS
from faultbench.world import KILLED, PATIENCE_S
from tests.forking import Running

#: Where something is still under way that only a later run tells, this long passes before it.
LATER_S = 20.0
TRIES = 4


def steps_of(strategy: str, operations: Sequence[str] | None = None) -> tuple[str, ...]:
    """The steps that a strategy passes. A key that answers is sent again unseen; a held create is not looked up."""
    spec = TARGETS[strategy]
    looked = not {"replay_key", "hold"} & {strategy} or operations is None or "update" in operations
    steps = tuple(step for step in STEPS if looked or step != "settle.looked")
    return (*steps, *ACCEPTED_STEPS) if spec.later else steps


def disturb(clerk: Clerk, step: str, operations: Sequence[str]) -> None:
    """Something to write. For the steps of settling the answers get lost, but where being asked is the step."""
    for operation in operations:
        clerk.do(operation)
    if step.startswith("settle.") and step not in ACCEPTED_STEPS:
        clerk.world.fault(clerk.world.spec.write, "commit_then_drop", times=2)


def break_off(clerk: Clerk, step: str, action: str) -> None:
    """Runs until one does not get beyond a step: some steps are reached only when time has passed."""
    world = clerk.world
    for _ in range(TRIES):
        running = world.begin(step=f"{step}:{action}")
        if action == "freeze" and stopped(running):
            second = world.run()
            assert second.code == 2
            assert f"Process {running.pid} already works on" in second.said
            running.kill()
            assert world.end(running).code == KILLED
            return
        ran = world.end(running)
        if ran.code == CRASHED or "StepError" in ran.said:
            return
        assert "Traceback" not in ran.said, ran.said
        world.go_ahead(LATER_S)
    raise AssertionError(f"no run reached {step}")


def stopped(running: Running) -> bool:
    """Whether it has stopped itself; False when it went through to its end."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end and running.at_work():
        try:
            if Path(f"/proc/{running.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T":
                return True
        except (FileNotFoundError, ProcessLookupError):
            return False
        time.sleep(0.02)
    return False


def finish(clerk: Clerk) -> None:
    """Run on until nothing is open, and a person has said what only a person can; then the judge has the word."""
    world = clerk.world
    world.heal()
    world.settle(rounds=12)
    clerk.correct()
    world.settle(rounds=12)
    clerk.look_and_decide()
    world.settle(rounds=12)
    clerk.judge()


class StrategyCases:
    """The suite's share, with every operation at once. Crashes: where the vendor has done what nobody noted, and where
    its answers got lost and what was learnt since was noted last: the two places in which the strategies differ."""

    @pytest.mark.parametrize("step", ["push.answered", "settle.committed"])
    def test_a_crash_leaves_every_record_exactly_once(self, clerk: Clerk, step: str) -> None:
        disturb(clerk, step, clerk.world.spec.operations)
        break_off(clerk, step, "crash")
        finish(clerk)

    @pytest.mark.parametrize("step", ["deliver.planned", "push.permit.open", "push.answered"])
    def test_an_exception_leaves_every_record_exactly_once(self, clerk: Clerk, step: str) -> None:
        disturb(clerk, step, clerk.world.spec.operations)
        break_off(clerk, step, "raise")
        finish(clerk)

    def test_a_frozen_process_is_not_taken_over_before_it_is_dead(self, clerk: Clerk) -> None:
        disturb(clerk, "push.permit.open", clerk.world.spec.operations)
        break_off(clerk, "push.permit.open", "freeze")
        finish(clerk)


@pytest.mark.torture
class StrategyMatrix:
    """Every step with everything at once; then every combination."""

    @pytest.mark.parametrize("step", [*STEPS, *ACCEPTED_STEPS])
    def test_a_crash_with_everything_under_way(self, clerk: Clerk, step: str) -> None:
        if step not in steps_of(clerk.world.strategy):
            pytest.skip("this strategy does not pass it")
        disturb(clerk, step, clerk.world.spec.operations)
        break_off(clerk, step, "crash")
        finish(clerk)

    @pytest.mark.parametrize("action", ACTIONS)
    @pytest.mark.parametrize("step", [*STEPS, *ACCEPTED_STEPS])
    @pytest.mark.parametrize("operation", ["create", "batch", "image", "update", "void", "refuse"])
    def test_it_leaves_exactly_one_record(self, clerk: Clerk, operation: str, step: str, action: str) -> None:
        if operation not in clerk.world.spec.operations or step not in steps_of(clerk.world.strategy, [operation]):
            pytest.skip("this strategy's system has no such thing")
        disturb(clerk, step, [operation])
        break_off(clerk, step, action)
        finish(clerk)

    def test_every_step_was_passed(self, clerk: Clerk) -> None:
        assert clerk.world.visited >= set(steps_of(clerk.world.strategy))
