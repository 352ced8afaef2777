"""The text of a file ↔ rows of cells, each cell under our name of its column. Pure."""

import csv
import io
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

from mlc.errors import MappingError

from mlc_csv import SYSTEM
from mlc_csv.columns import Columns
from mlc_csv.settings import CsvSettings

Cells = dict[str, str]


def parse(content: bytes, columns: Columns, settings: CsvSettings, *, file: str) -> dict[str, dict[str, Any]]:
    """The records of a file by id, each with its rows and where they stand.

    Raises: MappingError with one sentence that begins with the file's name; then nothing of it can be used.
    """
    try:
        text = content.decode(settings.encoding).removeprefix("\ufeff")
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=settings.delimiter, strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise MappingError(f"{file}: it is no CSV text in {settings.encoding}.", str(error), system=SYSTEM) from error
    names = _names([cell.strip() for cell in lines[0]] if lines else [], columns, settings, file)
    constants = {name: value[1:] for name, value in settings.columns.items() if value[:1] == "=" and name in columns.all}
    found: dict[str, dict[str, Any]] = {}
    for number, line in enumerate(lines[1:], 2):
        if not any(cell.strip() for cell in line):
            continue
        if len(line) != len(names):
            raise _refused(f"{file}: row {number} has {len(line)} cells, but the header has {len(names)}.")
        cells = constants | {name: cell.strip() for name, cell in zip(names, line, strict=True) if name is not None}
        if missing := [name for name in columns.key if not cells[name]]:
            raise _refused(f"{file}: row {number} has no {settings.header(missing[0])!r}.", missing[0])
        record = found.setdefault(id_of(cells[name] for name in columns.key), {"file": file, "rows": [], "numbers": []})
        record["rows"].append(cells)
        record["numbers"].append(number)
    return found


def write(rows: Iterable[Cells], columns: Columns, settings: CsvSettings) -> bytes:
    """A file that ``parse`` reads back; columns that say nothing are left out."""
    rows = list(rows)
    names = [name for name in columns.all if any(row.get(name) for row in rows) or name not in columns.allowed]
    names = [name for name in names if settings.header(name)[:1] != "="]
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=settings.delimiter)
    writer.writerow([settings.header(name) for name in names])
    writer.writerows([row.get(name, "") for name in names] for row in rows)
    return text.getvalue().encode(settings.encoding)


def id_of(parts: Iterable[str]) -> str:
    """``V17/INV-1``; a slash or percent sign inside a part is written as %2F or %25."""
    return "/".join(part.replace("%", "%25").replace("/", "%2F") for part in parts)


def version_of(payload: Mapping[str, Any]) -> str:
    """The same rows are the same version, in whichever file they stand."""
    return sha256(repr([sorted(row.items()) for row in payload["rows"]]).encode()).hexdigest()[:32]


def _names(header: list[str], columns: Columns, settings: CsvSettings, file: str) -> list[str | None]:
    ours = {settings.header(name): name for name in columns.all}
    for cell in header:
        if cell not in ours and cell not in settings.ignore:
            raise _refused(f"{file}: nothing says what its column {cell!r} is; name it in columns or in ignore.", cell)
        if header.count(cell) > 1:
            raise _refused(f"{file}: it has two columns {cell!r}.", cell)
    for name in (*columns.key, *columns.needed):
        wanted = settings.header(name)
        if wanted not in header and wanted[:1] != "=":
            raise _refused(f"{file}: it has no column {wanted!r}, which is the {name}.", name)
    return [ours.get(cell) for cell in header]


def _refused(sentence: str, field: str | None = None) -> MappingError:
    return MappingError(sentence, field=field, system=SYSTEM)
