"""Creates, updates and voids of one plugin, pushed through its stand-in under random faults; then a count."""

from mlc_sandbox.torture.running import KINDS, NothingToPush, run

__all__ = ["KINDS", "NothingToPush", "run"]
