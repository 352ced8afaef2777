"""Plans for vendors and customers: matched first, then merged field by field."""

from dataclasses import replace
from typing import Any, cast

from pydantic import ValidationError
from sqlalchemy import Connection

from mlc.accounting.holdcodes import Hold, HoldCode, Waits
from mlc.accounting.parties import match_party, name_taken, normal_name, row_of
from mlc.accounting.partymerge import merge_party
from mlc.accounting.partyrows import Ambiguous, Match, PartyRow, with_taken
from mlc.accounting.situation import Verdict
from mlc.contract import Binding, BoundPart, Operation, RenderContext, Rendered, Strategy
from mlc.engine.breaker import flapping_hold
from mlc.engine.currencyparts import as_part, currencies_needed, party_in
from mlc.engine.drafting import record_key, refusals_of, strategy_for
from mlc.engine.homebase import our_id
from mlc.engine.merging import BY_MERGE, merged_hold, merged_into, merged_party
from mlc.engine.planning import verdicts
from mlc.engine.plans import Action, Entry, Plan
from mlc.engine.registers import rows_of
from mlc.engine.session import Session
from mlc.engine.states import RecordState
from mlc.engine.usage import bound_elsewhere, is_needed
from mlc.engine.vanishing import is_gone_in_target
from mlc.errors import MappingError
from mlc.recipes import Flow, FlowMode, Side
from mlc.records import Customer, DeletionKind, ObjectType, Party, PartyStatus, Vendor, dump_record, load_record


class PartyPlanner:
    """One flow of parties. What is bound is kept in step on both sides."""

    def __init__(self, session: Session, flow: Flow) -> None:
        self.session = session
        self.flow = flow
        self.policy = session.pairing.policy
        self._rows: list[PartyRow] = []
        self._peers: list[PartyRow] = []
        self._taken: set[str] = set()
        self._currencies: dict[int, str] = {}
        self._loaded = False
        self._connection: Connection | None = None

    def begin_slice(self, connection: Connection, *, planning_only: bool) -> None:
        del planning_only
        self._connection = connection
        self._currencies = currencies_needed(self.session, connection, self.flow)
        if self._loaded:
            return
        self._rows = self._load(connection, self.flow.target)
        self._peers = self._load(connection, self.flow.source)
        self._loaded = True

    def _load(self, connection: Connection, side: Side) -> list[PartyRow]:
        rows = []
        for kind in (ObjectType.VENDOR, ObjectType.CUSTOMER):
            for found in rows_of(connection, self.session.pairing.name, side, kind):
                if found["summary"]:
                    party = cast(Party, load_record(kind, found["summary"]))
                    rows.append(replace(row_of(party), bound_to=found["record_id"]))
        return rows

    # ---------------------------------------------------------------- one record

    def plan(self, entry: Entry) -> Plan:
        try:
            return self._plan(entry)
        except MappingError as error:
            if error.field == "addresses" and entry.target is None:
                key = f"address:{entry.external_id}"
                return self._held(entry, Hold(HoldCode.VENDOR_ADDRESS, error.sentence, Waits.REFERENCE, key))
            return self._settled(entry, RecordState.DEAD, error.sentence)
        except ValidationError as error:
            return self._settled(entry, RecordState.DEAD, str(error))

    def _plan(self, entry: Entry) -> Plan:
        party = cast(Party | None, entry.source())
        if party is None:
            return self._settled(entry, RecordState.DEAD, entry.reason or "it could not be read")
        if Verdict.SKIP.value in entry.decided:
            return self._settled(entry, RecordState.SKIPPED, "a person skipped it")
        if entry.target is None:
            into = merged_party(cast(Connection, self._connection), self.session.pairing.name, entry)
            return self._unbound(entry, party) if into is None else self._merged_away(entry, into, "on the other side")
        return self._bound(entry, party)

    # ---------------------------------------------------------------- not matched yet

    def _unbound(self, entry: Entry, party: Party) -> Plan:
        assert self._connection is not None
        other = bound_elsewhere(self.session, self._connection, entry)
        if other is not None:
            return self._settled(entry, RecordState.NOT_CARRIED, f"it is the other side of {other}")
        if self.flow.categories and party.category is not None and party.category not in self.flow.categories:
            return self._settled(entry, RecordState.NOT_CARRIED, f"{party.category} vendors are not carried")
        if party.status is PartyStatus.INACTIVE:
            return self._settled(entry, RecordState.NOT_CARRIED, "it is inactive and was never carried")
        for linked in entry.decided.get("link", {}):
            return self._adopting(entry, linked, "a person")
        match match_party(party, with_taken(self._rows, self._taken, entry.id), peers=self._peers):
            case Match(external_id, by):
                return self._adopting(entry, external_id, by)
            case Ambiguous(candidates, why):
                return self._ambiguous(entry, party, candidates, why)
        if self.policy.missing_vendor is FlowMode.WRITE and self.flow.creates:
            assert self._connection is not None
            if self.flow.only_used and not is_needed(self.session, self._connection, entry, party):
                return self._settled(entry, RecordState.UNMATCHED, "no document after go-live needs it yet")
            return self._creating(entry, party)
        return self._settled(
            entry, RecordState.UNMATCHED, f"nothing on the other side matches {party.name}; its documents are held"
        )

    def _adopting(self, entry: Entry, external_id: str, by: str) -> Plan:
        self._taken.add(external_id)
        return Plan(
            entry,
            self.flow,
            Action.ADOPT,
            self.flow.target,
            adopt=external_id,
            adopt_by=by,
            reason=f"matched by {by.replace('_', ' ')}",
        )

    def _ambiguous(self, entry: Entry, party: Party, candidates: tuple[PartyRow, ...], why: str) -> Plan:
        shown = [
            {"id": row.external_id, "name": row.name, "code": row.code, "currency": row.currency} for row in candidates
        ]
        sentence = f"Vendor {party.name}: it cannot be told which one it is, {why}; link it by hand."
        hold = Hold(HoldCode.AMBIGUOUS, sentence, Waits.PERSON, f"vendor:{entry.external_id}", {"candidates": shown})
        return self._held(entry, hold)

    def _creating(self, entry: Entry, party: Party) -> Plan:
        taken = name_taken(party, self._rows)
        if taken is not None:
            if self.policy.name_suffix is None:
                what = "a customer" if taken.kind == "customer" else "an inactive vendor"
                sentence = f"Vendor {party.name}: {what} has this name already."
                hold = Hold(HoldCode.NAME_TAKEN, sentence, Waits.PERSON, f"vendor:{entry.external_id}")
                return self._held(entry, hold)
            party = party.model_copy(update={"name": party.name + self.policy.name_suffix})
        return self._write(entry, party, self.flow.target, None, Operation.CREATE, None)

    # ---------------------------------------------------------------- kept in step

    def _merged_away(self, entry: Entry, into: str, where: str) -> Plan:
        """Its documents follow the alias; whether its counterpart is merged too is a person's to say (R21)."""
        if verdicts(entry.decided).get(HoldCode.MERGED_ELSEWHERE) is Verdict.ACCEPT:
            return Plan(entry, self.flow, Action.NOTHING, self.flow.target, reason="a person accepted the merge")
        return self._held(entry, merged_hold(entry, into, where=where))

    def _gone(self, entry: Entry, party: Party) -> Plan:
        """It was merged or deleted on the other side: a merge is followed, else a person says what became of it."""
        assert entry.target is not None
        into = merged_into(entry.other_input)
        if into is not None:
            return self._adopting(entry, into, BY_MERGE)
        for linked in entry.decided.get("link", {}):
            if linked != entry.target.external_id:
                return self._adopting(entry, linked, "a person")
        said = verdicts(entry.decided).get(HoldCode.GONE_IN_TARGET)
        if said is Verdict.REPAIR:
            return self._creating(entry, party)
        if said is Verdict.ACCEPT:
            reason = "a person accepted that it is gone on the other side"
            return Plan(entry, self.flow, Action.NOTHING, self.flow.target, reason=reason)
        sentence = f"Vendor {party.name}: it was deleted on the other side; it is not created again by itself."
        return self._held(entry, Hold(HoldCode.GONE_IN_TARGET, sentence, Waits.PERSON, f"vendor:{entry.external_id}"))

    def _bound(self, entry: Entry, party: Party) -> Plan:
        assert entry.target is not None
        if is_gone_in_target(entry.other_input):
            return self._gone(entry, party)
        gone = party.source.deleted
        if gone is not None and gone.kind is DeletionKind.MERGED:
            return self._merged_away(entry, gone.moved_to or "another", "where it was born")
        base = cast(Party, load_record(self.flow.object, entry.target.base)) if entry.target.base else None
        shown = cast(Party, load_record(self.flow.object, entry.other_input)) if entry.other_input else base
        own_base = (
            cast(Party, load_record(entry.object_type, entry.origin.base))
            if entry.origin is not None and entry.origin.base
            else None
        )
        source_changes: dict[str, object] = our_id(party, entry.target.external_id)
        target_changes: dict[str, object] = {}
        decided = verdicts(entry.decided)
        if shown is not None:
            sides = (party, own_base, shown, base)
            left = sides if entry.side is Side.LEFT else (shown, base, party, own_base)
            merge = merge_party(
                *left,
                self._owners(),
                remit_changes=self.policy.remit_changes,
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
                return self._held(entry, asked[0])
        now, writing = self.session.clock.now(), {*source_changes, *target_changes}
        flapping = flapping_hold(cast(Connection, self._connection), entry, writing, now=now)
        if decided.get(HoldCode.FLAPPING) is Verdict.ACCEPT:
            source_changes, target_changes = {}, {}
        elif flapping is not None:
            return self._held(entry, flapping)
        if source_changes and self._writes_back():
            changed = party.model_copy(update=source_changes)
            # What changed here is not there yet: only the fields that are written leave the base behind.
            base_then = (own_base or party).model_copy(update=source_changes)
            based = replace(entry, input=dump_record(cast(Vendor | Customer, base_then)))
            return self._write(
                based, changed, self.flow.source, self._own_binding(entry), Operation.UPDATE, frozenset(source_changes)
            )
        if target_changes and self.flow.mode is not FlowMode.OFF:
            changed = party.model_copy(update=target_changes)
            return self._write(
                entry, changed, self.flow.target, entry.binding(), Operation.UPDATE, frozenset(target_changes)
            )
        currency = self._currencies.get(entry.id)
        if currency is not None:
            plan = self._write(entry, party_in(party, currency), self.flow.target, None, Operation.CREATE, None)
            return replace(plan, parts=as_part(plan.parts, currency))
        step, rebase = "both sides are in step", entry.other_input is not None
        return Plan(entry, self.flow, Action.NOTHING, self.flow.target, reason=step, rebase_target=rebase)

    def _owners(self) -> dict[str, Any]:
        back = self.session.pairing.flow_for(self.flow.object, self.flow.target)
        owners = dict(back.owners) if back is not None else {}
        return owners | dict(self.flow.owners)

    def _writes_back(self) -> bool:
        back = self.session.pairing.flow_for(self.flow.object, self.flow.target)
        return back is not None and back.mode is FlowMode.WRITE

    @staticmethod
    def _own_binding(entry: Entry) -> Binding:
        return Binding(parts={"main": BoundPart("main", entry.external_id, entry.version)}, base=entry.source())

    # ---------------------------------------------------------------- common

    def _write(
        self,
        entry: Entry,
        party: Party,
        side: Side,
        binding: Binding | None,
        operation: Operation,
        fields: frozenset[str] | None,
    ) -> Plan:
        probe = self.session.probe(side)
        support = self.session.system(side).support(self.flow.object)
        assert support is not None
        strategy = strategy_for(self.flow.object, declared=support.strategy, unique_fields=probe.unique_fields)
        context = RenderContext(
            operation=operation,
            probe=probe,
            record_key=record_key(self.session.system(entry.side).name, entry),
            fields=fields,
            use_unique_field=strategy is Strategy.UNIQUE_FIELD and operation is Operation.CREATE,
            refusals=refusals_of(self.session, entry, side),
        )
        rendered = cast(Rendered, self.session.call(side, "mlc_render", record=party, binding=binding, context=context))
        if not rendered.parts:
            return Plan(
                entry,
                self.flow,
                Action.NOTHING,
                side,
                reason="what changed has no place on the other side",
                losses=rendered.losses,
                rebase_target=entry.other_input is not None,
            )
        return Plan(
            entry,
            self.flow,
            Action.WRITE,
            side,
            operation=operation,
            parts=rendered.parts,
            rendered=cast(Any, party),
            natural_key=normal_name(party.name) if operation is Operation.CREATE else None,
            fields=fields or frozenset(),
            losses=rendered.losses,
        )

    def _held(self, entry: Entry, hold: Hold) -> Plan:
        return Plan(entry, self.flow, Action.HOLD, self.flow.target, hold=hold, reason=hold.sentence)

    def _settled(self, entry: Entry, state: RecordState, reason: str) -> Plan:
        return Plan(entry, self.flow, Action.SETTLE, self.flow.target, state=state, reason=reason)
