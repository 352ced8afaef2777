"""The worlds of these tests: a company in two stand-ins, carried once, then disturbed test by test."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from faultbench.people import People
from faultbench.world import open_world

#: Short enough to wait for, long enough for a loaded machine.
TIMING = {"applies_within_s": 1.0, "visible_within_s": 0.5, "request_deadline_s": 2.0}
SWITCHES = {"unique_field": {}, "search": {"unique_field": False, "bill_number_unique": "no"}}


@pytest.fixture(scope="module", params=sorted(SWITCHES))
def strategy(request: pytest.FixtureRequest) -> str:
    """How an uncertain create is settled."""
    return str(request.param)


@pytest.fixture(scope="module")
def people(strategy: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[People]:
    """A world that is in step, and the people who work in it. Checked once more when its last test is done."""
    folder = tmp_path_factory.mktemp(f"world-{strategy}")
    with open_world(folder, switches=SWITCHES[strategy], timing=TIMING) as world:
        world.settle()
        at_work = People(world)
        at_work.lay_in(60)
        yield at_work
        world.heal()
        at_work.judge()
        assert world.settle().writes == 0
        assert world.chain_problem() is None


@pytest.fixture(autouse=True)
def _healed(request: pytest.FixtureRequest) -> Iterator[None]:
    """No fault outlives its test."""
    yield
    if "people" in request.fixturenames:
        request.getfixturevalue("people").world.heal()
