"""A process may die, raise or freeze at any numbered step: every record ends in the ledger exactly once (R44b)."""

import pytest
from faultbench.people import People
from mlc.testing.steps import STEPS


@pytest.mark.parametrize("step", STEPS)
def test_a_crash_at_any_step_leaves_every_record_exactly_once(people: People, step: str) -> None:
    changed, voided, paid = people.new_bill("70.00"), people.new_bill("80.00"), people.new_bill("90.00")
    people.world.settle()
    people.new_bill("10.00", image=True)
    people.new_amount(changed, "71.50")
    people.deny(voided)
    people.pay(paid)
    if step.startswith("settle."):
        people.world.fault("WRITE /bills", "commit_then_drop")
        people.world.run()
    ran = people.world.run(step=f"{step}:crash")
    assert ran.code == 137, ran.said
    people.world.settle()
    people.judge()
