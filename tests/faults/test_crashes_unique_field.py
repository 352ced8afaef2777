"""Crashes where an uncertain create is settled by looking up its unique field."""

from faultbench.crashcases import CrashCases, CrashMatrix

STRATEGY = "unique_field"


class TestCrashes(CrashCases):
    """One world, disturbed again and again."""


class TestMatrix(CrashMatrix):
    """Only with -m torture."""
