"""Plugins that are wrong, where an uncertain create is settled by looking up its unique field."""

import pytest
from faultbench.plugincases import PluginCases

STRATEGY = "unique_field"


@pytest.mark.torture
class TestWrongPlugins(PluginCases):
    """One world, disturbed again and again."""
