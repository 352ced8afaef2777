"""Crashes where an uncertain create is settled by such a key, and the target tells later what became of a write."""

from faultbench.strategycases import StrategyCases, StrategyMatrix

STRATEGY = "accepted"


class TestCrashes(StrategyCases):
    """One world, disturbed again and again."""


class TestMatrix(StrategyMatrix):
    """Only with -m torture."""
