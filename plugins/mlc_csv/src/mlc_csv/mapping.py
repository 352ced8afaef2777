"""Between rows and canonical records. A column that is named like the record's field is taken as it is. Pure."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from mlc.errors import MappingError
from mlc.records import ObjectType, Payment, Record, Ref, record_model
from pydantic import ValidationError

from mlc_csv.settings import CsvSettings, names
from mlc_csv.table import Row, id_of

#: Where the rows of one record may differ.
OF_A_LINE = frozenset({"amount", "tax", "tax_code", "account", "description", "bill_number"})
ZERO = Decimal(0)
Fields = dict[str, Any]


def to_record(kind: ObjectType, payload: Mapping[str, Any], settings: CsvSettings) -> Record:
    """The record of some rows. Raises: MappingError; also for a file that was left alone, with the reason."""
    if "problem" in payload:
        raise MappingError(payload["problem"], field="file")
    try:
        return record_model(kind).model_validate(_fields(kind, payload["rows"], settings))
    except ValidationError as error:
        place = ".".join(str(step) for step in error.errors()[0]["loc"])
        raise MappingError(f"{place}: {error.errors()[0]['msg']}.", str(error), field=place) from error
    except (LookupError, TypeError, AttributeError) as error:
        raise MappingError(f"Its rows make no {kind}: {error}.", field="rows") from error


def to_rows(payment: Payment, number: str) -> list[Row]:
    """A row per bill that a payment settles, one for the rest. Raises: MappingError if it has no amount."""
    head: Row = {name: getattr(payment, name, None) for name in names(ObjectType.PAYMENT)}
    head |= {"payment_number": number, "vendor_id": _id(payment.party), "account": _id(payment.money_account)}
    parts = [(part.document and part.document.code, part.amount or ZERO) for part in payment.allocations]
    settled = sum((amount for _, amount in parts), ZERO)
    parts.append((None, ZERO if payment.amount is None else payment.amount - settled))
    rows = [head | {"bill_number": bill, "amount": amount} for bill, amount in parts if amount]
    if not rows:
        raise MappingError("A payment without an amount cannot be written.", field="amount")
    return rows


def _fields(kind: ObjectType, rows: Sequence[Row], settings: CsvSettings) -> Fields:
    head, own_id = rows[0], id_of(kind, rows[0])
    for name in sorted(head.keys() - OF_A_LINE):
        if any(row[name] != head[name] for row in rows):
            raise MappingError(f"{own_id}: its rows do not agree on {settings.header(name)}.", field=name)
    fields = {name: cell for name, cell in head.items() if name in record_model(kind).model_fields}
    fields["source"] = {"system": "csv", "source_id": own_id}
    if kind is ObjectType.ACCOUNT:
        return fields | {"code": own_id, "name": head["account_name"], "money": head.get("pays") == "yes"}
    if kind is ObjectType.VENDOR:
        contacts = [{"email": head["email"], "is_primary": True}] if head.get("email") else []
        return fields | {"vendor_code": own_id, "name": head["vendor_name"], "contacts": contacts}
    fields["currency"] = head.get("currency") or settings.currency
    vendor = _ref(ObjectType.VENDOR, head["vendor_id"])
    net, tax = (sum((row.get(name) or ZERO for row in rows), ZERO) for name in ("amount", "tax"))
    if kind is ObjectType.PAYMENT:
        account = _ref(ObjectType.ACCOUNT, head.get("account"))
        bills = [_allocation(row) for row in rows if row.get("bill_number")]
        fields |= {"party": vendor, "money_account": account, "amount": net, "movement": "moved"}
        return fields | {"allocations": bills}
    if head.get("total") not in (None, net + tax):
        raise MappingError(
            f"{own_id}: its total is {head['total']}, but its rows add up to {net + tax}.", field="total"
        )
    fields |= {"subtotal": net, "tax_total": tax, "total": net + tax, "status": head.get("status") or "open"}
    return fields | {"vendor": vendor, "lines": [_line(number, row) for number, row in enumerate(rows, 1)]}


def _line(number: int, row: Row) -> Fields:
    line = {"line_id": str(number), "position": number, "description": row.get("description")}
    if row.get("tax") or row.get("tax_code"):
        line["tax"] = {"ref": _ref(ObjectType.TAX_RATE, row.get("tax_code")), "amount": row.get("tax") or ZERO}
    return line | {"line_net_amount": row["amount"], "account": _ref(ObjectType.ACCOUNT, row.get("account"))}


def _allocation(row: Row) -> Fields:
    bill = _ref(ObjectType.BILL, row["bill_number"], id_of(ObjectType.BILL, row))
    return {"document": bill, "amount": row["amount"]}


def _ref(kind: ObjectType, code: str | None, source_id: str | None = None) -> Fields | None:
    return {"record_type": kind, "source_id": source_id or code, "code": code} if code else None


def _id(ref: Ref | None) -> str | None:
    return (ref.source_id or ref.code) if ref else None
