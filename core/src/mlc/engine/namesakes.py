"""Parties that a document names and that its own side does not list: known in the target by their name alone."""

from sqlalchemy import Connection, select

from mlc.engine.registers import name_key
from mlc.recipes import Side
from mlc.records import ObjectType, Ref
from mlc.store.schema import records, registers


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
