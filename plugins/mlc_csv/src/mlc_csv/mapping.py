"""Between the text of a file, the rows of its records under our names of the columns, and canonical records. Pure."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from mlc.errors import MappingError
from mlc.records import ObjectType, Payment, Record, Ref, record_model, round_money
from pydantic import ValidationError

from mlc_csv.settings import CsvSettings, names

#: Text, a day as ISO text, or money, by our name of the column; None for an empty cell.
Row = dict[str, Any]
MONEY = frozenset({"amount", "total", "tax"})
#: Where the rows of one record may differ.
OF_A_LINE = frozenset({"amount", "tax", "tax_code", "account", "description", "bill_number"})
ZERO = Decimal(0)


def parse(kind: ObjectType, settings: CsvSettings, content: bytes, file: str) -> dict[str, list[Row]]:
    """Rows by record id. Raises: MappingError, one sentence that says where; then all of the file is refused."""
    found: dict[str, list[Row]] = {}
    where = "its text"
    try:
        text = io.StringIO(content.decode(settings.encoding).removeprefix("\ufeff"), newline="")
        lines = [line for line in csv.reader(text, delimiter=settings.delimiter, strict=True) if any(line)] or [[]]
        where = "its header"
        columns = _columns(lines[0], kind, settings)
        for number, line in enumerate(lines[1:], 2):
            where, row = f"row {number}", Row()
            if len(line) != len(columns):
                raise ValueError(f"it has {len(line)} cells, the header has {len(columns)}")
            cells = {name: cell.strip() for name, cell in zip(columns, line, strict=True) if name}
            for name, cell in cells.items():
                where = f"row {number}, {settings.header(name)}"
                if not cell and name in names(kind, 2):
                    raise ValueError("it is empty")
                row[name] = _value(name, cell, cells.get("currency") or settings.currency, settings) if cell else None
            found.setdefault(id_of(kind, row), []).append(row)
    except (ValueError, LookupError, csv.Error) as error:
        raise MappingError(f"{file}, {where}: {error}.", field="file") from error
    return found


def text_of(rows: Sequence[Row], kind: ObjectType, settings: CsvSettings) -> bytes:
    """A file that ``parse`` reads back. Raises: MappingError when the encoding lacks a letter."""
    text = io.StringIO(newline="")
    cells = [[_cell(row.get(name), settings) for name in names(kind)] for row in rows]
    csv.writer(text, delimiter=settings.delimiter).writerows([map(settings.header, names(kind)), *cells])
    try:
        return text.getvalue().encode(settings.encoding)
    except UnicodeEncodeError as error:
        raise MappingError(f"{error.object[error.start]!r} cannot be written in {settings.encoding}.") from error


def id_of(kind: ObjectType, row: Row) -> str:
    """One key as it is, several as ``V17/INV-1``, where a slash inside a key is written %2F."""
    keys = [row[name] for name in names(kind, 1)]
    return keys[0] if len(keys) == 1 else "/".join(key.replace("%", "%25").replace("/", "%2F") for key in keys)


def to_record(kind: ObjectType, payload: Mapping[str, Any], settings: CsvSettings) -> Record:
    """The record of some rows. Raises: MappingError; also for a file that was left alone, with the reason."""
    if "problem" in payload:
        raise MappingError(payload["problem"], field="file")
    try:
        return record_model(kind).model_validate(_fields(kind, payload["rows"], settings))
    except ValidationError as error:
        place = ".".join(map(str, error.errors()[0]["loc"]))
        raise MappingError(f"{place}: {error.errors()[0]['msg']}.", str(error), field=place) from error
    except (LookupError, TypeError, AttributeError) as error:
        raise MappingError(f"Its rows make no {kind}: {error}.", field="rows") from error


def to_rows(payment: Payment, number: str) -> list[Row]:
    """A row per bill that a payment settles, one for the rest. Raises: MappingError if it has no amount."""
    head: Row = {name: getattr(payment, name, None) for name in names(ObjectType.PAYMENT)}
    head |= {"payment_number": number, "vendor_id": _id(payment.party), "account": _id(payment.money_account)}
    parts = [(part.document and part.document.code, part.amount or ZERO) for part in payment.allocations]
    rest = ZERO if payment.amount is None else payment.amount - sum((amount for _, amount in parts), ZERO)
    rows = [head | {"bill_number": bill, "amount": amount} for bill, amount in [*parts, (None, rest)] if amount]
    if not rows:
        raise MappingError("A payment without an amount cannot be written.", field="amount")
    return rows


def _columns(header: Sequence[str], kind: ObjectType, settings: CsvSettings) -> list[str | None]:
    """Our name of each column, None for one that nobody needs."""
    ours = {name: name for name in names(kind)} | {settings.header(name): name for name in names(kind)}
    columns = [None if cell in settings.ignore else ours.get(cell, cell) for cell in map(str.strip, header)]
    for name in [*columns, *names(kind, 2)]:
        if name is not None and (columns.count(name) != 1 or name not in names(kind)):
            said = f"column {settings.header(name)!r} is missing, doubled or unknown"
            raise ValueError(f"{said}; name it in columns or in ignore")
    return columns


def _value(name: str, cell: str, currency: str, settings: CsvSettings) -> str | Decimal:
    if name.endswith("_date"):
        return datetime.strptime(cell, settings.date).replace(tzinfo=UTC).date().isoformat()
    if name not in MONEY:
        return cell
    group, point = settings.amounts[1:-6], settings.amounts[-3]
    if not re.fullmatch(rf"-?(\d+|\d{{1,3}}({re.escape(group)}\d{{3}})*)({re.escape(point)}\d+)?", cell, re.ASCII):
        raise ValueError(f"{cell!r} is no amount written like {settings.amounts}")
    amount = Decimal(cell.replace(group, "").replace(point, "."))
    if amount != round_money(amount, currency):  # 1.234 is a thousand to one and a bit more than one to another
        raise ValueError(f"{cell!r} has more decimals than {currency}")
    return amount


def _cell(value: object, settings: CsvSettings) -> str:
    if isinstance(value, date):
        return value.strftime(settings.date)
    return format(value, "f").replace(".", settings.amounts[-3]) if isinstance(value, Decimal) else str(value or "")


def _fields(kind: ObjectType, rows: Sequence[Row], settings: CsvSettings) -> Row:
    head, own_id = rows[0], id_of(kind, rows[0])
    odd = sorted(name for row in rows for name in head.keys() - OF_A_LINE if row[name] != head[name])
    if odd:
        raise MappingError(f"{own_id}: its rows do not agree on {settings.header(odd[0])}.", field=odd[0])
    fields = {name: cell for name, cell in head.items() if name in record_model(kind).model_fields}
    fields["source"] = {"system": "csv", "source_id": own_id}
    if kind is ObjectType.ACCOUNT:
        return fields | {"code": own_id, "name": head["account_name"], "money": head.get("pays") == "yes"}
    if kind is ObjectType.VENDOR:
        contacts = [{"email": head["email"], "is_primary": True}] if head.get("email") else []
        return fields | {"vendor_code": own_id, "name": head["vendor_name"], "contacts": contacts}
    net, tax = (sum((row.get(name) or ZERO for row in rows), ZERO) for name in ("amount", "tax"))
    fields |= {"currency": head.get("currency") or settings.currency}
    vendor = _ref(ObjectType.VENDOR, head["vendor_id"])
    if kind is ObjectType.PAYMENT:
        bills = [{"document": _ref(ObjectType.BILL, row["bill_number"], id_of(ObjectType.BILL, row)),
                  "amount": row["amount"]} for row in rows if row.get("bill_number")]  # fmt: skip
        return fields | {"party": vendor, "money_account": _ref(ObjectType.ACCOUNT, head.get("account")),
                         "amount": net, "movement": "moved", "allocations": bills}  # fmt: skip
    if head.get("total") not in (None, net + tax):
        said = f"{own_id}: its total is {head['total']}, but its rows add up to {net + tax}."
        raise MappingError(said, field="total")
    fields |= {"subtotal": net, "tax_total": tax, "total": net + tax, "status": head.get("status") or "open"}
    return fields | {"vendor": vendor, "lines": [_line(number, row) for number, row in enumerate(rows, 1)]}


def _line(number: int, row: Row) -> Row:
    line = {"line_id": str(number), "position": number, "description": row.get("description")}
    if row.get("tax") or row.get("tax_code"):
        line["tax"] = {"ref": _ref(ObjectType.TAX_RATE, row.get("tax_code")), "amount": row.get("tax") or ZERO}
    return line | {"line_net_amount": row["amount"], "account": _ref(ObjectType.ACCOUNT, row.get("account"))}


def _ref(kind: ObjectType, code: str | None, source_id: str | None = None) -> Row | None:
    return {"record_type": kind, "source_id": source_id or code, "code": code} if code else None


def _id(ref: Ref | None) -> str | None:
    return (ref.source_id or ref.code) if ref else None
