"""Maps for departments or classes that QuickBooks' Preferences have off are refused before anything is written."""

import json
from typing import Any

import pytest
from accountsoffice import PAIRING, Office
from click.testing import CliRunner
from mlc.cli.main import mlc
from mlc.engine.lookahead import plan_pairing
from mlc.errors import ConfigError

from .conftest import Opener

MAPPED = {"dimensions": {"cost_center:DEP-1": "department:Office"}}


def switch(office: Office, **prefs: bool) -> None:
    """Somebody changes Account and settings."""
    office.books.post("objects/Preferences", {"AccountingInfoPrefs": prefs})


def refused(office: Office) -> str:
    with pytest.raises(ConfigError) as told:
        office.run()
    return told.value.sentence


def doctor(office: Office) -> dict[str, Any]:
    done = CliRunner().invoke(mlc, ["--config", str(office.config), "--json", "doctor", "--offline"])
    return next(one for one in json.loads(done.stdout) if one["what"] == "maps")


def test_a_map_for_departments_is_refused_while_they_are_off(opening: Opener) -> None:
    office = opening(policy=MAPPED)
    switch(office, TrackDepartments=False)
    office.vendor("Hatch Hinges")
    sentence = refused(office)
    assert sentence.startswith(
        f'{PAIRING}: dimensions = {{ "cost_center:DEP-1" = "department:Office" }} needs department, which quickbooks '
        "has not: location tracking is off in QuickBooks; switch it on there"
    )
    with office.engine.session(PAIRING) as session, pytest.raises(ConfigError) as planned:
        plan_pairing(session)
    assert planned.value.sentence == sentence
    assert (office.sent(), office.desk.get("objects/vendors")) == (0, [])
    assert doctor(office) == {"level": "wrong", "what": "maps", "sentence": sentence}
    switch(office, TrackDepartments=True)
    office.run()
    assert len(office.desk.get("objects/vendors")) == 1
    assert doctor(office)["level"] == "ok"


def test_a_class_per_department_is_refused_while_classes_are_off(opening: Opener) -> None:
    office = opening(policy={"department_split": "class"})
    switch(office, ClassTrackingPerTxnLine=False)
    assert 'department_split = "class" needs class, which quickbooks has not' in refused(office)


def test_what_nobody_maps_may_be_off(opening: Opener) -> None:
    office = opening(policy={"dimensions": {"cost_center:DEP-1": "class:Office", "cost_center:DEP-2": ""}})
    switch(office, TrackDepartments=False)
    office.run()
    assert doctor(office)["level"] == "ok"
