"""Crashes where an uncertain create is settled by nothing but a person's word."""

from faultbench.strategycases import StrategyCases, StrategyMatrix

STRATEGY = "hold"


class TestCrashes(StrategyCases):
    """One world, disturbed again and again."""


class TestMatrix(StrategyMatrix):
    """Only with -m torture."""
