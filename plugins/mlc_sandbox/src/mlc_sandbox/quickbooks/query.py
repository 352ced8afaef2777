"""The query language: parsed strictly, evaluated on stored objects."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from mlc_sandbox.quickbooks.refusals import Refusal
from mlc_sandbox.quickbooks.schema import KINDS, QUERYABLE
from mlc_sandbox.quickbooks.wire import Record, instant

MOST: Final = 1000
DEFAULT: Final = 100
_TOKENS: Final = re.compile(
    r"\s*(?:(?P<text>'(?:\\.|[^'\\])*')|(?P<number>-?\d+(?:\.\d+)?)|(?P<word>[A-Za-z_][\w.]*)|(?P<mark><=|>=|[=<>(),*]))"
)
_EVERYWHERE: Final = ("Id", "MetaData.CreateTime", "MetaData.LastUpdatedTime")
_COMPARE: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "=": operator.eq, "<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge,
}  # fmt: skip
Token = tuple[str, Any]


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison."""

    path: str
    op: str
    values: tuple[Any, ...]


@dataclass(slots=True)
class Select:
    """A parsed query."""

    entity: str
    count: bool = False
    where: list[Condition] = field(default_factory=list)
    order: list[tuple[str, bool]] = field(default_factory=list)
    start: int = 1
    most: int = DEFAULT


def unparsable(said: str) -> Refusal:
    """The text is no query."""
    return Refusal("4000", f"QueryParserError: {said}")


def invalid(said: str) -> Refusal:
    """The text is a query, and asks for what there is not."""
    return Refusal("4001", f"QueryValidationError: {said}")


class _Reader:
    def __init__(self, text: str) -> None:
        self.tokens: list[Token] = []
        at, text = 0, text.rstrip().rstrip(";")
        while at < len(text):
            found = _TOKENS.match(text, at)
            if found is None:
                raise unparsable(f"Encountered {text[at : at + 20]!r} at position {at + 1}")
            at = found.end()
            kind = str(found.lastgroup)
            self.tokens.append((kind, found.group(kind)))
        self.at = 0

    def peek(self) -> Token:
        return self.tokens[self.at] if self.at < len(self.tokens) else ("end", "")

    def next(self) -> Token:
        token = self.peek()
        self.at += 1
        return token

    def said(self, *words: str) -> bool:
        """Whether these keywords or marks follow; takes them when they do."""
        there = [str(value).upper() for _, value in self.tokens[self.at : self.at + len(words)]]
        if there != list(words):
            return False
        self.at += len(words)
        return True

    def expect(self, *words: str) -> None:
        if not self.said(*words):
            raise unparsable(f"Encountered {str(self.peek()[1])!r}, expected {' '.join(words)}")

    def word(self) -> str:
        kind, value = self.next()
        if kind != "word":
            raise unparsable(f"Encountered {str(value)!r}, expected a name")
        return str(value)

    def value(self) -> Any:
        kind, value = self.next()
        if kind == "text":
            return re.sub(r"\\(.)", r"\1", value[1:-1])
        if kind == "number":
            return Decimal(value)
        if kind == "word" and value.lower() in ("true", "false"):
            return value.lower() == "true"
        raise unparsable(f"Encountered {str(value)!r}, expected a value")

    def whole(self, keyword: str) -> int:
        kind, value = self.next()
        if kind != "number" or "." in value:
            raise unparsable(f"{keyword} needs a whole number")
        return int(value)


def parse(text: str, switches: Mapping[str, Any]) -> Select:
    """Read a query. Raises Refusal 4000 for what cannot be parsed, 4001 for what cannot be asked."""
    reader = _Reader(text)
    reader.expect("SELECT")
    count = reader.said("COUNT", "(", "*", ")")
    if not count:
        _projection(reader)
    reader.expect("FROM")
    select = Select(reader.word(), count)
    if select.entity not in KINDS:
        raise invalid(f"Invalid context declaration: {select.entity}")
    if reader.said("WHERE"):
        select.where.append(_condition(reader, select.entity, switches))
        while reader.said("AND"):
            select.where.append(_condition(reader, select.entity, switches))
    if reader.said("ORDERBY") or reader.said("ORDER", "BY"):
        _order(reader, select, switches)
    while reader.peek()[0] != "end":
        if reader.said("STARTPOSITION"):
            select.start = reader.whole("STARTPOSITION")
        elif reader.said("MAXRESULTS"):
            select.most = reader.whole("MAXRESULTS")
        else:
            raise unparsable(f"Encountered {str(reader.peek()[1])!r}")
    if select.start < 1 or select.most < 0:
        raise invalid("STARTPOSITION begins with 1 and MAXRESULTS with 0")
    if select.most > MOST:
        if switches["too_many_rows"] == "refuse":
            raise invalid(f"value {select.most} is too large, max {MOST}")
        select.most = MOST
    return select


def _projection(reader: _Reader) -> None:
    """Names are taken and not heeded: the whole object always comes back."""
    while True:
        kind, value = reader.next()
        if kind != "word" and value != "*":
            raise unparsable(f"Encountered {str(value)!r}, expected * or a name")
        if not reader.said(","):
            return


def _property(name: str, entity: str, switches: Mapping[str, Any]) -> str:
    more = switches["more_filters"].get(entity, ())
    if name not in (*_EVERYWHERE, *QUERYABLE[entity], *more):
        raise invalid(f"property '{name}' is not queryable")
    return name


def _condition(reader: _Reader, entity: str, switches: Mapping[str, Any]) -> Condition:
    path = _property(reader.word(), entity, switches)
    if reader.said("IN"):
        reader.expect("(")
        values = [reader.value()]
        while reader.said(","):
            values.append(reader.value())
        reader.expect(")")
        return Condition(path, "IN", tuple(_typed(path, value) for value in values))
    if reader.said("LIKE"):
        value = reader.value()
        if not isinstance(value, str):
            raise unparsable("LIKE needs a text")
        return Condition(path, "LIKE", (value,))
    kind, mark = reader.next()
    if kind != "mark" or mark not in _COMPARE:
        raise unparsable(f"Encountered {str(mark)!r}, expected an operator")
    return Condition(path, str(mark), (_typed(path, reader.value()),))


def _order(reader: _Reader, select: Select, switches: Mapping[str, Any]) -> None:
    while True:
        path = _property(reader.word(), select.entity, switches)
        down = reader.said("DESC")
        if not down:
            reader.said("ASC")
        select.order.append((path, down))
        if not reader.said(","):
            return


def _typed(path: str, value: Any) -> Any:
    if path.startswith("MetaData."):
        try:
            return instant(str(value))
        except ValueError:
            raise invalid(f"'{value}' is no time for {path}") from None
    if path == "Active" and not isinstance(value, bool):
        raise invalid("Active is compared with true or false, without quotes")
    return value


# --- evaluation -----------------------------------------------------------------------------------------------------


def looked_up(record: Record, path: str) -> list[Any]:
    """What stands at a path: references give their id, lists every member."""
    found: list[Any] = [record]
    for step in path.split("."):
        deeper = [one.get(step, one.get(step.lower())) for one in found if isinstance(one, dict)]
        found = [inner for one in deeper for inner in (one if isinstance(one, list) else [one])]
    return [one.get("value") if isinstance(one, dict) else one for one in found]


def fits(record: Record, condition: Condition, *, any_case: bool) -> bool:
    """Whether a record meets a condition."""
    for raw in looked_up(record, condition.path) or [None]:
        there = _comparable(raw, condition.path, any_case)
        wanted = [_comparable(value, condition.path, any_case) for value in condition.values]
        if condition.op == "IN" and there in wanted:
            return True
        if condition.op == "LIKE" and isinstance(there, str) and _like(there, str(wanted[0])):
            return True
        if condition.op in _COMPARE and _holds(there, condition.op, wanted[0]):
            return True
    return False


def _comparable(value: Any, path: str, any_case: bool) -> Any:
    if path.startswith("MetaData."):
        return instant(value) if isinstance(value, str) else value
    if path == "Id" or path.endswith("Ref"):
        return str(value)
    if isinstance(value, str):
        return value.casefold() if any_case else value
    return value


def _like(there: str, pattern: str) -> bool:
    return re.fullmatch(".*".join(re.escape(part) for part in pattern.split("%")), there, re.DOTALL) is not None


def _holds(there: Any, op: str, wanted: Any) -> bool:
    if there is None or (isinstance(wanted, str) and not wanted.strip()):  # null is written ' '
        return op == "=" and there is None and isinstance(wanted, str) and not wanted.strip()
    if isinstance(there, str) and isinstance(wanted, Decimal):
        wanted = format(wanted, "f")
    if op != "=" and isinstance(there, str) and there.isdigit() and str(wanted).isdigit():
        there, wanted = int(there), int(wanted)
    try:
        return _COMPARE[op](there, wanted)
    except TypeError:
        return False


def arranged(rows: list[Record], select: Select) -> list[Record]:
    """In the order that was asked for; by id where none was."""
    rows = sorted(rows, key=lambda row: int(row["Id"]))
    for path, down in reversed(select.order):
        rows.sort(key=lambda row: _sortable(row, path), reverse=down)
    return rows


def _sortable(row: Record, path: str) -> tuple[int, Any]:
    found = looked_up(row, path)
    value = found[0] if found else None
    if value is None:
        return (0, 0)
    if path.startswith("MetaData."):
        moment: datetime = instant(value)
        return (1, moment)
    if path == "Id":
        return (1, int(value))
    return (1, value.casefold() if isinstance(value, str) else value)
