"""The torture as ``mlc plugin certify`` asks for it: round after round, until so many faults have struck."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from mlc_sandbox.torture.running import NothingToPush, run

#: Faults that are laid in one round, at most; about two of three strike.
LAID = 300
RECORDS_PER_FAULT = 0.4
#: Rounds that strike nothing before it gives up.
BARREN = 3


def torture(system: str, *, faults: int, seed: int, struck: Callable[[int], None]) -> dict[str, Any] | None:
    """Rounds with the seeds ``seed``, ``seed + 1``, …, each with a stand-in and an engine of its own.

    Returns: the counts of all rounds; None when the system has no stand-in, or nothing can be pushed into it.
    """
    kinds: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    types: set[str] = set()
    problems: list[str] = []
    barren = round_ = 0
    while kinds.total() < faults and barren < BARREN:
        laid = min(LAID, max(9, (faults - kinds.total()) * 3 // 2))
        try:
            told = run(system, faults=laid, seed=seed + round_, records=max(4, int(laid * RECORDS_PER_FAULT)))
        except NothingToPush:
            return None
        round_ += 1
        barren = barren + 1 if sum(told["struck"].values()) == 0 else 0
        kinds.update(told["struck"])
        counts.update(written=told["changes"], duplicates=len(told["duplicates"]), lost=len(told["lost"]))
        types.add(told["object"])
        problems += [f"seed {told['seed']}: {problem}" for problem in _problems(told)]
        struck(kinds.total())
    return {
        "faults": kinds.total(),
        "written": counts["written"],
        "duplicates": counts["duplicates"],
        "lost": counts["lost"],
        "kinds": dict(kinds),
        "types": sorted(types),
        "problems": problems,
    }


def _problems(told: dict[str, Any]) -> list[str]:
    """Everything that keeps a round from being good, as sentences."""
    problems = [*told["duplicates"], *told["lost"], *told["wrong"], *map(str, told["crashes"])]
    if told["open"]:
        problems.append(f"{told['open']} writes were never settled")
    return problems
