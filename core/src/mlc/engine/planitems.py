"""What a line of a stored plan stands for: digests of everything that its decision depends on (R38)."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mlc.engine.plans import BoundSide, Entry, Plan
from mlc.engine.states import PROVISIONAL, RecordState

#: What may have moved since a plan was made, in the order in which it is told, and how.
MOVED = {
    "configuration": "the configuration or a plugin has changed",
    "source": "it has changed at its source",
    "target": "it has changed in the target",
    "binding": "what it is bound to has changed",
    "people": "a person has decided about it",
}


@dataclass(frozen=True, slots=True)
class PlanItem:
    """One line of a plan that somebody applies: its id, and what its decision was based on."""

    id: str
    basis: Mapping[str, str]


def basis_of(entry: Entry, mapper_version: str) -> dict[str, str]:
    """Everything a decision is made from, as digests: versions, contents, bases, configuration, people's words."""
    return {
        "configuration": _digest(mapper_version),
        "source": _digest(_version(entry.version), _content(entry.input)),
        "target": _digest(_version(entry.other_version), _content(entry.other_input)),
        "binding": _digest(_bound(entry.origin), {name: _bound(side) for name, side in entry.parts.items()}),
        "people": _digest(entry.overrides, entry.decided),
    }


def item_of(plan: Plan, pairing: str, mapper_version: str) -> PlanItem:
    """The item of a plan's line. The same digest means: the same write, made of the same things."""
    basis = basis_of(plan.entry, mapper_version)
    sent = [
        (part.name, str(part.operation), part.action, part.after, hashlib.sha256(part.payload).hexdigest())
        for part in plan.parts
    ]
    what = (pairing, plan.flow.name, plan.entry.id, plan.entry.external_id, str(plan.action), plan.side.value)
    return PlanItem(_digest(what, basis, sent, plan.adopt, plan.state), basis)


def moved_since(planned: Mapping[str, str], now: Mapping[str, str]) -> str | None:
    """Why a decision may be another one now, in words; None when everything it was made from is the same."""
    return next((words for name, words in MOVED.items() if planned.get(name) != now.get(name)), None)


def settled_words(state: RecordState) -> str:
    """Why nothing of a record is to be done any more."""
    return {
        RecordState.IN_STEP: "nothing is to be done any more: it is in step",
        RecordState.WRITING: "a write of it is under way",
        RecordState.DEAD: "it was given up on since",
        RecordState.SKIPPED: "a person has skipped it",
    }.get(state, f"it is {state.value.replace('_', ' ')} by now")


def _bound(side: BoundSide | None) -> Any:
    if side is None:
        return None
    return (side.external_id, side.part, _version(side.version), _content(side.base), side.mapper_version, side.adopted)


def _version(text: str | None) -> str | None:
    """As the vendor says it: whether it was too young to be believed when it was read changes nothing of it."""
    return text and text.removesuffix(PROVISIONAL)


def _content(text: str | None) -> Any:
    """A stored record without when and how it was read."""
    shown: dict[str, Any] = json.loads(text) if text else {}
    shown.pop("source", None)
    return shown


def _digest(*facts: object) -> str:
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"), default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _plain(value: object) -> Any:
    return dict(value) if isinstance(value, Mapping) else str(value)
