"""The text of a file ↔ the rows of its records, under our names of the columns. Pure."""

import csv
import io
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from mlc.errors import MappingError
from mlc.records import ObjectType, round_money

from mlc_csv.columns import COLUMNS, DAYS, MONEY
from mlc_csv.settings import CsvSettings

#: Text, a day as ISO text, or money; None for an empty cell.
Row = dict[str, Any]


def parse(content: bytes, kind: ObjectType, settings: CsvSettings, *, file: str) -> dict[str, list[Row]]:
    """Rows by record id. Raises: MappingError, one sentence with file, row and column; then all of it is refused."""
    columns = COLUMNS[kind]
    ours = {settings.header(name): name for name in columns.names}
    try:
        text = io.StringIO(content.decode(settings.encoding).removeprefix("\ufeff"), newline="")
        reader = csv.DictReader(text, delimiter=settings.delimiter, strict=True)
        header, lines = list(reader.fieldnames or ()), list(reader)
    except (ValueError, LookupError, csv.Error) as error:
        raise MappingError(f"{file}: it is no CSV text in {settings.encoding}.", str(error)) from error
    if strange := [cell for cell in header if cell not in (*ours, *settings.ignore) or header.count(cell) > 1]:
        raise MappingError(f"{file}: its column {strange[0]!r} is in neither columns nor ignore, or there twice.")
    for name in (*columns.keys, *columns.needed):
        if settings.header(name) not in header and not settings.header(name).startswith("="):
            raise MappingError(f"{file}: it has no column {settings.header(name)!r}.", field=name)
    fixed = {name: head[1:] for head, name in ours.items() if head.startswith("=")}
    found: dict[str, list[Row]] = {}
    for number, line in enumerate(lines, 1):
        if None in line or None in line.values():
            raise MappingError(f"{file}, row {number}: it has more or fewer cells than the header.")
        cells = fixed | {ours[head]: cell.strip() for head, cell in line.items() if head in ours}
        row = {name: _value(name, cell, cells, settings, f"{file}, row {number}") for name, cell in cells.items()}
        found.setdefault(id_of(kind, row), []).append(row)
    return found


def write(rows: Iterable[Row], kind: ObjectType, settings: CsvSettings) -> bytes:
    """A file that ``parse`` reads back. Raises: MappingError when the encoding lacks a letter."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=settings.delimiter)
    names = [name for name in COLUMNS[kind].names if not settings.header(name).startswith("=")]
    writer.writerow(settings.header(name) for name in names)
    writer.writerows([_text(row.get(name), settings) for name in names] for row in rows)
    try:
        return text.getvalue().encode(settings.encoding)
    except UnicodeEncodeError as error:
        raise MappingError(f"{error.object[error.start]!r} cannot be written in {settings.encoding}.") from error


def id_of(kind: ObjectType, row: Row) -> str:
    """``V17/INV-1``, of a payment only its number. A slash inside a part is written %2F."""
    keys = COLUMNS[kind].keys[: 1 if kind is ObjectType.PAYMENT else None]
    return "/".join(row[name].replace("%", "%25").replace("/", "%2F") for name in keys)


def _value(name: str, cell: str, cells: dict[str, str], settings: CsvSettings, where: str) -> str | Decimal | None:
    pass
