"""From rows to canonical records. A column that is named like the record's field is taken as it is. Pure."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from hashlib import sha256
from typing import Any

from mlc import FindKey
from mlc.errors import MappingError
from mlc.records import ObjectType, Record, record_model
from pydantic import ValidationError

from mlc_csv import SYSTEM
from mlc_csv.columns import OF_A_LINE, names
from mlc_csv.settings import CsvSettings
from mlc_csv.table import Row, id_of

ZERO = Decimal(0)
Fields = dict[str, Any]


def to_record(kind: ObjectType, payload: Mapping[str, Any], settings: CsvSettings) -> Record:
    """The record of some rows. Raises: MappingError; also for a file that was left alone, with the reason."""
    if "rows" not in payload:
        raise MappingError(payload.get("problem", "A record has no rows."), field="rows")
    rows: Sequence[Row] = payload["rows"]
    try:
        own_id = id_of(*(rows[0][name] for name in names(kind, 1)))
        for name in sorted(rows[0].keys() - OF_A_LINE):
            if any(row[name] != rows[0][name] for row in rows):
                raise MappingError(f"{own_id}: its rows do not agree on {settings.header(name)}.", field=name)
        return record_model(kind).model_validate(_fields(kind, own_id, rows, settings))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(step) for step in first["loc"])
        raise MappingError(f"{own_id}, {place}: {first['msg']}.", str(error), field=place) from error
    except (LookupError, TypeError, AttributeError) as error:
        raise MappingError(f"Its rows make no {kind}: {error}.", field="rows") from error


def _fields(kind: ObjectType, own_id: str, rows: Sequence[Row], settings: CsvSettings) -> Fields:
    head = rows[0]
    fields = {name: cell for name, cell in head.items() if name in record_model(kind).model_fields}
    fields["source"] = {"system": SYSTEM, "source_id": own_id, "source_version": version_of(rows)}
    match kind:
        case ObjectType.ACCOUNT:
            return fields | {"code": own_id, "name": head["account_name"], "money": head.get("pays") == "yes"}
        case ObjectType.VENDOR:
            if head.get("email"):
                fields["contacts"] = [{"email": head["email"], "is_primary": True}]
            return fields | {"name": head["vendor_name"], "vendor_code": own_id}
    fields["currency"] = head.get("currency") or settings.currency
    return fields | (_bill(rows, own_id) if kind is ObjectType.BILL else _payment(rows))


def is_asked(key: FindKey, own_id: str, head: Row) -> bool:
    """Whether a record is a candidate: by an id, else by its number, name or reference and its vendor."""
    if own_id in (key.external_id, key.record_key):
        return True
    wanted = {key.number, key.name, key.reference} - {None}
    said = {head.get(name) for name in ("bill_number", "vendor_name", "reference")}
    return bool(wanted & said) and key.party_id in (None, head.get("vendor_id"))


def version_of(rows: Sequence[Row]) -> str:
    """The same rows are the same version, in whichever file they stand."""
    return sha256(repr([sorted(row.items()) for row in rows]).encode()).hexdigest()[:32]


def _bill(rows: Sequence[Row], key: str) -> Fields:
    net, tax = (sum((row.get(name) or ZERO for row in rows), ZERO) for name in ("amount", "tax"))
    total, status = rows[0].get("total"), rows[0].get("status") or "open"
    if total not in (None, net + tax):
        raise MappingError(f"{key}: its total is {total}, but its rows add up to {net + tax}.", field="total")
    money = {"subtotal": net, "tax_total": tax, "total": net + tax}
    lines = [_line(number, row) for number, row in enumerate(rows, 1)]
    vendor = _ref(ObjectType.VENDOR, rows[0]["vendor_id"])
    return money | {"vendor": vendor, "lines": lines, "status": status, "status_raw": status}


def _line(number: int, row: Row) -> Fields:
    fields = {"line_id": str(number), "position": number, "description": row.get("description")}
    fields |= {"line_net_amount": row["amount"], "account": _ref(ObjectType.ACCOUNT, row.get("account"))}
    if row.get("tax") or row.get("tax_code"):
        fields["tax"] = {"ref": _ref(ObjectType.TAX_RATE, row.get("tax_code")), "amount": row.get("tax") or ZERO}
    return fields


def _payment(rows: Sequence[Row]) -> Fields:
    vendor, account = rows[0]["vendor_id"], rows[0].get("account")
    bills = [(row["bill_number"], row["amount"]) for row in rows if row.get("bill_number")]
    parts = [{"document": _ref(ObjectType.BILL, bill, id_of(vendor, bill)), "amount": amount} for bill, amount in bills]
    money = {"amount": sum((row["amount"] for row in rows), ZERO), "money_account": _ref(ObjectType.ACCOUNT, account)}
    return money | {"party": _ref(ObjectType.VENDOR, vendor), "allocations": parts, "movement": "moved"}


def _ref(kind: ObjectType, code: str | None, source_id: str | None = None) -> Fields | None:
    return {"record_type": kind, "source_id": source_id or code, "code": code} if code else None
