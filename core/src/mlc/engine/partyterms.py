"""The payment terms of parties in the other side's words, where a flow writes the list of terms there."""

from typing import TypeVar

from mlc.accounting.holdcodes import Hold, HoldCode, Waits
from mlc.accounting.listrows import code_of, name_of
from mlc.contract import Loss
from mlc.engine.keptlists import KeptLists
from mlc.engine.plans import Entry
from mlc.engine.session import Session
from mlc.recipes import Flow
from mlc.records import ObjectType, Party, Ref

PartyT = TypeVar("PartyT", bound=Party)
_FIELD = "payment_terms"


class PaymentTerms:
    """Answers for one slice. A pairing that writes no payment terms hands a party's own on as they are."""

    def __init__(self, session: Session, flow: Flow, *, planning_only: bool) -> None:
        self._kept = KeptLists(session, flow.source, planning_only=planning_only)
        terms = session.pairing.flow_for(ObjectType.PAYMENT_TERM, flow.target)
        self._theirs = terms is not None and terms.keeps_list

    def references(self, party: Party) -> dict[str, Ref]:
        """The field with the target's id, code and name; nothing where the target has no such term from us."""
        term = party.payment_terms
        if term is None:
            return {}
        found = self._kept.find(ObjectType.PAYMENT_TERM, term.source_id, term.code, term.name)
        if found is None:
            return {}
        there = found.source.source_id
        return {_FIELD: Ref(record_type=term.record_type, source_id=there, code=code_of(found), name=name_of(found))}

    def lost(self, party: Party) -> tuple[Loss, ...]:
        """What is not carried of it: a term that the other side, whose list it is, does not have."""
        term = party.payment_terms
        if term is None or not self._theirs or self.references(party):
            return ()
        return (Loss(_FIELD, f"no payment term {term.name or term.code or term.source_id} there"),)

    def translated(self, entry: Entry, party: PartyT) -> PartyT | Hold:
        """The party as it can be created there; a hold while its term is still on its way."""
        term = party.payment_terms
        if term is not None and self._kept.is_missing(ObjectType.PAYMENT_TERM, term.source_id, term.code, term.name):
            sentence = f"{entry.label}: its payment term {term.name or term.code} is not on the other side yet."
            key = f"{ObjectType.PAYMENT_TERM.value}:{term.source_id or term.code or term.name}"
            return Hold(HoldCode.MANDATORY_FIELD, sentence, Waits.CONFIG, key)
        if self.lost(party):
            return party.model_copy(update={_FIELD: None})
        return party.model_copy(update=self.references(party))
