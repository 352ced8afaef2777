"""A few kills at random moments; benchmarks/torture.py does hundreds."""

from pathlib import Path

import pytest
from faultbench.killing import torture
from faultbench.world import SWITCHES

SEED = 20261120
KILLS = 4


@pytest.mark.parametrize("strategy", sorted(SWITCHES))
def test_kills_at_random_moments_lose_and_double_nothing(tmp_path: Path, strategy: str) -> None:
    verdict = torture(tmp_path, strategy=strategy, kills=KILLS, seed=SEED, records=3)
    assert not verdict.problems, "\n".join(verdict.problems)
    assert verdict.kills == KILLS
