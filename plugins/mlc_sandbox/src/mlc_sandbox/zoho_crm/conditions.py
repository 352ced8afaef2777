"""Tests on a record's values, as search and COQL make them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from mlc_sandbox.zoho_crm.crm import Record
from mlc_sandbox.zoho_crm.fields import NUMBERS, Field


class BadOperand(Exception):
    """A value that the column's type cannot be compared with."""


@dataclass(frozen=True, slots=True)
class Test:
    """``column operator operands``; ``reach`` fetches the column's field and value from a record."""

    column: str
    operator: str
    operands: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Both:
    """Two conditions, joined by ``and`` or ``or``."""

    left: Condition
    word: str
    right: Condition


Condition = Test | Both
Reach = Callable[[Record, str], tuple[Field | None, Any]]


def check(condition: Condition, field_of: Callable[[str], Field]) -> None:
    """Every column and operand, before any record is looked at. Raises BadOperand, and what ``field_of`` raises."""
    if isinstance(condition, Both):
        check(condition.left, field_of)
        check(condition.right, field_of)
        return
    field = field_of(condition.column)
    for operand in condition.operands:
        comparable(field, operand, any_case=True)


def holds(condition: Condition, record: Record, reach: Reach, *, any_case: bool) -> bool:
    """Whether a record meets a condition. Raises BadOperand."""
    if isinstance(condition, Both):
        left = holds(condition.left, record, reach, any_case=any_case)
        right = holds(condition.right, record, reach, any_case=any_case)
        return (left and right) if condition.word == "and" else (left or right)
    field, value = reach(record, condition.column)
    return _meets(condition, field, value, any_case=any_case)


def _meets(test: Test, field: Field | None, value: Any, *, any_case: bool) -> bool:
    if test.operator in ("is null", "is not null"):
        return (value is None) == (test.operator == "is null")
    if isinstance(value, dict):
        value = value["id"]
    wanted = [comparable(field, one, any_case=any_case) for one in test.operands]
    if value is None:
        return test.operator in ("!=", "not in", "not like")
    return _OPERATORS[test.operator](comparable(field, value, any_case=any_case), wanted)


def comparable(field: Field | None, value: Any, *, any_case: bool) -> Any:
    """A value in the form in which it is compared: numbers as such, times as moments, texts without case."""
    kind = field.data_type if field is not None else "text"
    if isinstance(value, bool) or kind == "boolean":
        return value in (True, "true")
    try:
        if kind in NUMBERS:
            return Decimal(str(value))
        if kind == "datetime":
            moment = datetime.fromisoformat(str(value))
            if moment.tzinfo is None:
                raise BadOperand(str(value))
            return moment
    except (InvalidOperation, ValueError):
        raise BadOperand(str(value)) from None
    return str(value).casefold() if any_case else str(value)


def _like(value: Any, wanted: list[Any]) -> bool:
    pattern = ".*".join(re.escape(part) for part in str(wanted[0]).split("%"))
    return re.fullmatch(pattern, str(value), re.DOTALL) is not None


_OPERATORS: dict[str, Callable[[Any, list[Any]], bool]] = {
    "=": lambda value, wanted: value == wanted[0],
    "!=": lambda value, wanted: value != wanted[0],
    ">": lambda value, wanted: value > wanted[0],
    ">=": lambda value, wanted: value >= wanted[0],
    "<": lambda value, wanted: value < wanted[0],
    "<=": lambda value, wanted: value <= wanted[0],
    "in": lambda value, wanted: value in wanted,
    "not in": lambda value, wanted: value not in wanted,
    "between": lambda value, wanted: wanted[0] <= value <= wanted[1],
    "like": _like,
    "not like": lambda value, wanted: not _like(value, wanted),
    "starts_with": lambda value, wanted: str(value).startswith(str(wanted[0])),
    "contains": lambda value, wanted: str(wanted[0]) in str(value),
}
