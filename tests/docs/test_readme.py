"""README.md: what it shows can be typed."""

import re
import shlex
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from mlc.cli.main import mlc
from mlc.config import load_config
from mlc.errors import ExitCode
from mlc.plugins import load_plugins

from .conftest import ROOT, fences

TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def _typed() -> Iterator[str]:
    """Every ``mlc`` command line of the page."""
    for block in fences(TEXT, "console"):
        for line in block.splitlines():
            if line.startswith("$ mlc "):
                yield line[2:].partition("#")[0].strip()
    yield from re.findall(r"`(mlc [^`]+)`", TEXT)


def _words(line: str) -> tuple[list[str], list[str]]:
    """The command with its subcommand, and its options."""
    words = [word for word in shlex.split(line)[1:] if not word.startswith("[")]
    names: list[str] = []
    command: click.Command = mlc
    context = click.Context(mlc)
    for word in words:
        inner = command.get_command(context, word) if isinstance(command, click.Group) else None
        if inner is None:
            break
        names.append(word)
        command = inner
    return names, [word.partition("=")[0] for word in words if word.startswith("--")]


@pytest.mark.parametrize("line", sorted(set(_typed())))
def test_every_command_on_the_page_exists_with_its_options(line: str) -> None:
    names, options = _words(line)
    assert names, line
    shown = CliRunner().invoke(mlc, [*names, "--help"])
    assert shown.exit_code == 0, shown.output
    for option in options:
        assert option in shown.output, f"{line}: {option}"


def test_the_table_names_every_command() -> None:
    table = TEXT.partition("## Commands")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `mlc (\w+)", table, flags=re.MULTILINE)) == set(mlc.list_commands(click.Context(mlc)))


def test_the_configuration_on_the_page_loads(tmp_path: Path) -> None:
    text = "\n".join(fences(TEXT, "toml"))
    path = tmp_path / "mlc.toml"
    path.write_text(text, encoding="utf-8")
    config = load_config(path, plugins=load_plugins(), environ={"MLC_HOME": str(tmp_path)})
    assert config.warnings == ()
    assert set(config.connections) == {"procurify", "zoho-books"}
    assert config.pairings["purchasing"].policy.since == date(2026, 11, 1)


def test_the_exit_codes_on_the_page_are_those_of_the_program() -> None:
    table = TEXT.partition("Exit codes:")[2].partition("\n\nThe ")[0]
    assert {int(code) for code in re.findall(r"^\| (\d) \|", table, flags=re.MULTILINE)} == {
        int(one) for one in ExitCode
    }


def test_make_has_the_targets_that_the_pages_name(pages: dict[str, str]) -> None:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    named = {name for text in pages.values() for name in re.findall(r"(?:^\$ |`)make (\w+)", text, flags=re.MULTILINE)}
    assert named
    assert named <= targets


def test_the_licence_is_the_one_that_the_packages_name() -> None:
    assert "Apache License" in (ROOT / "LICENSE").read_text(encoding="utf-8")
    for project in [*ROOT.glob("*/pyproject.toml"), *ROOT.glob("plugins/*/pyproject.toml")]:
        data = tomllib.loads(project.read_text(encoding="utf-8"))
        assert data["project"].get("license") == "Apache-2.0", project.parent.name
