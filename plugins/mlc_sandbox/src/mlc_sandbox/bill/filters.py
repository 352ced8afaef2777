"""``filters=field:op:value,…``: taken apart, checked, and turned into a test of one record."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from mlc_sandbox.bill.refusals import refused
from mlc_sandbox.bill.wire import Record, amount_of, day_of, dig, instant_of

EQ: Final = frozenset({"eq"})
EQ_NE: Final = frozenset({"eq", "ne"})
EQ_IN: Final = frozenset({"eq", "in"})
EQ_NE_IN: Final = frozenset({"eq", "ne", "in"})
EQ_NE_IN_NIN: Final = frozenset({"eq", "ne", "in", "nin"})
EQ_SW: Final = frozenset({"eq", "sw"})
RANGE: Final = frozenset({"gt", "gte", "lt", "lte"})
ANY: Final = frozenset({"eq", "ne", "gt", "gte", "lt", "lte", "in", "nin", "sw"})

Test = Callable[[Record], bool]


@dataclass(frozen=True, slots=True)
class Field:
    """A filterable field: what it compares as (text, flag, instant, day, amount) and which operators it takes."""

    kind: str
    ops: frozenset[str]
    paths: tuple[str, ...] = ()
    """Where its values stand, when not under its own name; ``[]`` goes through a list."""


@dataclass(frozen=True, slots=True)
class Clause:
    """One ``field:op:value``."""

    name: str
    op: str
    values: tuple[Any, ...]
    test: Test


def _pieces(text: str) -> Iterator[str]:
    """Split at commas that stand in no quotes."""
    piece, quoted = "", False
    for letter in text:
        if letter == '"':
            quoted = not quoted
        if letter == "," and not quoted:
            yield piece
            piece = ""
        else:
            piece += letter
    yield piece


def clauses_of(
    text: str, fields: dict[str, Field], *, unquoted_times: bool = True, quoted_times: bool = True
) -> list[Clause]:
    """Every clause of a filter. Raises Refusal: BDC_1130 for a field, 1131 for an operator, 1129 for a value."""
    found = []
    for piece in _pieces(text):
        parts = piece.split(":", 2)
        if len(parts) != 3 or not parts[0]:
            raise refused(400, "BDC_1129", f"Invalid filter: {piece}")
        name, op, raw = parts[0].strip(), parts[1].strip(), parts[2]
        field = fields.get(name)
        if field is None:
            raise refused(400, "BDC_1130", f"Invalid list filter field: {name}")
        if op not in field.ops:
            raise refused(400, "BDC_1131", f"Invalid list filter operator: {op} for {name}")
        quoted = len(raw) >= 2 and raw[0] == raw[-1] == '"'
        if (":" in raw and not quoted and not unquoted_times) or (quoted and ":" in raw and not quoted_times):
            raise refused(400, "BDC_1129", f"Invalid filter value for {name}")
        value = raw[1:-1] if quoted else raw
        several = value.split(",") if op in ("in", "nin") else [value]
        values = tuple(_read(field, name, one.strip()) for one in several)
        found.append(Clause(name, op, values, _test(name, field, op, values)))
    return found


def _read(field: Field, name: str, value: str) -> Any:
    read: Any = value
    if field.kind == "flag":
        read = {"true": True, "false": False}.get(value.lower())
    elif field.kind == "amount":
        read = amount_of(value)
    elif field.kind == "day":
        read = day_of(value[:10])
    elif field.kind == "instant":
        try:
            read = instant_of(value)
        except ValueError:
            read = None
    if read is None or read == "":
        raise refused(400, "BDC_1129", f"Invalid filter value for {name}")
    return read


def _test(name: str, field: Field, op: str, values: tuple[Any, ...]) -> Test:
    paths = field.paths or (name,)
    first = values[0]
    checks: dict[str, Callable[[list[Any]], bool]] = {
        "eq": lambda got: first in got,
        "ne": lambda got: first not in got,
        "in": lambda got: any(value in got for value in values),
        "nin": lambda got: not any(value in got for value in values),
        "sw": lambda got: any(str(one).startswith(first) for one in got),
        "gt": lambda got: any(one > first for one in got),
        "gte": lambda got: any(one >= first for one in got),
        "lt": lambda got: any(one < first for one in got),
        "lte": lambda got: any(one <= first for one in got),
    }
    check = checks[op]
    return lambda record: check([one for path in paths for one in _values(record, path)])


def _values(record: Record, path: str) -> list[Any]:
    head, inside, rest = path.partition("[].")
    if inside:
        return [value for row in dig(record, head) or () for value in _values(row, rest)]
    value = dig(record, head)
    if value is None:
        return []
    return [Decimal(value)] if isinstance(value, int) and not isinstance(value, bool) else [value]
