"""A package of somebody else is served, shown by ``mlc demo`` and tortured, once it is installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from mlc.plugins import Found, Plugins
from mlc.records import ObjectType
from mlc_sandbox import torture

from .conftest import blocks


def mlc(site: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """``mlc`` in an environment where the package is installed."""
    command = [sys.executable, "-c", "from mlc.cli.main import main; main()", *words]
    environ = os.environ | {"PYTHONPATH": str(site)}
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120)


def test_mlc_demo_shows_the_recipe_of_another_package(site: Path, tmp_path: Path) -> None:
    done = mlc(site, "demo", "quay+tidewater", "--json", "--records", "20", "--keep", str(tmp_path / "kept"))
    assert done.stderr == ""
    told = json.loads(done.stdout)
    assert told["cases"] == [
        {"name": "every_partner_is_a_supplier", "expected": "all", "got": "all"},
        {"name": "no_supplier_was_created_twice", "expected": "none", "got": "none"},
    ]
    first, unchanged, changed = told["passes"]
    assert first["flows"]["vendor"]["created"] > 0
    assert first["flows"]["vendor"]["adopted"] > 0
    assert unchanged["calls"]["right"]["write"] == 0
    assert changed["calls"]["right"]["write"] == 1
    assert (told["ok"], done.returncode) == (True, 0)


def test_mlc_demo_tells_its_story_for_another_package(site: Path) -> None:
    done = mlc(site, "demo", "quay+tidewater", "--records", "20")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Quay Desk partners into Tidewater Books" in done.stdout
    assert "1 record changes at the source." in done.stdout


@pytest.fixture
def plugins(harbour: Path) -> Plugins:
    return Plugins([Found(name, import_module(f"harbour.{name}_plugin")) for name in ("quay", "tidewater")])


def test_the_torture_finds_nothing_twice_and_nothing_lost(plugins: Plugins) -> None:
    told = torture.run("tidewater", faults=30, seed=2, plugins=plugins)
    assert {key: told[key] for key in ("duplicates", "lost", "wrong", "crashes", "open", "ok")} == {
        "duplicates": [],
        "lost": [],
        "wrong": [],
        "crashes": [],
        "open": 0,
        "ok": True,
    }
    assert told["created"] == told["records"] == 18
    assert told["updated"] > 0
    assert sum(told["struck"].values()) >= 10


def test_the_torture_pushes_customers_where_nothing_else_can_be_created(harbour: Path) -> None:
    source = Path(str(import_module("harbour.tidewater_plugin").__file__)).read_text()
    for old, new in (
        ("ObjectType.VENDOR", "ObjectType.CUSTOMER"),
        ("Vendor(", "Customer("),
        ("SourceMeta, Vendor", "SourceMeta, Customer"),
    ):
        assert old in source
        source = source.replace(old, new)
    selling = ModuleType("selling_tidewater")
    exec(compile(source, "selling_tidewater.py", "exec", dont_inherit=True), vars(selling))
    told = torture.run("tidewater", faults=12, seed=2, plugins=Plugins([Found("tidewater", selling)]))
    assert (told["ok"], told["object"], told["created"]) == (True, "customer", told["records"])
    assert told["updated"] > 0


def test_the_torture_finds_a_plugin_that_looks_for_records_in_the_wrong_place(
    plugins: Plugins, monkeypatch: pytest.MonkeyPatch
) -> None:
    standin = import_module("harbour.tidewater_standin").TidewaterStandIn()
    standin.switches["names_are_unique"] = False
    monkeypatch.setattr(Plugins, "call", lambda self, system, hook, **given: _blinded(self, system, hook, given))
    told = torture.run("tidewater", faults=30, seed=2, kinds=["commit_then_drop"], plugins=plugins, standin=standin)
    assert told["duplicates"]
    assert told["ok"] is False


_call = Plugins.call


def _blinded(plugins: Plugins, system: str, hook: str, given: dict[str, Any]) -> Any:
    if hook == "mlc_find":
        return [[] for _ in given["keys"]]
    if hook == "mlc_fetch" and given["cursor"] and given["object_type"] is ObjectType.VENDOR and system == "tidewater":
        page = _call(plugins, system, hook, **given)
        return type(page)((), page.next_cursor, page.watermark)
    return _call(plugins, system, hook, **given)


def test_the_torture_on_the_page_is_what_an_author_runs(site: Path) -> None:
    command = [sys.executable, "-c", blocks("python")[2]]
    environ = os.environ | {"PYTHONPATH": str(site)}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_torture_voids_what_a_ledger_can_void() -> None:
    told = torture.run("zoho-books", faults=9, seed=5, records=4)
    problems = {key: told[key] for key in ("duplicates", "lost", "wrong", "crashes", "open")}
    assert told["ok"], problems
    assert (told["object"], told["records"], told["created"]) == ("bill", 6, 6)
    assert told["voided"] > 0


def test_the_torture_is_a_command_too(site: Path) -> None:
    done = mlc(site, "sandbox", "torture", "tidewater", "--faults", "3", "--records", "4")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["created"] == 6
    refused = mlc(site, "sandbox", "torture", "quay")
    assert refused.returncode == 2
    assert "Quay Desk creates neither bill nor vendor nor customer." in refused.stderr


def test_a_system_that_creates_nothing_cannot_be_tortured(plugins: Plugins) -> None:
    with pytest.raises(torture.NothingToPush, match="Quay Desk creates neither bill nor vendor nor customer"):
        torture.run("quay", plugins=plugins)


def test_the_installed_stand_in_is_served_by_its_name(site: Path) -> None:
    environ = os.environ | {"PYTHONPATH": str(site)}
    command = [sys.executable, "-m", "mlc_sandbox", "tidewater", "--records", "0"]
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["system"] == "tidewater"
        process.terminate()
