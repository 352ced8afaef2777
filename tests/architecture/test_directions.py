"""Which package may know of which; read from the imports, wherever in a file they stand."""

import re
import sys
import tomllib
from itertools import chain

from .conftest import ROOT, Module

Modules = tuple[Module, ...]

#: What a plugin may import of core.
PUBLIC = frozenset({"mlc", "mlc.errors", "mlc.http", "mlc.oauth", "mlc.records", "mlc.wire"})
#: What only a plugin's module ``conformance`` may import, which nothing else imports.
TESTING = "mlc.testing"
#: Names of vendors and of their products. ``bill`` alone is a word of the trade.
VENDORS = re.compile(r"zoho|procurify|basware|quickbooks|intuit|bill\.com|mlc_bill|netsuite|xero", re.IGNORECASE)
#: Library → the packages of core that may import it.
SEAMS = {
    "httpx": ("mlc.http",),
    "httpcore": ("mlc.http",),
    "click": ("mlc.cli",),
    "rich": ("mlc.cli",),
    "dramatiq": ("mlc.runner",),
    "redis": ("mlc.runner",),
    "alembic": ("mlc.store.migrations",),
    "cryptography": ("mlc.store.credentials", "mlc.store.keys", "mlc.store.sealing"),
    "stevedore": ("mlc.plugins",),
    "pluggy": ("mlc.plugins", "mlc.hookspecs"),
    "starlette": ("mlc.serve",),
    "uvicorn": ("mlc.serve",),
    "prometheus_client": ("mlc.serve",),
    "structlog": ("mlc.logs",),
}
#: Package of core → what it must not know of.
ABOVE = {
    "mlc.errors": ("mlc.",),
    "mlc.clock": ("mlc.",),
    "mlc.records": ("mlc.engine", "mlc.store", "mlc.http", "mlc.oauth", "mlc.cli", "mlc.runner", "mlc.plugins"),
    "mlc.wire": ("mlc.",),
    "mlc.contract": ("mlc.engine", "mlc.store", "mlc.cli", "mlc.runner", "mlc.plugins"),
    "mlc.hookspecs": ("mlc.engine", "mlc.store", "mlc.cli", "mlc.runner", "mlc.plugins"),
    "mlc.store": ("mlc.engine", "mlc.cli", "mlc.runner", "mlc.plugins"),
    "mlc.http": ("mlc.engine", "mlc.store", "mlc.oauth", "mlc.cli", "mlc.runner", "mlc.plugins"),
    "mlc.oauth": ("mlc.engine", "mlc.cli", "mlc.runner", "mlc.plugins"),
    "mlc.accounting": (
        "mlc.engine",
        "mlc.store",
        "mlc.http",
        "mlc.oauth",
        "mlc.cli",
        "mlc.runner",
        "mlc.plugins",
        "sqlalchemy",
        "time",
    ),
    "mlc.engine": ("mlc.cli", "mlc.runner", "mlc.serve"),
    "mlc.serve": ("mlc.cli", "mlc.runner"),
    "mlc.runner": ("mlc.cli",),
}


def _within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def _offenders(found: list[str]) -> str:
    return "\n".join(found)


def test_core_names_no_vendor(modules: Modules) -> None:
    found = [
        f"{module.shown}:{number}: {line.strip()}"
        for module in modules
        if module.package == "mlc"
        for number, line in enumerate(module.text.splitlines(), 1)
        if VENDORS.search(line)
    ]
    assert not found, _offenders(found)


def test_core_imports_no_plugin(modules: Modules) -> None:
    found = [
        f"{module.shown} imports {name}"
        for module in modules
        if module.package == "mlc"
        for name in module.imports
        if name.startswith("mlc_")
    ]
    assert not found, _offenders(found)


def test_plugins_import_only_the_public_names_of_core(modules: Modules, vendors: frozenset[str]) -> None:
    found = [
        f"{module.shown} imports {name}"
        for module in modules
        if module.package in vendors
        for name in module.imports
        if _within(name, "mlc") and name not in PUBLIC
        if not (name == TESTING and module.name.rpartition(".")[2] == "conformance")
    ]
    assert not found, _offenders(found)


def test_a_plugin_never_imports_another(modules: Modules) -> None:
    found = [
        f"{module.shown} imports {name}"
        for module in modules
        for name in module.imports
        if name.startswith("mlc_") and not _within(name, module.package)
    ]
    assert not found, _offenders(found)


def test_stand_ins_know_nothing_of_core_or_of_the_packages_they_are_read_against(modules: Modules) -> None:
    beside = ("mlc_sandbox.demo", "mlc_sandbox.torture")
    found = [
        f"{module.shown} imports {name}"
        for module in modules
        if module.package == "mlc_sandbox" and not module.name.startswith(beside)
        for name in module.imports
        if _within(name, "mlc") or (name.startswith("mlc_") and not _within(name, "mlc_sandbox"))
    ]
    assert not found, _offenders(found)


def test_each_library_stays_behind_its_seam(modules: Modules) -> None:
    found = [
        f"{module.shown} imports {name}"
        for module in modules
        if module.package == "mlc"
        for name in module.imports
        for library, homes in SEAMS.items()
        if _within(name, library) and not any(_within(module.name, home) for home in homes)
    ]
    assert not found, _offenders(found)


def test_vendor_packages_leave_http_and_storage_to_core(modules: Modules, vendors: frozenset[str]) -> None:
    refused = ("httpx", "requests", "urllib.request", "http.client", "socket", "sqlalchemy", "sqlite3", "threading")
    found = [
        f"{module.shown} imports {name}"
        for module in modules
        if module.package in vendors
        for name in module.imports
        if any(_within(name, library) for library in refused)
    ]
    assert not found, _offenders(found)


def test_arrows_run_downwards(modules: Modules) -> None:
    found = [
        f"{module.shown} imports {name}"
        for module in modules
        for package, refused in ABOVE.items()
        if _within(module.name, package)
        for name in module.imports
        if any(_within(name, other.removesuffix(".")) for other in refused) and not _within(name, package)
        if name != "mlc.errors"
    ]
    assert not found, _offenders(found)


def test_mapping_does_no_io(modules: Modules, vendors: frozenset[str]) -> None:
    refused = ("mlc.http", "mlc.oauth", "os", "pathlib", "tempfile", "subprocess", "logging")
    found = [
        f"{module.shown} imports {name}"
        for module in modules
        if module.package in vendors and module.name.rpartition(".")[2] == "mapping"
        for name in module.imports
        if any(_within(name, library) for library in refused)
    ]
    assert not found, _offenders(found)


def test_every_import_of_a_third_party_is_declared(modules: Modules) -> None:
    names = {"PyYAML": "yaml", "python-stdnum": "stdnum", "ml-connector": "mlc"}
    for project in [ROOT / "core", *sorted(ROOT.glob("mlc_*")), *sorted(ROOT.glob("plugins/mlc_*"))]:
        if not (project / "pyproject.toml").exists():
            continue
        data = tomllib.loads((project / "pyproject.toml").read_text())["project"]
        wanted = [*data.get("dependencies", ()), *chain(*data.get("optional-dependencies", {}).values())]
        bare = {re.split(r"[\[<>=~! ;]", one)[0] for one in wanted}
        declared = {names.get(one, one.replace("-", "_")).lower() for one in bare}
        if "mlc" in declared:
            declared.add("pydantic")  # settings and records are its models: part of what core offers
        own = {path.name for path in (project / "src").iterdir()}
        for module in modules:
            if module.package not in own:
                continue
            tops = {name.partition(".")[0] for name in module.imports} - set(sys.stdlib_module_names) - own
            assert tops <= declared, f"{module.shown} imports {', '.join(tops - declared)}, which is not declared"
