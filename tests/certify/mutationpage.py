"""Writes docs/mutations.md from ``mutants``: what is broken, and the check that notices. ``make docs`` runs it."""

from pathlib import Path

from mutants import MUTANTS

PAGE = Path(__file__).parents[2] / "docs" / "mutations.md"
HEAD = """# Who watches the checks

<!-- Generated from tests/certify/mutants.py by `make docs`; a change belongs there. -->

Each row is a mistake that connectors have been shipped with. `tests/certify/test_mutations.py` plants it in the
connector that `mlc plugin new` writes, and the check beside it has to fail with a sentence that names the defect;
without the mistake the same check passes. There are COUNT.

| planted | in | caught by the check |
| --- | --- | --- |
"""


def page() -> str:
    """The whole page."""
    rows = [f"| {one.name} | `{one.file}` | {_words(one.check)} |" for one in MUTANTS]
    return HEAD.replace("COUNT", str(len(MUTANTS))) + "\n".join(rows) + "\n"


def _words(check: str) -> str:
    """A check's name as the sentence it is."""
    return check.removeprefix("test_").replace("_", " ")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
