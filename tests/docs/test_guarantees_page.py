"""docs/guarantees.md names every rule, and nothing that is not there."""

import re
from collections.abc import Mapping
from importlib.util import find_spec

import pytest

from .conftest import ROOT

PAGE = ROOT / "docs" / "guarantees.md"
RULES = [f"R{number}" for number in range(1, 45)]
STATES = ("kept", "in part", "not built")


@pytest.fixture(scope="module")
def rows() -> Mapping[str, list[str]]:
    found = {}
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if re.match(r"\| R\d+ \|", line):
            name, *cells = (cell.strip() for cell in line.strip("|").split("|"))
            assert name not in found, f"{name} stands there twice"
            found[name] = cells
    return found


def test_every_rule_has_one_row(rows: Mapping[str, list[str]]) -> None:
    assert list(rows) == RULES


def test_every_row_says_what_holds_and_how_far(rows: Mapping[str, list[str]]) -> None:
    for name, (what, _how, state, test) in rows.items():
        assert what.endswith("."), name
        if name != "R43":
            assert state.startswith(STATES), name
            assert test, name
            assert ":" in state or state.startswith("kept"), f"{name} does not say what is missing"


def test_every_test_file_is_there(rows: Mapping[str, list[str]]) -> None:
    for name, cells in rows.items():
        named = re.findall(r"`(tests/[^`]+)`", cells[3])
        assert named or cells[3] in ("", "none", "none of its own"), name
        for path in named:
            assert (ROOT / path).is_file(), f"{name}: {path}"


def test_every_module_is_there(rows: Mapping[str, list[str]]) -> None:
    for name, cells in rows.items():
        modules = re.findall(r"`(mlc[\w.]*)`", cells[1])
        assert modules or cells[2].startswith("not built") or name == "R43", name
        for module in modules:
            assert find_spec(module) is not None, f"{name}: {module}"
