"""The package is a worked example: it is read in one sitting. What certifies it, `conformance.py`, is counted apart."""

import ast
from pathlib import Path

import mlc_csv

PACKAGE = Path(mlc_csv.__file__).parent
MOST = 250


def code_lines(module: Path) -> int:
    """Lines that are neither blank nor comment nor docstring."""
    text = module.read_text(encoding="utf-8")
    told: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            told.update(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    return sum(
        number not in told and bool(line.strip()) and not line.strip().startswith("#")
        for number, line in enumerate(text.splitlines(), 1)
    )


def test_the_connector_is_short_enough_for_one_sitting() -> None:
    counted = {module.name: code_lines(module) for module in PACKAGE.glob("*.py") if module.name != "conformance.py"}
    assert sum(counted.values()) <= MOST, counted
