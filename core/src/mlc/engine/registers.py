"""Each side's documents, parties and master data as its own lists show them: what matching and twins look at."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, RowMapping, bindparam, delete, select, update

from mlc.accounting.listrows import code_of, name_of
from mlc.accounting.twins import number_key
from mlc.recipes import Side
from mlc.records import (
    Account,
    Bill,
    Contact,
    Currency,
    Customer,
    Deal,
    Dimension,
    DocumentStatus,
    ExchangeRate,
    Expense,
    Invoice,
    ObjectType,
    OrderStatus,
    PartyStatus,
    Payment,
    PaymentTerm,
    PurchaseOrder,
    Record,
    TaxRate,
    Vendor,
    VendorCredit,
    dump_record,
)
from mlc.store.schema import registers
from mlc.store.statements import Statement

if TYPE_CHECKING:
    from mlc.engine.intents import Intent

#: How the register marks a party that another program keeps in step with the system named after it (R27).
SYNCED = "synced:"
#: The status of a deal that made its account a customer.
WON = "won"
#: Before the id of a document that is about to be written.
PROVISIONAL_ID = "intent:"
#: Of these a late or second write is looked for in whatever the lists show (R3).
LOOKED_FOR = frozenset({ObjectType.BILL, ObjectType.VENDOR_CREDIT})
_DEAD = {DocumentStatus.VOID, OrderStatus.CANCELLED}
_WITH_SUMMARY = (Vendor, Customer, Contact, Deal, Account, TaxRate, Currency, Dimension, PaymentTerm, ExchangeRate)
EMPTY: dict[str, Any] = {
    "number": None,
    "number_key": None,
    "number_sig": None,
    "name_key": None,
    "code": None,
    "external_code": None,
    "party": None,
    "currency": None,
    "total": None,
    "balance": None,
    "issue_date": None,
    "status": None,
    "live": 1,
    "summary": None,
    "external_key": None,
    "pass_id": None,
    "record_id": None,
    "looked": 1,
}


def name_key(name: str) -> str:
    """A name for exact comparison: case and runs of white space do not count, nothing else is forgiven."""
    return " ".join(name.casefold().split())


def _synced(party: Vendor | Customer) -> str | None:
    return SYNCED + party.synced_by if isinstance(party, Customer) and party.synced_by else None


def mailbox_key(email: str | None) -> str | None:
    """An e-mail address for exact comparison: case and outer spaces do not count."""
    return (email or "").strip().casefold() or None


def amount_text(amount: Decimal | None) -> str | None:
    """An amount as the tables hold it: no exponent, no trailing zeros, so that equal amounts are equal text."""
    if amount is None:
        return None
    text = format(amount, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"", "-0"} else text


def describe(record: Record) -> dict[str, Any]:
    """The register's columns of one record, from what its list row shows."""
    row = dict(EMPTY)
    match record:
        case Bill() | VendorCredit():
            row |= _numbered(record.bill_number)
            row |= {
                "party": record.vendor.source_id if record.vendor else None,
                "balance": amount_text(record.balance),
                "looked": 0,
            }
        case PurchaseOrder():
            row |= _numbered(record.po_number)
            row |= {"party": record.vendor.source_id if record.vendor else None}
        case Invoice():
            row |= _numbered(record.invoice_number)
            row |= {
                "party": record.customer.source_id if record.customer else None,
                "balance": amount_text(record.balance),
            }
        case Expense():
            row |= _numbered(record.expense_number) | {"party": "", "status": record.status_raw}
        case Payment():
            row |= _numbered(record.reference or record.payment_number)
            row |= {
                "party": record.party.source_id if record.party else None,
                "total": amount_text(record.amount),
                "currency": record.currency,
                "issue_date": record.payment_date.isoformat() if record.payment_date else None,
                "status": record.movement.value,
                "external_key": record.external_key,
            }
        case Vendor() | Customer():
            code = record.vendor_code if isinstance(record, Vendor) else record.customer_code
            row |= {
                "name_key": name_key(record.name),
                "code": code,
                "external_code": record.external_code,
                "external_key": _synced(record),
                "currency": record.currency,
                "status": record.status.value,
                "live": int(record.status is not PartyStatus.INACTIVE),
            }
        case Contact():
            row |= {
                "number": record.email,
                "number_key": mailbox_key(record.email),
                "name_key": name_key(record.name or ""),
                "external_code": record.external_code,
                "party": record.customer.source_id if record.customer else None,
                "live": int(record.source.deleted is None),
            }
        case Deal():
            row |= {
                "name_key": name_key(record.name),
                "party": record.customer.source_id if record.customer else None,
                "status": WON if record.won else "open",
            }
        case Account() | Currency() | TaxRate() | Dimension():
            name = record.name or record.code or ""
            row |= {"code": record.code, "name_key": name_key(name), "live": int(record.active)}
        case PaymentTerm() | ExchangeRate():
            row |= {"code": code_of(record), "name_key": name_key(name_of(record)), "live": int(record.active)}
        case _:
            pass
    if isinstance(record, Bill | VendorCredit | PurchaseOrder | Invoice | Expense):
        row |= {
            "currency": record.currency,
            "total": amount_text(record.total),
            "issue_date": record.issue_date.isoformat() if record.issue_date else None,
            "live": int(getattr(record, "status", None) not in _DEAD and record.source.deleted is None),
            "external_key": record.external_key,
        }
    if isinstance(record, Bill | VendorCredit | PurchaseOrder | Invoice):
        row["status"] = record.status.value
    if isinstance(record, _WITH_SUMMARY):
        row["summary"] = dump_record(record)
    return row


def _numbered(number: str | None) -> dict[str, str | None]:
    key = number_key(number) if number else None
    return {"number": number, "number_key": key, "number_sig": "".join(sorted(key)) if key else None}


def put_rows(tx: Connection, rows: Sequence[dict[str, Any]], *, binding: bool = False) -> None:
    """Insert or replace register rows; what a row was bound to stays, unless these are ``binding`` it."""
    if rows:
        _put(tx.dialect.name, binding).run_all(tx, rows)


@cache
def _put(dialect: str, binding: bool) -> Statement:
    if dialect == "postgresql":
        from sqlalchemy.dialects.postgresql import insert
    else:
        from sqlalchemy.dialects.sqlite import insert  # type: ignore[assignment]
    statement = insert(registers)
    keys = ["pairing", "side", "object_type", "external_id"]
    kept = set(keys) if binding else {*keys, "record_id"}
    changed = {column.name: statement.excluded[column.name] for column in registers.columns if column.name not in kept}
    names = [column.name for column in registers.columns]
    return Statement(statement.on_conflict_do_update(index_elements=keys, set_=changed), columns=names)


def bind_rows(tx: Connection, rows: Iterable[tuple[str, Side, ObjectType, str, int]]) -> None:
    """Note which record a register row is bound to: (pairing, side, object type, external id, record)."""
    values = [
        {"b_pairing": pairing, "b_side": side.value, "b_type": kind.value, "b_id": external_id, "b_record": record}
        | {"b_looked": int(kind not in LOOKED_FOR)}
        for pairing, side, kind, external_id, record in rows
    ]
    if values:
        _BIND.run_all(tx, values)


_BIND = Statement(
    update(registers)
    .where(
        registers.c.pairing == bindparam("b_pairing"),
        registers.c.side == bindparam("b_side"),
        registers.c.object_type == bindparam("b_type"),
        registers.c.external_id == bindparam("b_id"),
    )
    .values(record_id=bindparam("b_record"), looked=bindparam("b_looked"))
)


def listing(
    pairing: str, intent: "Intent", external_id: str, version: str | None, seen: Record, now: str
) -> dict[str, Any]:
    """The row of what a write made, as that side showed it."""
    return describe(seen) | {
        "pairing": pairing,
        "side": intent.side.value,
        "object_type": intent.object_type.value,
        "external_id": external_id,
        "version": version,
        "seen_at": now,
        "record_id": intent.record_id,
    }


def drop_provisional(tx: Connection, pairing: str, intents: "Sequence[Intent]") -> None:
    """Remove the rows that stood for writes under way."""
    if intents:
        _DROP.run_all(
            tx,
            [
                {
                    "b_pairing": pairing,
                    "b_side": intent.side.value,
                    "b_type": intent.object_type.value,
                    "b_id": provisional_id(intent.id),
                }
                for intent in intents
            ],
        )


_DROP = Statement(
    delete(registers).where(
        registers.c.pairing == bindparam("b_pairing"),
        registers.c.side == bindparam("b_side"),
        registers.c.object_type == bindparam("b_type"),
        registers.c.external_id == bindparam("b_id"),
    )
)


def provisional_id(intent_id: str) -> str:
    """The register id of a document that is about to be written."""
    return PROVISIONAL_ID + intent_id


def rows_of(connection: Connection, pairing: str, side: Side, object_type: ObjectType) -> list[RowMapping]:
    """All register rows of one type; for master data and parties, which are few."""
    return list(
        connection.execute(
            select(registers).where(
                registers.c.pairing == pairing,
                registers.c.side == side.value,
                registers.c.object_type == object_type.value,
            )
        ).mappings()
    )
