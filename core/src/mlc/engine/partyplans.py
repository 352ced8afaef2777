"""Plans for vendors and customers: matched first, then merged field by field."""

from dataclasses import replace
from typing import cast

from pydantic import ValidationError
from sqlalchemy import Connection

from mlc.accounting.holdcodes import Hold, HoldCode, Waits
from mlc.accounting.mergefields import REMITTED
from mlc.accounting.parties import NearParties, PartyIndex, match_party, name_taken, normal_name, row_of
from mlc.accounting.partyrows import Ambiguous, Match, PartyRow, as_candidates, with_taken
from mlc.accounting.situation import Verdict
from mlc.contract import Operation
from mlc.engine.currencyparts import PREFIX, as_part, currencies_needed, further_currency, parts_there, party_in
from mlc.engine.customers import NOT_YET, is_customer, mailboxes_by_customer
from mlc.engine.decisions import Verb
from mlc.engine.heirs import why_not_carried
from mlc.engine.merging import merged_party, other_name_of
from mlc.engine.namesakes import refused_for_its_name
from mlc.engine.partygone import Departures
from mlc.engine.partylists import parties_of
from mlc.engine.partyterms import PaymentTerms
from mlc.engine.planning import verdicts
from mlc.engine.plans import Action, Entry, Plan
from mlc.engine.proposals import proposal, proposes
from mlc.engine.refused import refused_ids
from mlc.engine.session import Session
from mlc.engine.states import RecordState
from mlc.engine.stepping import Rules, Sides, Stepper
from mlc.engine.usage import bound_elsewhere, is_needed
from mlc.engine.vanishing import NAMED
from mlc.errors import MappingError
from mlc.recipes import Flow, FlowMode, Side
from mlc.records import ObjectType, Party, PartyStatus

#: Fields without which the other side makes no party: it waits until they are filled in where it is kept.
_INSISTED_ON = {
    "addresses": HoldCode.VENDOR_ADDRESS,
    "contacts": HoldCode.MANDATORY_FIELD,
    "currency": HoldCode.CURRENCY_MISMATCH,
}


class PartyPlanner:
    """One flow of parties. What is bound is kept in step on both sides."""

    def __init__(self, session: Session, flow: Flow) -> None:
        self.session = session
        self.flow = flow
        self.policy = session.pairing.policy
        self._stepper = Stepper(session, flow)
        self._departures = Departures(self._stepper, adopting=self._adopting, creating=self._creating)
        self._rows: NearParties = PartyIndex(())
        self._peers: NearParties = PartyIndex(())
        self._taken: set[str] = set()
        self._currencies: dict[Side, dict[int, str]] = {}
        self._loaded = False
        self._refused: frozenset[str] = frozenset()
        self._connection: Connection | None = None

    def begin_slice(self, connection: Connection, *, planning_only: bool) -> None:
        self._connection = connection
        self._refused = refused_ids(connection, self.session, self.flow, self.flow.object)
        self._currencies = {one: currencies_needed(self.session, connection, self.flow, one) for one in Side}
        self._terms = PaymentTerms(self.session, self.flow, planning_only=planning_only)
        if self._loaded:
            return
        self._rows = self._load(connection, self.flow.target)
        self._peers = self._load(connection, self.flow.source)
        self._loaded = True

    def _reading(self) -> Connection:
        assert self._connection is not None
        return self._connection

    def _load(self, connection: Connection, side: Side) -> NearParties:
        sold_to = self.flow.object is ObjectType.CUSTOMER
        mailboxes = mailboxes_by_customer(self.session, connection, side) if sold_to else {}
        return parties_of(self._reading, self.session.pairing.name, side, emails=mailboxes)

    # ---------------------------------------------------------------- one record

    def plan(self, entry: Entry) -> Plan:
        try:
            return self._plan(entry)
        except MappingError as error:
            if error.field in _INSISTED_ON and entry.target is None:
                key = f"{error.field}:{entry.external_id}"
                return self._held(entry, Hold(_INSISTED_ON[error.field], error.sentence, Waits.REFERENCE, key))
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
            into = merged_party(self._reading(), self.session.pairing.name, entry)
            return self._unbound(entry, party) if into is None else self._departures.merged_there(entry, into)
        return self._bound(entry, party)

    # ---------------------------------------------------------------- not matched yet

    def _unbound(self, entry: Entry, party: Party) -> Plan:
        said = Verb.CREATE.value in entry.decided
        other = bound_elsewhere(self.session, self._reading(), entry)
        if other is None and not said and "link" not in entry.decided:
            other = further_currency(party, self._peers)
        if other is not None:
            return self._settled(entry, RecordState.NOT_CARRIED, f"it is the other side of {other}")
        same = other_name_of(self._reading(), self.session.pairing.name, entry)
        if same is not None:
            return self._settled(entry, RecordState.NOT_CARRIED, f"it is another name of {same}")
        if party.source.deleted is not None:
            return self._settled(entry, RecordState.NOT_CARRIED, why_not_carried(self._reading(), self.session, entry))
        if self.flow.categories and party.category is not None and party.category not in self.flow.categories:
            return self._settled(entry, RecordState.NOT_CARRIED, f"{party.category} vendors are not carried")
        if self.flow.only_customers and not is_customer(self.session, self._reading(), self.flow.source, party):
            return self._settled(entry, RecordState.NOT_CARRIED, NOT_YET)
        if party.status is PartyStatus.INACTIVE:
            return self._settled(entry, RecordState.NOT_CARRIED, "it is inactive and was never carried")
        for linked in entry.decided.get("link", {}):
            return self._adopting(entry, linked, "a person")
        if verdicts(entry.decided).get(HoldCode.AMBIGUOUS) is not Verdict.POST:
            match self._matched(entry, party):
                case Match(external_id, by):
                    return self._adopting(entry, external_id, by)
                case Ambiguous(candidates, why):
                    return self._ambiguous(entry, party, candidates, why)
        sold_to = self.flow.object is ObjectType.CUSTOMER
        if (said or sold_to or self.policy.missing_vendor is FlowMode.WRITE) and self.flow.creates:
            if not said and self.flow.only_used and not is_needed(self.session, self._reading(), entry, party):
                return self._settled(entry, RecordState.UNMATCHED, "no document after go-live needs it yet")
            if not said and proposes(self.session, self.flow):
                clash = self._clash(entry, party) if self.policy.name_suffix is None else None
                return self._held(entry, clash or proposal(self._reading(), self.session, self.flow, entry, party))
            return self._creating(entry, party)
        return self._settled(
            entry, RecordState.UNMATCHED, f"nothing on the other side matches {party.name}; its documents are held"
        )

    def _matched(self, entry: Entry, party: Party) -> Match | Ambiguous | None:
        own = row_of(party)
        mine = next((row for row in self._peers.near(own) if row.external_id == own.external_id), own)
        mine = replace(own, emails=mine.emails)
        rows = with_taken(self._rows.near(mine), self._taken, entry.id)
        rows = [row for row in rows if row.bound_to is not None or row.external_id not in self._refused]
        return match_party(mine, rows, peers=self._peers.near(mine, *rows), match_by=self.flow.match_by)

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
        shown = as_candidates(candidates)
        sentence = f"{entry.label}: it cannot be told which one it is, {why}; link it by hand."
        hold = Hold(HoldCode.AMBIGUOUS, sentence, Waits.PERSON, _key(entry), {"candidates": shown})
        return self._held(entry, hold)

    def _clash(self, entry: Entry, party: Party) -> Hold | None:
        taken = name_taken(party, self._rows.near(row_of(party)))
        if taken is None:
            return None
        what = f"a {taken.kind}" if taken.kind != entry.object_type.value else f"an inactive {taken.kind}"
        return Hold(HoldCode.NAME_TAKEN, f"{entry.label}: {what} has this name already.", Waits.PERSON, _key(entry))

    def _creating(self, entry: Entry, party: Party) -> Plan:
        clash, suffix = self._clash(entry, party), self.policy.name_suffix
        if clash is not None and suffix is None:
            return self._held(entry, clash)
        if suffix is not None and (clash is not None or refused_for_its_name(self._reading(), entry.id)):
            party = party.model_copy(update={"name": party.name + suffix})
        ready = self._terms.translated(entry, party)
        if isinstance(ready, Hold):
            return self._held(entry, ready)
        plan = self._stepper.write(
            entry, ready, self.flow.target, None, Operation.CREATE, None, natural_key=normal_name(party.name)
        )
        return replace(plan, losses=(*self._terms.lost(party), *plan.losses))

    # ---------------------------------------------------------------- kept in step

    def _bound(self, entry: Entry, party: Party) -> Plan:
        assert entry.target is not None
        departed = self._departures.plan(self._reading(), entry, party)
        if departed is not None:
            return departed
        rules = Rules(self._stepper.owners(), REMITTED, self._terms.references(party))
        sides = Sides.of(self.flow, entry, party)
        # Who is only named by documents has nothing of its own to compare, and is never written to its own side.
        planned = None if entry.version == NAMED else self._stepper.step(self._reading(), entry, sides, rules)
        if planned is not None:
            return planned
        for keeper in (self.flow.target, self.flow.source):
            currency = self._currencies[keeper].get(entry.id)
            planned = self._in_currency(entry, party, currency, keeper) if currency is not None else None
            if planned is not None:
                return planned
        return self._in_step(entry)

    def _in_currency(self, entry: Entry, party: Party, currency: str, keeper: Side) -> Plan | None:
        """The party once more, in a currency that documents need; None where that side cannot have it."""
        rows = self._rows if keeper is self.flow.target else self._peers
        there = parts_there(rows, party, currency)
        if len(there) > 1:
            return self._ambiguous(entry, party, there, f"several are kept in {currency}")
        if there:
            adopting = self._adopting(entry, there[0].external_id, "currency")
            return replace(adopting, side=keeper, part=PREFIX + currency)
        again, named = party_in(party, currency), normal_name(party.name)
        if keeper is self.flow.source:
            named = normal_name(again.name)
            if any(normal_name(row.name) == named for row in rows.near(row_of(again))):
                return None  # it is somebody's already: its documents go on waiting
        try:
            plan = self._stepper.write(entry, again, keeper, None, Operation.CREATE, None, natural_key=named)
        except MappingError:
            return None
        return replace(plan, parts=as_part(plan.parts, currency))

    # ---------------------------------------------------------------- common

    def _in_step(self, entry: Entry) -> Plan:
        step, rebase = "both sides are in step", entry.other_input is not None
        return Plan(entry, self.flow, Action.NOTHING, self.flow.target, reason=step, rebase_target=rebase)

    def _held(self, entry: Entry, hold: Hold) -> Plan:
        return Plan(entry, self.flow, Action.HOLD, self.flow.target, hold=hold, reason=hold.sentence)

    def _settled(self, entry: Entry, state: RecordState, reason: str) -> Plan:
        return Plan(entry, self.flow, Action.SETTLE, self.flow.target, state=state, reason=reason)


def _key(entry: Entry) -> str:
    """What a hold that waits for a person is filed under."""
    return f"{entry.object_type.value}:{entry.external_id}"
