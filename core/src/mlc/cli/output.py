"""What commands print: tables for people, JSON for programs, progress for the patient."""

import dataclasses
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from itertools import zip_longest
from pathlib import Path
from textwrap import wrap
from typing import Any, Protocol

import click

from mlc.clock import span
from mlc.errors import MlcError, RateLimitedError, TransientError

#: Between the columns of a table.
GAP = "  "


class Progress(Protocol):
    """Says how far the work is. Cheap enough to call per page."""

    def __call__(self, done: int, *, total: int | None = None, note: str | None = None) -> None: ...


def told(error: MlcError) -> str:
    """An error's sentence; with the connection it is about, and how long to wait, where it does not say so itself."""
    sentence = error.sentence
    if error.connection is not None and error.connection not in sentence:
        sentence = f"{error.connection}: {sentence}"
    if isinstance(error, RateLimitedError) and "go on in" not in sentence:
        sentence = f"{sentence} Calls go on in {span(error.retry_after_s)}; mlc budget shows what is left."
    elif isinstance(error, TransientError) and not isinstance(error, RateLimitedError):
        sentence = f"{sentence} Nothing is lost: try again later."
    return sentence


def print_json(data: object) -> None:
    """Data as JSON. Amounts are text, so that no reader turns them into floats."""
    click.echo(json.dumps(data, default=plain, ensure_ascii=False, indent=2))


def plain(value: object) -> Any:
    """What JSON has no form for, in one that it has. Raises TypeError."""
    if isinstance(value, Decimal | Path):
        return str(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, set | frozenset):
        return sorted(value, key=str)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if hasattr(value, "model_dump"):
        return value.model_dump()
    raise TypeError(f"{type(value).__name__} has no JSON form")


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str = "Nothing.") -> None:
    """A table: drawn on a terminal, plain columns in a pipe. ``empty`` is said when there is no row."""
    cells = [["" if cell is None else str(cell) for cell in row] for row in rows]
    if not cells:
        click.echo(empty)
    elif sys.stdout.isatty():
        _draw(columns, cells)
    else:
        widths = [max(len(row[index]) for row in [list(columns), *cells]) for index in range(len(columns))]
        for row in [[column.upper() for column in columns], *cells]:
            click.echo(GAP.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


@contextmanager
def progress(label: str, *, total: int | None = None) -> Iterator[Progress]:
    """A progress bar on stderr while the block runs; nothing where nobody watches."""
    if not sys.stderr.isatty():
        yield _silent
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=total)

        def advance(done: int, *, total: int | None = None, note: str | None = None) -> None:
            bar.update(task, completed=done, total=total, description=note or label)

        yield advance


def _silent(done: int, *, total: int | None = None, note: str | None = None) -> None:
    """Nobody watches."""


def _draw(columns: Sequence[str], cells: Sequence[Sequence[str]]) -> None:
    from rich.cells import cell_len, set_cell_size
    from rich.console import Console
    from rich.text import Text

    console = Console()
    texts = list(zip(columns, *cells, strict=True))
    words = [max(cell_len(word) for text in column for word in ["", *text.split()]) for column in texts]
    room = console.width - len(GAP) * (len(columns) - 1)
    if sum(words) > room:
        _list(columns, cells, console.width)
        return
    widths = [max(cell_len(text) for text in column) for column in texts]
    while sum(widths) > room:
        widest = max(range(len(widths)), key=lambda index: widths[index] - words[index])
        widths[widest] -= 1
    for number, row in enumerate([columns, *cells]):
        folded = [
            [line.plain for line in Text(cell).wrap(console, width)] for cell, width in zip(row, widths, strict=True)
        ]
        for line in zip_longest(*folded, fillvalue=""):
            told = GAP.join(set_cell_size(text, width) for text, width in zip(line, widths, strict=True))
            console.print(Text(told.rstrip(), style="" if number else "bold"), soft_wrap=True)


def _list(columns: Sequence[str], cells: Sequence[Sequence[str]], width: int) -> None:
    """Row by row, a line per cell: for a table that would cut words on so narrow a terminal."""
    names = max(map(len, columns))
    for number, row in enumerate(cells):
        if number:
            click.echo()
        for column, cell in zip(columns, row, strict=True):
            lines = wrap(cell, max(width - names - 2, 20)) if cell else []
            for line, text in enumerate(lines):
                click.echo(f"{'' if line else column:<{names}}  {text}".rstrip())
