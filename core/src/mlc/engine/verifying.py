"""What was posted without being shown: compared with the first reading of it (R13), which becomes the base (R16)."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, select, update

from mlc.accounting.decide import compare_posted
from mlc.accounting.holdcodes import Hold, HoldCode, Waits
from mlc.engine.bindingrows import line_map
from mlc.engine.booking import Booking
from mlc.engine.homebase import home_base
from mlc.engine.intents import Intent, load_intents
from mlc.engine.session import Session
from mlc.engine.states import IntentState, RecordState
from mlc.engine.tally import Tally
from mlc.engine.vanishing import is_gone_in_target
from mlc.recipes import Side
from mlc.records import Record, load_record
from mlc.store.schema import bindings, intents, records


def verify_posted(session: Session, record_ids: Sequence[int]) -> int:
    """Compare these records' unverified writes with what was read since. Returns how many were compared."""
    with session.database.read() as connection:
        found = [
            (row, write)
            for row in _read_since(connection, session, record_ids)
            if (write := _last_write(connection, row))
        ]
    if not found:
        return 0
    booking = Booking(session, session.clock.now(), Tally())
    verified: list[tuple[int, dict[str, Any]]] = []
    for row, write in found:
        if row["side"] == row["born"]:
            seen = load_record(write.object_type, row["input"])
            verified.append((row["id"], {"base": home_base(write, seen)[0]}))
            continue
        seen = load_record(write.object_type, row["other_input"])
        lines = line_map(write, seen) or json.loads(row["lines"] or "{}")
        values = {"base": row["other_input"], "version": row["other_version"], "lines": json.dumps(lines)}
        verified.append((row["id"], values))
        _compare(booking, row, write, seen)
    with session.database.write() as tx:
        booking.write(tx)
        for binding_id, values in verified:
            tx.execute(update(bindings).where(bindings.c.id == binding_id).values(unverified=0, **values))
        booking.write_audit(tx)
    return len(verified)


def _compare(booking: Booking, row: RowMapping, write: Intent, seen: Record) -> None:
    differences = compare_posted(write.rendered, seen) if write.rendered is not None else []
    if not differences:
        booking.note("verified", record_id=row["record_id"], side=row["side"], external_id=row["external_id"])
        return
    told = "; ".join(f"{one.field}: sent {one.ours}, the ledger shows {one.theirs}" for one in differences)
    sentence = f"{write.label} was posted but shows other values: {told}."
    booking.hold(row["record_id"], Hold(HoldCode.POSTED_DIFFERS, sentence, Waits.PERSON, row["external_id"]), write)
    booking.record(row["record_id"], RecordState.HELD, reason=sentence, dirty=0)


def _read_since(connection: Connection, session: Session, record_ids: Sequence[int]) -> Sequence[RowMapping]:
    """Unverified bindings whose document was read after it was written; one that is gone is another question."""
    rows = connection.execute(
        select(
            bindings.c.id,
            bindings.c.side,
            bindings.c.external_id,
            bindings.c.record_id,
            bindings.c.lines,
            bindings.c.confirmed_at,
            records.c.side.label("born"),
            records.c.input,
            records.c.seen_at,
            records.c.other_input,
            records.c.other_version,
        )
        .join(records, records.c.id == bindings.c.record_id)
        .where(
            bindings.c.pairing == session.pairing.name,
            bindings.c.side.in_([side.value for side in Side]),  # so that the index leads to the record
            bindings.c.record_id.in_(record_ids),
            bindings.c.unverified == 1,
            bindings.c.part == "main",
            bindings.c.role == "primary",
        )
    ).mappings()
    return [row for row in rows if _is_read(row)]


def _is_read(row: RowMapping) -> bool:
    if row["side"] == row["born"]:
        return row["input"] is not None and row["seen_at"] > row["confirmed_at"]
    return row["other_input"] is not None and not is_gone_in_target(row["other_input"])


def _last_write(connection: Connection, row: RowMapping) -> Intent | None:
    """The write that nobody has seen the result of."""
    written = load_intents(
        connection,
        intents.c.record_id == row["record_id"],
        intents.c.side == row["side"],
        intents.c.part == "main",
        intents.c.state == IntentState.CONFIRMED.value,
    )
    return max(written, key=lambda intent: intent.sent_at or "", default=None)
