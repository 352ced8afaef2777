"""A package of somebody else, as if it were installed: two stand-ins, two plugins, a recipe and a scenario."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from importlib import import_module, invalidate_caches
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "standins.md"


def blocks(language: str) -> list[str]:
    """The code blocks of the stand-in guide in one language."""
    text = PAGE.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


def build(folder: Path) -> Path:
    """Lay the package out in a folder: what stands on the page from the page, the rest from beside this file."""
    package = folder / "harbour"
    shutil.copytree(HERE / "harbour", package, ignore=shutil.ignore_patterns("__pycache__"))
    standin, scenario, *_rest = blocks("python")
    (package / "tidewater_standin.py").write_text(standin, encoding="utf-8")
    (package / "scenario.py").write_text(scenario, encoding="utf-8")
    (project,) = blocks("toml")
    info = folder / "harbour-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: harbour\nVersion: 0.1.0\n", encoding="utf-8")
    groups = re.findall(r'^\[project\.entry-points\."([\w.]+)"\]\n((?:.+\n)+)', project, flags=re.MULTILINE)
    points = "\n".join(f"[{name}]\n" + lines.replace('"', "") for name, lines in groups)
    (info / "entry_points.txt").write_text(points, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the package is installed in."""
    return build(tmp_path_factory.mktemp("site"))


@pytest.fixture
def harbour(site: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The package, importable in this process."""
    monkeypatch.syspath_prepend(str(site))
    invalidate_caches()
    import_module("harbour")
    yield site
    for name in [name for name in sys.modules if name.partition(".")[0] == "harbour"]:
        del sys.modules[name]
