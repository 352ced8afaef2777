"""Crashes where an uncertain create is settled by a key of ours that the target knows its records by."""

from faultbench.strategycases import StrategyCases, StrategyMatrix

STRATEGY = "caller_key"


class TestCrashes(StrategyCases):
    """One world, disturbed again and again."""


class TestMatrix(StrategyMatrix):
    """Only with -m torture."""
