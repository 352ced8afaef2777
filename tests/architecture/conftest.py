"""The source of every package in this repository, read once."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Module:
    """One Python file of a package: ``package`` is ``mlc`` or a plugin's, ``name`` its dotted name."""

    package: str
    name: str
    path: Path

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def imports(self) -> tuple[str, ...]:
        """Dotted names that are imported, at any depth of the file."""
        return tuple(sorted(set(self._imports())))

    @property
    def shown(self) -> str:
        return str(self.path.relative_to(ROOT))

    def _imports(self) -> Iterator[str]:
        parents = self.name.split(".") if self.path.name == "__init__.py" else self.name.split(".")[:-1]
        for node in ast.walk(ast.parse(self.text)):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                above = parents[: len(parents) - node.level + 1] if node.level else []
                yield ".".join([*above, *([node.module] if node.module else [])])


def _modules() -> Iterator[Module]:
    for source in sorted([*ROOT.glob("core/src"), *ROOT.glob("mlc_*/src"), *ROOT.glob("plugins/mlc_*/src")]):
        for path in sorted(source.rglob("*.py")):
            parts = path.relative_to(source).with_suffix("").parts
            dotted = parts[:-1] if parts[-1] == "__init__" else parts
            yield Module(parts[0], ".".join(dotted), path)


@pytest.fixture(scope="session")
def modules() -> tuple[Module, ...]:
    found = tuple(_modules())
    assert {module.package for module in found} >= {"mlc", "mlc_sandbox"}
    return found


@pytest.fixture(scope="session")
def vendors() -> frozenset[str]:
    """Packages that speak to a vendor: those outside ``core`` and ``plugins``."""
    return frozenset(path.parent.name for path in ROOT.glob("mlc_*/pyproject.toml"))
