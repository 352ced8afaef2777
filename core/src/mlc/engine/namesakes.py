"""Parties whose name stands in the way, or is all that is known of them."""

from sqlalchemy import Connection, select

from mlc.accounting.holdcodes import HoldCode
from mlc.engine.registers import name_key
from mlc.recipes import Side
from mlc.records import ObjectType, Ref
from mlc.store.schema import holds, records, registers


def only_inactive(connection: Connection, pairing: str, source: Side, kind: ObjectType, ref: Ref) -> bool:
    """Whether the target has a party of this name, and none of that name is active.

    False for one that its own side lists: what becomes of that one is the business of its own flow.
    """
    if not ref.name:
        return False
    listed = connection.execute(
        select(records.c.id)
        .where(
            records.c.pairing == pairing,
            records.c.side == source.value,
            records.c.read_type == kind.value,
            records.c.external_id == ref.source_id,
        )
        .limit(1)
    ).first()
    if listed is not None:
        return False
    found = connection.execute(
        select(registers.c.live).where(
            registers.c.pairing == pairing,
            registers.c.side == source.other.value,
            registers.c.object_type == kind.value,
            registers.c.name_key == name_key(ref.name),
        )
    ).all()
    return bool(found) and not any(row.live for row in found)


def refused_for_its_name(connection: Connection, record_id: int) -> bool:
    """Whether the target refused to make this party because its name is somebody's there: perhaps of a kind that is
    not read."""
    found = select(holds.c.id).where(
        holds.c.record_id == record_id,
        holds.c.code == HoldCode.NAME_TAKEN.value,
        holds.c.intent_id.is_not(None),
        holds.c.cleared_at.is_(None),
    )
    return connection.execute(found.limit(1)).first() is not None
