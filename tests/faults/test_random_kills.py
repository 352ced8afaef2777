"""A few faults of a fixed seed, in both ways of running; benchmarks/torture.py does thousands."""

from pathlib import Path

import pytest
from faultbench.killing import torture
from faultbench.many import torture_many
from faultbench.servers import Absent
from faultbench.world import SWITCHES

SEED = 20261120
FAULTS = 6


@pytest.mark.parametrize("strategy", sorted(SWITCHES))
def test_kills_at_random_moments_lose_and_double_nothing(tmp_path: Path, strategy: str) -> None:
    verdict = torture(tmp_path, strategy=strategy, faults=FAULTS, seed=SEED, records=3)
    assert not verdict.problems, "\n".join(verdict.problems)
    assert verdict.struck.total() >= FAULTS


def test_workers_and_servers_that_die_lose_and_double_nothing(tmp_path: Path, postgres_server: str) -> None:
    try:
        verdict = torture_many(tmp_path, faults=12, seed=SEED, pairings=2, records=2, server=postgres_server)
    except Absent as error:
        pytest.skip(f"SKIPPED: {error}.")
    assert not verdict.problems, "\n".join(verdict.problems)
    assert verdict.struck.total() >= 12
