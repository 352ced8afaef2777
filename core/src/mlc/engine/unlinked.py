"""Who was unlinked: removed on one side and kept on the other, or a person of no customer (pairings 5)."""

from typing import Any

from sqlalchemy import Connection, or_, select

from mlc.engine.customers import KEPT, NO_CUSTOMER
from mlc.engine.states import RecordState
from mlc.engine.vanishing import is_gone_in_target
from mlc.recipes import Pairing, Side
from mlc.records import Contact, ObjectType, Party, load_record
from mlc.store.schema import bindings, records

#: The end of every sentence that says so.
_KEPT = KEPT.partition("{where}")[2]
ALONE = "it belongs to no customer"


def unlinked(connection: Connection, pairing: Pairing) -> list[dict[str, Any]]:
    """People and customers that only one side has and that are not created on the other, in the order of their ids.

    A prospect's people are not among them: they wait for their customer.

    Returns:
        ``pairing``, ``kind``, ``name``, ``email``, ``kept_in`` (connection), ``id`` and ``customer`` there, ``since``,
        ``why``.
    """
    rows = connection.execute(
        select(records, bindings.c.external_id.label("elsewhere"))
        .outerjoin(
            bindings,
            (bindings.c.record_id == records.c.id)
            & (bindings.c.side != records.c.side)
            & (bindings.c.part == "main")
            & (bindings.c.role == "primary"),
        )
        .where(
            records.c.pairing == pairing.name,
            records.c.object_type.in_([ObjectType.CONTACT.value, ObjectType.CUSTOMER.value]),
            records.c.state == RecordState.NOT_CARRIED.value,
            or_(records.c.reason.endswith(_KEPT), records.c.reason == NO_CUSTOMER),
        )
        .order_by(records.c.id)
    ).mappings()
    told = (_told(pairing, dict(row)) for row in rows)
    return [one for one in told if one is not None]


def _told(pairing: Pairing, row: dict[str, Any]) -> dict[str, Any] | None:
    shown = load_record(ObjectType(row["object_type"]), row["input"]) if row["input"] else None
    if not isinstance(shown, Contact | Party):
        return None
    of = shown.customer.source_id if isinstance(shown, Contact) and shown.customer is not None else None
    if row["reason"] == NO_CUSTOMER and (of is not None or shown.source.deleted is not None):
        return None  # a prospect's, or gone
    side, its_id = Side(row["side"]), row["external_id"]
    if row["reason"] != NO_CUSTOMER and not is_gone_in_target(row["other_input"]):
        side, its_id, of = side.other, row["elsewhere"], None
        if row["other_input"]:
            there = load_record(ObjectType(row["object_type"]), row["other_input"])
            of = there.customer.source_id if isinstance(there, Contact) and there.customer is not None else None
    return {
        "pairing": pairing.name,
        "kind": row["object_type"],
        "name": shown.name,
        "email": getattr(shown, "email", None),
        "kept_in": pairing.connection(side),
        "id": its_id,
        "customer": of,
        "since": row["changed_at"],
        "why": ALONE if row["reason"] == NO_CUSTOMER else row["reason"],
    }
