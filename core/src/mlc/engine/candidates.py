"""Documents of the target that could be twins: looked up in its register on disk, so that memory stays flat (R39)."""

from calendar import monthrange
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any, cast

from sqlalchemy import Connection, and_, bindparam, func, literal, or_, select, union_all

from mlc.accounting.naming import TradeDocument, has_own_number, number_of, party_id
from mlc.accounting.twins import CONTAINED_MIN, SAME_PERIOD_DAYS, RegisterRow, number_key
from mlc.engine.registers import amount_text
from mlc.recipes import Side
from mlc.store.schema import registers
from mlc.store.statements import Statement


def find_candidates(
    connection: Connection,
    pairing: str,
    side: Side,
    document: TradeDocument,
    *,
    number: str | None,
    issue_date: date | None,
    but: int,
) -> list[RegisterRow]:
    """Rows of the same vendor with an equal number or the same total, and those of the same period with a number that
    looks alike, is transposed or contains the other.

    Of an order or invoice the number is our own: it is looked for whoever the party is.

    Args:
        document: With the target's vendor id.
        number: The full number, where the document carries a shortened one.
        issue_date: The supplier's own date, where the document carries another ledger date.
        but: The record itself, whose own row is no twin.
    """
    stated = number or number_of(document)
    key = number_key(stated) if stated else ""
    first, last = _period((issue_date, document.issue_date))
    found = _statement(connection.dialect.name, has_own_number(document)).rows(
        connection,
        {
            "b_pairing": pairing,
            "b_side": side.value,
            "b_type": document.object_type.value,
            "b_party": party_id(document) or "",
            "b_key": key,
            "b_sig": "".join(sorted(key)),
            "b_total": amount_text(document.total) or "",
            "b_first": first,
            "b_last": last,
            "b_record": but,
            "b_long": len(key) >= CONTAINED_MIN,
        },
    )
    rows = {row[0]: row for row in found}  # one row may answer several of the searches
    return [register_row(dict(zip(_NAMES, row, strict=True))) for row in rows.values()]


def live_with_key(connection: Connection, pairing: str, side: Side, object_type: str, external_key: str) -> str | None:
    """The unbound live document that already carries our key: a write of an earlier life (R20)."""
    facts = {"b_pairing": pairing, "b_side": side.value, "b_type": object_type, "b_key": external_key}
    rows = _BY_KEY.rows(connection, facts)
    return str(rows[0][0]) if rows else None


def register_row(row: Mapping[str, object]) -> RegisterRow:
    """A row of the register as judging twins sees it."""
    total, balance, issued = row["total"], row["balance"], row["issue_date"]
    return RegisterRow(
        external_id=str(row["external_id"]),
        number=cast(str | None, row["number"]),
        party=cast(str | None, row["party"]),
        currency=cast(str | None, row["currency"]),
        total=Decimal(str(total)) if total is not None else None,
        balance=Decimal(str(balance)) if balance is not None else None,
        issue_date=date.fromisoformat(str(issued)) if issued is not None else None,
        status=str(row["status"] or ""),
        live=bool(row["live"]),
        bound_to=cast(int | None, row["record_id"]),
        external_key=cast(str | None, row["external_key"]),
    )


_OF_TYPE = and_(
    registers.c.pairing == bindparam("b_pairing"),
    registers.c.side == bindparam("b_side"),
    registers.c.object_type == bindparam("b_type"),
)
_COLUMNS = (
    registers.c.external_id,
    registers.c.number,
    registers.c.party,
    registers.c.currency,
    registers.c.total,
    registers.c.balance,
    registers.c.issue_date,
    registers.c.status,
    registers.c.live,
    registers.c.record_id,
    registers.c.external_key,
)
_NAMES = tuple(column.name for column in _COLUMNS)
_BY_KEY = Statement(
    select(registers.c.external_id).where(
        _OF_TYPE,
        registers.c.external_key == bindparam("b_key"),
        registers.c.live == 1,
        registers.c.record_id.is_(None),
    )
)


@cache
def _statement(dialect: str, own_number: bool) -> Statement:
    """A search per index, joined: with ``OR`` between them the database went through all of a vendor's documents."""
    key: Any = bindparam("b_key")
    position = func.strpos if dialect == "postgresql" else func.instr
    ours = registers.c.party == bindparam("b_party")
    alike = or_(
        registers.c.number_sig == bindparam("b_sig"),
        and_(
            bindparam("b_long") == literal(True),
            or_(
                position(registers.c.number_key, key) > 0,
                and_(func.length(registers.c.number_key) >= CONTAINED_MIN, position(key, registers.c.number_key) > 0),
            ),
        ),
    )
    in_period = registers.c.issue_date.between(bindparam("b_first"), bindparam("b_last"))
    same_number = registers.c.number_key == key
    searches = (
        and_(same_number, key != literal("")) if own_number else and_(same_number, ours),
        and_(ours, registers.c.total == bindparam("b_total")),
        and_(ours, in_period, alike),
        and_(ours, registers.c.issue_date.is_(None), alike),
    )
    not_itself = or_(registers.c.record_id.is_(None), registers.c.record_id != bindparam("b_record"))
    return Statement(union_all(*(select(*_COLUMNS).where(_OF_TYPE, search, not_itself) for search in searches)))


def _period(dates: Iterable[date | None]) -> tuple[str, str]:
    """The first and last day on which a look-alike number is a question (``twins.same_period``): the month, or a week
    on either side. Any day, for a document without a date."""
    known = [day for day in dates if day is not None]
    if not known:
        return "", "9999"
    around = [_around(day) for day in known]
    return min(first for first, _ in around), max(last for _, last in around)


@lru_cache(maxsize=1_024)  # few days, asked for with every document
def _around(day: date) -> tuple[str, str]:
    week = timedelta(days=SAME_PERIOD_DAYS)
    first = min(day.replace(day=1), day - week)
    last = max(day.replace(day=monthrange(day.year, day.month)[1]), day + week)
    return first.isoformat(), last.isoformat()
