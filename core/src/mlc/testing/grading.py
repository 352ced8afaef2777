"""From what every check said to a grade, by the rules of ``grades.toml``."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

from mlc.errors import PluginError

NONE = "none"


class Said(StrEnum):
    """What a check said."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not applicable"
    NOT_SHOWN = "not shown"
    EXEMPT = "exempt"
    KNOWN = "known failure"
    """Marked xfail, and it does fail."""


#: These do not stand in the way of a level.
HARMLESS = frozenset({Said.PASSED, Said.NOT_APPLICABLE, Said.EXEMPT})


@dataclass(frozen=True, slots=True)
class Finding:
    """One check of one connector. ``detail`` is a sentence."""

    check: str
    said: Said
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Level:
    name: str
    title: str
    checks: tuple[str, ...]
    faults: int = 0
    """Injected faults that must leave no duplicate and no loss."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Levels, lowest first; ``must`` cannot be exempted."""

    levels: tuple[Level, ...]
    must: frozenset[str]

    def level_of(self, check: str) -> str:
        return next((level.name for level in self.levels if check in level.checks), NONE)


@dataclass(frozen=True, slots=True)
class Grade:
    """The highest level earned, and for each level what kept it from being earned."""

    name: str
    lost: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@cache
def load_rules() -> Rules:
    """The rules as shipped."""
    text = files("mlc.testing").joinpath("grades.toml").read_text(encoding="utf-8")
    return read_rules(tomllib.loads(text))


def read_rules(data: Mapping[str, Any]) -> Rules:
    """Rules from their table. Raises PluginError for a check that stands in two levels."""
    levels = tuple(
        Level(name, table["title"], tuple(table["checks"]), int(table.get("faults", 0)))
        for name in data["order"]
        for table in [data["levels"][name]]
    )
    named = [check for level in levels for check in level.checks]
    doubled = sorted({check for check in named if named.count(check) > 1})
    if doubled:
        raise PluginError(f"grades.toml: {doubled[0]} belongs to two levels.")
    return Rules(levels, frozenset(data["must"]))


def grade(findings: Sequence[Finding], rules: Rules, *, faults: int = 0, unharmed: bool = False) -> Grade:
    """The grade of these findings.

    Args:
        faults: how many were injected; ``unharmed``: without any duplicate or loss.
    """
    by_name = {finding.check: finding for finding in findings}
    lost: dict[str, tuple[str, ...]] = {}
    earned, open_ = NONE, True
    for level in rules.levels:
        missing = tuple(check for check in level.checks if not _holds(by_name.get(check), rules))
        if level.faults and not (unharmed and faults >= level.faults):
            missing = (*missing, f"{level.faults} injected faults")
        lost[level.name] = missing
        open_ = open_ and not missing
        if open_:
            earned = level.name
    return Grade(earned, lost)


def _holds(finding: Finding | None, rules: Rules) -> bool:
    if finding is None:
        return False
    if finding.said is Said.EXEMPT and finding.check in rules.must:
        return False
    return finding.said in HARMLESS
