"""The stages of a run, in order: each can be cut between two writes and gone on with from the store (R30)."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from mlc.engine.currencyparts import PAYABLES
from mlc.engine.lists import deliverable, lists_to_read
from mlc.engine.moved import moved_by
from mlc.engine.namedsuppliers import named_elsewhere
from mlc.engine.session import Session
from mlc.engine.tellings import report_flow
from mlc.recipes import Flow, Side
from mlc.records import ObjectType

NAMING = frozenset({*PAYABLES, ObjectType.PURCHASE_ORDER})


class StageKind(StrEnum):
    SETTLE = "settle"
    TAKE_IN = "take_in"
    SWEEP_IF_DUE = "sweep_if_due"
    SWEEP = "sweep"
    CHOOSE = "choose"
    PLAN_UNSEEN = "plan_unseen"
    """What a person accepted without having seen its plan; ``after`` names the flows, one a line."""
    ADOPT_OLDER = "adopt_older"
    """Documents from before go-live that a payment settles."""
    ADD_CURRENCIES = "add_currencies"
    """Vendors that a document needs in a further currency."""
    TAKE_FIRST = "take_first"
    """Documents that are handed over are taken from their system before they are posted."""
    DELIVER = "deliver"
    NAME_SUPPLIERS = "name_suppliers"
    """Suppliers that only these documents name are proposed, or made."""
    SETTLE_SOON = "settle_soon"
    """What was only accepted, and others wait for, is asked for a few times."""
    COUNT = "count"
    LOOK_AGAIN = "look_again"
    """Our own writes move versions: the lists we wrote to are read once more."""
    DELIVER_AGAIN = "deliver_again"
    TELL = "tell"


@dataclass
class Stage:
    """One stage. What a cut one has reached is kept in it: ``begun``, ``after``, ``conflicts``, ``until``."""

    kind: StageKind
    flow: str = ""
    side: str = ""
    object: str = ""
    begun: bool = False
    after: str = ""
    conflicts: int = 0
    until: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Only what says something."""
        return {"kind": self.kind.value} | {
            name: value for name, value in vars(self).items() if value and name != "kind"
        }

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Stage":
        known = {field.name for field in fields(cls)}
        return cls(
            **{name: value for name, value in stored.items() if name in known} | {"kind": StageKind(stored["kind"])}
        )

    @property
    def list(self) -> tuple[Side, ObjectType]:
        return Side(self.side), ObjectType(self.object)


def stages_of(session: Session, *, sweep: bool, chosen: bool = False, unseen: Collection[str] = ()) -> list[Stage]:
    """A whole run of a pairing: settle, take in, deliver, take in once more what our own writes moved, settle, tell.

    ``chosen``: only records that are chosen once both sides were read are written. ``unseen``: flows of documents that
    were accepted just now, and whose plan is looked at before the first write.
    """
    flows = deliverable(session)
    lists = lists_to_read(session)
    return [
        *(Stage(StageKind.SETTLE, flow=flow.name) for flow in flows),
        *_per_list(StageKind.TAKE_IN, lists),
        *(sweep_stages(session) if sweep else [Stage(StageKind.SWEEP_IF_DUE)]),
        *([Stage(StageKind.CHOOSE)] if chosen else []),
        *([Stage(StageKind.PLAN_UNSEEN, after="\n".join(unseen))] if unseen else []),
        *(stage for flow in flows for stage in _delivering(session, flow)),
        *([] if chosen else [Stage(StageKind.LOOK_AGAIN)]),
        *(Stage(StageKind.SETTLE, flow=flow.name) for flow in flows),
        Stage(StageKind.COUNT),
        Stage(StageKind.TELL),
    ]


def sweep_stages(session: Session) -> list[Stage]:
    """Every list whole, but those whose records a whole reading of another list already accounts for."""
    lists = []
    for side, kind in lists_to_read(session):
        support = session.system(side).support(kind)
        if support is None or support.swept:
            lists.append((side, kind))
    return _per_list(StageKind.SWEEP, lists)


def look_again_stages(session: Session, written: Collection[tuple[Side, ObjectType]]) -> list[Stage]:
    """Lists that these writes may have moved, beyond what the writes' answers told, then the flows that carry them."""
    moved = {(side, kind) for side, wrote in written for kind in moved_by(session.system(side), wrote)}
    again = sorted(moved.intersection(lists_to_read(session)))
    kinds = {kind for _side, kind in again}
    if ObjectType.BILL in kinds:  # what became of a document is told as soon as it is seen
        kinds.add(ObjectType.DOCUMENT_REPORT)
    return [
        *_per_list(StageKind.TAKE_IN, again),
        *(Stage(StageKind.DELIVER_AGAIN, flow=flow.name) for flow in deliverable(session) if flow.object in kinds),
    ]


def _delivering(session: Session, flow: Flow) -> list[Stage]:
    stages = [Stage(StageKind.ADOPT_OLDER, flow=flow.name)] if flow.object is ObjectType.PAYMENT else []
    if report_flow(session, flow) is not None and flow.object in PAYABLES:
        stages.append(Stage(StageKind.TAKE_FIRST, flow=flow.name))
    if flow.object in PAYABLES:
        stages.append(Stage(StageKind.ADD_CURRENCIES, flow=flow.name))
    stages.append(Stage(StageKind.DELIVER, flow=flow.name))
    if flow.object in NAMING and named_elsewhere(session, flow.source) is not None:
        stages.append(Stage(StageKind.NAME_SUPPLIERS, flow=flow.name))
    return [*stages, Stage(StageKind.SETTLE_SOON, flow=flow.name)] if _asked_soon(session, flow) else stages


def _asked_soon(session: Session, flow: Flow) -> bool:
    """Whether the target answers later, and something waits for that: what comes after it, the next report."""
    support = session.system(flow.target).support(flow.object)
    if support is None or not support.answers_later:
        return False
    waited_for = any(flow.name in other.after for other in session.pairing.flows)
    return waited_for or flow.object is ObjectType.DOCUMENT_REPORT


def flow_named(session: Session, name: str) -> Flow:
    return next(flow for flow in session.pairing.flows if flow.name == name)


def _per_list(kind: StageKind, lists: Iterable[tuple[Side, ObjectType]]) -> list[Stage]:
    return [Stage(kind, side=side.value, object=object_type.value) for side, object_type in lists]
