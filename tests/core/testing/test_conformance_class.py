"""A check can be neither changed nor dropped, and nothing here needs pytest until checks are used."""

import subprocess
import sys
from pathlib import Path

import pytest
from mlc.testing import SystemConformance
from mlc.testing.conformance import CHECKS, read_quality


def test_an_overridden_check_is_refused() -> None:
    def changed(self: object) -> None:
        """Nothing is checked."""

    with pytest.raises(TypeError, match="redefines test_fetch_writes_nothing"):
        type("TestAcme", (SystemConformance,), {"system": "acme", "test_fetch_writes_nothing": changed})


def test_a_dropped_check_is_refused() -> None:
    with pytest.raises(TypeError, match="redefines"):
        type("TestAcme", (SystemConformance,), {"system": "acme", "test_mapping_is_pure": None})


def test_a_check_dropped_by_a_subclass_of_a_subclass_is_refused() -> None:
    first = type("Acme", (SystemConformance,), {"system": "acme"})
    with pytest.raises(TypeError, match="redefines"):
        type("TestAcme", (first,), {"test_mapping_is_pure": None})


def test_a_check_taken_away_behind_its_back_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    made = type("Acme", (SystemConformance,), {"system": "acme"})
    monkeypatch.setattr(made, "test_mapping_is_pure", lambda self: None, raising=False)
    with pytest.raises(AssertionError, match="test_mapping_is_pure"):
        made().test_every_check_is_there()  # type: ignore[attr-defined]


def test_an_exemption_of_a_check_that_does_not_exist_is_refused() -> None:
    with pytest.raises(TypeError, match="no check test_nothing"):
        type("TestAcme", (SystemConformance,), {"system": "acme", "xfail": {"test_nothing": "because of that"}})


def test_only_classes_named_test_are_collected() -> None:
    assert not type("Acme", (SystemConformance,), {"system": "acme"}).__test__  # type: ignore[attr-defined]
    assert type("TestAcme", (SystemConformance,), {"system": "acme"}).__test__  # type: ignore[attr-defined]


def test_there_are_more_than_forty_checks_and_helpers_do_not_hide_each_other() -> None:
    assert len(CHECKS) > 40
    seen: dict[str, type] = {}
    for topic in SystemConformance.__mro__[1:-2]:
        for name in vars(topic):
            if name.startswith("__") or name == "_as_stated":
                continue
            assert name not in seen, f"{name} is in {topic.__name__} and in {seen[name].__name__}"
            seen[name] = topic


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[exempt]\ntest_mapping_is_pure = "no"\n', "needs a reason"),
        ('[exempted]\ntest_mapping_is_pure = "The vendor has nothing to map at all."\n', "no table"),
    ],
)
def test_a_reason_that_says_nothing_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "quality.toml").write_text(text)
    (tmp_path / "acme_conformance.py").write_text("class Acme: pass\n")
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import acme_conformance\n"
        "from mlc.testing.conformance import read_quality\nread_quality(acme_conformance.Acme)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert problem in done.stderr


def test_without_a_quality_file_nothing_is_exempt() -> None:
    assert read_quality(SystemConformance).exempt == {}


def test_the_rest_of_the_kit_does_not_import_pytest() -> None:
    code = (
        "import sys, mlc.testing\nfrom mlc.testing import Service, Tap, open_test_connection, load_samples, Vendor\n"
        "from mlc.testing.grading import load_rules\nload_rules()\nsys.exit('pytest' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
