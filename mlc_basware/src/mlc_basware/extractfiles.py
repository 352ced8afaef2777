"""Rows of an extract's file, one at a time: JSON or CSV, packed or not, told apart by what stands in them.

A file is never held in memory whole. Columns are found by name, in whatever case and order.
"""

import csv
import gzip
import io
import json
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mlc.errors import TransientError

PIECE = 64 * 1024
#: A single record larger than this is no record.
RECORD_MAX = 4 * 1024 * 1024
GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"
SEPARATORS = ",;\t|"
_BETWEEN = " \t\r\n,[]\ufeff"


def rows_of(path: Path) -> Iterator[dict[str, str]]:
    """Each row by column name in capitals, empty values left out.

    Raises: TransientError for a file that is damaged or is neither JSON nor CSV.
    """
    try:
        with _opened(path) as stream:
            start = stream.read(1)
            while start and start in _BETWEEN.replace("[", ""):
                start = stream.read(1)
            found = _from_json(stream, start) if start in ("[", "{") else _from_csv(stream, start)
            for row in found:
                yield {str(name).strip().upper(): value for name, one in row.items() if name and (value := _text(one))}
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, ValueError, csv.Error) as error:
        raise TransientError(
            "A file of Basware's Data Access is damaged.", f"{type(error).__name__}: {error}"
        ) from error


@contextmanager
def _opened(path: Path) -> Iterator[io.TextIOBase]:
    """The text inside. A file's name says little: a storage may have unpacked it on the way."""
    with path.open("rb") as file:
        magic = file.read(4)
        file.seek(0)
        if magic == ZIP:
            with zipfile.ZipFile(file) as archive, archive.open(archive.namelist()[0]) as member:
                yield io.TextIOWrapper(member, "utf-8-sig", newline="")
        elif magic[:2] == GZIP:
            with gzip.open(file) as unpacked:
                yield io.TextIOWrapper(unpacked, "utf-8-sig", newline="")
        else:
            yield io.TextIOWrapper(file, "utf-8-sig", newline="")


def _from_json(stream: io.TextIOBase, start: str) -> Iterator[dict[str, Any]]:
    """Objects of an array, or one after the other."""
    decoder = json.JSONDecoder(parse_float=str, parse_int=str)
    text, place, more = start, 0, True
    while True:
        while place < len(text) and text[place] in _BETWEEN:
            place += 1
        try:
            row, place = decoder.raw_decode(text, place)
        except json.JSONDecodeError as error:
            piece = stream.read(PIECE) if more else ""
            more = bool(piece)
            if not more:
                if place < len(text):
                    raise
                return
            if len(text) - place > RECORD_MAX:
                raise TransientError("A file of Basware's Data Access holds no records.") from error
            text, place = text[place:] + piece, 0
            continue
        if isinstance(row, dict):
            yield row


def _from_csv(stream: io.TextIOBase, start: str) -> Iterator[dict[str, Any]]:
    head = start + stream.readline()
    separator = max(SEPARATORS, key=head.count)
    names = next(iter(csv.reader([head], delimiter=separator)), [])
    for row in csv.reader(stream, delimiter=separator):
        yield dict(zip(names, row, strict=False))


def _text(value: Any) -> str:
    if value is None or isinstance(value, dict | list):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).strip()
