"""What is bound on both sides is kept in step: merged field by field, each side against its own base (R16)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

from sqlalchemy import Connection

from mlc.accounting.holdcodes import HoldCode
from mlc.accounting.mergefields import Mergeable, model_field, value_of, with_values
from mlc.accounting.partymerge import merge_party
from mlc.accounting.partynames import fitted
from mlc.accounting.situation import Verdict
from mlc.contract import Binding, BoundPart, Operation, RenderContext, Rendered, Strategy
from mlc.engine.breaker import flapping_hold
from mlc.engine.deactivating import STATUS, deactivated_hold, is_leaving
from mlc.engine.drafting import record_key, refusals_of, strategy_for
from mlc.engine.homebase import our_id
from mlc.engine.planning import verdicts
from mlc.engine.plans import Action, Entry, Plan
from mlc.engine.session import Session
from mlc.engine.vanishing import is_gone_in_target
from mlc.recipes import Flow, FlowMode, Owner, Side
from mlc.records import Contact, Party, PartyStatus, Ref, dump_record, load_record


@dataclass(frozen=True)
class Sides:
    """A record as both sides show it now, and as each did when both were last in step."""

    own: Mergeable
    own_base: Mergeable | None
    other: Mergeable | None
    other_base: Mergeable | None

    @classmethod
    def of(cls, flow: Flow, entry: Entry, own: Mergeable) -> "Sides":
        base = _loaded(flow, entry.target.base if entry.target is not None else None)
        gone = is_gone_in_target(entry.other_input)
        other = base if gone or not entry.other_input else _loaded(flow, entry.other_input)
        own_base = _loaded(flow, entry.origin.base if entry.origin is not None else None)
        return cls(own, own_base, other, base)


@dataclass(frozen=True)
class Rules:
    """Who answers for which field of this record. ``remit``: the other side's change of one is never carried."""

    owners: Mapping[str, Owner]
    remit: Collection[str] = ()
    references: Mapping[str, Ref] = field(default_factory=dict)
    """Fields that point to another record → the target's id of it."""


class Stepper:
    """Plans the writes of one flow of parties or persons."""

    def __init__(self, session: Session, flow: Flow) -> None:
        self.session = session
        self.flow = flow
        self.policy = session.pairing.policy

    def owners(self) -> dict[str, Owner]:
        """Both directions say who answers; what this one says wins."""
        back = self._back()
        return (dict(back.owners) if back is not None else {}) | dict(self.flow.owners)

    def step(self, connection: Connection, entry: Entry, sides: Sides, rules: Rules) -> Plan | None:
        """What is to be written now, first where the record was born; None when both sides are in step."""
        assert entry.target is not None
        own, other = sides.own, sides.other
        decided = verdicts(entry.decided)
        source_changes: dict[str, Any] = our_id(own, entry.target.external_id)
        target_changes: dict[str, Any] = {}
        if other is not None:
            merge = merge_party(
                *((own, sides.own_base, other, sides.other_base) if entry.side is Side.LEFT else _turned(sides)),
                rules.owners,
                remit_changes=self.policy.remit_changes,
                remit_fields=rules.remit,
                repaired=[code for code, said in decided.items() if said is Verdict.REPAIR],
                source=entry.side,
            )
            ours, theirs = merge.left_changes, merge.right_changes
            if entry.side is Side.RIGHT:
                ours, theirs = theirs, ours
            source_changes |= ours
            target_changes |= theirs
            asked = [hold for hold in merge.holds if decided.get(hold.code) is not Verdict.ACCEPT]
            if asked:
                return Plan(entry, self.flow, Action.HOLD, self.flow.target, hold=asked[0], reason=asked[0].sentence)
        if isinstance(own, Party) and is_leaving(source_changes, target_changes):
            if decided.get(HoldCode.DEACTIVATED) is Verdict.ACCEPT:
                source_changes.pop(STATUS, None)
                target_changes.pop(STATUS, None)
            else:
                waits = deactivated_hold(connection, self.session.pairing.name, entry)
                if waits is not None:
                    return Plan(entry, self.flow, Action.HOLD, self.flow.target, hold=waits, reason=waits.sentence)
        flapping = flapping_hold(connection, entry, {*source_changes, *target_changes}, now=self.session.clock.now())
        if decided.get(HoldCode.FLAPPING) is Verdict.ACCEPT:
            return None
        if flapping is not None:
            return Plan(entry, self.flow, Action.HOLD, self.flow.target, hold=flapping, reason=flapping.sentence)
        if source_changes and self.writes_back():
            return self.back_home(entry, sides, _before_status(source_changes))
        if target_changes and self.flow.mode is not FlowMode.OFF:
            changed = self._for_target(own, other, target_changes, rules)
            now = _before_status(target_changes)
            if now.keys() != target_changes.keys() and sides.own_base is not None:
                waiting = with_values(own, {STATUS: value_of(sides.own_base, STATUS)})
                entry = replace(entry, input=dump_record(waiting))
            return self.write(entry, changed, self.flow.target, entry.binding(), Operation.UPDATE, now)
        return None

    def back_home(self, entry: Entry, sides: Sides, changes: Mapping[str, Any]) -> Plan:
        """Written to the side where the record was born.

        What changed there is not on the other side yet: only the fields that are written leave the base behind.
        """
        based = replace(entry, input=dump_record(with_values(sides.own_base or sides.own, changes)))
        own = Binding(parts={"main": BoundPart("main", entry.external_id, entry.version)}, base=entry.source())
        changed = with_values(sides.own, changes)
        return self.write(based, changed, self.flow.source, own, Operation.UPDATE, changes)

    def deactivate(self, entry: Entry, party: Party, side: Side) -> Plan:
        """Switch a party off on one side, whatever the other shows.

        Args:
            party: as that side shows it.
        """
        changes = {STATUS: PartyStatus.INACTIVE}
        if side is not entry.side:
            return self.write(entry, with_values(party, changes), side, entry.binding(), Operation.UPDATE, changes)
        base = _loaded(self.flow, entry.origin.base if entry.origin is not None else None)
        return self.back_home(entry, Sides(party, base, None, None), changes)

    @staticmethod
    def _for_target(own: Mergeable, other: Mergeable | None, changes: Mapping[str, Any], rules: Rules) -> Mergeable:
        """The record as the target is to show it: addresses and people that are not carried stay as they are there."""
        changed = cast(Mergeable, with_values(own, changes))
        apart = {name: value for name, value in changes.items() if model_field(name) != name}
        if apart and other is not None:
            kept = with_values(other, apart)
            changed = changed.model_copy(update={one: getattr(kept, one) for one in map(model_field, apart)})
        return changed.model_copy(update=dict(rules.references))

    def _back(self) -> Flow | None:
        return self.session.pairing.flow_for(self.flow.object, self.flow.target)

    def writes_back(self) -> bool:
        """Whether what changed on the target may be written where the record was born."""
        back = self._back()
        return back is not None and back.mode is FlowMode.WRITE

    def write(
        self,
        entry: Entry,
        record: Mergeable,
        side: Side,
        binding: Binding | None,
        operation: Operation,
        changes: Collection[str] | None,
        *,
        natural_key: str | None = None,
    ) -> Plan:
        """Render one write; what has no place on that side is told as a loss, and nothing is sent."""
        fields = None if changes is None else frozenset(model_field(name) for name in changes)
        probe = self.session.probe(side)
        support = self.session.system(side).support(self.flow.object)
        assert support is not None
        record, kept, cut = fitted(record, support.name_max)
        strategy = strategy_for(self.flow.object, declared=support.strategy, unique_fields=probe.unique_fields)
        context = RenderContext(
            operation=operation,
            probe=probe,
            record_key=record_key(self.session.system(entry.side).name, entry),
            fields=fields,
            use_unique_field=strategy is Strategy.UNIQUE_FIELD and operation is Operation.CREATE,
            refusals=refusals_of(self.session, entry, side),
        )
        rendered = cast(
            Rendered, self.session.call(side, "mlc_render", record=record, binding=binding, context=context)
        )
        if not rendered.parts:
            reason = "what changed has no place on the other side"
            shown = entry.other_input is not None
            return Plan(
                entry, self.flow, Action.NOTHING, side, reason=reason, losses=rendered.losses, rebase_target=shown
            )
        return Plan(
            entry,
            self.flow,
            Action.WRITE,
            side,
            operation=operation,
            parts=rendered.parts,
            rendered=cast(Any, record),
            natural_key=natural_key if operation is Operation.CREATE else None,
            fields=frozenset(changes or ()),
            losses=(*cut, *rendered.losses),
            overrides=kept,
        )


def _turned(sides: Sides) -> tuple[Mergeable, Mergeable | None, Mergeable, Mergeable | None]:
    """The same with the left side first, of a record that was born on the right."""
    assert sides.other is not None
    return sides.other, sides.other_base, sides.own, sides.own_base


def _before_status(changes: Mapping[str, Any]) -> dict[str, Any]:
    """What one call can say: vendors have a call of its own for a status, which follows when the rest is there."""
    return {name: value for name, value in changes.items() if name != STATUS} or dict(changes)


def _loaded(flow: Flow, text: str | None) -> Mergeable | None:
    return cast(Mergeable, load_record(flow.object, text)) if text else None


def customer_of(record: Mergeable | None) -> str | None:
    """Whose person this is, by that side's id."""
    return record.customer.source_id if isinstance(record, Contact) and record.customer is not None else None
