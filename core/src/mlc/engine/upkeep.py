"""What a run looks after before and between flows: crashes, holds that wake, strangers' payments."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import cast
from weakref import WeakKeyDictionary

from sqlalchemy import insert, or_, select, update

from mlc.accounting.holdcodes import Hold, HoldCode, Waits
from mlc.clock import stamp
from mlc.connection import Memory
from mlc.engine.alerts import raise_alert
from mlc.engine.booking import Booking
from mlc.engine.doubles import was_answered
from mlc.engine.holdstore import open_holds, wake, wake_periods, wake_stale
from mlc.engine.intents import Change, load_intents
from mlc.engine.lacking import tell_flows_off
from mlc.engine.offdimensions import refuse_maps
from mlc.engine.session import Session
from mlc.engine.states import IntentState, RecordState
from mlc.engine.tally import Tally
from mlc.recipes import Side
from mlc.records import ObjectType, Payment, load_record
from mlc.store.schema import bindings, holds, intents, probes, records
from mlc.tenants import Probe

NEEDED = "needed by a payment"
"""The mark of a document from before go-live that a payment settles: its exact twin is adopted, it is never created."""


def recover_interrupted(session: Session) -> int:
    """Writes that were under way when the process died are uncertain; nobody else can be sending them (R31)."""
    with session.database.read() as connection:
        cut = load_intents(
            connection,
            intents.c.pairing == session.pairing.name,
            intents.c.state == IntentState.SENDING.value,
        )
    if not cut:
        return 0
    booking = Booking(session, session.clock.now(), Tally())
    for intent in cut:
        booking.rows.changes.append(
            Change(intent, IntentState.UNCERTAIN, {"error": "the process ended while it was sent"})
        )
        booking.note("uncertain", record_id=intent.record_id, intent=intent.id, reason="the process ended")
    with session.database.write() as tx:
        booking.write(tx)
        booking.write_audit(tx)
    return len(cut)


#: How old the reading of locks, and of what else a tenant can do, may be when something is written.
PROBE_AGE = timedelta(minutes=15)
#: What each tenant said last in this process, and when: of use to who follows a run, never to the start of one.
_LAST: WeakKeyDictionary[Memory, tuple[Probe, datetime]] = WeakKeyDictionary()


def probe_if_old(session: Session) -> None:
    """As ``probe_sides``, unless both tenants were asked within ``PROBE_AGE``, by this session or another of this
    process: a run that goes on, and notices that come between two runs, cost no call for it."""
    now = session.clock.now()
    if session.probed_at is not None and now - session.probed_at <= PROBE_AGE:
        return
    known = {side: _LAST.get(session.connections[side].memory) for side in Side}
    fresh = {side: one for side, one in known.items() if one is not None and timedelta(0) <= now - one[1] <= PROBE_AGE}
    if len(fresh) < len(known):
        probe_sides(session)
        return
    session.probes.update({side: probe for side, (probe, _at) in fresh.items()})
    refuse_maps(session)
    session.probed_at = min(at for _probe, at in fresh.values())


def probe_sides(session: Session) -> None:
    """Ask both tenants what they can do; a moved period lock wakes what waited for it (R7)."""
    now = session.clock.now()
    for side in Side:
        session.probes[side] = session.call(side, "mlc_probe")
        _LAST[session.connections[side].memory] = session.probes[side], now
        name = session.pairing.connection(side)
        locks = {area: day.isoformat() for area, day in session.probes[side].locks.items()}
        missing = {kind.value: sentence for kind, sentence in session.probes[side].missing.items()}
        owned = {kind.value: sentence for kind, sentence in session.probes[side].owned.items()}
        off = {kind.value: sentence for kind, sentence in session.probes[side].dimensions_off.items()}
        kept = {"locks": locks, "plan": session.probes[side].plan, "missing": missing, "owned": owned}
        answer = json.dumps(kept | {"dimensions_off": off})
        with session.database.write() as tx:
            before = tx.execute(select(probes.c.answer).where(probes.c.connection == name)).scalar()
            if before is None:
                tx.execute(insert(probes).values(connection=name, answer=answer, at=stamp(now)))
            else:
                tx.execute(update(probes).where(probes.c.connection == name).values(answer=answer, at=stamp(now)))
            if before is not None and json.loads(before).get("locks") != locks:
                wake_periods(tx, stamp(now))
    refuse_maps(session)
    session.probed_at = now
    tell_flows_off(session)


def wake_holds(session: Session, *, configuration_changed: bool) -> None:
    """Changed configuration wakes what it may cure; everything else gets its one look a day."""
    now = session.clock.now()
    with session.database.write() as tx:
        if configuration_changed:
            wake(tx, session.pairing.name, Waits.CONFIG, None, stamp(now))
            _ask_again_of_lists(session, tx)
        wake_stale(tx, session.pairing.name, before=stamp(now - timedelta(days=1)), now=stamp(now))
        _wake_unallocated(session, tx, stamp(now))
        _wake_unmatched(session, tx)


_CURED_BY_DOCUMENTS = (HoldCode.PAYMENT_UNALLOCATED, HoldCode.PAYMENT_BLOCKED, HoldCode.WOULD_OVERPAY)


def _wake_unallocated(session: Session, tx: object, now: str) -> None:
    """A payment that waits for its documents is looked at in every run: it costs no call."""
    del now
    tx.execute(  # type: ignore[attr-defined]
        update(records)
        .where(
            records.c.pairing == session.pairing.name,
            records.c.object_type == ObjectType.PAYMENT.value,
            records.c.state == RecordState.HELD.value,
            records.c.id.in_(
                select(holds.c.record_id).where(
                    holds.c.pairing == session.pairing.name,
                    holds.c.cleared_at.is_(None),
                    holds.c.code.in_([code.value for code in _CURED_BY_DOCUMENTS]),
                )
            ),
        )
        .values(state=RecordState.PENDING.value)
    )


def _wake_unmatched(session: Session, tx: object) -> None:
    """Parties without a match are matched again against the register: it costs no call."""
    tx.execute(  # type: ignore[attr-defined]
        update(records)
        .where(records.c.pairing == session.pairing.name, records.c.state == RecordState.UNMATCHED.value)
        .values(state=RecordState.PENDING.value)
    )


def _ask_again_of_lists(session: Session, tx: object) -> None:
    """Entries of lists that were not carried: the maps, the wanted types or the go-live date may say so no more."""
    kept = [flow.object.value for flow in session.pairing.flows if flow.keeps_list]
    tx.execute(  # type: ignore[attr-defined]
        update(records)
        .where(
            records.c.pairing == session.pairing.name,
            records.c.object_type.in_(kept),
            records.c.state == RecordState.NOT_CARRIED.value,
        )
        .values(state=RecordState.PENDING.value)
    )


def wake_master_data(session: Session) -> None:
    """Accounts, taxes or dimensions changed in the target: what waited for a map line may go now."""
    with session.database.write() as tx:
        wake(tx, session.pairing.name, Waits.CONFIG, None, stamp(session.clock.now()))


def call_older_documents(session: Session, source: Side) -> int:
    """Documents from before go-live that a pending payment settles are looked at once more, to be adopted (R26)."""
    with session.database.write() as tx:
        wanted: set[str] = set()
        ids: set[str] = set()
        for text in tx.execute(
            select(records.c.input).where(
                records.c.pairing == session.pairing.name,
                records.c.side == source.value,
                records.c.object_type == ObjectType.PAYMENT.value,
                records.c.state == RecordState.PENDING.value,
            )
        ).scalars():
            payment = cast(Payment, load_record(ObjectType.PAYMENT, text)) if text else None
            for allocation in payment.allocations if payment else ():
                if allocation.group is not None:
                    wanted.add(allocation.group)
                if allocation.document is not None and allocation.document.source_id:
                    ids.add(allocation.document.source_id)
        if not wanted and not ids:
            return 0
        return tx.execute(
            update(records)
            .where(
                records.c.pairing == session.pairing.name,
                records.c.side == source.value,
                records.c.object_type == ObjectType.BILL.value,
                records.c.state == RecordState.BEFORE_GO_LIVE.value,
                or_(records.c.reason.is_(None), ~records.c.reason.like(f"{NEEDED}%")),
                or_(records.c.group_key.in_(wanted), records.c.external_id.in_(ids)),
            )
            .values(state=RecordState.PENDING.value, reason=NEEDED)
        ).rowcount


def judge_strangers(session: Session, side: Side, payments: Sequence[str]) -> int:
    """Payments made by hand on the side that does not pay: hold the bills they touch, and say so at once."""
    found = 0
    for text in payments:
        payment = cast(Payment, load_record(ObjectType.PAYMENT, text))
        ids = [one.document.source_id for one in payment.allocations if one.document and one.document.source_id]
        if not ids or _ours(session, side, payment):
            continue
        now = session.clock.now()
        with session.database.write() as tx:
            touched = tx.execute(
                select(bindings.c.record_id, records.c.number)
                .join(records, records.c.id == bindings.c.record_id)
                .where(
                    bindings.c.pairing == session.pairing.name,
                    bindings.c.side == side.value,
                    bindings.c.object_type == ObjectType.BILL.value,
                    bindings.c.external_id.in_(ids),
                    ~was_answered(bindings.c.record_id, HoldCode.PAID_ON_WRONG_SIDE, payment.source.source_id),
                )
            ).all()
            wanted = []
            for row in touched:
                sentence = (
                    f"Bill {row.number}: a payment of {payment.amount} {payment.currency or ''} was made on it by hand "
                    f"({payment.source.source_id}) on the side that does not pay; make sure it is not paid twice."
                )
                hold = Hold(HoldCode.PAID_ON_WRONG_SIDE, sentence, Waits.PERSON, payment.source.source_id)
                wanted.append((row.record_id, None, hold))
            opened = open_holds(tx, session.pairing.name, wanted, stamp(now))
            audit = session.audit()
            for record_id, hold in opened:
                audit.add("held", record_id=record_id, code=hold.code.value, sentence=hold.sentence)
            audit.write(tx, now)
        for _record_id, hold in opened:
            found += 1
            raise_alert(session, hold.code.value, f"{session.pairing.name}:{hold.key}", hold.sentence)
    return found


def _ours(session: Session, side: Side, payment: Payment) -> bool:
    """A payment we wrote, or are writing, is never read back as a new one (R17)."""
    with session.database.read() as connection:
        if payment.external_key is not None:
            return (
                connection.execute(
                    select(intents.c.id).where(intents.c.record_key == payment.external_key).limit(1)
                ).first()
                is not None
            )
        bound = connection.execute(
            select(bindings.c.id).where(
                bindings.c.pairing == session.pairing.name,
                bindings.c.side == side.value,
                bindings.c.object_type == ObjectType.PAYMENT.value,
                bindings.c.external_id == payment.source.source_id,
            )
        ).first()
        if bound is not None:
            return True
        return (
            connection.execute(
                select(intents.c.id).where(
                    intents.c.pairing == session.pairing.name,
                    intents.c.side == side.value,
                    intents.c.object_type == ObjectType.PAYMENT.value,
                    intents.c.state.in_([IntentState.SENDING.value, IntentState.UNCERTAIN.value]),
                )
            ).first()
            is not None
        )
