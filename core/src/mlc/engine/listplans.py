"""Plans for lists that documents point to: accounts, dimensions, tax rates, payment terms, exchange rates.

A flow whose object is one of these and whose mode is ``write`` makes each wanted entry a record with intents: found by
code or unique full name, else created, then kept in step. The code it was given never changes; what is inactive, gone
or no longer wanted at its source is made inactive, never deleted.
"""

from dataclasses import replace
from typing import cast

from pydantic import ValidationError
from sqlalchemy import Connection

from mlc.accounting.holdcodes import Hold, HoldCode, Waits
from mlc.accounting.listrows import (
    Doubt,
    code_of,
    full_name_of,
    given_code,
    label_of,
    match_entry,
    name_of,
    natural_key,
)
from mlc.accounting.partyrows import Match
from mlc.accounting.situation import Verdict
from mlc.contract import Loss, Operation
from mlc.engine.keptlists import CODE
from mlc.engine.listindex import ListIndex, as_written, counterparts, load_list, others_with
from mlc.engine.listwants import NOT_USED, ListWants
from mlc.engine.planning import verdicts
from mlc.engine.plans import Action, Entry, Plan
from mlc.engine.refused import refused_ids
from mlc.engine.session import Session
from mlc.engine.states import RecordState
from mlc.engine.stepping import Rules, Sides, Stepper
from mlc.engine.vanishing import is_gone_in_target
from mlc.errors import MappingError
from mlc.recipes import Flow
from mlc.records import Account, Dimension, ExchangeRate, ListEntry, Ref, dump_record, load_record
from mlc.system import Capability

#: What a plugin says it has no place for: the entry is not carried, and nothing is wrong with it.
_NO_PLACE = frozenset({"kind", "account_type"})


class ListPlanner:
    """One flow of list entries."""

    def __init__(self, session: Session, flow: Flow) -> None:
        self.session = session
        self.flow = flow
        self._stepper = Stepper(session, flow)
        support = session.system(flow.target).support(flow.object)
        self._code_max = None if support is None else support.number_max
        self._changes = session.system(flow.target).can(flow.object, Capability.UPDATE)
        self._has_levels = "parent" in self._stepper.owners()
        self._planning_only = False
        self._connection: Connection | None = None
        self._bound: dict[str, str] = {}
        self._refused: frozenset[str] = frozenset()
        self._taken: set[str] = set()
        self._loaded = False

    @property
    def _store(self) -> Connection:
        assert self._connection is not None
        return self._connection

    def begin_slice(self, connection: Connection, *, planning_only: bool) -> None:
        self._connection, self._planning_only = connection, planning_only
        self._refused = refused_ids(connection, self.session, self.flow, self.flow.object)
        self._bound = counterparts(connection, self.session, self.flow.source, self.flow.object)
        if self._loaded:
            return
        own = load_list(connection, self.session, self.flow.source, self.flow.object)
        self._own = {row.external_id: row for row in own}
        self._wants = ListWants(self.session, connection, self.flow, own)
        self._there = ListIndex(load_list(connection, self.session, self.flow.target, self.flow.object))
        free = [row for row in own if row.external_id not in self._bound and self._wants.unwanted(row.entry) is None]
        self._peers = ListIndex(as_written(free, self._as_wanted))
        self._loaded = True

    # ---------------------------------------------------------------- one record

    def plan(self, entry: Entry) -> Plan:
        try:
            return self._plan(entry)
        except MappingError as error:
            state = RecordState.NOT_CARRIED if error.field in _NO_PLACE and entry.target is None else RecordState.DEAD
            return self._settled(entry, state, error.sentence)
        except ValidationError as error:
            return self._settled(entry, RecordState.DEAD, str(error.errors()[0]["msg"]))

    def _plan(self, entry: Entry) -> Plan:
        own = cast(ListEntry | None, entry.source())
        if own is None:
            return self._settled(entry, RecordState.DEAD, entry.reason or "it could not be read")
        if Verdict.SKIP.value in entry.decided:
            return self._settled(entry, RecordState.SKIPPED, "a person skipped it")
        own = own.model_copy(update={"active": own.active})  # said, whether its source shows it or not
        entry = replace(entry, input=dump_record(own))
        return self._unbound(entry, own) if entry.target is None else self._kept(entry, own)

    def _unbound(self, entry: Entry, own: ListEntry) -> Plan:
        if own.source.deleted is not None:
            return self._settled(entry, RecordState.NOT_CARRIED, "it was removed before it was carried")
        unwanted = self._wants.unwanted(own)
        if unwanted is not None:
            state = RecordState.UNMATCHED if unwanted == NOT_USED else RecordState.NOT_CARRIED
            return self._settled(entry, state, unwanted)
        for linked in entry.decided.get("link", {}):
            return self._adopting(entry, linked, "a person")
        wanted = self._as_wanted(own)
        found = self._matched(entry.id, entry.external_id, wanted)
        if isinstance(found, Match):
            return self._adopting(entry, found.external_id, found.by)
        asked = verdicts(entry.decided).get(HoldCode.AMBIGUOUS) is not Verdict.POST
        if isinstance(found, Doubt) and (asked or found.taken):
            return self._doubtful(entry, found)
        parent = self._parent(entry, wanted)
        if isinstance(parent, Plan):
            return parent
        return self._creating(entry, wanted, parent)

    def _as_wanted(self, own: ListEntry) -> ListEntry:
        """The entry as the target is to have it, with the code that it would get."""
        changed = own
        if isinstance(own, Dimension):
            place = self._wants.place_of(own)
            if place is not None and (place.kind is not own.kind or place.set_name != own.set_name):
                values = {"kind": place.kind, "set_name": place.set_name, "set_id": place.set_name}
                changed = own.model_copy(update=values)
            if place is not None and place.called is not None:
                coded = place.kind.value in self.flow.codes or "*" in self.flow.codes
                return changed.model_copy(update={"code" if coded else "name": place.called})
        if isinstance(changed, ExchangeRate):
            return changed
        return changed.model_copy(update={CODE: given_code(changed, self.flow.codes, most=self._code_max)})

    def _matched(self, entry_id: int, external_id: str, wanted: ListEntry) -> Match | Doubt | None:
        full_name = self._full_name(external_id, wanted)
        names, codes = others_with(wanted, full_name, self._peers, but=external_id)
        rows = [
            replace(row, bound_to=entry_id) if row.bound_to is None and row.external_id in self._taken else row
            for row in self._there.near(code_of(wanted), full_name)
            if row.bound_to is not None or row.external_id not in self._refused
        ]
        return match_entry(wanted, full_name, rows, namesakes=names, same_code=codes)

    def _full_name(self, external_id: str, wanted: ListEntry) -> str:
        """With what it stands under on its own side, unless the map gives it another name."""
        listed = self._own.get(external_id)
        if listed is None or name_of(listed.entry) != name_of(wanted):
            return full_name_of(wanted, {})
        return listed.full_name

    def _parent(self, entry: Entry, wanted: ListEntry) -> Ref | Plan | None:
        """What it stands under there; a hold while that is still to be made, None where it is not carried."""
        above = wanted.parent if isinstance(wanted, Account | Dimension) and self._has_levels else None
        row = self._own.get(above.source_id or "") if above is not None else None
        if row is None:
            return None
        there = self._bound.get(row.external_id)
        if there is None and self._wants.unwanted(row.entry) is not None:
            return None
        if there is None:
            found = self._matched(0, row.external_id, self._as_wanted(row.entry))
            there = found.external_id if isinstance(found, Match) else None
        if there is None and self._planning_only:
            there = self.session.planned.get(self.flow.object, row.external_id)
        if there is not None:
            return Ref(record_type=self.flow.object, source_id=there)
        sentence = f"{entry.label}: it waits for {label_of(row.entry)}, under which it stands."
        key = f"{self.flow.object.value}:{row.external_id}"
        return self._held(entry, Hold(HoldCode.MANDATORY_FIELD, sentence, Waits.REFERENCE, key))

    # ---------------------------------------------------------------- what is to be done

    def _adopting(self, entry: Entry, external_id: str, by: str) -> Plan:
        self._taken.add(external_id)
        reason = f"matched by {by}"
        return Plan(entry, self.flow, Action.ADOPT, self.flow.target, adopt=external_id, adopt_by=by, reason=reason)

    def _doubtful(self, entry: Entry, doubt: Doubt) -> Plan:
        shown = [
            {"id": row.external_id, "name": row.full_name, "code": code_of(row.entry), "active": row.live}
            for row in doubt.candidates
        ]
        code = HoldCode.NAME_TAKEN if doubt.taken else HoldCode.AMBIGUOUS
        sentence = f"{entry.label}: it cannot be told which one it is on the other side: {doubt.why}."
        key = f"{self.flow.object.value}:{entry.external_id}"
        return self._held(entry, Hold(code, sentence, Waits.CONFIG, key, {"candidates": shown} if shown else {}))

    def _creating(self, entry: Entry, wanted: ListEntry, parent: Ref | None) -> Plan:
        losses: tuple[Loss, ...] = ()
        if isinstance(wanted, Account | Dimension) and wanted.parent is not None:
            if parent is None and self._has_levels:
                losses = (Loss("parent", "what it stands under is not carried"),)
            wanted = wanted.model_copy(update={"parent": parent})
        key = natural_key(wanted)
        plan = self._stepper.write(entry, wanted, self.flow.target, None, Operation.CREATE, None, natural_key=key)
        code = None if isinstance(wanted, ExchangeRate) else wanted.code
        frozen = {CODE: code} if code else {}
        return replace(plan, overrides={**plan.overrides, **frozen}, losses=(*plan.losses, *losses))

    # ---------------------------------------------------------------- kept in step

    def _kept(self, entry: Entry, own: ListEntry) -> Plan:
        assert entry.target is not None
        if is_gone_in_target(entry.other_input):
            return self._gone(entry, own)
        active = not self._wants.is_over(own)
        wanted = self._frozen(entry, self._as_wanted(own)).model_copy(update={"active": active})
        entry = replace(entry, input=dump_record(own.model_copy(update={"active": active})))
        if not self._changes:
            reason = f"it is there; {self.session.system(self.flow.target).title} lets nobody change it from here"
            return self._nothing(entry, reason)
        above = wanted.parent if isinstance(wanted, Account | Dimension) and self._has_levels else None
        there = self._bound.get(above.source_id or "") if above is not None else None
        references = {} if above is None else {"parent": there and Ref(record_type=self.flow.object, source_id=there)}
        planned = self._stepper.step(
            self._store,
            entry,
            Sides.of(self.flow, entry, wanted),
            Rules(self._stepper.owners(), references=cast(dict[str, Ref], references)),
        )
        if planned is None:
            return self._nothing(entry, "both sides are in step")
        if planned.action is Action.WRITE and planned.overrides:
            return replace(planned, overrides={**entry.overrides, **planned.overrides})
        return planned

    def _frozen(self, entry: Entry, wanted: ListEntry) -> ListEntry:
        """With the code that it was given there, whatever its source calls it by now."""
        if isinstance(wanted, ExchangeRate):
            return wanted
        assert entry.target is not None
        base = cast(ListEntry, load_record(self.flow.object, entry.target.base)) if entry.target.base else None
        shown = base.code if base is not None and not isinstance(base, ExchangeRate) else None
        return wanted.model_copy(update={CODE: shown or entry.overrides.get(CODE)})

    def _gone(self, entry: Entry, own: ListEntry) -> Plan:
        """Removed there by somebody: it is not made again by itself."""
        assert entry.target is not None
        for linked in entry.decided.get("link", {}):
            if linked != entry.target.external_id:
                return self._adopting(entry, linked, "a person")
        said = verdicts(entry.decided).get(HoldCode.GONE_IN_TARGET)
        if said is Verdict.REPAIR:
            wanted = self._frozen(entry, self._as_wanted(own))
            parent = self._parent(entry, wanted)
            return parent if isinstance(parent, Plan) else self._creating(entry, wanted, parent)
        if said is Verdict.ACCEPT:
            reason = "a person accepted that it is gone on the other side"
            return Plan(entry, self.flow, Action.NOTHING, self.flow.target, reason=reason)
        sentence = f"{entry.label}: it was removed on the other side; it is not created again by itself."
        key = f"{self.flow.object.value}:{entry.external_id}"
        return self._held(entry, Hold(HoldCode.GONE_IN_TARGET, sentence, Waits.PERSON, key))

    # ---------------------------------------------------------------- common

    def _nothing(self, entry: Entry, reason: str) -> Plan:
        shown = entry.other_input is not None
        return Plan(entry, self.flow, Action.NOTHING, self.flow.target, reason=reason, rebase_target=shown)

    def _held(self, entry: Entry, hold: Hold) -> Plan:
        return Plan(entry, self.flow, Action.HOLD, self.flow.target, hold=hold, reason=hold.sentence)

    def _settled(self, entry: Entry, state: RecordState, reason: str) -> Plan:
        return Plan(entry, self.flow, Action.SETTLE, self.flow.target, state=state, reason=reason)
