"""Which plugins fit this core: the version of the hook contract that a plugin's description names."""

from mlc.errors import PluginError
from mlc.system import System

#: The contract of this core, and the oldest one that it still keeps. ``docs/compatibility.md`` says when they move.
HOOK_API = 1
OLDEST_HOOK_API = 1


def refuse_misfit(plugin: str, system: System, *, current: int = HOOK_API, oldest: int = OLDEST_HOOK_API) -> None:
    """Refuse a plugin that was written for another contract.

    Raises: PluginError that says which of the two packages to upgrade.
    """
    spoken = system.hook_api
    if not isinstance(spoken, int) or isinstance(spoken, bool) or spoken < 1:
        raise PluginError(f"The plugin {plugin!r} names a hook API {spoken!r}; it must be a whole number from 1.")
    if spoken > current:
        raise PluginError(
            f"The plugin {plugin!r} needs hook API {spoken}, but this ml-connector has {current}; upgrade ml-connector."
        )
    if spoken < oldest:
        raise PluginError(
            f"The plugin {plugin!r} is written for hook API {spoken}, but this ml-connector needs {oldest} or later; "
            f"upgrade {plugin!r}."
        )
