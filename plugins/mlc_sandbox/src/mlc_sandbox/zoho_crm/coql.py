"""Reading a COQL query: ``select a, b from M where ((x and y) and z) order by a asc limit 0, 200``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from mlc_sandbox.zoho_crm.conditions import Both, Condition, Test
from mlc_sandbox.zoho_crm.refusals import Refusal

MOST_CONDITIONS: Final = 25
MOST_ROWS: Final = 2000
DEFAULT_ROWS: Final = 200
MOST_COLUMNS: Final = 50
_TOKEN: Final = re.compile(
    r"""\s*(?:'((?:[^'\\]|\\.)*)'|([A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*)|(-?\d+(?:\.\d+)?)|(<=|>=|!=|[(),=<>]))""",
    re.VERBOSE,
)
_COMPARING: Final = frozenset({"=", "!=", ">", ">=", "<", "<="})


@dataclass(frozen=True, slots=True)
class Query:
    """A query, taken apart."""

    columns: tuple[str, ...]
    module: str
    where: Condition
    order: tuple[tuple[str, bool], ...]
    offset: int
    limit: int


@dataclass(frozen=True, slots=True)
class Token:
    """One word of a query; ``kind`` is text, name, number or sign."""

    kind: str
    value: Any
    at: int


def syntax_error(near: str, *, clause: str = "", at: int = 0) -> Refusal:
    """A query that cannot be read."""
    details: dict[str, Any] = {"clause": clause} if clause else {"line": 1, "column": at + 1, "near": near}
    return Refusal("SYNTAX_ERROR", "error occured while parsing the query", 400, details)


def invalid_query(message: str, **details: Any) -> Refusal:
    """A query that can be read and makes no sense."""
    return Refusal("INVALID_QUERY", message, 400, details)


def tokens_of(text: str) -> list[Token]:
    """The words of a query. Raises Refusal."""
    found: list[Token] = []
    at = 0
    text = text.rstrip().rstrip(";")
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise syntax_error(text[at : at + 20].strip(), at=at)
        quoted, name, number, sign = match.groups()
        if quoted is not None:
            found.append(Token("text", re.sub(r"\\(.)", r"\1", quoted), at))
        elif name is not None:
            found.append(Token("name", name, at))
        elif number is not None:
            found.append(Token("number", Decimal(number), at))
        else:
            found.append(Token("sign", sign, at))
        at = match.end()
    return found


def parse(text: str) -> Query:
    """Take a query apart. Raises Refusal (SYNTAX_ERROR, INVALID_QUERY, LIMIT_EXCEEDED)."""
    return _Reader(tokens_of(text)).query()


class _Reader:
    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._tests = 0

    def query(self) -> Query:
        self._need("select")
        columns = [self._name()]
        while self._skip(","):
            columns.append(self._name())
        self._need("from")
        module = self._name()
        if not self._skip("where"):
            raise syntax_error("", clause="where")
        where = self._condition()
        if self._next_word() in ("and", "or"):
            raise syntax_error(str(self._next_word()), at=self._token().at)
        order: list[tuple[str, bool]] = []
        if self._skip("order"):
            self._need("by")
            order.append(self._ordered())
            while self._skip(","):
                order.append(self._ordered())
        offset, limit = self._cut()
        if self._at < len(self._tokens):
            raise syntax_error(str(self._token().value), at=self._token().at)
        if self._tests > MOST_CONDITIONS:
            raise Refusal("LIMIT_EXCEEDED", "maximum number of conditions exceeded", 400, {"limit": MOST_CONDITIONS})
        if limit > MOST_ROWS or len(columns) > MOST_COLUMNS:
            most = MOST_ROWS if limit > MOST_ROWS else MOST_COLUMNS
            raise Refusal("LIMIT_EXCEEDED", "limit exceeded", 400, {"limit": most})
        if len(set(columns)) < len(columns):
            raise Refusal("DUPLICATE_DATA", "duplicate column in select", 400, {})
        return Query(tuple(columns), module, where, tuple(order), offset, limit)

    def _condition(self) -> Condition:
        """One test, or two conditions; more need brackets, pair by pair."""
        left = self._part()
        word = self._next_word()
        if word not in ("and", "or"):
            return left
        self._at += 1
        return Both(left, word, self._part())

    def _part(self) -> Condition:
        if self._skip("("):
            inner = self._condition()
            self._need(")")
            return inner
        return self._test()

    def _test(self) -> Test:
        self._tests += 1
        column = self._name()
        token = self._token()
        if token.kind == "sign" and token.value in _COMPARING:
            self._at += 1
            return Test(column, str(token.value), (self._value(),))
        word = self._word()
        if word == "is":
            inverted = self._skip("not")
            self._need("null")
            return Test(column, "is not null" if inverted else "is null", ())
        inverted = word == "not"
        if inverted:
            word = self._word()
        if word == "like":
            return Test(column, "not like" if inverted else "like", (self._value(),))
        if word == "in":
            return Test(column, "not in" if inverted else "in", self._values())
        if word == "between" and not inverted:
            low = self._value()
            self._need("and")
            return Test(column, "between", (low, self._value()))
        raise syntax_error(word, at=token.at)

    def _values(self) -> tuple[Any, ...]:
        self._need("(")
        found = [self._value()]
        while self._skip(","):
            found.append(self._value())
        self._need(")")
        return tuple(found)

    def _value(self) -> Any:
        token = self._token()
        self._at += 1
        if token.kind == "name" and token.value.casefold() in ("true", "false"):
            return token.value.casefold() == "true"
        if token.kind not in ("text", "number"):
            raise syntax_error(str(token.value), at=token.at)
        return token.value

    def _ordered(self) -> tuple[str, bool]:
        name = self._name()
        if self._skip("desc"):
            return name, True
        self._skip("asc")
        return name, False

    def _cut(self) -> tuple[int, int]:
        if not self._skip("limit"):
            return 0, DEFAULT_ROWS
        first = self._whole()
        if self._skip(","):
            return first, self._whole()
        if self._skip("offset"):
            return self._whole(), first
        return 0, first

    def _whole(self) -> int:
        token = self._token()
        if token.kind != "number" or token.value != int(token.value) or token.value < 0:
            raise syntax_error(str(token.value), clause="limit")
        self._at += 1
        return int(token.value)

    def _token(self) -> Token:
        if self._at >= len(self._tokens):
            raise syntax_error("end of query")
        return self._tokens[self._at]

    def _next_word(self) -> str:
        if self._at >= len(self._tokens):
            return ""
        token = self._tokens[self._at]
        return token.value.casefold() if token.kind in ("name", "sign") else ""

    def _word(self) -> str:
        word = self._next_word()
        if not word:
            raise syntax_error(str(self._token().value), at=self._token().at)
        self._at += 1
        return word

    def _skip(self, word: str) -> bool:
        if self._next_word() != word:
            return False
        self._at += 1
        return True

    def _need(self, word: str) -> None:
        if not self._skip(word):
            raise syntax_error(str(self._token().value), at=self._token().at)

    def _name(self) -> str:
        token = self._token()
        if token.kind != "name":
            raise syntax_error(str(token.value), at=token.at)
        self._at += 1
        return str(token.value)
