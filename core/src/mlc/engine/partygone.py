"""Bound parties that are gone on a side: merged into another, or deleted. Nothing is merged or deleted by us."""

from collections.abc import Callable
from dataclasses import replace
from typing import cast

from sqlalchemy import Connection

from mlc.accounting.holdcodes import Hold, HoldCode, Waits
from mlc.accounting.situation import Verdict
from mlc.engine.customers import KEPT, answers_for_names
from mlc.engine.deactivating import STATUS, documents_of
from mlc.engine.mergedhome import likely_survivor, merged_at_home
from mlc.engine.merging import BY_MERGE, merged_hold, merged_into
from mlc.engine.planning import verdicts
from mlc.engine.plans import Action, Entry, Plan
from mlc.engine.states import RecordState
from mlc.engine.stepping import Stepper
from mlc.engine.vanishing import is_gone_in_target
from mlc.engine.whereabouts import went_to
from mlc.recipes import Side
from mlc.records import DeletionKind, ObjectType, Party, PartyStatus, load_record

THERE, BORN = "on the other side", "where it was born"


class Departures:
    """What becomes of one flow's parties that are gone.

    Args:
        adopting: Binds one to another that is there, by its id and how it was found.
        creating: Makes one anew.
    """

    def __init__(
        self,
        stepper: Stepper,
        *,
        adopting: Callable[[Entry, str, str], Plan],
        creating: Callable[[Entry, Party], Plan],
    ) -> None:
        self.session = stepper.session
        self.flow = stepper.flow
        self._stepper = stepper
        self._adopting = adopting
        self._creating = creating

    def plan(self, connection: Connection, entry: Entry, party: Party) -> Plan | None:
        """None for a party that is there on both sides, or whose going says nothing."""
        if is_gone_in_target(entry.other_input):
            return self._gone(connection, entry, party)
        gone = party.source.deleted
        if gone is not None and gone.kind is DeletionKind.MERGED:
            return self._merged_at_home(connection, entry, gone.moved_to)
        if gone is not None and self.flow.object is ObjectType.CUSTOMER:
            return self._left(connection, entry)
        return None

    def merged_there(self, entry: Entry, into: str | None) -> Plan:
        """Only an alias is left of it on the other side."""
        return self._merged_away(entry, merged_hold(entry, into, where=THERE))

    # ---------------------------------------------------------------- merged

    def _merged_away(self, entry: Entry, hold: Hold) -> Plan:
        """Its documents follow the alias; whether its counterpart is merged too is a person's to say (R21)."""
        if verdicts(entry.decided).get(HoldCode.MERGED_ELSEWHERE) is Verdict.ACCEPT:
            return self._nothing(entry, "a person accepted the merge")
        return self._held(entry, hold)

    def _merged_at_home(self, connection: Connection, entry: Entry, told: str | None) -> Plan:
        """Its counterpart becomes inactive once a person says so, where it is a vendor whose status is its home's."""
        assert entry.target is not None
        name = self.session.pairing.name
        merged = merged_at_home(connection, name, entry, told)
        if merged is None:
            candidate = likely_survivor(connection, name, entry)
            return self._held(entry, merged_hold(entry, None, where=BORN, candidate=candidate))
        closes = self.flow.object is ObjectType.VENDOR and self._stepper.owners().get(STATUS) == entry.side.value
        shown = entry.other_input or entry.target.base
        there = cast(Party, load_record(self.flow.object, shown)) if closes and shown else None
        if there is not None and there.status is PartyStatus.INACTIVE:
            plan = self._nothing(entry, f"it was merged into {merged.name}, and is inactive on the other side")
        else:
            plan = self._merged_away(entry, merged_hold(entry, merged.name, where=BORN, closes=there is not None))
        if there is not None and there.status is not PartyStatus.INACTIVE and plan.action is Action.NOTHING:
            plan = self._stepper.deactivate(entry, there, self.flow.target)
        return replace(plan, merged=merged)

    # ---------------------------------------------------------------- gone

    def _gone(self, connection: Connection, entry: Entry, party: Party) -> Plan:
        """It was merged or deleted on the other side: a merge is followed, else a person says what became of it."""
        assert entry.target is not None
        into = merged_into(entry.other_input) or self._went_to(
            connection, self.flow.target, entry.target.external_id, entry.external_id
        )
        if into is not None:
            return self._adopting(entry, into, BY_MERGE)
        for linked in entry.decided.get("link", {}):
            if linked != entry.target.external_id:
                return self._adopting(entry, linked, "a person")
        said = verdicts(entry.decided).get(HoldCode.GONE_IN_TARGET)
        if said is Verdict.REPAIR:
            return self._creating(entry, party)
        if said is Verdict.ACCEPT and self.flow.object is not ObjectType.CUSTOMER:
            return self._nothing(entry, "a person accepted that it is gone on the other side")
        if self._is_ledger(self.flow.target):
            return self.merged_there(entry, None)
        if self.flow.object is ObjectType.CUSTOMER:
            return self._deserted(connection, entry, HoldCode.GONE_IN_TARGET, self.flow.source, party)
        sentence = f"{entry.label}: it was deleted on the other side; it is not created again by itself."
        return self._held(entry, Hold(HoldCode.GONE_IN_TARGET, sentence, Waits.PERSON, _key(entry)))

    def _left(self, connection: Connection, entry: Entry) -> Plan:
        """A customer that is gone where it was born: merged into another, or deleted."""
        assert entry.target is not None
        into = self._went_to(connection, self.flow.source, entry.external_id, entry.target.external_id)
        if into is not None or self._is_ledger(self.flow.source):
            return self._merged_away(entry, merged_hold(entry, into, where=BORN))
        shown = entry.other_input or entry.target.base
        there = cast(Party, load_record(self.flow.object, shown)) if shown else None
        return self._deserted(connection, entry, HoldCode.VANISHED, self.flow.target, there)

    def _deserted(self, connection: Connection, entry: Entry, code: HoldCode, side: Side, party: Party | None) -> Plan:
        """The sales desk deleted a customer of the ledger: with documents it stays as it is, without it can go."""
        where, home = (self.session.system(one).title for one in (side.other, side))
        count = documents_of(connection, self.session.pairing.name, entry, side)
        accepted = verdicts(entry.decided).get(code) is Verdict.ACCEPT
        may_go = not count and party is not None and (side is self.flow.target or self._stepper.writes_back())
        if accepted and not may_go:
            return self._nothing(entry, f"a person accepted that it is gone in {where}")
        if may_go and party is not None and party.status is PartyStatus.INACTIVE:
            kept = KEPT.format(where=where)
            return Plan(entry, self.flow, Action.SETTLE, self.flow.target, state=RecordState.NOT_CARRIED, reason=kept)
        if accepted and party is not None:
            return self._stepper.deactivate(entry, party, side)
        rest = (
            f"it has no documents in {home}: accept makes it inactive there"
            if may_go
            else f"its documents in {home} ({count}) stay, and so does it: accept leaves it unlinked"
        )
        sentence = f"{entry.label}: it was deleted in {where}; {rest}. If it was merged into another there, link that."
        return self._held(entry, Hold(code, sentence, Waits.PERSON, _key(entry), {"documents": count}))

    def _went_to(self, connection: Connection, side: Side, gone: str, elsewhere: str) -> str | None:
        """Into whom a customer was merged where the vendor does not say."""
        if self.flow.object is not ObjectType.CUSTOMER:
            return None
        return went_to(self.session, connection, side, gone, elsewhere)

    def _is_ledger(self, side: Side) -> bool:
        return self.flow.object is ObjectType.CUSTOMER and answers_for_names(self.flow, side)

    # ---------------------------------------------------------------- common

    def _nothing(self, entry: Entry, reason: str) -> Plan:
        return Plan(entry, self.flow, Action.NOTHING, self.flow.target, reason=reason)

    def _held(self, entry: Entry, hold: Hold) -> Plan:
        return Plan(entry, self.flow, Action.HOLD, self.flow.target, hold=hold, reason=hold.sentence)


def _key(entry: Entry) -> str:
    """What a hold that waits for a person is filed under."""
    return f"{entry.object_type.value}:{entry.external_id}"
