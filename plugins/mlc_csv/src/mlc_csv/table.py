"""Between the text of a file and the rows of its records, under our names of the columns. Pure."""

import csv
import io
import re
from collections.abc import Sequence
from datetime import UTC, datetime
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
    try:
        text = io.StringIO(content.decode(settings.encoding).removeprefix("\ufeff"), newline="")
        header, *lines = [line for line in csv.reader(text, delimiter=settings.delimiter, strict=True) if any(line)]
        columns = _our_names([cell.strip() for cell in header], kind, settings)
        for number, line in enumerate(lines, 2):
            if len(line) != len(header):
                raise ValueError(f"row {number} has {len(line)} cells, the header has {len(header)}")
            cells = {name: cell.strip() for name, cell in zip(columns, line, strict=True) if name}
            row = {name: _value(cells, name, kind, settings, number) for name in cells}
            found.setdefault(id_of(kind, row), []).append(row)
    except (ValueError, LookupError, csv.Error) as error:
        raise MappingError(f"{file}: {error}.", field="file") from error
    return found


def text_of(rows: Sequence[Row], kind: ObjectType, settings: CsvSettings) -> bytes:
    """A file that ``parse`` reads back. Raises: MappingError when the encoding lacks a letter."""
    text = io.StringIO(newline="")
    shown = [[_cell(row.get(name), settings) for name in names(kind)] for row in rows]
    csv.writer(text, delimiter=settings.delimiter).writerows([[settings.header(name) for name in names(kind)], *shown])
    try:
        return text.getvalue().encode(settings.encoding)
    except UnicodeEncodeError as error:
        raise MappingError(f"{error.object[error.start]!r} cannot be written in {settings.encoding}.") from error


def id_of(kind: ObjectType, row: Row) -> str:
    """One key as it is, several as ``V17/INV-1``, where a slash inside a key is written %2F."""
    keys = [row[name] for name in names(kind, 1)]
    return keys[0] if len(keys) == 1 else "/".join(key.replace("%", "%25").replace("/", "%2F") for key in keys)


def _our_names(header: list[str], kind: ObjectType, settings: CsvSettings) -> list[str | None]:
    """Our name of each column, None for one that nobody needs."""
    ours = {settings.header(name): name for name in names(kind)}
    for cell in {*header, *map(settings.header, names(kind, 2))}.difference(settings.ignore):
        if cell not in ours or header.count(cell) != 1:
            count = header.count(cell)
            raise ValueError(f"it has {count} columns {cell!r}; see columns and ignore in the settings")
    return [ours.get(cell) for cell in header]


def _value(
    cells: dict[str, str], name: str, kind: ObjectType, settings: CsvSettings, number: int
) -> str | Decimal | None:
    cell, where = cells[name], f"row {number}, {settings.header(name)}: {cells[name]!r}"
    if not cell and name in names(kind, 2):
        raise ValueError(f"{where} must not be empty")
    if cell and name in DAYS:
        return datetime.strptime(cell, settings.date).replace(tzinfo=UTC).date().isoformat()
    if not cell or name not in MONEY:
        return cell or None
    point, group = re.escape(settings.decimal), re.escape(settings.thousands)
    if not re.fullmatch(rf"-?(\d+|\d{{1,3}}({group}\d{{3}})*)({point}\d+)?", cell, re.ASCII):
        raise ValueError(f"{where} is no amount written like 1{settings.thousands}234{settings.decimal}56")
    amount = Decimal((cell.replace(settings.thousands, "") if group else cell).replace(settings.decimal, "."))
    currency = cells.get("currency") or settings.currency
    if amount != round_money(amount, currency):  # 1.234 is a thousand to one and a bit more than one to another
        raise ValueError(f"{where} has more decimals than {currency}")
    return amount
