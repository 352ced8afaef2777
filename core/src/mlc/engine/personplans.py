"""Plans for the people at customers: matched within their own customer alone, merged field by field."""

from typing import cast

from pydantic import ValidationError
from sqlalchemy import Connection

from mlc.accounting.holdcodes import Hold, HoldCode, Waits
from mlc.accounting.parties import normal_name, shared_mailbox
from mlc.accounting.partyrows import Match
from mlc.accounting.situation import Verdict
from mlc.contract import Operation
from mlc.engine.customers import KEPT, NO_CUSTOMER, counterpart
from mlc.engine.heirs import why_not_carried
from mlc.engine.merging import BY_MERGE, merged_hold, merged_into, merged_party, survivor
from mlc.engine.peoplerows import Doubt, look_alike, names_each_other, people_with, rows_of_people
from mlc.engine.planning import verdicts
from mlc.engine.plans import Action, Entry, Plan
from mlc.engine.registers import mailbox_key
from mlc.engine.session import Session
from mlc.engine.states import RecordState
from mlc.engine.stepping import Rules, Sides, Stepper, customer_of
from mlc.engine.usage import bound_elsewhere
from mlc.engine.vanishing import is_gone_in_target
from mlc.errors import MappingError
from mlc.recipes import Flow, Owner, Side
from mlc.records import Contact, DeletionKind, ObjectType, Ref
from mlc.store.schema import registers


class PersonPlanner:
    """One flow of people. Whose customer is not bound waits, without a hold."""

    def __init__(self, session: Session, flow: Flow) -> None:
        self.session = session
        self.flow = flow
        self._stepper = Stepper(session, flow)
        self._taken: set[str] = set()
        self._planning_only = False
        self._connection: Connection | None = None

    @property
    def _store(self) -> Connection:
        assert self._connection is not None
        return self._connection

    def begin_slice(self, connection: Connection, *, planning_only: bool) -> None:
        self._connection = connection
        self._planning_only = planning_only

    def plan(self, entry: Entry) -> Plan:
        try:
            return self._plan(entry)
        except MappingError as error:
            return self._settled(entry, RecordState.DEAD, error.sentence)
        except ValidationError as error:
            return self._settled(entry, RecordState.DEAD, str(error.errors()[0]["msg"]))

    def _plan(self, entry: Entry) -> Plan:
        person = cast(Contact | None, entry.source())
        if person is None:
            return self._settled(entry, RecordState.DEAD, entry.reason or "it could not be read")
        if Verdict.SKIP.value in entry.decided:
            return self._settled(entry, RecordState.SKIPPED, "a person skipped it")
        if entry.target is not None:
            return self._bound(entry, person)
        into = merged_party(self._store, self.session.pairing.name, entry)
        return self._unbound(entry, person) if into is None else self._merged_away(entry, into, "on the other side")

    # ---------------------------------------------------------------- not matched yet

    def _unbound(self, entry: Entry, person: Contact) -> Plan:
        other = bound_elsewhere(self.session, self._store, entry)
        if other is not None:
            return self._settled(entry, RecordState.NOT_CARRIED, f"it is the other side of {other}")
        if person.source.deleted is not None:
            return self._settled(entry, RecordState.NOT_CARRIED, why_not_carried(self._store, self.session, entry))
        account = self._account(person)
        if account is None:
            return self._settled(entry, RecordState.NOT_CARRIED, NO_CUSTOMER)
        for linked in entry.decided.get("link", {}):
            return self._adopting(entry, linked, "a person")
        if verdicts(entry.decided).get(HoldCode.AMBIGUOUS) is not Verdict.POST:
            match self._matched(person, account):
                case Match(external_id, by):
                    return self._adopting(entry, external_id, by)
                case Doubt() as doubt:
                    return self._ambiguous(entry, doubt)
        return self._creating(entry, person, account)

    def _account(self, person: Contact) -> str | None:
        """The other side's id of whose person it is."""
        customer = customer_of(person)
        if customer is None:
            return None
        found = counterpart(self.session, self._store, self.flow.source, ObjectType.CUSTOMER, customer)
        if found is None and self._planning_only:
            return self.session.planned.get(ObjectType.CUSTOMER, customer)
        return found

    def _matched(self, person: Contact, account: str) -> Match | Doubt | None:
        """By the other side's id, or by an address that only one person on either side has."""
        colleagues = rows_of_people(self.session, self._store, self.flow.target, registers.c.party == account)
        free = [row for row in colleagues if row.bound_to is None and row.id not in self._taken]
        stated = [row for row in free if names_each_other(person, row.person)]
        if len(stated) == 1:
            return Match(stated[0].id, "external_id")
        mailbox = mailbox_key(person.email)
        if mailbox is not None and not shared_mailbox(person.email):
            same = rows_of_people(self.session, self._store, self.flow.target, registers.c.number_key == mailbox)
            twins = people_with(self.session, self._store, self.flow.source, mailbox)
            if len(same) == 1 and twins == 1 and same[0].id in {row.id for row in free}:
                return Match(same[0].id, "email")
            if same:
                several = "more than one person has that address"
                return Doubt(tuple(same), several if len(same) + twins > 2 else "who has that address is bound already")
        alike = [row for row in free if look_alike(person, row.person)]
        if alike:
            return Doubt(tuple(alike), "only the name, or a shared address, is the same")
        if mailbox is None:
            return Doubt((), "it has no e-mail address; say post to make it there")
        return None

    def _adopting(self, entry: Entry, external_id: str, by: str) -> Plan:
        self._taken.add(external_id)
        reason = f"matched by {by.replace('_', ' ')}"
        return Plan(entry, self.flow, Action.ADOPT, self.flow.target, adopt=external_id, adopt_by=by, reason=reason)

    def _ambiguous(self, entry: Entry, doubt: Doubt) -> Plan:
        shown = [
            {"id": row.id, "name": row.person.name, "email": row.person.email, "phone": row.person.phone}
            for row in doubt.candidates
        ]
        sentence = f"{entry.label}: it cannot be told which one it is on the other side: {doubt.why}."
        return self._held(entry, HoldCode.AMBIGUOUS, sentence, {"candidates": shown} if shown else {})

    def _creating(self, entry: Entry, person: Contact, account: str) -> Plan:
        there = person.model_copy(update={"customer": Ref(record_type=ObjectType.CUSTOMER, source_id=account)})
        key = f"{account}|{mailbox_key(person.email) or normal_name(person.name or '')}"
        return self._stepper.write(entry, there, self.flow.target, None, Operation.CREATE, None, natural_key=key)

    # ---------------------------------------------------------------- kept in step

    def _bound(self, entry: Entry, person: Contact) -> Plan:
        assert entry.target is not None
        if is_gone_in_target(entry.other_input):
            into = merged_into(entry.other_input)
            if into is not None:
                return self._adopting(entry, into, BY_MERGE)
            for linked in entry.decided.get("link", {}):
                if linked != entry.target.external_id:
                    return self._adopting(entry, linked, "a person")
            return self._unlinked(entry, self.flow.target)
        gone = person.source.deleted
        if gone is not None and gone.kind is DeletionKind.MERGED:
            return self._merged_away(entry, gone.moved_to or "another", "where it was born")
        if gone is not None:
            return self._unlinked(entry, self.flow.source)
        sides = Sides.of(self.flow, entry, person)
        moved = self._moved(entry, sides)
        if moved is not None:
            return moved
        planned = self._stepper.step(self._store, entry, sides, self._rules(sides))
        if planned is not None:
            return planned
        return Plan(
            entry,
            self.flow,
            Action.NOTHING,
            self.flow.target,
            reason="both sides are in step",
            rebase_target=entry.other_input is not None,
        )

    def _unlinked(self, entry: Entry, side: Side) -> Plan:
        """Removed on one side: kept on the other, and never made or deleted by us (pairings 5)."""
        where = self.session.system(side).title
        return self._settled(entry, RecordState.NOT_CARRIED, KEPT.format(where=where))

    def _merged_away(self, entry: Entry, into: str, where: str) -> Plan:
        if verdicts(entry.decided).get(HoldCode.MERGED_ELSEWHERE) is Verdict.ACCEPT:
            return Plan(entry, self.flow, Action.NOTHING, self.flow.target, reason="a person accepted the merge")
        hold = merged_hold(entry, into, where=where)
        return Plan(entry, self.flow, Action.HOLD, self.flow.target, hold=hold, reason=hold.sentence)

    def _moved(self, entry: Entry, sides: Sides) -> Plan | None:
        """To another customer on one side: whether the other side follows is a person's to say."""
        if verdicts(entry.decided).get(HoldCode.DRIFT) in (Verdict.ACCEPT, Verdict.REPAIR):
            return None
        for side, now, base in (
            (self.flow.source, sides.own, sides.own_base),
            (self.flow.target, sides.other, sides.other_base),
        ):
            before, after = customer_of(base), customer_of(now)
            if before is None or not isinstance(now, Contact) or not now.known("customer") or before == after:
                continue
            if survivor(self._store, self.session.pairing.name, side, ObjectType.CUSTOMER, before) == after:
                continue
            to = f"was moved to customer {after}" if after else "belongs to no customer any more"
            where = self.session.system(side).title
            sentence = f"{entry.label}: it {to} in {where}; the other side still has it where it was."
            return self._held(entry, HoldCode.DRIFT, sentence, {"customer": {"before": before, "after": after}})
        return None

    def _rules(self, sides: Sides) -> Rules:
        """The person to whom invoices go has owners of their own."""
        owners = self._stepper.owners()
        is_primary = any(isinstance(one, Contact) and one.is_primary for one in (sides.own, sides.other))
        special = self.flow.primary_owners if is_primary else {}
        remit = [name for name, owner in special.items() if owner in (Owner.LEFT, Owner.RIGHT)]
        other = customer_of(sides.other)
        references = {"customer": Ref(record_type=ObjectType.CUSTOMER, source_id=other)} if other is not None else {}
        return Rules(owners | dict(special), remit, references)

    # ---------------------------------------------------------------- common

    def _held(self, entry: Entry, code: HoldCode, sentence: str, detail: dict[str, object]) -> Plan:
        hold = Hold(code, sentence, Waits.PERSON, f"{entry.object_type.value}:{entry.external_id}", detail)
        return Plan(entry, self.flow, Action.HOLD, self.flow.target, hold=hold, reason=sentence)

    def _settled(self, entry: Entry, state: RecordState, reason: str) -> Plan:
        return Plan(entry, self.flow, Action.SETTLE, self.flow.target, state=state, reason=reason)
