"""The shape of a body: which fields, how long, which of them must be there; everything wrong is told at once.

A table maps a field to what it takes. A star behind the name: it must be there and not be null. What it takes is
``s36`` (text up to 36; ``s2..25`` at least 2), ``n`` a number, ``n+`` one that is not negative, ``i`` a whole number,
``b`` true or false, ``d`` a moment, ``A|B|C`` one of these words, a table (an object), or a list with a table in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final, TypeAlias

Spec: TypeAlias = "str | list[Any] | Mapping[str, Any]"
Table: TypeAlias = Mapping[str, Any]

_TEXT: Final = re.compile(r"s(?:(\d+)\.\.)?(\d+)?")


def many(name: str, count: int, spec: str) -> dict[str, str]:
    """``name1`` to ``name<count>``, all of one kind."""
    return {f"{name}{number}": spec for number in range(1, count + 1)}


def moment_of(text: object) -> datetime | None:
    """A date-time of the wire as aware UTC; None when it is none. Without a zone it counts as UTC."""
    if not isinstance(text, str) or len(text) < 10:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def wrong_in(table: Table, record: object, *, at: str = "", required: bool = True) -> Iterator[str]:
    """Sentences on everything in a record that the table does not allow. ``required`` False: fields may be missing."""
    if not isinstance(record, dict):
        yield f"{at or 'The record'} must be an object."
        return
    names = {name.rstrip("*"): (spec, name.endswith("*")) for name, spec in table.items()}
    for name in record:
        if name not in names:
            yield f"Property '{at}{name}' has not been defined and the schema does not allow additional properties."
    for name, (spec, needed) in names.items():
        value = record.get(name)
        if value is None:
            if needed and required:
                yield f"Required property '{at}{name}' is missing."
            continue
        yield from _wrong(spec, value, f"{at}{name}", needed=needed)


def _wrong(spec: Spec, value: object, at: str, *, needed: bool) -> Iterator[str]:
    if isinstance(spec, list):
        if not isinstance(value, list):
            yield f"'{at}' must be an array."
            return
        for place, one in enumerate(value):
            if isinstance(spec[0], str):
                yield from _wrong(spec[0], one, f"{at}[{place}]", needed=True)
            else:
                yield from wrong_in(spec[0], one, at=f"{at}[{place}].")
    elif isinstance(spec, Mapping):
        yield from wrong_in(spec, value, at=f"{at}.")
    elif spec in ("n", "n+", "i"):
        whole = isinstance(value, int) and not isinstance(value, bool)
        if not whole and (spec == "i" or not isinstance(value, Decimal)):
            yield f"'{at}' must be {'a whole number' if spec == 'i' else 'a number'}."
        elif spec == "n+" and isinstance(value, (int, Decimal)) and value < 0:
            yield f"'{at}' must not be negative."
    elif spec == "b":
        if not isinstance(value, bool):
            yield f"'{at}' must be true or false."
    elif spec == "d":
        if moment_of(value) is None:
            yield f"'{at}' is no date-time."
    else:
        yield from _wrong_text(spec, value, at, needed=needed)


def _wrong_text(spec: str, value: object, at: str, *, needed: bool) -> Iterator[str]:
    if not isinstance(value, str):
        yield f"'{at}' must be a string."
        return
    found = _TEXT.fullmatch(spec)
    if found is None:
        if value not in spec.split("|"):
            yield f"'{at}' must be one of {', '.join(spec.split('|'))}."
        return
    least = int(found[1]) if found[1] else int(needed)
    if len(value) < least:
        yield f"'{at}' is shorter than {least}."
    if found[2] and len(value) > int(found[2]):
        yield f"'{at}' is longer than {found[2]}."
