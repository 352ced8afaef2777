"""The first run, where most is decided: vendors are matched and told each other's ids, documents adopted or created."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from faultbench.checker import same_in_the_end
from faultbench.crashcases import CRASHED
from faultbench.world import SWITCHES, TIMING, World, open_world


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    """Both sides after a first run to which nothing happened."""
    return _both_sides(tmp_path_factory.mktemp("undisturbed"), [])


@pytest.mark.parametrize(
    "step", ["deliver.planned:crash:2", "intent.sending.before:crash", "intent.sending.committed:crash"]
)
def test_a_first_run_that_breaks_off_ends_like_one_that_does_not(
    tmp_path: Path, undisturbed: Mapping[str, Any], step: str
) -> None:
    both = _both_sides(tmp_path, [step])
    assert same_in_the_end(both["target"], undisturbed["target"]) == []
    assert both["vendors"] == undisturbed["vendors"]


def _both_sides(folder: Path, steps: list[str]) -> dict[str, Any]:
    with open_world(folder, records=3, switches=SWITCHES["unique_field"], timing=TIMING) as world:
        for step in steps:
            assert world.run(step=step).code == CRASHED
        world.settle()
        return {"target": world.target.objects(), "vendors": _vendors(world)}


def _vendors(world: World) -> dict[str, Any]:
    return {
        str(vendor["id"]): {key: value for key, value in vendor.items() if "xternal" in key or "erm" in key}
        for vendor in world.source.get("objects/vendors")
    }
