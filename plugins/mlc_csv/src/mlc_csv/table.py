"""From the text of a file to the rows of its records, under our names of the columns. Pure."""

import csv
import io
import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from mlc.errors import MappingError
from mlc.records import ObjectType, round_money

from mlc_csv.columns import DAYS, MONEY, names
from mlc_csv.settings import CsvSettings

#: Text, a day as ISO text, or money, by our name of the column; None for an empty cell.
Row = dict[str, Any]


def parse(content: bytes, kind: ObjectType, settings: CsvSettings, *, file: str) -> dict[str, list[Row]]:
    """Rows by record id. Raises: MappingError, one sentence that says where; then all of the file is refused."""
    try:
        text = io.StringIO(content.decode(settings.encoding).removeprefix("\ufeff"), newline="")
        header, *lines = [
            line for line in csv.reader(text, delimiter=settings.delimiter, strict=True) if any(line)
        ] or [[]]
        return _records(header, lines, kind, settings)
    except (ValueError, LookupError, csv.Error) as error:
        raise MappingError(f"{file}: {error}.", field="file") from error


def id_of(*parts: str) -> str:
    """One part as it is, several as ``V17/INV-1``, where a slash inside a part is written %2F."""
    return parts[0] if len(parts) == 1 else "/".join(part.replace("%", "%25").replace("/", "%2F") for part in parts)


def _records(
    header: list[str], lines: list[list[str]], kind: ObjectType, settings: CsvSettings
) -> dict[str, list[Row]]:
    fixed, needed = settings.fixed(kind), names(kind, 2)
    ours = {name: name for name in names(kind)} | {settings.header(name): name for name in names(kind)}
    columns = [ours.get(cell.strip(), cell) for cell in header]
    kept = [number for number, cell in enumerate(header) if cell.strip() not in settings.ignore]
    for name in [*(columns[number] for number in kept), *needed]:
        if name not in ours.values():
            raise ValueError(f"nothing says what its column {name!r} is; name it in columns or in ignore")
        if (count := columns.count(name) + (name in fixed)) != 1:
            raise ValueError(f"it has {count} columns {settings.header(name)!r}")
    found: dict[str, list[Row]] = {}
    for number, line in enumerate(lines, 2):
        if len(line) != len(header):
            raise ValueError(f"row {number} has {len(line)} cells, the header has {len(header)}")
        cells = fixed | {name: cell.strip() for name, cell in zip(columns, line, strict=True) if name in ours.values()}
        currency = cells.get("currency") or settings.currency
        for name, cell in cells.items():
            if not cell and name in needed:
                raise ValueError(f"row {number}: {settings.header(name)} is empty")
        row = {name: _value(name, cell, currency, settings, number) for name, cell in cells.items()}
        found.setdefault(id_of(*(cells[name] for name in names(kind, 1))), []).append(row)
    return found


def _value(name: str, cell: str, currency: str, settings: CsvSettings, number: int) -> str | Decimal | None:
    if name not in DAYS | MONEY or not cell:
        return cell or None
    where = f"row {number}, {settings.header(name)}: {cell!r}"
    if name in DAYS:
        try:
            return datetime.strptime(cell, settings.date).replace(tzinfo=UTC).date().isoformat()
        except ValueError as error:
            raise ValueError(f"{where} is no day written like {settings.date}") from error
    point, group = re.escape(settings.decimal), re.escape(settings.thousands)
    if not re.fullmatch(rf"-?(\d+|\d{{1,3}}({group}\d{{3}})*)({point}\d+)?", cell, re.ASCII):
        raise ValueError(f"{where} is no amount written like 1{settings.thousands}234{settings.decimal}56")
    amount = Decimal((cell.replace(settings.thousands, "") if group else cell).replace(settings.decimal, "."))
    if amount != round_money(amount, currency):  # 1.234 is a thousand to one and a bit more than one to another
        raise ValueError(f"{where} has more decimals than {currency}")
    return amount
