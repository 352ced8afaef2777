"""R38: a plan in a file is done exactly, once, and not at all where something has moved since."""

import json
import os
import re
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from mlc.cli.main import mlc
from mlc.engine import dryrun, intakerows
from mlc.engine.states import PROVISIONAL
from mlc.errors import ConfigError
from rulebench.bench import PAIRING, TARGET, Bench
from rulebench.people import People

from .conftest import Opener


def planned(bench: Bench, file: Path) -> dict[str, Any]:
    """What ``mlc plan --out`` wrote."""
    bench.leave()
    bench.say("plan", PAIRING, "--out", str(file))
    told: dict[str, Any] = json.loads(file.read_text())
    return told


def apply(bench: Bench, file: Path, *more: str) -> Any:
    bench.leave()
    bench.mark()
    done = bench.say("apply", str(file), *more)
    bench.pass_time(2.0)
    return done


def refusal(bench: Bench, file: Path, *more: str) -> str:
    """The sentence of an apply that does not even begin."""
    bench.leave()
    bench.mark()
    arguments = ["--config", str(bench.config), "apply", str(file), *more]
    done: Result = CliRunner().invoke(mlc, arguments)
    assert isinstance(done.exception, ConfigError), done.output
    assert bench.wrote_nothing()
    return done.exception.sentence


def lines(told: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """A plan's lines by the source's id."""
    return {line["source_id"]: line for flow in told["flows"].values() for line in flow["items"]}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "plan.json"


def test_a_plan_is_done_as_written_and_nothing_else(bench: Bench, people: People, file: Path) -> None:
    corrected, withdrawn = people.posted_bills(2)
    new = people.bill()
    people.reprice(corrected, "77.00")
    people.deny(withdrawn)
    told = planned(bench, file)
    assert {lines(told)[one]["action"] for one in (new, corrected, withdrawn)} == {"create", "update", "void"}
    later = people.bill()
    done = apply(bench, file)
    assert (done["applied"], done["already_applied"], done["refused"]) == (3, 0, [])
    assert len(people.documents(new)) == 1
    assert str(people.document(corrected)["total"]) in ("77.0", "77.00", "77")
    assert people.document(withdrawn)["status"] == "void"
    assert people.documents(later) == [], "it is not in the plan"
    (intent,) = bench.rows("SELECT plan_item FROM intents WHERE source_id = ?", new)
    assert intent["plan_item"] == lines(told)[new]["id"]
    bench.run()
    assert len(people.documents(later)) == 1


def test_applying_it_twice_does_nothing_the_second_time(bench: Bench, people: People, file: Path) -> None:
    uuid = people.bill()
    planned(bench, file)
    assert apply(bench, file)["applied"] == 1
    done = apply(bench, file)
    assert (done["applied"], done["already_applied"], done["refused"]) == (0, 1, [])
    assert bench.wrote_nothing()
    assert len(people.documents(uuid)) == 1


def test_an_interrupted_apply_goes_on_where_it_ended(bench: Bench, people: People, file: Path) -> None:
    first, second = people.bill(), people.bill()
    planned(bench, file)
    bench.fault("POST /bills$", "commit_then_drop", times=1)
    done = apply(bench, file)
    assert done["applied"] == 2
    bench.heal()
    assert apply(bench, file)["already_applied"] == 2
    bench.settle()
    assert [len(people.documents(uuid)) for uuid in (first, second)] == [1, 1]


def test_what_changed_at_the_source_meanwhile_is_left_alone(bench: Bench, people: People, file: Path) -> None:
    moved, still = people.bill(amount="10.00"), people.bill()
    planned(bench, file)
    people.reprice(moved, "999.00")
    done = apply(bench, file)
    assert done["applied"] == 1
    assert [line["why"] for line in done["refused"]] == ["it has changed at its source"]
    assert people.documents(moved) == []
    assert len(people.documents(still)) == 1
    bench.run()
    assert str(people.document(moved)["total"]).startswith("999")


def test_what_changed_in_the_target_meanwhile_is_left_alone(bench: Bench, people: People, file: Path) -> None:
    uuid = people.posted_bill()
    people.reprice(uuid, "42.00")
    planned(bench, file)
    people.accountant(uuid, due_date="2027-03-31")
    done = apply(bench, file)
    assert done["applied"] == 0
    assert [line["why"] for line in done["refused"]] == ["it has changed in the target"]
    assert bench.wrote_nothing()
    assert str(people.document(uuid)["due_date"]) == "2027-03-31"


def test_a_twin_typed_in_meanwhile_is_not_doubled(bench: Bench, people: People, file: Path) -> None:
    uuid = people.bill()
    planned(bench, file)
    people.type_in(like=uuid)
    done = apply(bench, file)
    assert done["applied"] == 0
    assert [line["why"] for line in done["refused"]] == ["something it refers to has changed"]
    assert len(people.documents(uuid)) == 1


def test_what_a_run_did_meanwhile_is_not_done_again(bench: Bench, people: People, file: Path) -> None:
    uuid = people.bill()
    planned(bench, file)
    bench.run()
    done = apply(bench, file)
    assert (done["applied"], len(done["refused"])) == (0, 1)
    assert bench.wrote_nothing()
    assert len(people.documents(uuid)) == 1


def test_a_changed_configuration_refuses_every_line(bench: Bench, people: People, file: Path) -> None:
    uuid = people.bill()
    planned(bench, file)
    before = dict(bench.policy)
    try:
        bench.configure(name_suffix=" (demo)")
        done = apply(bench, file)
    finally:
        bench.policy = before
        bench.configure()
    assert {line["why"] for line in done["refused"]} == {"the configuration or a plugin has changed"}
    assert people.documents(uuid) == []


def test_a_paused_flow_is_not_applied(bench: Bench, people: People, file: Path) -> None:
    uuid = people.bill()
    planned(bench, file)
    bench.say("pause", PAIRING, "--flow", "bills", "--reason", "Closing")
    done = apply(bench, file)
    bench.say("resume", PAIRING, "--flow", "bills")
    assert done["applied"] == 0
    assert {"bills of demo is paused" in line["why"] for line in done["refused"]} == {True}
    assert people.documents(uuid) == []


def test_a_first_plan_is_applied_without_accepting_what_comes_after_it(
    opening: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opening() as bench:
        people = People(bench)
        uuid = people.bill()
        monkeypatch.setattr(intakerows, "PROVISIONAL_S", 3600.0)  # it changed a moment ago, and is read once more
        told = planned(bench, tmp_path / "first.json")
        assert bench.record(uuid)["version"].endswith(PROVISIONAL)
        bench.leave()
        monkeypatch.setattr(intakerows, "PROVISIONAL_S", 0.0)
        acting = [line for line in lines(told).values() if line["action"] in ("create", "update", "void", "adopt")]
        done = apply(bench, tmp_path / "first.json")
        assert done["applied"] == len(acting), done["refused"]
        assert len(people.documents(uuid)) == 1
        assert apply(bench, tmp_path / "first.json")["already_applied"] == len(acting), "adopted ones, too"
        later = people.bill()
        bench.run(accept=False)
        assert people.documents(later) == [], "the flow itself was not accepted"


# -------------------------------------------------------------------- the file


def test_the_file_is_for_its_owners_eyes_and_names_its_end(bench: Bench, people: People, file: Path) -> None:
    people.bill()
    told = planned(bench, file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert told["expires_at"] > told["made_at"]
    os.chmod(file, 0o644)
    assert "can be read or written by others (mode 0644)" in refusal(bench, file)


def test_a_plan_goes_to_its_file_line_by_line_and_only_the_first_are_kept(
    bench: Bench, people: People, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dryrun, "SHOWN", 1)
    uuids = [people.bill() for _ in range(3)]
    bench.leave()
    shown = bench.say("plan", PAIRING, "--out", str(file))
    assert len(shown["flows"]["bills"]["items"]) == 1
    assert set(uuids) <= lines(json.loads(file.read_text())).keys()
    assert list(file.parent.glob(f".{file.name}*")) == []


def _amount(told: dict[str, Any]) -> None:
    line = next(line for flow in told["flows"].values() for line in flow["items"] if line["action"] == "create")
    line["what"] = "Bill of somebody else"


def _fewer(told: dict[str, Any]) -> None:
    next(flow for flow in told["flows"].values() if flow["items"])["items"].pop()


def _longer(told: dict[str, Any]) -> None:
    told["expires_at"] = re.sub(r"^\d{4}", "2099", told["expires_at"])


@pytest.mark.parametrize("edit", [_amount, _fewer, _longer])
def test_an_edited_file_is_refused(
    bench: Bench, people: People, file: Path, edit: Callable[[dict[str, Any]], None]
) -> None:
    uuid = people.bill()
    told = planned(bench, file)
    edit(told)
    file.write_text(json.dumps(told))
    assert "was changed since it was written" in refusal(bench, file)
    assert people.documents(uuid) == []


def test_a_plan_that_is_too_old_is_refused(bench: Bench, people: People, file: Path) -> None:
    people.bill()
    bench.leave()
    text = bench.config.read_text(encoding="utf-8")
    bench.config.write_text(f'plans_expire = "1s"\n{text}', encoding="utf-8")
    try:
        planned(bench, file)
        time.sleep(1.1)
        assert re.search(r"was valid until .*Z; make it again: mlc plan demo --out", refusal(bench, file))
    finally:
        bench.config.write_text(text, encoding="utf-8")


def test_a_plan_of_another_pairing_is_refused(bench: Bench, people: People, file: Path) -> None:
    people.bill()
    planned(bench, file)
    bench.leave()
    text = bench.config.read_text(encoding="utf-8")
    try:
        bench.config.write_text(text.replace(f"[pairings.{PAIRING}", "[pairings.other"), encoding="utf-8")
        assert "There is no pairing 'demo'" in refusal(bench, file)
        assert f"is a plan of {PAIRING}, not of other" in refusal(bench, file, "--pairing", "other")
    finally:
        bench.config.write_text(text, encoding="utf-8")


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"format": 9}', "not json"])
def test_what_is_no_plan_is_refused_in_a_sentence(bench: Bench, file: Path, text: str) -> None:
    file.write_text(text)
    assert re.search(r"cannot be read as a plan|is no plan of this version", refusal(bench, file))


def test_no_payload_and_no_secret_is_in_the_file(bench: Bench, people: People, file: Path) -> None:
    people.bill()
    planned(bench, file)
    text = file.read_text()
    assert "line_items" not in text
    assert TARGET not in text or "refresh" not in text
