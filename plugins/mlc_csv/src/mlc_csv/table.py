"""Between the text of a file and the rows of its records, under our names of the columns. Pure."""

import csv
import io
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from mlc.errors import MappingError
from mlc.records import ObjectType, round_money

from mlc_csv.settings import DAYS, MONEY, CsvSettings, names

#: Text, a day as ISO text, or money, by our name of the column; None for an empty cell.
Row = dict[str, Any]


def parse(content: bytes, kind: ObjectType, settings: CsvSettings, *, file: str) -> dict[str, list[Row]]:
    """Rows by record id. Raises: MappingError, one sentence that says where; then all of the file is refused."""
    found: dict[str, list[Row]] = {}
    where = "its text"
    try:
        text = io.StringIO(content.decode(settings.encoding).removeprefix("\ufeff"), newline="")
        lines = [line for line in csv.reader(text, delimiter=settings.delimiter, strict=True) if any(line)] or [[]]
        where = "its header"
        columns = _columns([cell.strip() for cell in lines[0]], kind, settings)
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


def _columns(header: list[str], kind: ObjectType, settings: CsvSettings) -> list[str | None]:
    """Our name of each column, None for one that nobody needs."""
    ours = {name: name for name in names(kind)} | {settings.header(name): name for name in names(kind)}
    columns = [None if cell in settings.ignore else ours.get(cell, cell) for cell in header]
    for name in [*columns, *names(kind, 2)]:
        if name is not None and (columns.count(name) != 1 or name not in names(kind)):
            said = f"column {settings.header(name)!r} is missing, doubled or unknown"
            raise ValueError(f"{said}; name it in columns or in ignore")
    return columns


def _value(name: str, cell: str, currency: str, settings: CsvSettings) -> str | Decimal:
    if name in DAYS:
        return datetime.strptime(cell, settings.date).replace(tzinfo=UTC).date().isoformat()
    if name not in MONEY:
        return cell
    point, group = re.escape(settings.decimal), re.escape(settings.thousands)
    if not re.fullmatch(rf"-?(\d+|\d{{1,3}}({group}\d{{3}})*)({point}\d+)?", cell, re.ASCII):
        raise ValueError(f"{cell!r} is no amount written like 1{settings.thousands}234{settings.decimal}56")
    amount = Decimal(cell.replace(settings.thousands, "").replace(settings.decimal, "."))
    if amount != round_money(amount, currency):  # 1.234 is a thousand to one and a bit more than one to another
        raise ValueError(f"{cell!r} has more decimals than {currency}")
    return amount


def _cell(value: object, settings: CsvSettings) -> str:
    if isinstance(value, date):
        return value.strftime(settings.date)
    return format(value, "f").replace(".", settings.decimal) if isinstance(value, Decimal) else str(value or "")
