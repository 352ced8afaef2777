"""docs/wrapping.md: the package on the page is installed as it stands there, and changes what it says it changes."""

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from decimal import Decimal
from importlib import import_module
from pathlib import Path

import pytest
from mlc.errors import MappingError
from mlc.plugins import Found, Plugins
from mlc.records import Bill, ObjectType
from mlc.testing import open_test_connection
from mlc.testing.newplugin import write_plugin

from .conftest import ROOT, fences

PAGE = (ROOT / "docs" / "wrapping.md").read_text(encoding="utf-8")
MODULE = fences(PAGE, "python")[0]
PROJECT = tomllib.loads(fences(PAGE, "toml")[0])
SECRETS = {"client_id": "app-1", "client_secret": "s3cret"}


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that looks like an installation of the page's package."""
    site = tmp_path / "site"
    (site / "northwind_rules").mkdir(parents=True)
    (site / "northwind_rules" / "__init__.py").write_text("", encoding="utf-8")
    (site / "northwind_rules" / "rules.py").write_text(MODULE, encoding="utf-8")
    info = site / "northwind_rules-1.0.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: northwind-rules\nVersion: 1.0.0\n", encoding="utf-8")
    ((name, value),) = PROJECT["project"]["entry-points"]["mlc.systems"].items()
    (info / "entry_points.txt").write_text(f"[mlc.systems]\n{name} = {value}\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(site))
    return site


@pytest.fixture
def plugins(installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Plugins]:
    """The wrapper beside a connector as ``mlc plugin new`` writes it."""
    folder = write_plugin("wrapped-books", tmp_path)[0]
    monkeypatch.syspath_prepend(str(folder / "src"))
    books = Found("wrapped-books", import_module("mlc_wrapped_books.plugin"))
    rules = Found("northwind-rules", import_module("northwind_rules.rules"))
    yield Plugins([books, rules])
    for name in [name for name in sys.modules if name.startswith(("mlc_wrapped_books", "northwind_rules"))]:
        del sys.modules[name]


def bill(plugins: Plugins, connection: str, **changes: object) -> Bill:
    """A bill of the connector's samples, mapped for a connection of that name."""
    module = next(one.plugin for one in plugins.found if one.name == "wrapped-books")
    sample = Path(sys.modules["mlc_wrapped_books"].__path__[0]) / "samples" / "bill.json"
    payload = json.loads(sample.read_text(encoding="utf-8"), parse_float=Decimal) | changes
    opened = open_test_connection(module, secrets=SECRETS, name=connection)
    try:
        record = plugins.call(
            "wrapped-books", "mlc_map", connection=opened, object_type=ObjectType.BILL, payload=payload
        )
    finally:
        opened.http.close()
    assert isinstance(record, Bill)
    return record


def test_the_wrapper_has_fifteen_lines() -> None:
    written = [line for line in MODULE.splitlines() if line.strip()]
    assert len(MODULE.splitlines()) <= 16
    assert len(written) <= 15


def test_the_field_is_mapped_for_that_customer(plugins: Plugins) -> None:
    assert bill(plugins, "northwind-books", cost_object="4711").memo == "Cost object 4711"


def test_everything_else_stays_as_the_connector_said(plugins: Plugins) -> None:
    plain = bill(plugins, "northwind-books")
    changed = bill(plugins, "northwind-books", cost_object="4711")
    assert plain.memo == "Copy paper"
    assert changed.model_dump(exclude={"memo"}) == plain.model_dump(exclude={"memo"})
    assert bill(plugins, "other-books", cost_object="4711").memo == "Copy paper"


def test_an_error_of_the_connector_passes_through(plugins: Plugins) -> None:
    with pytest.raises(MappingError, match="total"):
        bill(plugins, "northwind-books", total="a lot", cost_object="4711")


def test_it_is_named_where_a_person_looks(installed: Path, tmp_path: Path) -> None:
    environ = os.environ | {"PYTHONPATH": str(installed), "MLC_HOME": str(tmp_path)}
    command = [sys.executable, "-c", "from mlc.cli.main import main; main(['plugins', 'list'])"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    (shown,) = fences(PAGE, "text")
    said = [line.split() for line in done.stdout.splitlines()]
    assert all(line.split() in said for line in shown.splitlines())


def test_the_sentence_about_other_hooks_is_the_one_that_is_said(installed: Path, tmp_path: Path) -> None:
    module = installed / "northwind_rules" / "rules.py"
    module.write_text(MODULE.replace("mlc_map(connection", "mlc_push(connection").replace(
        ", payload: dict[str, Any]", ""), encoding="utf-8")  # fmt: skip
    environ = os.environ | {"PYTHONPATH": str(installed), "MLC_HOME": str(tmp_path)}
    command = [sys.executable, "-c", "from mlc.cli.main import main; main(['plugins', 'list'])"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 5
    assert f"`{done.stderr.strip()}`" in PAGE
