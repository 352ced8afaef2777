"""Parties merged at a vendor: followed through aliases, never merged or deleted by us (R21)."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, select, update

from mlc.accounting.holdcodes import Hold, HoldCode, Waits
from mlc.accounting.naming import TradeDocument, party_field, party_of
from mlc.accounting.situation import Situation
from mlc.clock import parse_stamp, stamp
from mlc.engine.plans import Entry
from mlc.engine.registers import describe
from mlc.engine.session import Session
from mlc.engine.states import RecordState
from mlc.engine.vanishing import is_gone_in_target, mark_gone
from mlc.recipes import Flow, Side
from mlc.records import Contact, DeletionKind, Invoice, ObjectType, load_record
from mlc.store.schema import bindings, holds, intents, records, registers
from mlc.store.statements import Statement

#: How a binding that followed a merge is told.
BY_MERGE = "merged there"
_FAR = 20


def merged_into(other_input: str | None) -> str | None:
    """The id that a party which is gone on the other side was merged into, where that side says so."""
    if not is_gone_in_target(other_input):
        return None
    gone = json.loads(other_input or "{}")["gone"]
    return gone.get("moved_to") if gone.get("kind") == DeletionKind.MERGED.value else None


def survivor(connection: Connection, pairing: str, side: Side, kind: ObjectType, external_id: str) -> str:
    """The id that stands for this one now: itself, unless it was merged away."""
    for _step in range(_FAR):
        asked = {"b_pairing": pairing, "b_side": side.value, "b_type": kind.value, "b_id": external_id}
        found = _MOVED_TO.rows(connection, asked)
        if not found or found[0][0] is None:
            return external_id
        external_id = found[0][0]
    return external_id


_MOVED_TO = Statement(
    select(bindings.c.moved_to).where(
        bindings.c.pairing == bindparam("b_pairing"),
        bindings.c.side == bindparam("b_side"),
        bindings.c.object_type == bindparam("b_type"),
        bindings.c.external_id == bindparam("b_id"),
        bindings.c.part == "main",
        bindings.c.role == "alias",
    )
)


def other_name_of(connection: Connection, pairing: str, entry: Entry) -> str | None:
    """The id on its own side of the party that a person said this one is, too; None where nobody did."""
    into = survivor(connection, pairing, entry.side, entry.object_type, entry.external_id)
    return None if into == entry.external_id else into


def vendor_now(connection: Connection, flow: Flow, session: Session, party: str | None) -> str | None:
    """Who a document in the flow's target belongs to by now: its vendor may have been merged since it was listed."""
    if party is None:
        return None
    return survivor(connection, session.pairing.name, flow.target, ObjectType.VENDOR, party)


def merged_party(connection: Connection, pairing: str, entry: Entry) -> str | None:
    """What a party that has only an alias left on the other side was merged into; None when it was never bound."""
    if entry.target is not None or entry.origin is None:
        return None
    moved_to = connection.execute(
        select(bindings.c.moved_to)
        .where(
            bindings.c.pairing == pairing,
            bindings.c.side == entry.side.other.value,
            bindings.c.object_type == entry.object_type.value,
            bindings.c.record_id == entry.id,
            bindings.c.part == "main",
            bindings.c.role == "alias",
        )
        .order_by(bindings.c.id.desc())
    ).scalar()
    return None if moved_to is None else survivor(connection, pairing, entry.side.other, entry.object_type, moved_to)


def merged_hold(
    entry: Entry, into: str | None, *, where: str, candidate: str | None = None, closes: bool = False
) -> Hold:
    """Two parties became one on one side: whether they are one here is a person's to say.

    Args:
        candidate: Who it may have become, where the vendor does not say.
        closes: Accepting makes it inactive on the other side.
    """
    key = f"{entry.object_type.value}:{entry.external_id}"
    if into is None:
        sentence = (
            f"{entry.label} is gone {where}, merged or deleted: that side does not say which, and the other still has "
            "it. Link the one it became, or accept that it stays."
        )
        shown = {"candidates": [{"id": candidate}]} if candidate is not None else {}
        return Hold(HoldCode.MERGED_ELSEWHERE, sentence, Waits.PERSON, key, shown)
    rest = "Accept, and it becomes inactive there." if closes else "Merge them there too, or accept that they stay two."
    sentence = (
        f"{entry.label} was merged into {into} {where}, and the other side still has both; its documents go to {into}. "
        f"{rest}"
    )
    return Hold(HoldCode.MERGED_ELSEWHERE, sentence, Waits.PERSON, key, {"into": into})


def follow_party(connection: Connection, pairing: str, now: Situation) -> Situation:
    """A document whose party was merged on either side was not edited: the base there follows."""
    target, source = now.flow.target, now.flow.source
    return replace(
        now,
        base_target=_followed(connection, pairing, target, now.base_target, now.target_now),
        base_source=_followed(connection, pairing, source, now.base_source, now.record),
    )


def _followed(
    connection: Connection, pairing: str, side: Side, base: TradeDocument | None, shown: TradeDocument | None
) -> TradeDocument | None:
    if base is None or shown is None:
        return base
    field, was, is_now = party_field(shown), party_of(base), party_of(shown)
    before, after = (None if one is None else one.source_id for one in (was, is_now))
    if before is None or after is None or before == after:
        return base
    if survivor(connection, pairing, side, ObjectType(field), before) != after:
        return base
    return base.model_copy(update={field: is_now})


def resolve_refused(session: Session) -> int:
    """Documents refused because their party is gone: read the party once, so that what became of it is known.

    Returns how many are decided again. What is refused once more waits as every hold does.
    """
    with session.database.read() as connection:
        refused = connection.execute(
            select(holds.c.id, holds.c.record_id, intents.c.side, intents.c.object_type, intents.c.rendered)
            .join(intents, intents.c.id == holds.c.intent_id)
            .where(
                holds.c.pairing == session.pairing.name,
                holds.c.code == HoldCode.MISSING_VENDOR.value,
                holds.c.cleared_at.is_(None),
                holds.c.woken_at.is_(None),
                intents.c.rendered.is_not(None),
            )
        ).all()
    named: dict[tuple[Side, ObjectType, str], list[tuple[int, int]]] = {}
    for row in refused:
        document = load_record(ObjectType(row.object_type), row.rendered)
        party = describe(document)["party"]
        if party:
            kind = ObjectType.CUSTOMER if isinstance(document, Invoice | Contact) else ObjectType.VENDOR
            named.setdefault((Side(row.side), kind, party), []).append((row.id, row.record_id))
    for (side, kind, party), waiting in named.items():
        found = session.read(side, kind, [party])[0]
        now = stamp(session.clock.now())
        with session.database.write() as tx:
            if found.deleted is not None:
                for record_id, born_at in tx.execute(_bound_to(session, side, kind, party)).all():
                    mark_gone(tx, side, record_id, found.deleted, is_origin=born_at == side.value, now=now)
                tx.execute(update(registers).where(*_listed_as(session, side, kind, party)).values(live=0))
            elif _was_tried_again(tx, [record for _, record in waiting], now):
                continue
            tx.execute(update(holds).where(holds.c.id.in_([hold for hold, _ in waiting])).values(woken_at=now))
            tx.execute(
                update(records)
                .where(records.c.id.in_([record for _, record in waiting]), records.c.state == RecordState.HELD.value)
                .values(state=RecordState.PENDING.value)
            )
    return len(refused)


def _bound_to(session: Session, side: Side, kind: ObjectType, party: str) -> Select[Any]:
    """Records that this party of a side is, with the side where each was born."""
    return (
        select(bindings.c.record_id, records.c.side)
        .join(records, records.c.id == bindings.c.record_id)
        .where(
            bindings.c.pairing == session.pairing.name,
            bindings.c.side == side.value,
            bindings.c.object_type == kind.value,
            bindings.c.external_id == party,
            bindings.c.part == "main",
            bindings.c.role == "primary",
        )
    )


def _listed_as(session: Session, side: Side, kind: ObjectType, party: str) -> tuple[ColumnElement[bool], ...]:
    return (
        registers.c.pairing == session.pairing.name,
        registers.c.side == side.value,
        registers.c.object_type == kind.value,
        registers.c.external_id == party,
    )


def _was_tried_again(tx: Connection, record_ids: list[int], now: str) -> bool:
    """Whether documents refused for a party that is there went once more already, less than a day ago."""
    since = stamp(parse_stamp(now) - timedelta(days=1))
    tried = select(holds.c.id).where(
        holds.c.record_id.in_(record_ids), holds.c.code == HoldCode.MISSING_VENDOR.value, holds.c.woken_at > since
    )
    return tx.execute(tried.limit(1)).first() is not None
