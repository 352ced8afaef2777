"""Runs the conformance checks of an installed connector, tortures it where a vendor is served, and grades it."""

import contextlib
import io
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlc.errors import ConfigError, PluginError
from mlc.testing.grading import Finding, Grade, Rules, Said, grade, load_rules

if TYPE_CHECKING:
    import pytest

    from mlc.testing.torture import Damage

GROUP = "mlc.conformance"
MODULE = "test_certified.py"
_TEXT = """from mlc.testing.certifying import subject_of


class TestCertified(subject_of({name!r})):
    pass
"""


@dataclass(frozen=True, slots=True)
class Certificate:
    """What came out. ``damage`` is None where no vendor could be served."""

    system: str
    version: str
    grade: Grade
    findings: tuple[Finding, ...]
    damage: "Damage | None"
    rules: Rules


def certify(system: str, *, faults: int) -> Certificate:
    """Run everything.

    Raises: ConfigError when pytest or the connector's conformance class is missing, PluginError when it cannot be run.
    """
    if find_spec("pytest") is None:
        raise ConfigError("Certifying needs pytest: pip install 'ml-connector[testing]'.")
    subject = subject_of(system)
    findings = tuple(_run(system))
    if not findings:
        raise PluginError(f"The conformance class of {system!r} has no checks.", system=system)
    damage = None if faults == 0 else _tortured(subject, faults)
    rules = load_rules()
    struck, ok = (0, False) if damage is None else (damage.faults, damage.ok)
    earned = grade(findings, rules, faults=struck, unharmed=ok)
    return Certificate(system, _version(subject), earned, findings, damage, rules)


def subject_of(system: str) -> Any:
    """The conformance class of an installed connector.

    Raises: ConfigError when there is none, PluginError when it cannot be loaded or is no SystemConformance.
    """
    from mlc.testing.conformance import SystemConformance

    found = [entry for entry in entry_points(group=GROUP) if entry.name == system]
    if not found:
        there = ", ".join(sorted({entry.name for entry in entry_points(group=GROUP)})) or "none"
        raise ConfigError(
            f"{system!r} brings no conformance class: its package needs an entry point in {GROUP} (there are: {there})."
        )
    loaded = _loaded(found[0])
    if not (isinstance(loaded, type) and issubclass(loaded, SystemConformance)):
        raise PluginError(f"{found[0].value} is no SystemConformance.", system=system)
    if loaded.system != system:
        raise PluginError(f"{found[0].value} is about {loaded.system!r}, not {system!r}.", system=system)
    return loaded


def _loaded(entry: EntryPoint) -> Any:
    try:
        return entry.load()
    except (ImportError, AttributeError, TypeError) as error:
        raise PluginError(f"{entry.value} cannot be loaded: {error}.", repr(error)) from error


def _run(system: str) -> list[Finding]:
    """Every check once, in a pytest of its own that reads no configuration and leaves nothing behind."""
    import pytest

    collector = _Collector()
    said = io.StringIO()
    with tempfile.TemporaryDirectory(prefix="mlc-certify-") as folder:
        Path(folder, MODULE).write_text(_TEXT.format(name=system), encoding="utf-8")
        Path(folder, "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        arguments = [
            f"--rootdir={folder}", "-c", f"{folder}/pytest.ini", "-p", "no:cacheprovider", "--import-mode=importlib",
            "-q", "-W", "error", "--tb=short", f"{folder}/{MODULE}",
        ]  # fmt: skip
        with _quiet(said):
            code = pytest.main(arguments, plugins=[collector])
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        raise PluginError(f"The checks of {system!r} could not be run.", said.getvalue()[-2000:], system=system)
    return collector.findings


@contextlib.contextmanager
def _quiet(into: io.StringIO) -> Iterator[None]:
    flags = sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    try:
        with contextlib.redirect_stdout(into), contextlib.redirect_stderr(into):
            yield
    finally:
        sys.dont_write_bytecode = flags


def _tortured(subject: Any, faults: int) -> "Damage | None":
    from mlc.testing.conformance.bench import Bench
    from mlc.testing.torture import torture

    bench = Bench(subject)
    subject.bench = bench
    try:
        if bench.calls_nobody or bench.url is None:
            return None
        return torture(bench, faults)
    finally:
        bench.close()


def _version(subject: Any) -> str:
    from mlc.testing.connecting import plugins_of

    return plugins_of(subject.system).system(subject.system).version


class _Collector:
    """A pytest plugin that keeps what each check said."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []

    def pytest_runtest_logreport(self, report: "pytest.TestReport") -> None:
        name = report.nodeid.rpartition("::")[2]
        if report.when == "call" and report.passed:
            self.findings.append(Finding(name, Said.PASSED))
        elif report.failed:
            self.findings = [finding for finding in self.findings if finding.check != name]
            self.findings.append(Finding(name, Said.FAILED, _sentence(report)))
        elif report.skipped:
            self.findings.append(_skipped(name, report))


def _skipped(name: str, report: "pytest.TestReport") -> Finding:
    if hasattr(report, "wasxfail"):
        return Finding(name, Said.KNOWN, str(report.wasxfail))
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
    reason = reason.removeprefix("Skipped: ")
    for said in (Said.NOT_APPLICABLE, Said.NOT_SHOWN, Said.EXEMPT):
        if reason.startswith(f"{said}: "):
            return Finding(name, said, reason.removeprefix(f"{said}: "))
    return Finding(name, Said.NOT_SHOWN, reason)


def _sentence(report: "pytest.TestReport") -> str:
    """The first line of what went wrong, short enough for a table."""
    crash = getattr(report.longrepr, "reprcrash", None)
    text = str(crash.message if crash is not None else report.longrepr)
    return text.splitlines()[0].removeprefix("AssertionError: ")[:300] if text else ""
