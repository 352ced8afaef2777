"""Every check of a connector once, in a pytest of its own, and what each of them said."""

import contextlib
import io
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from mlc.errors import PluginError
from mlc.testing.grading import Finding, Said

if TYPE_CHECKING:
    import pytest

MODULE = "test_certified.py"
_TEXT = """from mlc.testing.certifying import subject_of


class TestCertified(subject_of({name!r})):
    pass
"""


def run_checks(system: str) -> list[Finding]:
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
