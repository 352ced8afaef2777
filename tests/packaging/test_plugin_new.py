"""``mlc plugin new`` for a stranger: from the wheel, in an empty environment, without this checkout."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner
from mlc.cli.main import main, mlc
from mlc.testing.newplugin import write_plugin

ROOT = Path(__file__).parents[2]
UNREACHABLE = ("Could not find a version", "No matching distribution", "Connection", "Temporary failure")
NAME = "paper-trail"


def _run(arguments: Sequence[str | Path], *, cwd: Path) -> "subprocess.CompletedProcess[str]":
    """Run without anything of this environment that could lend a hand."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "MLC_", "VIRTUAL_ENV"))}
    environ = kept | {"MLC_HOME": str(cwd / "home"), "PYTHONNOUSERSITE": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    command = [str(word) for word in arguments]
    return subprocess.run(command, cwd=cwd, env=environ, capture_output=True, text=True, timeout=300, check=False)


def _install(python: Path, *what: str | Path, cwd: Path) -> None:
    done = _run([python, "-m", "pip", "install", "--quiet", *what], cwd=cwd)
    if done.returncode != 0 and not os.environ.get("CI") and any(text in done.stderr for text in UNREACHABLE):
        pytest.skip("SKIPPED: the package index does not answer, so nothing can be installed.")
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an environment ``venv`` that holds core from its wheel, and the new package beside it."""
    folder = tmp_path_factory.mktemp("stranger")
    wheel = ["wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder)]
    done = _run([sys.executable, "-m", "pip", *wheel, ROOT / "core"], cwd=folder)
    assert done.returncode == 0, done.stderr
    assert _run([sys.executable, "-m", "venv", folder / "venv"], cwd=folder).returncode == 0
    python = folder / "venv" / "bin" / "python"
    _install(python, *folder.glob("*.whl"), cwd=folder)
    done = _run([folder / "venv" / "bin" / "mlc", "plugin", "new", NAME], cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    _install(python, f"{folder / 'mlc_paper_trail'}[test]", cwd=folder)
    return folder


def test_the_new_package_is_installed_from_outside_this_checkout(stranger: Path) -> None:
    code = "import mlc, mlc_paper_trail; print(mlc.__file__, mlc_paper_trail.__file__)"
    done = _run([stranger / "venv" / "bin" / "python", "-c", code], cwd=stranger)
    assert done.stdout.count("site-packages") == 2
    assert str(ROOT) not in done.stdout


def test_it_is_listed_and_described(stranger: Path) -> None:
    program = stranger / "venv" / "bin" / "mlc"
    listed = _run([program, "plugins", "list", "--json"], cwd=stranger)
    assert listed.returncode == 0, listed.stderr
    assert ("system", NAME, "Paper Trail", "mlc-paper-trail", "0.1.0") in [
        tuple(row.values()) for row in json.loads(listed.stdout)
    ]
    shown = _run([program, "plugins", "info", NAME], cwd=stranger)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "Rows asked for per page." in shown.stdout


def test_its_own_tests_pass_at_once(stranger: Path) -> None:
    tests = ["-m", "pytest", "-q", "-rf", "-p", "no:cacheprovider"]
    done = _run([stranger / "venv" / "bin" / "python", *tests], cwd=stranger / "mlc_paper_trail")
    assert done.returncode == 0, done.stdout[-4000:]
    assert " passed" in done.stdout


def test_it_is_certified_where_it_is_installed(stranger: Path) -> None:
    done = _run([stranger / "venv" / "bin" / "mlc", "plugin", "certify", NAME], cwd=stranger)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr
    assert ": bronze" in done.stdout


def test_a_fault_in_it_is_told_by_its_tests(stranger: Path) -> None:
    broken = write_plugin("broken-trail", stranger / "broken")[0]
    path = broken / "src" / "mlc_broken_trail" / "webhooks.py"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("if not hmac.compare_digest", "if False and hmac.compare_digest"), encoding="utf-8")
    _install(stranger / "venv" / "bin" / "python", broken, cwd=stranger)
    tests = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_webhooks.py"]
    done = _run([stranger / "venv" / "bin" / "python", *tests], cwd=broken)
    assert done.returncode == 1, done.stdout


# ---------------------------------------------------------------------- what it refuses, and how the result looks


def _refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as caught:
        main(["plugin", "new", *arguments])
    assert caught.value.code == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    return said.err


@pytest.mark.parametrize(
    "name", ["Paper", "paper_trail", "-paper", "paper--trail", "9lives", "../up", "a" * 31, "", "é"]
)
def test_a_name_that_cannot_be_one_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str) -> None:
    said = _refused(capsys, "--into", str(tmp_path), "--", name)
    assert "cannot be a system's name" in said
    assert "like tiny-books" in said
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_is_taken_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert "'procurify' is installed already" in _refused(capsys, "procurify", "--into", str(tmp_path))
    assert "'sandbox' is installed already" in _refused(capsys, "sandbox", "--into", str(tmp_path))


def test_a_folder_that_is_there_is_left_alone(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "mlc_paper_trail").mkdir()
    said = _refused(capsys, NAME, "--into", str(tmp_path))
    assert said == (
        f"{tmp_path / 'mlc_paper_trail'} is there already; choose another name, or another folder with --into.\n"
    )
    assert list((tmp_path / "mlc_paper_trail").iterdir()) == []


def test_what_was_written_is_told_to_people_and_programs(tmp_path: Path) -> None:
    told = CliRunner().invoke(mlc, ["plugin", "new", NAME, "--into", str(tmp_path / "one")])
    assert told.exit_code == 0
    assert f"pip install -e '{tmp_path / 'one' / 'mlc_paper_trail'}[test]'" in told.output
    listed = CliRunner().invoke(mlc, ["--json", "plugin", "new", NAME, "--into", str(tmp_path / "two")])
    report = json.loads(listed.output)
    assert report["folder"] == str(tmp_path / "two" / "mlc_paper_trail")
    assert all(Path(file).is_file() for file in report["files"])


def test_the_package_has_the_files_of_every_connector(tmp_path: Path) -> None:
    folder, *files = write_plugin(NAME, tmp_path)
    names = {str(file.relative_to(folder)) for file in files}
    modules = ("plugin", "settings", "auth", "client", "schemas", "mapping", "errors", "webhooks", "conformance")
    assert {f"src/mlc_paper_trail/{module}.py" for module in modules} <= names
    assert {"pyproject.toml", "README.md", "CHANGELOG.md", "src/mlc_paper_trail/quality.toml"} <= names
    left = [str(file) for file in files if any(mark in file.read_text(encoding="utf-8") for mark in ("PACKAGE", "$"))]
    assert left == []


def test_the_package_is_clean(tmp_path: Path) -> None:
    folder = write_plugin("a-name-of-thirty-characters-or", tmp_path)[0]
    rules = ["--config", str(ROOT / "pyproject.toml"), "--no-cache"]
    for arguments in (["check", *rules], ["format", "--check", *rules]):
        done = _run([sys.executable, "-m", "ruff", *arguments, "."], cwd=folder)
        assert done.returncode == 0, done.stdout
    types = ["--strict", "--no-error-summary", "--cache-dir", str(tmp_path / "cache"), "src"]
    done = _run([sys.executable, "-m", "mypy", *types], cwd=folder)
    assert done.returncode == 0, done.stdout


def test_a_look_at_plugins_is_sent_to_the_command_that_looks(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["plugin", "list"])
    assert caught.value.code == 2
    assert "did you mean mlc plugins list?" in capsys.readouterr().err
