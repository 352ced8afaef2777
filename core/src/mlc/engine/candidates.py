"""Documents of the target that could be twins: looked up in its register on disk, so that memory stays flat (R39)."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any, cast

from sqlalchemy import Connection, RowMapping, and_, bindparam, func, literal, or_, select

from mlc.accounting.naming import PurchaseDocument
from mlc.accounting.twins import CONTAINED_MIN, RegisterRow, number_key
from mlc.engine import registers as register
from mlc.recipes import Side
from mlc.records import PurchaseOrder
from mlc.store.schema import registers


def find_candidates(
    connection: Connection, pairing: str, side: Side, document: PurchaseDocument, *, number: str | None, but: int
) -> list[RegisterRow]:
    """Rows of the same vendor with an equal, look-alike, transposed or containing number, or with the same total.

    Of an order the number is our own: it is looked for whoever the vendor is.

    Args:
        document: With the target's vendor id.
        number: The full number, where the document carries a shortened one.
        but: The record itself, whose own row is no twin.
    """
    row = register.describe(document)
    key = number_key(number) if number else row["number_key"]
    found = connection.execute(
        _statement(connection.dialect.name, isinstance(document, PurchaseOrder)),
        {
            "b_pairing": pairing,
            "b_side": side.value,
            "b_type": document.object_type.value,
            "b_party": row["party"] or "",
            "b_key": key or "",
            "b_sig": "".join(sorted(key)) if key else "",
            "b_total": row["total"] or "",
            "b_record": but,
            "b_long": len(key or "") >= CONTAINED_MIN,
        },
    ).mappings()
    return [register_row(one) for one in found]


def live_with_key(connection: Connection, pairing: str, side: Side, object_type: str, external_key: str) -> str | None:
    """The unbound live document that already carries our key: a write of an earlier life (R20)."""
    return connection.execute(
        _BY_KEY,
        {"b_pairing": pairing, "b_side": side.value, "b_type": object_type, "b_key": external_key},
    ).scalar()


def register_row(row: RowMapping | Mapping[str, object]) -> RegisterRow:
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
_BY_KEY = select(registers.c.external_id).where(
    _OF_TYPE,
    registers.c.external_key == bindparam("b_key"),
    registers.c.live == 1,
    registers.c.record_id.is_(None),
)


@cache
def _statement(dialect: str, is_order: bool) -> Any:
    key: Any = bindparam("b_key")
    position = func.strpos if dialect == "postgresql" else func.instr
    alike = or_(
        registers.c.total == bindparam("b_total"),
        registers.c.number_key == key,
        registers.c.number_sig == bindparam("b_sig"),
        and_(
            bindparam("b_long") == literal(True),
            or_(
                position(registers.c.number_key, key) > 0,
                and_(func.length(registers.c.number_key) >= CONTAINED_MIN, position(key, registers.c.number_key) > 0),
            ),
        ),
    )
    same_vendor = and_(registers.c.party == bindparam("b_party"), alike)
    condition = or_(and_(key != literal(""), registers.c.number_key == key), same_vendor) if is_order else same_vendor
    not_itself = or_(registers.c.record_id.is_(None), registers.c.record_id != bindparam("b_record"))
    return select(*_COLUMNS).where(_OF_TYPE, condition, not_itself)
