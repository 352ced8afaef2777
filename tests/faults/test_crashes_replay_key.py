"""Crashes where an uncertain create is settled by a key that the target answers for."""

from faultbench.strategycases import StrategyCases, StrategyMatrix

STRATEGY = "replay_key"


class TestCrashes(StrategyCases):
    """One world, disturbed again and again."""


class TestMatrix(StrategyMatrix):
    """Only with -m torture."""
