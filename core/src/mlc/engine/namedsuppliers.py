"""Suppliers that only documents name: proposed to the books with code and name, and made there once a person says so.

A system that hands documents over may not list its suppliers. One that a held document names becomes a record of its
own, as far as the document tells of it; a list that shows it one day takes its place.
"""

from typing import Any

from sqlalchemy import Connection, exists, insert, select

from mlc.accounting.holdcodes import HoldCode
from mlc.accounting.naming import TradeDocument, party_of
from mlc.clock import stamp
from mlc.engine.intakerows import facts_of
from mlc.engine.lists import deliverable
from mlc.engine.session import Session
from mlc.engine.states import RecordState
from mlc.engine.vanishing import NAMED
from mlc.recipes import Flow, FlowMode, Side
from mlc.records import Completeness, ObjectType, SourceMeta, Vendor, dump_record, load_record
from mlc.store.schema import holds, records

_KEY = f"{ObjectType.VENDOR.value}:"


def named_elsewhere(session: Session, source: Side) -> Flow | None:
    """The flow to which suppliers belong that documents of this side name and its lists do not show."""
    if session.pairing.policy.create_vendors is None:
        return None
    vendors = (one for one in deliverable(session) if one.object is ObjectType.VENDOR and one.source is source)
    return next((one for one in vendors if one.mode is FlowMode.HOLD), None)


def name_suppliers(session: Session, flow: Flow) -> int:
    """Make a record of every supplier that a held document names and its side never listed. Returns how many."""
    pairing, side, now = session.pairing.name, flow.source, stamp(session.clock.now())
    made = []
    with session.database.read() as connection:
        for code, kind, text in _unlisted(connection, pairing, side):
            vendor = _vendor(session, side, code, load_record(ObjectType(kind), text))
            if vendor is not None:
                made.append(_row(pairing, side, vendor, now))
    if made:
        with session.database.write() as tx:
            tx.execute(insert(records), made)
            audit = session.audit()
            for row in made:
                audit.add("named", object_type=row["object_type"], side=side.value, external_id=row["external_id"])
            audit.write(tx, session.clock.now())
    return len(made)


def _unlisted(connection: Connection, pairing: str, side: Side) -> list[tuple[str, str, str]]:
    """Code of a supplier, and one document that waits for it, as its type and its content."""
    document, party = records.alias("document"), records.alias("party")
    listed = exists().where(
        party.c.pairing == pairing,
        party.c.side == side.value,
        party.c.object_type == ObjectType.VENDOR.value,
        holds.c.waits_key == _KEY + party.c.external_id,
    )
    rows = connection.execute(
        select(holds.c.waits_key, document.c.object_type, document.c.input)
        .join(document, document.c.id == holds.c.record_id)
        .where(
            holds.c.pairing == pairing,
            holds.c.code == HoldCode.MISSING_VENDOR.value,
            holds.c.cleared_at.is_(None),
            holds.c.waits_key.startswith(_KEY, autoescape=True),
            document.c.side == side.value,
            document.c.input.is_not(None),
            ~listed,
        )
        .order_by(holds.c.id)
    ).all()
    found: dict[str, tuple[str, str, str]] = {}
    for key, kind, text in rows:
        code = key.removeprefix(_KEY)
        found.setdefault(code, (code, kind, text))
    return list(found.values())


def _vendor(session: Session, side: Side, code: str, document: Any) -> Vendor | None:
    """What the document tells of its supplier; None where it does not name it."""
    named: TradeDocument = document
    ref = party_of(named)
    if ref is None or ref.source_id != code or not ref.name:
        return None
    source = SourceMeta(
        system=session.system(side).name,
        connection_id=session.pairing.connection(side),
        source_id=code,
        source_version=NAMED,
        completeness=Completeness.SUMMARY,
    )
    return Vendor(source=source, name=ref.name, vendor_code=code, currency=named.currency)


def _row(pairing: str, side: Side, vendor: Vendor, now: str) -> dict[str, Any]:
    kind = ObjectType.VENDOR.value
    identity = {"pairing": pairing, "side": side.value, "object_type": kind, "read_type": kind}
    times = {"seen_at": now, "changed_at": now}
    stored = {"external_id": vendor.source.source_id, "version": NAMED, "input": dump_record(vendor)}
    return {**identity, **times, **facts_of(vendor), **stored, "state": RecordState.PENDING.value, "dirty": 0}
