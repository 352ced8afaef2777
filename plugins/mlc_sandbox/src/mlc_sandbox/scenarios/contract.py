"""What a package brings so that ``mlc demo`` can show its recipe, in the entry-point group ``mlc.scenarios``."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Any, Protocol

import click

from mlc_sandbox.company import Company
from mlc_sandbox.scenarios.disturbances import Change
from mlc_sandbox.scenarios.judging import CaseResult
from mlc_sandbox.scenarios.ledgerview import Record

Objects = Mapping[str, Sequence[Record]]
GROUP = "mlc.scenarios"
PURCHASING = "purchasing"


@dataclass(frozen=True, slots=True)
class Act:
    """A further pass: what people do before it, and how often the pairing runs then.

    ``silent`` says that none of these runs may write anything. ``sweep``: it is the nightly run, which reads every list
    whole.
    """

    name: str
    changes: Sequence[Change]
    runs: int = 1
    silent: bool = False
    sweep: bool = False

    def passes(self) -> list[str]:
        """The name of each run."""
        return [self.name] if self.runs == 1 else [f"{self.name} {number}" for number in range(1, self.runs + 1)]


class WebhookPass(Protocol):
    """The pass ``webhook``: a system tells of changes at once, of some twice, some late or never.

    What it says of a record is its number, whatever a person would call it by. ``TELLS``, where it has one, names the
    system; else it is the scenario's first. Of the other side it says ``target``.
    """

    def set_up(self, post: Callable[[str, object], Any], url: str) -> object:
        """What the operator makes on the screens of that system, so that it delivers to ``url``. Where the connector
        makes its subscription itself, the address that it gives is returned."""

    def faults(self) -> Sequence[Mapping[str, Any]]:
        """What goes wrong on the way, as the stand-in's control call takes it."""

    def changes(self, company: Company) -> Sequence[Change]:
        """What people do there, one after the other."""

    def lost_of(self, log: Iterable[Mapping[str, Any]], delivered: Iterable[str]) -> Sequence[str]:
        """Numbers of the records of this pass that no delivery told of; ``delivered`` are the ids that arrived."""

    def written_of(self, target_log: Iterable[Mapping[str, Any]]) -> Sequence[str]:
        """Numbers of the records of this pass that the connector has written."""

    def check(
        self,
        source_objects: Mapping[str, Iterable[Record]],
        target_objects: Mapping[str, Iterable[Record]],
        source_log: Iterable[Mapping[str, Any]],
        target_log: Iterable[Mapping[str, Any]],
        *,
        lost: Iterable[str],
        by_poll: Iterable[str],
    ) -> Sequence[CaseResult]:
        """What was expected of the pass and what came of it."""


class Scenario(Protocol):
    """The entry point's name is the recipe's; both of its systems have a stand-in in the group ``mlc.sandboxes``.

    ``COMPANY``, where it has one, names the company that is seeded, of ``mlc_sandbox.company.COMPANIES``. ``BATCHES``,
    where it is true, says that one call may write many records. ``SWITCHES``, where it has some, says by system what
    its stand-in is told before anything else. ``prepare(company, source_objects, target_objects)``, where it has one,
    is what people do before the first pass. ``later(company)`` may give further passes, as ``Act``.
    ``costs(company, passes, cases)``, where it has one, sets figures of the passes' calls beside the least that the
    APIs allow, as ``Cost``.
    ``WEBHOOKS``, where it has one, is a ``WebhookPass``, the last of all.
    """

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
        """What was expected and what came, judged from the stand-ins and the holds alone.

        ``report``: ``holds`` as they stand, ``source_log``, which is the other side's own log.
        """


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


def acts_of(scenario: Scenario, company: Company) -> Sequence[Act]:
    """The passes after the third."""
    later = getattr(scenario, "later", None)
    return () if later is None else later(company)


def prepared(
    scenario: Scenario, company: Company, source: Callable[[], Objects], target: Callable[[], Objects]
) -> Sequence[Change]:
    """What people do before the first pass; both systems are only asked where the scenario has something to prepare."""
    prepare = getattr(scenario, "prepare", None)
    return () if prepare is None else prepare(company, source(), target())


def webhooks_of(scenario: Scenario) -> WebhookPass | None:
    """The pass with webhooks; None: this demo has none."""
    found: WebhookPass | None = getattr(scenario, "WEBHOOKS", None)
    return found


def company_kind(scenario: Scenario) -> str:
    """The company that a scenario is about."""
    return str(getattr(scenario, "COMPANY", PURCHASING))
