"""What a file may look like."""

import ast
import re
import subprocess
import sys

import pytest

from .conftest import ROOT, Module

Modules = tuple[Module, ...]
CEILING = 300
#: Migrations are written once, by a tool.
EXEMPT = "mlc.store.migrations.versions"


def test_no_module_is_longer_than_the_ceiling(modules: Modules) -> None:
    long = [
        f"{module.shown}: {len(module.text.splitlines())}"
        for module in modules
        if not module.name.startswith(EXEMPT) and len(module.text.splitlines()) > CEILING
    ]
    assert not long, "\n".join(long)


def test_every_module_says_what_it_is(modules: Modules) -> None:
    mute = [module.shown for module in modules if module.text.strip() and not ast.get_docstring(ast.parse(module.text))]
    assert not mute, "\n".join(mute)


def test_nothing_is_left_to_do(modules: Modules) -> None:
    left = [module.shown for module in modules if re.search(r"\b(TODO|FIXME|XXX|NotImplementedError)\b", module.text)]
    assert not left, "\n".join(left)


def test_names_are_nouns_of_the_trade(modules: Modules) -> None:
    vague = [
        f"{module.shown}: {node.name}"
        for module in modules
        for node in ast.walk(ast.parse(module.text))
        if isinstance(node, ast.ClassDef) and re.search(r"(Manager|Helper|Util|Utils|Base)$", node.name)
    ]
    assert not vague, "\n".join(vague)


def test_no_float_is_made_of_an_amount(modules: Modules) -> None:
    found = [
        f"{module.shown}:{number}"
        for module in modules
        if module.name.startswith(("mlc.records", "mlc.engine"))
        for number, line in enumerate(module.text.splitlines(), 1)
        if re.search(r"\bfloat\((?!\")", line)
    ]
    assert not found, "\n".join(found)


def test_no_file_names_a_machine() -> None:
    done = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        pytest.skip("SKIPPED: this is no git checkout.")
    here = re.compile(r"(?<![\w.])/(?:work|root|home/\w+)/\w")
    found = []
    for name in done.stdout.splitlines():
        path = ROOT / name
        if path.suffix in {".py", ".toml", ".md", ".json", ".txt", ""} and path.is_file():
            text = path.read_text(encoding="utf-8", errors="replace")
            found += [f"{name}: {match.group()}" for match in here.finditer(text)]
    assert not found, "\n".join(found)


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom mlc.cli.main import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'pydantic', 'sqlalchemy', 'httpx', 'alembic', 'stevedore', 'rich', 'cryptography'}\n"
        "sys.exit(', '.join(sorted(heavy & sys.modules.keys())) or 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_public_names_of_core_load_on_first_use() -> None:
    code = "import sys, mlc\nsys.exit(', '.join(sorted({'pydantic', 'pluggy', 'httpx'} & sys.modules.keys())) or 0)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
