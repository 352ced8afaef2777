"""How the side that pays has a bill, shown in custom fields of the side that owns it: in those an operator named, and
in nothing else of it (pairings 2, flow 7)."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import cast

from sqlalchemy import Connection, select

from mlc.contract import Binding, BoundPart, Operation, RenderContext, Rendered, Updated
from mlc.engine.alerts import raise_alert, take_back
from mlc.engine.drafting import record_key
from mlc.engine.evidence import marks_stand
from mlc.engine.intents import MARK_PART
from mlc.engine.plans import Action, Entry, Plan
from mlc.engine.sending import Fate, Result
from mlc.engine.session import Session
from mlc.engine.states import OPEN_INTENTS, IntentState
from mlc.engine.vanishing import is_gone_in_target
from mlc.errors import ConfigError
from mlc.recipes import Flow, Policy
from mlc.records import ApprovalStatus, Bill, CustomField, DocumentStatus, ObjectType, PaymentStatus, load_record
from mlc.store.schema import intents
from mlc.system import Capability

#: What stands in the field. Before anything has happened over there it stays, or becomes, empty.
_APPROVALS = {
    ApprovalStatus.NONE: "",
    ApprovalStatus.PENDING: "pending",
    ApprovalStatus.APPROVED: "approved",
    ApprovalStatus.REJECTED: "denied",
}
_PAYMENTS = {
    PaymentStatus.UNPAID: "",
    PaymentStatus.SCHEDULED: "scheduled",
    PaymentStatus.PARTIAL: "partly paid",
    PaymentStatus.PAID: "paid",
}


def marks_fields(session: Session, flow: Flow) -> bool:
    """Whether this flow's documents show the other side's state.

    Raises: ConfigError when their own side has no way to write single custom fields.
    """
    fields = session.pairing.policy.state_fields
    if flow.object is not ObjectType.BILL or not (fields.approval or fields.payment):
        return False
    home = session.system(flow.source)
    if not home.can(flow.object, Capability.MARK):
        raise ConfigError(
            f"state_fields of {session.pairing.name}: custom fields of a bill cannot be written in {home.title} alone; "
            "leave state_fields out."
        )
    return True


def wanted_marks(shown: Bill, policy: Policy) -> Mapping[str, str]:
    """Field → what is to stand there. A state that is not known, or was not shown, leaves its field alone."""
    told = (
        (policy.state_fields.approval, _APPROVALS.get(shown.approval_status), shown.known("approval_status")),
        (policy.state_fields.payment, _PAYMENTS.get(shown.payment_status), shown.known("payment_status")),
    )
    return {name: word for name, word, known in told if name and word is not None and known}


def marking(session: Session, flow: Flow, connection: Connection, entry: Entry) -> Plan | None:
    """The write of fields that are behind; None when there is nothing to say that was not said already.

    What we wrote last is not written again, whatever stands there now: a person's edit is theirs, and an echo is ours.
    """
    own, shown = cast(Bill | None, entry.source()), _shown(entry)
    if own is None or shown is None or own.status is DocumentStatus.VOID or own.source.deleted is not None:
        return None
    wanted = wanted_marks(shown, session.pairing.policy)
    there = _values(own)
    if all(there.get(name, "") == word for name, word in wanted.items()):
        return None
    fields = tuple(CustomField(key=name, value=word) for name, word in sorted(wanted.items()))
    marked = own.model_copy(update={"custom_fields": fields})
    context = RenderContext(
        operation=Operation.UPDATE,
        probe=session.probe(flow.source),
        record_key=record_key(session.system(entry.side).name, entry),
        fields=frozenset({"custom_fields"}),
    )
    binding = Binding(parts={"main": BoundPart("main", entry.external_id, entry.version)}, base=own)
    rendered = cast(Rendered, session.call(flow.source, "mlc_render", record=marked, binding=binding, context=context))
    parts = tuple(replace(part, name=MARK_PART) for part in rendered.parts)
    said = _said(connection, entry)
    if not parts or said.under_way or said.last == _digest(parts[0].payload):
        return None
    if said.last is None and not any(wanted.values()):
        return None
    return Plan(
        entry,
        flow,
        Action.WRITE,
        flow.source,
        operation=Operation.UPDATE,
        parts=parts,
        rendered=marked,
        fields=frozenset({"custom_fields"}),
        reason="the state over there is shown",
    )


def tell_of_marks(session: Session, result: Result) -> None:
    """A field that is not there, or takes no such word, is an alert: the bill itself stands as it stood."""
    if result.intent.part != MARK_PART:
        return
    cause = f"{session.pairing.name}:{result.intent.side.value}"
    if result.fate is Fate.REJECTED or _is_ignored(result):
        why = result.reason if result.fate is Fate.REJECTED else "it said yes and shows none of it."
        sentence = (
            f"{session.pairing.connection(result.intent.side)} does not take the fields that state_fields names: {why} "
            "Make them there as text fields of bills, or leave them out."
        )
        raise_alert(session, "marks_refused", cause, sentence)
    elif result.fate is Fate.CONFIRMED:
        take_back(session, "marks_refused", cause)


def _is_ignored(result: Result) -> bool:
    """Some systems take a field that they do not know, and drop it."""
    if result.fate is not Fate.CONFIRMED or not isinstance(result.outcome, Updated):
        return False
    sent, seen = result.intent.rendered, result.outcome.seen
    return isinstance(sent, Bill) and isinstance(seen, Bill) and not marks_stand(sent, seen)


def _shown(entry: Entry) -> Bill | None:
    if entry.other_input is None or is_gone_in_target(entry.other_input):
        return None
    return cast(Bill, load_record(ObjectType.BILL, entry.other_input))


def _values(bill: Bill) -> dict[str, str]:
    return {one.key: one.value or "" for one in bill.custom_fields}


def _digest(payload: bytes) -> str:
    return hashlib.sha256(payload).hexdigest()


@dataclass(frozen=True, slots=True)
class _Said:
    """``last``: the digest of what was written there last. ``under_way``: something is, so nothing else leaves."""

    last: str | None
    under_way: bool


def _said(connection: Connection, entry: Entry) -> _Said:
    query = select(intents.c.state, intents.c.payload_digest).where(
        intents.c.record_id == entry.id,
        intents.c.part == MARK_PART,
        intents.c.state.in_([IntentState.CONFIRMED.value, *(state.value for state in OPEN_INTENTS)]),
    )
    rows = connection.execute(query.order_by(intents.c.updated_at.desc(), intents.c.id)).all()
    done = [row.payload_digest for row in rows if row.state == IntentState.CONFIRMED.value]
    return _Said(done[0] if done else None, len(done) < len(rows))
