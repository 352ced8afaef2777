"""Every held and every dead record, by name, code and amount: the cut-off list of a reconciliation."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from mlc.engine.holdstore import open_rows
from mlc.engine.reconcile.findings import ZERO, Finding, Kind
from mlc.engine.session import Session
from mlc.engine.states import RecordState
from mlc.recipes import Side
from mlc.records import ObjectType
from mlc.store.schema import records

UNDATED = "undated"


def waiting_findings(session: Session) -> Iterator[Finding]:
    """One line per open hold and per dead record of the pairing; ``amount`` is the record's own."""
    with session.database.read() as connection:
        for row in open_rows(connection, session.pairing.name):
            yield _finding(dict(row), Kind.HELD, row["sentence"], code=row["code"])
        dead = select(records).where(
            records.c.pairing == session.pairing.name, records.c.state == RecordState.DEAD.value
        )
        for row in connection.execute(dead.order_by(records.c.id)).mappings():
            yield _finding(dict(row), Kind.DEAD, row["reason"] or "it was given up on")


def dead_origins(session: Session) -> set[tuple[Side, ObjectType, str]]:
    """Where the dead records were read: side, list and id."""
    dead = select(records.c.side, records.c.read_type, records.c.external_id).where(
        records.c.pairing == session.pairing.name, records.c.state == RecordState.DEAD.value
    )
    with session.database.read() as connection:
        return {(Side(row.side), ObjectType(row.read_type), row.external_id) for row in connection.execute(dead)}


def held_by_period(session: Session) -> dict[str, dict[str, Decimal]]:
    """Month of the ledger date → currency → amount held: what ``mlc status --period`` lists as held in that month.

    A record counts once, however many holds it has; one that is in step and only has a question open does not.
    """
    sums: dict[str, dict[str, Decimal]] = {}
    held = select(records.c.ledger_date, records.c.currency, records.c.amount).where(
        records.c.pairing == session.pairing.name,
        records.c.state == RecordState.HELD.value,
        records.c.amount.is_not(None),
        records.c.currency.is_not(None),
    )
    with session.database.read() as connection:
        for row in connection.execute(held):
            period = sums.setdefault(row.ledger_date[:7] if row.ledger_date else UNDATED, {})
            period[row.currency] = period.get(row.currency, ZERO) + Decimal(row.amount)
    return sums


def _finding(row: Mapping[str, Any], kind: Kind, told: str, *, code: str | None = None) -> Finding:
    noun = row["object_type"].replace("_", " ").capitalize()
    of = f" of {row['party']}" if row["party"] and row["party"] != row["number"] else ""
    what = f"{noun} {row['number'] or '(id ' + row['external_id'] + ')'}{of}"
    sentence = told.removeprefix(f"{what}: ")
    why = f"{code}: {sentence}" if code else sentence
    left, right = (row["external_id"], None) if row["side"] == Side.LEFT.value else (None, row["external_id"])
    amount = Decimal(row["amount"]) if row["amount"] is not None else None
    return Finding(kind, what, left, right, amount, row["currency"], why)
