"""Plans that reverse a payment, one step at a time, each an intent of its own (pairings 0.6)."""

from dataclasses import replace
from datetime import date
from typing import cast

from mlc.accounting.holdcodes import Hold
from mlc.accounting.payments import payment_name
from mlc.accounting.periods import lock_hold
from mlc.accounting.reversing import next_step, reversal_day, whole_reversal
from mlc.contract import Operation, RenderContext, Rendered
from mlc.engine.drafting import record_key
from mlc.engine.plans import Action, Entry, Plan
from mlc.engine.session import Session
from mlc.engine.vanishing import is_gone_in_target
from mlc.recipes import Flow
from mlc.records import ObjectType, Payment, load_record
from mlc.system import Capability

#: Among the overrides of the step that books the refund: its day.
REFUND_DAY = "refund_day"


def shown_there(entry: Entry) -> Payment | None:
    """The payment as the target shows it; None when it is gone there, or was never read."""
    assert entry.target is not None
    text = entry.other_input or entry.target.base
    return None if text is None or is_gone_in_target(text) else cast(Payment, load_record(ObjectType.PAYMENT, text))


def is_reversed(entry: Entry) -> bool:
    """Nothing of it is left in the target, by our hand or a person's."""
    shown = shown_there(entry)
    return shown is not None and shown.known("allocations") and shown.amount is not None and next_step(shown) is None


def explained(session: Session, flow: Flow, entry: Entry, payment: Payment, hold: Hold) -> Hold:
    """The hold with what *reverse* would do, or why it cannot be said here."""
    shown, support = shown_there(entry), session.system(flow.target).support(ObjectType.PAYMENT)
    if support is None or Capability.REVERSE not in support.can:
        return replace(hold, sentence=f"{hold.sentence} The target takes no reversals: book it there, then accept.")
    refused = session.probe(flow.target).refused.get(ObjectType.PAYMENT, {}).get(Capability.REVERSE)
    if refused is not None:
        return replace(hold, sentence=f"{hold.sentence} {refused}", detail={"refused": refused})
    if shown is None or not shown.known("allocations"):
        return replace(
            hold, sentence=f"{hold.sentence} What it settles there is not known: book it there, then accept."
        )
    return replace(hold, detail={"reverse": whole_reversal(shown, _day(session, flow, payment))})


def reversing(session: Session, flow: Flow, entry: Entry, payment: Payment, hold: Hold) -> Plan | Hold:
    """The next step of the reversal; a hold where its period is closed or the target cannot say it."""
    held = explained(session, flow, entry, payment, hold)
    if "reverse" not in held.detail:
        return held
    shown, probe = shown_there(entry), session.probe(flow.target)
    support = session.system(flow.target).support(ObjectType.PAYMENT)
    assert shown is not None
    assert support is not None
    step = next_step(shown)
    assert step is not None
    day = _day(session, flow, payment)
    for one in (shown.payment_date if shown.allocations else None, day):
        locked = lock_hold(one, support.lock_area, probe, session.pairing.policy, name=payment_name(payment))
        if locked is not None:
            return locked
    context = RenderContext(
        operation=Operation.VOID,
        probe=probe,
        record_key=record_key(session.system(entry.side).name, entry),
        overrides={REFUND_DAY: day.isoformat()},
    )
    binding = entry.binding()
    assert binding is not None
    rendered = cast(
        Rendered,
        session.call(
            flow.target, "mlc_render", record=step.wanted, binding=replace(binding, base=shown), context=context
        ),
    )
    return Plan(
        entry,
        flow,
        Action.WRITE,
        flow.target,
        operation=Operation.VOID,
        parts=rendered.parts,
        rendered=step.wanted,
        reason=step.told,
        losses=rendered.losses,
    )


def _day(session: Session, flow: Flow, payment: Payment) -> date:
    return reversal_day(payment, session.probe(flow.target).time_zone, session.clock.now())
