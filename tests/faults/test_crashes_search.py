"""Crashes where an uncertain create is settled by searching for its natural key."""

from faultbench.crashcases import CrashCases, CrashMatrix

STRATEGY = "search"


class TestCrashes(CrashCases):
    """One world, disturbed again and again."""


class TestMatrix(CrashMatrix):
    """Only with -m torture."""
