"""The project's pages, as a reader finds them."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_SKIP = {".venv", ".git", ".pytest_cache", "build", "dist", "node_modules"}


def fences(text: str, language: str) -> list[str]:
    """The code blocks of a page in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


def without_code(text: str) -> str:
    """A page without its code blocks and inline code."""
    return re.sub(r"`[^`\n]*`", "", re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL))


@pytest.fixture(scope="session")
def pages() -> dict[str, str]:
    """Path below the root → text, of every Markdown page."""
    found = {}
    for path in sorted(ROOT.rglob("*.md")):
        inside = path.relative_to(ROOT)
        if not _SKIP & set(inside.parts):
            found[str(inside)] = path.read_text(encoding="utf-8")
    return found
