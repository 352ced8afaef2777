"""Reading the criteria of a search: ``((Email:equals:a@b.example)and(Last_Name:starts_with:B))``."""

from __future__ import annotations

from typing import Final

from mlc_sandbox.zoho_crm.conditions import Both, Condition, Test
from mlc_sandbox.zoho_crm.refusals import Refusal

MOST: Final = 10
_OPERATORS: Final = {
    "equals": "=",
    "not_equal": "!=",
    "starts_with": "starts_with",
    "contains": "contains",
    "in": "in",
    "not_in": "not in",
    "greater_than": ">",
    "greater_equal": ">=",
    "less_than": "<",
    "less_equal": "<=",
    "between": "between",
}


def invalid(reason: str, api_name: str = "") -> Refusal:
    """Criteria that cannot be read or used."""
    return Refusal("INVALID_QUERY", "Invalid query formed", 400, {"reason": reason, "api_name": api_name})


def parse(text: str) -> Condition:
    """Take criteria apart. Raises Refusal."""
    condition, rest, tests = _part(text.strip())
    if rest:
        raise invalid("criteria do not end where they should")
    if tests > MOST:
        raise Refusal(
            "LIMIT_EXCEEDED", f"no of criterium that can be given exceed the limit {MOST}", 400, {"limit": MOST}
        )
    return condition


def _part(text: str) -> tuple[Condition, str, int]:
    """One bracket: a test, or two brackets joined by a word; returns what follows it, and how many tests were in it."""
    if not text.startswith("("):
        raise invalid("a bracket is missing")
    if not text.startswith("(("):
        return _test(text)
    condition, rest, tests = _part(text[1:])
    while not rest.startswith(")"):
        word = "and" if rest.startswith("and(") else "or" if rest.startswith("or(") else ""
        if not word:
            raise invalid("criteria are joined by and, or")
        right, rest, more = _part(rest[len(word) :])
        condition, tests = Both(condition, word, right), tests + more
    return condition, rest[1:], tests


def _test(text: str) -> tuple[Condition, str, int]:
    """``(name:operator:value)``; brackets, commas and backslashes in a value carry a backslash."""
    value, at = "", 1
    while at < len(text) and text[at] != ")":
        if text[at] == "\\" and at + 1 < len(text):
            at += 1
        value += text[at]
        at += 1
    name, _, rest = value.partition(":")
    operator, found, operand = rest.partition(":")
    if at >= len(text) or not found:
        raise invalid("a criterion is name:operator:value", name)
    if operator not in _OPERATORS:
        raise invalid("no such operator", name)
    several = operator in ("in", "not_in", "between")
    operands = tuple(operand.split(",")) if several else (operand,)
    if operator == "between" and len(operands) != 2:
        raise invalid("between takes two values", name)
    return Test(name, _OPERATORS[operator], operands), text[at + 1 :], 1
