"""Bills that are paid where they come from, and still owed in the books: their payment never came (pairings 1)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import cast

from sqlalchemy import select

from mlc.accounting.paidrows import is_paid
from mlc.clock import stamp
from mlc.engine.alerts import raise_alert, take_back
from mlc.engine.session import Session
from mlc.engine.states import RecordState
from mlc.recipes import FlowMode, Side
from mlc.records import ObjectType, PayableDocument, load_record
from mlc.store.schema import bindings, records, registers

CODE = "paid_without_payment"
#: A payment may take so long to follow the word that a bill is paid.
PATIENCE = timedelta(days=3)
SHOWN = 5


def tell_unpaid(session: Session, target: Side) -> int:
    """One alert for all of them, taken back once none is left. Looked at after each sweep of the books' bills."""
    policy, source = session.pairing.policy, target.other
    payments = session.pairing.flow_for(ObjectType.PAYMENT, source)
    if payments is None or payments.mode is not FlowMode.WRITE or policy.payment_authority is not source:
        return 0
    found = list(_unpaid(session, target))
    if not found:
        take_back(session, CODE, session.pairing.name)
        return 0
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    names = [session.pairing.connection(side) for side in (source, target)]
    sentence = (
        f"{session.pairing.name}: paid at {names[0]} for {PATIENCE.days} days and more, but no payment of them came; "
        f"{names[1]} still owes {', '.join(found[:SHOWN])}{more}; make sure that nobody pays them again."
    )
    raise_alert(session, CODE, session.pairing.name, sentence)
    return len(found)


def _unpaid(session: Session, target: Side) -> Iterator[str]:
    """The numbers of bills that are open in the books, and have been paid at their source for a while."""
    query = (
        select(records.c.number, records.c.external_id, records.c.input)
        .join(
            bindings,
            (bindings.c.record_id == records.c.id)
            & (bindings.c.pairing == records.c.pairing)
            & (bindings.c.side == target.value)
            & (bindings.c.part == "main")
            & (bindings.c.role == "primary"),
        )
        .join(
            registers,
            (registers.c.pairing == records.c.pairing)
            & (registers.c.side == target.value)
            & (registers.c.object_type == records.c.object_type)
            & (registers.c.external_id == bindings.c.external_id),
        )
        .where(
            records.c.pairing == session.pairing.name,
            records.c.object_type == ObjectType.BILL.value,
            records.c.side == target.other.value,
            records.c.state == RecordState.IN_STEP.value,
            records.c.seen_at < stamp(session.clock.now() - PATIENCE),
            records.c.input.is_not(None),
            registers.c.live == 1,
            registers.c.balance.is_not(None),
            registers.c.balance != "0",
        )
        .order_by(records.c.id)
    )
    with session.database.read() as connection:
        for number, external_id, text in connection.execute(query):
            if is_paid(cast(PayableDocument, load_record(ObjectType.BILL, text))):
                yield number or external_id
