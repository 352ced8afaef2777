"""R3 with the real quarantine: a vendor that carries out, or shows, a write after 30, 120 and 600 seconds.

Both clocks are moved; nobody waits. Declared are 180 s to carry out and 60 s to show: later than that cannot be told
from never. Then there is a double, and it has to be held and told before any payment touches it.
"""

from collections.abc import Iterator

import pytest
from mlc.plugins import Plugins
from rulebench.bench import Bench, open_bench
from rulebench.people import People

#: Neither our unique field nor the ledger's own check of numbers helps.
SWITCHES = {"unique_field": False, "bill_number_unique": "no"}
WITHIN = (30, 120)
LATER = 600
STEP_S = 45
DOUBLE = "possible_duplicate"


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, plugins: Plugins) -> Iterator[Bench]:
    with open_bench(tmp_path_factory.mktemp("late"), plugins, switches=SWITCHES) as opened:
        opened.run()
        yield opened


@pytest.fixture
def people(bench: Bench) -> Iterator[People]:
    yield People(bench)
    bench.target._ask("DELETE", "faults")


def strike(bench: Bench, fault: str, seconds: int) -> None:
    """The next create of a bill is taken and its answer lost; it is carried out, or shown, only so much later."""
    if fault == "commit_late":
        bench.fault("POST /bills$", "commit_late", seconds=seconds)
    else:
        bench.fault("POST /bills$", "commit_then_drop")
        bench.fault("READ /bills$", "list_lag", seconds=seconds)


def live_on_until(bench: Bench, seconds: int, people: People, uuid: str) -> list[int]:
    """Runs while time goes by; how many documents of the bill the ledger had after each."""
    seen = []
    for _ in range(0, seconds, STEP_S):
        bench.run()
        seen.append(len(people.documents(uuid)))
        bench.pass_time(STEP_S)
    return seen


@pytest.mark.parametrize("fault", ["commit_late", "list_lag"])
@pytest.mark.parametrize("seconds", WITHIN)
def test_a_vendor_within_its_declared_times_gets_no_second_copy(
    bench: Bench, people: People, fault: str, seconds: int
) -> None:
    uuid = people.bill()
    strike(bench, fault, seconds)
    seen = live_on_until(bench, 400, people, uuid)
    assert max(seen) == 1, "at every moment"
    assert bench.settle().uncertain == 0
    assert bench.state(uuid) == "in_step"
    assert bench.codes(uuid) == []


def test_a_write_that_is_carried_out_far_too_late_makes_one_double_that_is_held_and_told_before_any_payment(
    bench: Bench, people: People
) -> None:
    uuid = people.bill()
    strike(bench, "commit_late", LATER)
    seen = live_on_until(bench, 500, people, uuid)
    assert seen[-1] == 1, "sent again once absent could be believed"
    known = {alert["cause"] for alert in bench.alerts(DOUBLE)}
    bench.pass_time(LATER - 400)
    people.pay(uuid)
    bench.run()
    assert len(people.documents(uuid)) == 2
    assert bench.codes(uuid) == [DOUBLE]
    assert len({alert["cause"] for alert in bench.alerts(DOUBLE)} - known) == 1
    assert people.payments(uuid) == []
    live_on_until(bench, 100, people, uuid)
    assert len(people.documents(uuid)) == 2, "and no third"
    assert people.payments(uuid) == []
    assert len({alert["cause"] for alert in bench.alerts(DOUBLE)} - known) == 1, "told once"


def test_an_early_payment_waits_too_while_nobody_knows(bench: Bench, people: People) -> None:
    """Paid at the source before the first answer: the payment follows the one document, never a doubtful one."""
    uuid = people.bill()
    strike(bench, "commit_late", LATER)
    bench.run()
    people.pay(uuid)
    live_on_until(bench, 200, people, uuid)
    assert people.payments(uuid) == [], "nobody knows yet which document it would pay"
