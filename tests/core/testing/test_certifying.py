"""Certifying tells apart what passed, failed, could not be shown, does not apply and is exempt."""

from importlib.metadata import EntryPoint
from typing import Any

import pytest
from click.testing import CliRunner
from mlc.cli.options import Options
from mlc.cli.plugin_certify import certify as command
from mlc.errors import ConfigError, PluginError
from mlc.testing import certifying, connecting
from mlc.testing.conformance import describing
from mlc.testing.grading import NONE, Said

from . import acme


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = {
        "mlc.systems": EntryPoint("acme", f"{acme.__name__}:PLUGIN", "mlc.systems"),
        "mlc.conformance": EntryPoint("acme", f"{acme.__name__}:AcmeConformance", "mlc.conformance"),
    }

    def entry_points(*, group: str) -> list[Any]:
        return [entries[group]] if group in entries else []

    for module in (certifying, connecting, describing):
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
    assert result.damage is None
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
