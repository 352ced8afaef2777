"""What a README says of its connector's grade is what the checks give.

All checks run here, and a thousand faults strike each connector's requests. Through the whole engine only a few do,
always the same ones; the thousand are on record in ``quality.toml``, for the version that is installed.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINE = re.compile(r"^Grade: \*\*(\w+)\*\* <!-- mlc plugin certify ([a-z0-9-]+) -->$", re.MULTILINE)
COMMAND = "from mlc.cli.main import main; main()"


def _stated() -> dict[str, tuple[str, str]]:
    """System → its README and the grade that stands there."""
    readmes = [*ROOT.glob("mlc_*/README.md"), *ROOT.glob("plugins/mlc_*/README.md")]
    found = [(path, match) for path in sorted(readmes) for match in LINE.finditer(path.read_text(encoding="utf-8"))]
    return {match[2]: (str(path.relative_to(ROOT)), match[1]) for path, match in found}


def certify(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", COMMAND, "plugin", "certify", *arguments], capture_output=True, text=True, check=False
    )


def test_every_vendor_package_states_its_grade() -> None:
    packages = {path.parent.name for path in ROOT.glob("mlc_*/pyproject.toml")}
    assert packages <= {Path(readme).parent.name for readme, _ in _stated().values()}


@pytest.mark.parametrize("system", sorted(_stated()))
def test_the_readme_states_the_computed_grade(system: str) -> None:
    readme, grade = _stated()[system]
    done = certify(system, "--json", "--recorded")
    result = json.loads(done.stdout)
    lost = {level["name"]: level["lacks"] for level in result["levels"] if level["lacks"]}
    assert result["grade"] == grade, f"{readme} says {grade}, the checks say {result['grade']}: {lost}"
    assert done.returncode == (0 if grade != "none" else 1)
    assert len(result["checks"]) >= 40
    if grade == "platinum":
        alone, engine, recorded = (result["torture"][one] for one in ("alone", "engine", "recorded"))
        assert alone["faults"] >= 1000
        assert (engine["faults"] >= 12, engine["ok"]) == (True, True)
        assert recorded["version"] == result["version"], "the record is of another version; certify with --record"
        assert recorded["faults"] >= 1000


def test_a_system_without_a_conformance_class_is_a_sentence() -> None:
    done = certify("nothing-of-that-name")
    assert done.returncode == 2
    assert "mlc.conformance" in done.stderr
    assert "Traceback" not in done.stderr
