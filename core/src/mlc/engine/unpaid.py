"""Bills that are settled where they come from, and still owed on the other side: no payment told it (R27)."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any, cast

from sqlalchemy import ColumnElement, select

from mlc.accounting.holdcodes import HoldCode
from mlc.accounting.paidrows import is_paid
from mlc.accounting.situation import Verdict
from mlc.clock import stamp
from mlc.engine.alerts import raise_alert, take_back
from mlc.engine.session import Session
from mlc.engine.states import RecordState
from mlc.recipes import FlowMode, Side
from mlc.records import ObjectType, PayableDocument, load_record
from mlc.store.schema import bindings, decisions, records, registers

CODE = "paid_without_payment"
#: A payment may take so long to follow the word that a bill is paid.
PATIENCE = timedelta(days=3)
#: The same where the other side pays by itself: time for the run that tells it.
PATIENCE_WITH_PAYER = timedelta(hours=1)
SHOWN = 5


def tell_unpaid(session: Session, target: Side) -> int:
    """One alert for all of them, taken back once none is left. Looked at after each sweep of the target's bills.

    Where the source pays, the books wait for its payment. Where the target pays, it would pay once more what the source
    has paid or credited, whether or not a flow tells it of payments.
    """
    payer, source = session.pairing.policy.payment_authority, target.other
    payments = session.pairing.flow_for(ObjectType.PAYMENT, source)
    if payer is source and payments is not None and payments.mode is FlowMode.WRITE:
        found = [row["label"] for row in _open_there(session, target, PATIENCE) if is_paid(row["bill"])]
        why = f"for {PATIENCE.days} days and more, but no payment of them came"
    elif payer is target:
        found = [row["label"] for row in _open_there(session, target, PATIENCE_WITH_PAYER) if _settled_here_alone(row)]
        why = "or credited, in part or as a whole, and not told to the side that pays"
    else:
        return 0
    if not found:
        take_back(session, CODE, session.pairing.name)
        return 0
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    names = [session.pairing.connection(side) for side in (source, target)]
    sentence = (
        f"{session.pairing.name}: paid at {names[0]} {why}; {names[1]} still owes "
        f"{', '.join(found[:SHOWN])}{more}; make sure that nobody pays them again."
    )
    raise_alert(session, CODE, session.pairing.name, sentence)
    return len(found)


def _settled_here_alone(row: dict[str, Any]) -> bool:
    """Whether more of it is paid or credited at its source than where it is paid."""
    bill = row["bill"]
    if bill.total is None or bill.balance is None or row["total"] is None:
        return False
    return bool(bill.total - bill.balance > Decimal(row["total"]) - Decimal(row["balance"]))


def _open_there(session: Session, target: Side, patience: timedelta) -> Iterator[dict[str, Any]]:
    """Bills that the target still owes, and that their source has shown as they are for a while."""
    query = (
        select(records.c.number, records.c.external_id, records.c.input, registers.c.total, registers.c.balance)
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
            records.c.seen_at < stamp(session.clock.now() - patience),
            records.c.input.is_not(None),
            registers.c.live == 1,
            registers.c.balance.is_not(None),
            registers.c.balance != "0",
            ~_sent_all_the_same(),
        )
        .order_by(records.c.id)
    )
    with session.database.read() as connection:
        for row in connection.execute(query).mappings():
            bill = cast(PayableDocument, load_record(ObjectType.BILL, row["input"]))
            yield {**row, "bill": bill, "label": row["number"] or row["external_id"]}


def _sent_all_the_same() -> ColumnElement[bool]:
    """A person knew that it was paid in part, and sent it."""
    return (
        select(decisions.c.id)
        .where(
            decisions.c.record_id == records.c.id,
            decisions.c.kind == Verdict.POST.value,
            decisions.c.subject == HoldCode.ALREADY_PAID.value,
        )
        .exists()
    )
