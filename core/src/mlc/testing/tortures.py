"""Torture through the whole engine, against a system's stand-in: found by entry point, because core knows no stand-in.

A package that serves stand-ins offers it in the group ``mlc.tortures``; mlc-sandbox does.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Protocol

from mlc.errors import PluginError
from mlc.testing.torture import Damage

GROUP = "mlc.tortures"


class Torture(Protocol):
    """What such an entry point names."""

    def __call__(
        self, system: str, *, faults: int, seed: int, struck: Callable[[int], None]
    ) -> Mapping[str, Any] | None:
        """Push records into a system's stand-in until so many faults have struck, and count what is there.

        Args:
            struck: is told how many have struck so far.

        Returns: ``faults``, ``written``, ``duplicates``, ``lost``, ``kinds`` (name → count), ``types`` and ``problems``
            (sentences); None when the system has no stand-in, or nothing can be pushed into it.
        """


def through_the_engine(system: str, *, faults: int, seed: int, struck: Callable[[int], None]) -> Damage | None:
    """What the first torture that knows the system counted. Raises: PluginError when one cannot be loaded."""
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        told = _loaded(entry)(system, faults=faults, seed=seed, struck=struck)
        if told is not None:
            return Damage(
                faults=told["faults"],
                seed=seed,
                written=told["written"],
                duplicates=told["duplicates"],
                lost=told["lost"],
                kinds=Counter(told["kinds"]),
                types=tuple(told["types"]),
                problems=list(told["problems"]),
            )
    return None


def _loaded(entry: EntryPoint) -> Torture:
    try:
        loaded: Torture = entry.load()
    except (ImportError, AttributeError) as error:
        raise PluginError(f"{entry.value} cannot be loaded: {error}.", repr(error)) from error
    return loaded
