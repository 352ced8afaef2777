"""Certifying tells apart what passed, failed, could not be shown, does not apply and is exempt."""

from collections.abc import Callable
from datetime import date
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from mlc.cli.options import Options
from mlc.cli.plugin_certify import certify as command
from mlc.errors import ConfigError, PluginError
from mlc.testing import certifying, connecting, tortures
from mlc.testing.certified import Record, read_record, write_record
from mlc.testing.certifying import survived
from mlc.testing.conformance import describing
from mlc.testing.grading import NONE, Said
from mlc.testing.torture import Damage

from . import acme


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = {
        "mlc.systems": EntryPoint("acme", f"{acme.__name__}:PLUGIN", "mlc.systems"),
        "mlc.conformance": EntryPoint("acme", f"{acme.__name__}:AcmeConformance", "mlc.conformance"),
    }

    def entry_points(*, group: str) -> list[Any]:
        return [entries[group]] if group in entries else []

    for module in (certifying, connecting, describing, tortures):
        monkeypatch.setattr(module, "entry_points", entry_points)


@pytest.fixture
def said(installed: None) -> dict[str, Said]:
    return {finding.check: finding.said for finding in certifying.certify("acme", faults=0).findings}


def test_each_check_says_its_own(said: dict[str, Said]) -> None:
    assert said["test_every_secret_is_a_described_secret"] is Said.PASSED
    assert said["test_quotas_are_declared"] is Said.FAILED
    assert said["test_hosts_are_plain_names"] is Said.KNOWN
    assert said["test_a_good_delivery_names_its_records"] is Said.NOT_APPLICABLE
    assert said["test_refused_credentials_are_an_auth_error"] is Said.NOT_SHOWN


def test_a_connector_that_shows_nothing_has_no_grade(installed: None) -> None:
    result = certifying.certify("acme", faults=10)
    assert result.grade.name == NONE
    assert (result.alone, result.engine) == (None, None)
    assert "test_refused_credentials_are_an_auth_error" in result.grade.lost["bronze"]


def test_the_table_says_what_lost_which_level_and_the_exit_code_is_one(installed: None) -> None:
    done = CliRunner().invoke(command, ["acme", "--faults", "0"], obj=Options())
    assert done.exit_code == 1
    assert "lacks" in done.output
    assert "acme 1: none" in done.output


def test_an_unknown_connector_is_a_sentence(installed: None) -> None:
    with pytest.raises(ConfigError, match=r"entry point in mlc\.conformance \(there are: none|acme\)"):
        certifying.subject_of("another")


def test_a_class_about_another_system_is_refused(installed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acme.AcmeConformance, "system", "other")
    with pytest.raises(PluginError, match="is about 'other'"):
        certifying.subject_of("acme")


KEPT = Record("1", date(2026, 11, 20), faults=1004, seed=7, written=1200, duplicates=0, lost=0, others=0)


def storm(system: str, *, faults: int, seed: int, struck: Callable[[int], None]) -> dict[str, Any] | None:
    """The torture of a package that knows one stand-in."""
    if system != "acme":
        return None
    struck(faults)
    return {"faults": faults, "written": 3, "duplicates": 1, "lost": 0, "kinds": {"drop": faults},
            "types": ["vendor"], "problems": ["ACME-1 was created 2 times"]}  # fmt: skip


def test_the_torture_of_a_stand_in_is_found_by_its_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = EntryPoint("storm", f"{__name__}:storm", tortures.GROUP)
    monkeypatch.setattr(EntryPoint, "load", lambda self: storm)
    monkeypatch.setattr(tortures, "entry_points", lambda *, group: [entry] if group == tortures.GROUP else [])
    told: list[int] = []
    damage = tortures.through_the_engine("acme", faults=30, seed=5, struck=told.append)
    assert damage is not None
    assert (damage.faults, damage.seed, damage.duplicates, damage.ok, told) == (30, 5, 1, False, [30])
    assert tortures.through_the_engine("another", faults=30, seed=5, struck=told.append) is None


def test_a_torture_that_cannot_be_loaded_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = EntryPoint("storm", "no_module_of_that_name:storm", tortures.GROUP)
    monkeypatch.setattr(tortures, "entry_points", lambda *, group: [entry])
    with pytest.raises(PluginError, match="no_module_of_that_name:storm cannot be loaded"):
        tortures.through_the_engine("acme", faults=1, seed=1, struck=lambda faults: None)


def test_the_torture_that_struck_least_counts_and_harm_in_either_counts() -> None:
    alone, engine = Damage(faults=1000), Damage(faults=1003)
    assert survived(alone, None, None, recorded=False) == (1000, True)
    assert survived(alone, engine, None, recorded=False) == (1000, True)
    assert survived(alone, Damage(faults=999), None, recorded=False) == (999, True)
    assert survived(alone, Damage(faults=1003, lost=1), None, recorded=False) == (1000, False)
    assert survived(None, None, None, recorded=False) == (0, False)


def test_a_record_stands_for_the_long_torture_only_while_the_short_one_is_clean() -> None:
    alone, short = Damage(faults=1000), Damage(faults=12)
    assert survived(alone, short, KEPT, recorded=True) == (1000, True)
    assert survived(alone, short, None, recorded=True) == (0, False)
    assert survived(alone, Damage(faults=12, duplicates=1), KEPT, recorded=True)[1] is False
    assert survived(alone, short, Record("1", KEPT.on, 1004, 7, 1200, 0, 1, 0), recorded=True)[1] is False
    assert survived(alone, short, Record("1", KEPT.on, 500, 7, 1200, 0, 0, 0), recorded=True) == (500, True)
    assert survived(alone, None, None, recorded=True) == (1000, True), "no stand-in, nothing to record"


def test_a_record_replaces_the_one_before_and_leaves_the_reasons(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "quality.toml"
    reasons = '# Why.\n\n[exempt]\ntest_a_stale_version_is_a_conflict = "The vendor compares no versions."\n'
    file.write_text(reasons, encoding="utf-8")
    monkeypatch.setattr("mlc.testing.certified.quality_of", lambda subject: file)
    assert read_record(acme.AcmeConformance) is None
    write_record(acme.AcmeConformance, "acme", Record("0", KEPT.on, 5, 1, 1, 1, 1, 1))
    write_record(acme.AcmeConformance, "acme", KEPT)
    assert read_record(acme.AcmeConformance) == KEPT
    text = file.read_text(encoding="utf-8")
    assert text.startswith(reasons + "\n# What")
    assert text.count("[certified]") == text.count("mlc plugin certify acme --record") == 1
    file.write_text('[certified]\nfaults = "many"\n', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"\[certified\] cannot be read"):
        read_record(acme.AcmeConformance)


def test_without_a_torture_there_is_nothing_to_record(installed: None) -> None:
    with pytest.raises(ConfigError, match="no torture through the engine"):
        certifying.keep(certifying.certify("acme", faults=0))
