"""Plugins that are wrong, where an uncertain create is settled by searching for its natural key."""

from faultbench.plugincases import PluginCases

STRATEGY = "search"


class TestWrongPlugins(PluginCases):
    """One world, disturbed again and again."""
