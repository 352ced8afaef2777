"""docs/first-connector.md: every block is done as a reader would do it, in its order, in an environment of its own."""

import os
import re
import subprocess
import sysconfig
import tomllib
import venv
from collections.abc import Iterator
from pathlib import Path

from .conftest import ROOT

PAGE = (ROOT / "docs" / "first-connector.md").read_text(encoding="utf-8")
#: Text since the block before, language, content.
BLOCKS = re.findall(r"(.*?)^```(\w+)\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)
PROGRAMS = {"mlc": "from mlc.cli.main import main; main()", "pytest": "import pytest, sys; sys.exit(pytest.main())"}


class Reader:
    """Somebody at a shell, with an environment in which ``mlc`` answers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "venv"
        venv.create(self.home, with_pip=False, symlinks=True)
        site = Path(sysconfig.get_path("purelib", vars={"base": str(self.home)}))
        # What is installed here is there too, also what is installed in place.
        (site / "here.pth").write_text(f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n")
        for name, code in PROGRAMS.items():
            self._program(name, f"-c '{code}'")
        self._program("pip", "-m pip")

    def _program(self, name: str, how: str) -> None:
        path = self.home / "bin" / name
        path.write_text(f'#!/bin/sh\nexec "{self.home}/bin/python" {how} "$@"\n')
        path.chmod(0o755)

    def types(self, line: str) -> str:
        """Run a line of the page. What is missing from the index is here already, so pip needs none."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "MLC_", "COV_"))}
        environ = kept | {
            "PATH": f"{self.home / 'bin'}:{os.environ['PATH']}",
            "MLC_HOME": str(self.folder / "home"),
            "PIP_NO_INDEX": "1",
            "PIP_NO_BUILD_ISOLATION": "0",  # pip reads this one as its flag: 0 means without
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        }
        done = subprocess.run(
            ["sh", "-c", line], cwd=self.folder, env=environ, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, f"$ {line}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
        return str(done.stdout)

    def edits(self, path: str, diff: str) -> None:
        """Apply a block of a diff: the lines that stay and go stand there exactly once."""
        file = self.folder / path
        lines = diff.splitlines()
        before = "\n".join(line[1:] for line in lines if line[0] in " -")
        after = "\n".join(line[1:] for line in lines if line[0] in " +")
        text = file.read_text(encoding="utf-8")
        assert text.count(before) == 1, f"{path} has not once:\n{before}"
        file.write_text(text.replace(before, after), encoding="utf-8")


def _commands(block: str) -> Iterator[tuple[str, list[str]]]:
    """Command lines, each with the lines that are shown below it."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, *shown = part.splitlines()
        yield command, shown


def _named(text: str) -> str:
    """The last path that the text in front of a block names."""
    return re.findall(r"`([\w/]+\.(?:py|json|toml))`", text)[-1]


def test_the_page_has_blocks_of_known_kinds_only() -> None:
    assert {language for _, language, _ in BLOCKS} == {"console", "python", "diff", "toml"}
    assert sum(language == "console" for _, language, _ in BLOCKS) >= 5


def test_a_reader_gets_through_the_page(tmp_path: Path) -> None:
    reader = Reader(tmp_path)
    for text, language, block in BLOCKS:
        if language == "console":
            for command, shown in _commands(block):
                said = reader.types(command)
                spaced = re.sub(r" +", " ", said)
                for line in shown:
                    assert re.sub(r" +", " ", line) in spaced, f"$ {command}\n{said}"
        elif language == "diff":
            reader.edits(_named(text), block)
        elif language == "python":
            (tmp_path / _named(text)).write_text(block, encoding="utf-8")
        else:
            table = tomllib.loads(block)
            assert reader.types("mlc plugins info tiny-books")
            known = reader.types("mlc --json plugins info tiny-books")
            assert all(f'"{key}"' in known for key in table["connections"]["books"] if key != "system")


def test_the_modules_in_the_table_are_those_of_the_package(tmp_path: Path) -> None:
    from mlc.testing.newplugin import write_plugin

    listed = set(re.findall(r"`(\w+\.(?:py|toml)|samples/)`", PAGE.partition("## 2.")[0])) - {"pyproject.toml"}
    files = write_plugin("tiny-books", tmp_path)[1:]
    source = tmp_path / "mlc_tiny_books" / "src" / "mlc_tiny_books"
    inside = [file.relative_to(source) for file in files if file.is_relative_to(source)]
    there = {f"{path.parent}/" if len(path.parts) > 1 else path.name for path in inside} - {"__init__.py", "py.typed"}
    assert listed == there


def test_the_page_is_short_enough_for_ten_minutes() -> None:
    typed = [command for _, language, block in BLOCKS if language == "console" for command, _ in _commands(block)]
    diffs = [block for _, language, block in BLOCKS if language == "diff"]
    changed = [line for block in diffs for line in block.splitlines() if line[0] in "+-"]
    assert len(typed) <= 12
    assert len(changed) <= 12
    assert len(PAGE.split()) <= 1200
