"""The worlds of these tests: a company in two stand-ins, carried once, then disturbed test by test."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
ASSERTING = ("clerk", "crashcases", "plugincases", "strategycases", "vendorcases")
pytest.register_assert_rewrite(*(f"faultbench.{name}" for name in ASSERTING))

from faultbench.clerk import Clerk  # noqa: E402 - found only now
from faultbench.people import People  # noqa: E402
from faultbench.strategyworld import open_strategy_world  # noqa: E402
from faultbench.world import SWITCHES, TIMING, open_world  # noqa: E402


def pytest_configure(config: pytest.Config) -> None:
    """Name the marker of everything that takes too long for every change."""
    config.addinivalue_line("markers", "torture: the whole matrix, run by benchmarks/torture.py --matrix")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without ``-m`` the matrix stays out."""
    if config.getoption("-m"):
        return
    kept = [item for item in items if item.get_closest_marker("torture") is None]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept


@pytest.fixture(scope="module")
def people(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[People]:
    """A world that is in step, and the people who work in it. Looked at once more when its last test is done."""
    strategy = str(request.module.STRATEGY)
    with open_world(tmp_path_factory.mktemp(strategy), switches=SWITCHES[strategy], timing=TIMING) as world:
        at_work = People(world)
        at_work.lay_in(60)
        yield at_work
        world.heal()
        world.settle()
        at_work.judge()
        assert world.run().writes == 0
        assert world.chain_problem() is None


@pytest.fixture(scope="module")
def clerk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clerk]:
    """A strategy's world that is in step, and who keeps its records. Looked at once more when its last test is done."""
    strategy = str(request.module.STRATEGY)
    with open_strategy_world(tmp_path_factory.mktemp(strategy), strategy) as world:
        at_work = Clerk(world)
        at_work.lay_in(4)
        yield at_work
        world.heal()
        world.settle()
        at_work.judge()
        assert world.run().writes == 0
        assert world.chain_problem() is None


@pytest.fixture(autouse=True)
def _healed(request: pytest.FixtureRequest) -> Iterator[None]:
    """No fault outlives its test."""
    yield
    for name in {"people", "clerk"} & set(request.fixturenames):
        request.getfixturevalue(name).world.heal()
