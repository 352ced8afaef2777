"""Connectors written from the template, installed without pip, one beside the other."""

import sys
import tomllib
from collections.abc import Callable, Iterator
from importlib import import_module, invalidate_caches
from itertools import count
from pathlib import Path
from types import ModuleType

import pytest
from mlc.testing.newplugin import write_plugin

#: Writes a connector, lets it be changed in its folder, installs it, and returns its ``conformance`` module.
Install = Callable[[Callable[[Path], None]], ModuleType]
_NUMBERS = count(1)


@pytest.fixture
def install(tmp_path: Path) -> Iterator[Install]:
    before = list(sys.path)
    packages = []

    def installing(change: Callable[[Path], None]) -> ModuleType:
        name = f"mutant-{next(_NUMBERS)}"
        folder = write_plugin(name, tmp_path)[0]
        package = folder.name
        change(folder / "src" / package)
        as_installed(folder)
        sys.path.insert(0, str(folder / "src"))
        invalidate_caches()
        packages.append(package)
        return import_module(f"{package}.conformance")

    yield installing
    sys.path[:] = before
    for module in [module for module in sys.modules if module.partition(".")[0] in packages]:
        del sys.modules[module]


def as_installed(folder: Path) -> None:
    """What pip leaves behind for a package, beside its source."""
    project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    home = folder / "src" / f"{folder.name}-{project['version']}.dist-info"
    home.mkdir()
    readme = (folder / "README.md").read_text(encoding="utf-8")
    header = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n\n"
    (home / "METADATA").write_text(header + readme, encoding="utf-8")
    lines = []
    for group, entries in project["entry-points"].items():
        lines += [f"[{group}]", *(f"{name} = {value}" for name, value in entries.items())]
    (home / "entry_points.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
