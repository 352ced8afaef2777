"""What the store knows, copied beside the rows to explain them: records, holds, bindings, decisions, parties."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Select, case, func, select

from mlc.engine.reconcile.rows import COMPARED
from mlc.engine.reconcile.spool import Spool
from mlc.engine.session import Session
from mlc.recipes import Side
from mlc.records import ObjectType
from mlc.store.schema import bindings, decisions, holds, records, registers

_CHUNK = 1_000
_KINDS = tuple(kind.value for kind in COMPARED)


def explain_rows(session: Session, spool: Spool, *, with_tax: bool) -> int:
    """Copy what explains the rows, then tell each row its record, its vendor and whether it is bound.

    Args:
        with_tax: Also the tax totals of both sides' full readings, since most lists state none.

    Returns:
        How many rows were left out: of a kind that is not carried, and not written by us either.
    """
    pairing = session.pairing.name
    with session.database.read() as connection:
        _copy_records(connection, spool, pairing, with_tax=with_tax)
        _copy_holds(connection, spool, pairing)
        _copy_decisions(connection, spool, pairing)
        _copy_bindings(connection, spool, pairing)
        _copy_adoptions(connection, spool, pairing)
        _copy_parties(connection, spool, pairing)
    spool.index()
    for statement in _TELL:
        spool.db.execute(statement)
    for side in Side:
        base = session.probes[side].base_currency if side in session.probes else None
        spool.db.execute("UPDATE rows SET currency = ? WHERE currency IS NULL AND side = ?", (base, side.value))
    return spool.db.execute("DELETE FROM rows WHERE aside = 1 AND bound = 0 AND own_key IS NULL").rowcount


def _copy_records(connection: Connection, spool: Spool, pairing: str, *, with_tax: bool) -> None:
    columns = [
        records.c.id,
        records.c.side,
        records.c.read_type,
        records.c.external_id,
        records.c.version,
        records.c.state,
        records.c.reason,
        records.c.overrides,
        records.c.group_key,
        records.c.adjusts,
    ]
    if with_tax:
        columns += [records.c.input, records.c.other_input]
    query = select(*columns).where(records.c.pairing == pairing, records.c.object_type.in_(_KINDS))
    statement = """INSERT INTO known (id, side, read_type, external_id, version, state, reason, overrides, grp,
      adjusts, source_tax, target_tax)
      VALUES (?,?,?,?,?,?,?,?,?,?,?,?)"""
    for chunk in _chunks(connection, query):
        taxes = [(_tax(row[10]), _tax(row[11])) if with_tax else (None, None) for row in chunk]
        spool.many(statement, [(*row[:10], *tax) for row, tax in zip(chunk, taxes, strict=True)])


def _tax(text: str | None) -> str | None:
    found = json.loads(text).get("tax_total") if text else None
    return None if found is None else str(found)


def _copy_holds(connection: Connection, spool: Spool, pairing: str) -> None:
    """The first open hold of each record; all of them are listed by name elsewhere."""
    query = (
        select(holds.c.code, holds.c.sentence, holds.c.record_id)
        .where(holds.c.pairing == pairing, holds.c.cleared_at.is_(None))
        .order_by(holds.c.id.desc())
    )
    for chunk in _chunks(connection, query):
        spool.many("UPDATE known SET hold_code = ?, hold_sentence = ? WHERE id = ?", chunk)


def _copy_decisions(connection: Connection, spool: Spool, pairing: str) -> None:
    query = select(decisions.c.kind, decisions.c.record_id).where(decisions.c.pairing == pairing)
    for chunk in _chunks(connection, query):
        spool.many("UPDATE known SET decided = COALESCE(decided || ' ', '') || ? WHERE id = ?", chunk)


def _copy_bindings(connection: Connection, spool: Spool, pairing: str) -> None:
    """An adjustment is a further part of the document whose difference it posts: its source knows only that one."""
    query = select(
        bindings.c.side,
        bindings.c.object_type,
        bindings.c.external_id,
        func.coalesce(records.c.adjusts, bindings.c.record_id),
        case((records.c.adjusts.is_not(None), "adjustment"), else_=bindings.c.part),
        bindings.c.role,
    )
    query = query.outerjoin(records, records.c.id == bindings.c.record_id).where(
        bindings.c.pairing == pairing, bindings.c.object_type.in_(_KINDS)
    )
    for chunk in _chunks(connection, query):
        spool.many("INSERT INTO bound VALUES (?,?,?,?,?,?)", chunk)


def _copy_adoptions(connection: Connection, spool: Spool, pairing: str) -> None:
    """Twins that were there already were bound as they stood, differences and all."""
    query = select(bindings.c.adopted, bindings.c.record_id).where(
        bindings.c.pairing == pairing, bindings.c.adopted == 1, bindings.c.object_type.in_(_KINDS)
    )
    for chunk in _chunks(connection, query):
        spool.many("UPDATE known SET adopted = ? WHERE id = ?", chunk)


def _copy_parties(connection: Connection, spool: Spool, pairing: str) -> None:
    """Vendors and customers by id and name, with the record that both sides' ids are bound to (aliases and parts
    too)."""
    kinds = (ObjectType.VENDOR.value, ObjectType.CUSTOMER.value)
    query = (
        select(
            registers.c.object_type,
            registers.c.side,
            registers.c.external_id,
            registers.c.name_key,
            registers.c.currency,
            bindings.c.record_id,
        )
        .select_from(
            registers.outerjoin(
                bindings,
                (bindings.c.pairing == registers.c.pairing)
                & (bindings.c.side == registers.c.side)
                & (bindings.c.object_type == registers.c.object_type)
                & (bindings.c.external_id == registers.c.external_id),
            )
        )
        .where(registers.c.pairing == pairing, registers.c.object_type.in_(kinds))
    )
    for chunk in _chunks(connection, query):
        spool.many("INSERT INTO parties VALUES (?,?,?,?,?,?)", chunk)
    bare = select(bindings.c.object_type, bindings.c.side, bindings.c.external_id, bindings.c.record_id).where(
        bindings.c.pairing == pairing, bindings.c.object_type.in_(kinds)
    )
    for chunk in _chunks(connection, bare):
        spool.many("INSERT INTO parties (kind, side, external_id, record_id) VALUES (?,?,?,?)", chunk)


def _chunks(connection: Connection, query: Select[Any]) -> Iterator[Sequence[tuple[Any, ...]]]:
    """The answer a thousand rows at a time, never whole in memory."""
    result = connection.execution_options(stream_results=True, max_row_buffer=_CHUNK).execute(query)
    for part in result.partitions(_CHUNK):
        yield [tuple(row) for row in part]


#: Invoices are a customer's, everything else a vendor's.
_WHOSE = "CASE rows.kind WHEN 'invoice' THEN 'customer' ELSE 'vendor' END"
_TELL = (
    # What keeps an adjustment from being there explains the document that it adjusts.
    """UPDATE known SET (hold_code, hold_sentence) = (SELECT a.hold_code, a.hold_sentence FROM known a
         WHERE a.adjusts = known.id AND a.hold_code IS NOT NULL LIMIT 1)
       WHERE hold_code IS NULL AND id IN (SELECT adjusts FROM known WHERE hold_code IS NOT NULL)""",
    """UPDATE known SET (state, reason) = ('dead', (SELECT a.reason FROM known a
         WHERE a.adjusts = known.id AND a.state = 'dead' LIMIT 1))
       WHERE id IN (SELECT adjusts FROM known WHERE state = 'dead')""",
    """UPDATE known SET decided = COALESCE(decided || ' ', '') || 'accept'
       WHERE id IN (SELECT adjusts FROM known WHERE state = 'skipped')""",
    # The record that a document is, on the side where it was born …
    """UPDATE rows SET record_id = (SELECT known.id FROM known WHERE known.side = rows.side
         AND known.read_type = rows.read_type AND known.external_id = rows.external_id)""",
    "UPDATE rows SET born_here = 1 WHERE record_id IS NOT NULL",
    # … or is bound to, on the other; a part of its own (a split document) is no second one.
    """UPDATE rows SET
         record_id = (SELECT MIN(b.record_id) FROM bound b
           WHERE b.side = rows.side AND b.kind = rows.kind AND b.external_id = rows.external_id),
         part = COALESCE((SELECT MIN(b.part != 'main') FROM bound b
           WHERE b.side = rows.side AND b.kind = rows.kind AND b.external_id = rows.external_id), 0)
       WHERE record_id IS NULL""",
    """UPDATE rows SET bound = 1 WHERE record_id IS NOT NULL AND (born_here = 0 OR EXISTS (
         SELECT 1 FROM bound WHERE bound.record_id = rows.record_id AND bound.side != rows.side))""",
    # A vendor is the record that its id is bound to; one that is only named, the record that this name alone is.
    f"""UPDATE rows SET party = COALESCE(
         (SELECT 'record:' || MIN(p.record_id) FROM parties p
            WHERE p.kind = {_WHOSE} AND p.side = rows.side AND p.external_id = rows.party_id
              AND p.record_id IS NOT NULL),
         (SELECT CASE WHEN COUNT(DISTINCT p.record_id) = 1 THEN 'record:' || MIN(p.record_id) END FROM parties p
            WHERE rows.party_id IS NULL AND p.kind = {_WHOSE} AND p.side = rows.side AND p.name_key = rows.name_key),
         party)""",
    # A list of payments may leave the currency out: it is its vendor's.
    f"""UPDATE rows SET currency = (SELECT MIN(p.currency) FROM parties p
         WHERE p.kind = {_WHOSE} AND p.side = rows.side AND p.external_id = rows.party_id) WHERE currency IS NULL""",
)
