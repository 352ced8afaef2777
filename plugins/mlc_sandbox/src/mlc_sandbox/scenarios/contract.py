"""What a package brings so that ``mlc demo`` can show its recipe, in the entry-point group ``mlc.scenarios``."""

from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import entry_points
from typing import Any, Protocol

import click

from mlc_sandbox.company import Company
from mlc_sandbox.scenarios.disturbances import Change
from mlc_sandbox.scenarios.judging import CaseResult
from mlc_sandbox.scenarios.ledgerview import Record

GROUP = "mlc.scenarios"


class Scenario(Protocol):
    """The entry point's name is the recipe's; both of its systems have a stand-in in the group ``mlc.sandboxes``."""

    def connections(self, company: Company) -> Mapping[str, Mapping[str, Any]]:
        """System → settings of its connection, without ``endpoint``."""

    def secrets(self, company: Company) -> Mapping[str, Mapping[str, str]]:
        """System → what its stand-in accepts."""

    def pairing(self, company: Company) -> Mapping[str, Any]:
        """What an operator writes into the pairing's table: dates, maps."""

    def changes(self, company: Company) -> Sequence[Change]:
        """What people do between the second and the third pass; ``writes`` says what follows from each."""

    def check_cases(
        self,
        company: Company,
        source_objects: Mapping[str, Iterable[Record]],
        target_objects: Mapping[str, Iterable[Record]],
        target_log: Iterable[object],
        report: Mapping[str, Any],
    ) -> Sequence[CaseResult]:
        """What was expected and what came, judged from the stand-ins and the holds alone."""


def scenario_names() -> list[str]:
    """Recipes that a demo can show."""
    return sorted(entry.name for entry in entry_points(group=GROUP))


def find_scenario(recipe: str) -> Scenario:
    """The scenario of a recipe. Raises click.BadParameter when no installed package brings one."""
    found = {entry.name: entry for entry in entry_points(group=GROUP)}
    if recipe not in found:
        raise click.BadParameter(f"no demo of {recipe}; there are {', '.join(sorted(found))}")
    loaded: Scenario = found[recipe].load()
    return loaded
