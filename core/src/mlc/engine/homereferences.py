"""References to what came from the target: documents that are handed over name vendors and orders born there."""

import json
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select

from mlc.engine.merging import survivor
from mlc.recipes import Side
from mlc.records import ObjectType
from mlc.store.schema import bindings, records, registers
from mlc.store.statements import Statement


@dataclass(frozen=True, slots=True)
class BornThere:
    """A record of the target, named by what it became on the source's side. ``lines``: that side's line ids → the
    target's own."""

    external_id: str
    number: str | None
    live: bool
    currency: str | None
    lines: dict[str, str]


def born_there(connection: Connection, pairing: str, source: Side, kind: ObjectType, named: str) -> BornThere | None:
    """The target's record that this id of the source's side stands for; None when it did not come from the target."""
    named = survivor(connection, pairing, source, kind, named)
    asked = {
        "b_pairing": pairing,
        "b_source": source.value,
        "b_target": source.other.value,
        "b_type": kind.value,
        "b_id": named,
    }
    found = _BORN_THERE.rows(connection, asked)
    if not found:
        return None
    external_id, number, lines, live, currency = found[0]
    into = survivor(connection, pairing, source.other, kind, external_id)
    if into != external_id:
        return _survivor(connection, pairing, source.other, kind, into)
    bound = json.loads(lines) if lines else {}
    return BornThere(
        external_id=external_id,
        number=number,
        live=live != 0,
        currency=currency,
        lines={theirs: ours.partition("|")[0] for ours, theirs in bound.items()},  # a split line is one of its parts
    )


_BORN_THERE = Statement(
    select(records.c.external_id, records.c.number, bindings.c.lines, registers.c.live, registers.c.currency)
    .select_from(
        bindings.join(records, records.c.id == bindings.c.record_id).outerjoin(
            registers,
            (registers.c.pairing == records.c.pairing)
            & (registers.c.side == records.c.side)
            & (registers.c.object_type == records.c.object_type)
            & (registers.c.external_id == records.c.external_id),
        )
    )
    .where(
        bindings.c.pairing == bindparam("b_pairing"),
        bindings.c.side == bindparam("b_source"),
        bindings.c.object_type == bindparam("b_type"),
        bindings.c.external_id == bindparam("b_id"),
        bindings.c.part == "main",
        bindings.c.role == "primary",
        records.c.side == bindparam("b_target"),
    )
)


def _survivor(connection: Connection, pairing: str, side: Side, kind: ObjectType, into: str) -> BornThere:
    """What it was merged into, bound or not: it stands for both of them there."""
    listed = connection.execute(
        select(registers.c.live, registers.c.currency).where(
            registers.c.pairing == pairing,
            registers.c.side == side.value,
            registers.c.object_type == kind.value,
            registers.c.external_id == into,
        )
    ).first()
    live, currency = (True, None) if listed is None else (listed.live != 0, listed.currency)
    return BornThere(into, None, live, currency, {})
