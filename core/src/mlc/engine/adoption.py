"""Adoption: exact twins and matched parties are bound as they stand; nothing on them is written (R20)."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from mlc.accounting.holdcodes import Hold, HoldCode, Waits
from mlc.clock import stamp
from mlc.contract import SourceRecord
from mlc.engine.booking import Booking
from mlc.engine.currencyparts import PREFIX
from mlc.engine.intents import IMAGE_PART
from mlc.engine.merging import merged_hold
from mlc.engine.plans import Plan
from mlc.engine.session import Session
from mlc.engine.states import RecordState
from mlc.recipes import Flow, Side
from mlc.records import ObjectType, Record, dump_record, load_record
from mlc.store.schema import bindings, registers

BY_A_PERSON = "a person"
BY_EXACT_TWIN = "exact twin"
#: Of a document from before go-live, which a payment settles.
BY_OLDER_TWIN = "exact twin from before go-live"
PARTIES = frozenset({ObjectType.VENDOR, ObjectType.CUSTOMER, ObjectType.CONTACT})


def adopt(session: Session, flow: Flow, plans: Sequence[Plan], booking: Booking) -> None:
    """Bind each plan's twin. A document is read whole once, so that a later edit of it can be told.

    A twin that belongs to another record already, or that two records claim at once, goes to the first alone.
    """
    if not plans:
        return
    _adopt_at_home(session, flow, [plan for plan in plans if plan.side is flow.source], booking)
    plans = [plan for plan in plans if plan.side is not flow.source]
    ids = [plan.adopt for plan in plans if plan.adopt is not None]
    taken = _taken(session, flow, ids)
    whole = _read_whole(session, flow, ids)
    listed = _listed(session, flow, ids)
    for plan in plans:
        assert plan.adopt is not None
        if plan.adopt in taken:
            if plan.entry.target is not None and flow.object in PARTIES and plan.part == "main":
                _follow(flow, plan, plan.adopt, booking)
            elif (owner := _other_name(session, flow, plan)) is not None:
                _bind_other_name(flow, plan, owner, booking)
            else:
                _hold_taken(plan, plan.adopt, booking)
            continue
        taken.add(plan.adopt)
        version, seen = listed.get(plan.adopt, (None, None))
        row = whole.get(plan.adopt)
        if row is not None and row.payload:
            version, seen = row.version, session.map(flow.target, flow.object, row.payload)
        _bind(session, flow, plan, plan.adopt, version, seen, booking)


def _adopt_at_home(session: Session, flow: Flow, plans: Sequence[Plan], booking: Booking) -> None:
    """Further currencies of parties on the side where they were born, each of which may be a record of its own as well.
    Of two parties of one name, the second goes without: its documents wait."""
    taken = _parts(session, flow, [plan.adopt for plan in plans if plan.adopt is not None]) if plans else set()
    for plan in plans:
        assert plan.adopt is not None
        if plan.adopt in taken:
            reason = f"{plan.adopt} is another record's in its currency"
            booking.record(plan.entry.id, RecordState.IN_STEP, reason=reason, dirty=0)
            continue
        taken.add(plan.adopt)
        _bind_part(plan, plan.adopt, None, session.mapper_version(flow), booking)


def _bind(
    session: Session,
    flow: Flow,
    plan: Plan,
    external_id: str,
    version: str | None,
    seen: Record | None,
    booking: Booking,
) -> None:
    entry = plan.entry
    if plan.part != "main":
        _bind_part(plan, external_id, version, session.mapper_version(flow), booking)
        return
    base = dump_record(seen) if seen is not None else None
    if entry.target is not None:
        which = {"b_record": entry.id, "b_side": flow.target.value, "b_part": "main"}
        booking.rows.replaced.append(which | {"role": "alias", "moved_to": external_id})
    booking.bound.adopted(
        entry,
        external_id,
        version=version,
        base=base,
        mapper_version=session.mapper_version(flow),
        now=stamp(booking.now),
    )
    booking.rows.wake(entry.object_type, entry.external_id, external_id)
    booking.rows.entries += flow.keeps_list
    booking.rows.taken.append({"b_side": flow.target.value, "b_type": flow.object.value, "b_external": external_id})
    booking.tally.adopted += 1
    if plan.adopt_by == BY_EXACT_TWIN:
        booking.rows.found.append(entry.id)
    values = {"other_input": base, "other_version": version} if base is not None else {}
    # A party that was just bound is looked at once more: our id and the ledger's own fields may go back to its side.
    booking.record(entry.id, RecordState.IN_STEP, reason=plan.reason, dirty=int(flow.object in PARTIES), **values)
    booking.note(
        "adopted",
        record_id=entry.id,
        object_type=entry.object_type.value,
        side=flow.target.value,
        external_id=external_id,
        by=plan.adopt_by,
    )


def _bind_part(plan: Plan, external_id: str, version: str | None, mapper_version: str, booking: Booking) -> None:
    """The same party in another currency: bound beside what it is there already; its documents wait for it."""
    entry = plan.entry
    booking.bound.adopted_part(
        entry,
        external_id,
        plan.part,
        side=plan.side,
        version=version,
        mapper_version=mapper_version,
        now=stamp(booking.now),
    )
    known_as = {entry.external_id, *(one.external_id for one in entry.parts.values())}
    booking.rows.woken |= {f"{entry.object_type.value}:{one}" for one in known_as}
    booking.tally.adopted += 1
    booking.record(entry.id, RecordState.IN_STEP, reason=plan.reason, dirty=0)
    facts = {"record_id": entry.id, "object_type": entry.object_type.value, "side": plan.side.value}
    booking.note("adopted", external_id=external_id, by=plan.adopt_by, part=plan.part, **facts)


def _follow(flow: Flow, plan: Plan, survivor: str, booking: Booking) -> None:
    """It became one with a party that another record is: only an alias is left of it there (R21)."""
    entry = plan.entry
    which = {"b_record": entry.id, "b_side": flow.target.value, "b_part": "main"}
    booking.rows.replaced.append(which | {"role": "alias", "moved_to": survivor})
    booking.rows.woken |= {f"{entry.object_type.value}:{entry.external_id}"}
    hold = merged_hold(entry, survivor, where="on the other side")
    booking.hold(entry.id, hold)
    booking.record(entry.id, RecordState.HELD, reason=hold.sentence)
    booking.note("merged", record_id=entry.id, side=flow.target.value, external_id=survivor, by=plan.adopt_by)


def _other_name(session: Session, flow: Flow, plan: Plan) -> str | None:
    """The id here of the vendor that a person says this one is as well; None where nobody does."""
    if flow.object is not ObjectType.VENDOR or plan.adopt_by != BY_A_PERSON or plan.part != "main":
        return None
    own, other = bindings.alias("own"), bindings.alias("other")
    query = (
        select(own.c.external_id)
        .join(other, other.c.record_id == own.c.record_id)
        .where(
            *_main(own, session, flow, flow.source),
            *_main(other, session, flow, flow.target),
            other.c.external_id == plan.adopt,
        )
    )
    with session.database.read() as connection:
        found = connection.execute(query).scalar()
    return None if found is None else str(found)


def _main(table: Any, session: Session, flow: Flow, side: Side) -> tuple[Any, ...]:
    return (
        table.c.pairing == session.pairing.name,
        table.c.side == side.value,
        table.c.object_type == flow.object.value,
        table.c.part == "main",
        table.c.role == "primary",
    )


def _bind_other_name(flow: Flow, plan: Plan, owner: str, booking: Booking) -> None:
    """Entered twice on its own side: an alias of the one that is bound. Documents of both go to the same party."""
    entry = plan.entry
    which = {"side": flow.source.value, "object_type": flow.object.value, "external_id": entry.external_id}
    alias = {"pairing": booking.bound.pairing, "record_id": entry.id, "part": "main", "role": "alias"}
    booking.rows.bindings.append(which | alias | {"moved_to": owner, "confirmed_at": stamp(booking.now)})
    booking.rows.wake(entry.object_type, entry.external_id, plan.adopt or "")
    reason = f"it is another name of {owner}"
    booking.record(entry.id, RecordState.NOT_CARRIED, reason=reason)
    facts = {"record_id": entry.id, "object_type": entry.object_type.value, "side": flow.source.value}
    booking.note("merged", external_id=owner, by=BY_A_PERSON, **facts)


def _hold_taken(plan: Plan, external_id: str, booking: Booking) -> None:
    sentence = f"{plan.entry.label}: {external_id} on the other side belongs to another record already."
    hold = Hold(HoldCode.AMBIGUOUS, sentence, Waits.PERSON, f"{plan.entry.object_type.value}:{plan.entry.external_id}")
    booking.hold(plan.entry.id, hold)
    booking.record(plan.entry.id, RecordState.HELD, reason=sentence)


def _parts(session: Session, flow: Flow, ids: Sequence[str]) -> set[str]:
    """Which of these ids on a flow's own side are a further currency of somebody already."""
    with session.database.read() as connection:
        return set(
            connection.execute(
                select(bindings.c.external_id).where(
                    bindings.c.pairing == session.pairing.name,
                    bindings.c.side == flow.source.value,
                    bindings.c.object_type == flow.object.value,
                    bindings.c.part.startswith(PREFIX, autoescape=True),
                    bindings.c.external_id.in_(ids),
                )
            ).scalars()
        )


def _taken(session: Session, flow: Flow, ids: Sequence[str]) -> set[str]:
    with session.database.read() as connection:
        return set(
            connection.execute(
                select(bindings.c.external_id).where(
                    bindings.c.pairing == session.pairing.name,
                    bindings.c.side == flow.target.value,
                    bindings.c.object_type == flow.object.value,
                    bindings.c.part != IMAGE_PART,
                    bindings.c.external_id.in_(ids),
                )
            ).scalars()
        )


def _read_whole(session: Session, flow: Flow, ids: Sequence[str]) -> dict[str, SourceRecord]:
    """Documents as they stand: the register keeps no lines. Where lists are whole too, if reading many is cheap."""
    support = session.system(flow.target).support(flow.object)
    if support is None or flow.object in PARTIES or (support.complete_in_list and support.read_batch == 1):
        return {}
    return {row.id: row for row in session.read(flow.target, flow.object, sorted(set(ids)))}


def _listed(session: Session, flow: Flow, ids: Sequence[str]) -> dict[str, tuple[str | None, Record | None]]:
    """Version and list row, as the register holds them."""
    with session.database.read() as connection:
        rows = connection.execute(
            select(registers.c.external_id, registers.c.version, registers.c.summary).where(
                registers.c.pairing == session.pairing.name,
                registers.c.side == flow.target.value,
                registers.c.object_type == flow.object.value,
                registers.c.external_id.in_(ids),
            )
        ).all()
    return {
        row.external_id: (row.version, load_record(flow.object, row.summary) if row.summary else None) for row in rows
    }
