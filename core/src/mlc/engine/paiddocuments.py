"""The documents that a payment settles, with what the target still owes on each (pairings 0.6)."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, cast

from sqlalchemy import Connection, RowMapping, Select, select, union_all

from mlc.accounting.paidrows import PaidDocument, is_paid
from mlc.engine.merging import vendor_now
from mlc.engine.session import Session
from mlc.engine.states import RecordState
from mlc.recipes import Flow, Side
from mlc.records import ObjectType, PayableDocument, Payment, load_record
from mlc.store.schema import bindings, records, registers

Planned = Callable[[RowMapping, PayableDocument | None], Mapping[str, str | None]]


def documents_of(
    session: Session,
    flow: Flow,
    connection: Connection,
    payment: Payment,
    claimed: Mapping[str, Decimal],
    planned: Planned,
) -> list[PaidDocument]:
    """The documents that the payment names, by id or by group, and what posts differences to them.

    Args:
        claimed: What payments of this slice take already, by the target's id.
        planned: What a document that is not there yet would be, while only planning.
    """
    groups = [one.group for one in payment.allocations if one.group is not None]
    ids = [one.document.source_id for one in payment.allocations if one.document and one.document.source_id]
    if not groups and not ids:
        return []
    kinds = {one.reads.value for one in session.pairing.flows if one.object is ObjectType.BILL}
    of_pairing = select(records.c.id).where(records.c.pairing == session.pairing.name)
    by_group = of_pairing.where(records.c.group_key.in_(groups))
    by_id = of_pairing.where(  # with what they were read as: so begins the index of ids
        records.c.side == flow.source.value, records.c.read_type.in_(kinds), records.c.external_id.in_(ids)
    )
    query = _with_target(flow.target).where(
        records.c.side == flow.source.value, records.c.object_type == ObjectType.BILL.value
    )
    rows = connection.execute(query.where(records.c.id.in_(union_all(by_group, by_id)))).mappings().all()
    named = [row["id"] for row in rows]
    adjusting = connection.execute(query.where(records.c.adjusts.in_(named)).order_by(records.c.id)).mappings().all()
    pays = session.pairing.policy.payment_authority is flow.target
    documents = []
    for found in (*rows, *adjusting):
        bill = cast(PayableDocument, load_record(ObjectType.BILL, found["input"])) if found["input"] else None
        row = {**found, **planned(found, bill)}
        balance = Decimal(row["balance"]) if row["balance"] is not None else None
        if balance is not None:
            balance -= claimed.get(row["target_id"], Decimal(0))
        documents.append(
            PaidDocument(
                record_id=row["id"],
                source_id=row["external_id"],
                number=row["number"],
                target_id=row["target_id"],
                total=bill.total if bill else None,
                balance=balance,
                amount_paid=bill.amount_paid if bill else None,
                bound=row["target_id"] is not None,
                vendor_target=vendor_now(connection, flow, session, row["party"]),
                currency=bill.currency if bill else None,
                group=row["group_key"],
                before_go_live=row["state"] == RecordState.BEFORE_GO_LIVE.value,
                paid_before=pays and is_paid(bill) and row["state"] == RecordState.NOT_CARRIED.value,
                adjusts=row["adjusts"],
            )
        )
    return documents + _born_in_target(session, flow, connection, ids)


def _with_target(target: Side) -> Select[Any]:
    """Records with where they stand in the target, and what its register shows of them."""
    return select(
        records.c.id,
        records.c.external_id,
        records.c.object_type,
        records.c.number,
        records.c.input,
        records.c.state,
        records.c.group_key,
        records.c.adjusts,
        bindings.c.external_id.label("target_id"),
        registers.c.balance,
        registers.c.party,
    ).select_from(
        records.outerjoin(
            bindings,
            (bindings.c.pairing == records.c.pairing)
            & (bindings.c.record_id == records.c.id)
            & (bindings.c.side == target.value)
            & (bindings.c.part == "main")
            & (bindings.c.role == "primary"),
        ).outerjoin(
            registers,
            (registers.c.pairing == records.c.pairing)
            & (registers.c.side == target.value)
            & (registers.c.object_type == records.c.object_type)
            & (registers.c.external_id == bindings.c.external_id),
        )
    )


def _born_in_target(session: Session, flow: Flow, connection: Connection, ids: Sequence[str]) -> list[PaidDocument]:
    """Documents that came from where the payment goes: it names what they became on its own side."""
    if not ids:
        return []
    rows = connection.execute(
        select(records.c.id, records.c.external_id, records.c.number, records.c.input, bindings.c.external_id)
        .join(bindings, bindings.c.record_id == records.c.id)
        .where(
            records.c.pairing == session.pairing.name,
            records.c.side == flow.target.value,
            records.c.object_type == ObjectType.BILL.value,
            records.c.input.is_not(None),
            bindings.c.pairing == session.pairing.name,
            bindings.c.side == flow.source.value,
            bindings.c.part == "main",
            bindings.c.role == "primary",
            bindings.c.external_id.in_(ids),
        )
    )
    documents = []
    for record_id, own_id, number, text, paid_id in rows:
        bill = cast(PayableDocument, load_record(ObjectType.BILL, text))
        documents.append(
            PaidDocument(
                record_id=record_id,
                source_id=paid_id,
                number=number,
                target_id=own_id,
                total=bill.total,
                balance=bill.balance,
                amount_paid=None,
                bound=True,
                vendor_target=bill.vendor.source_id if bill.vendor is not None else None,
                currency=bill.currency,
            )
        )
    return documents
