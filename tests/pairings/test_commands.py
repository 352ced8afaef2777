"""run, plan, status, held, dead and replay, against both stand-ins."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from mlc.errors import ConfigError
from mlc.store.database import open_database
from mlc.store.schema import decisions, records
from sqlalchemy import select, update

from .conftest import World

PAIRING = "demo"


def _held(world: World, code: str) -> list[dict[str, Any]]:
    _, groups = world.say("held", "list", "--code", code)
    return [record for group in groups for record in group["records"]]


def _bring_in(world: World) -> None:
    exit_code, (report,) = world.say("run", PAIRING, "--once", "--accept")
    assert exit_code == 1, "the seeded company has records that need a person"
    assert report["planned_only"] == {}


def test_a_first_run_only_plans_and_says_what_to_type(world: World) -> None:
    before = world.writes()
    exit_code, text = world.tell("run", "--once")
    assert exit_code == 1
    assert f"mlc run {PAIRING} --once --accept" in text
    assert world.writes() == before
    _, told = world.say("status")
    assert "bills" in told["pairings"][0]["not_accepted"]


def test_a_plan_names_every_record_and_its_call_and_sends_nothing(world: World, tmp_path: Path) -> None:
    before = world.writes()
    out = tmp_path / "plan.json"
    exit_code, told = world.say("plan", PAIRING, "--out", str(out))
    assert exit_code == 0
    bills = told["flows"]["bills"]
    assert bills["counts"]["create"] > 10
    assert bills["calls"] == sum(item["calls"] for item in bills["items"])
    assert json.loads(out.read_text())["flows"].keys() == told["flows"].keys()
    assert world.writes() == before


def test_what_was_planned_is_what_the_accepted_run_does(world: World) -> None:
    _, plan = world.say("plan", PAIRING)
    _, (report,) = world.say("run", PAIRING, "--once", "--accept")
    planned = plan["flows"]["bills"]["counts"]
    assert report["flows"]["bills"]["created"] == planned["create"]
    assert report["flows"]["bills"]["adopted"] == planned["adopt"]


def test_a_second_run_writes_nothing_and_still_asks_for_the_person(world: World) -> None:
    _bring_in(world)
    before = world.writes()
    exit_code, (report,) = world.say("run", "--once")
    assert exit_code == 1
    assert report["flows"]["bills"]["held"] > 0
    assert world.writes() == before


def test_status_shows_the_run_and_the_period_its_open_documents(world: World) -> None:
    _bring_in(world)
    exit_code, told = world.say("status")
    (pairing,) = told["pairings"]
    assert exit_code == 1
    assert (pairing["run"], pairing["backlog"], pairing["not_accepted"]) == (1, 0, [])
    assert pairing["held"] > 0
    dated = [row for row in _all_held(world) if row["object_type"] == "bill" and row["ledger_date"]]
    period = dated[0]["ledger_date"][:7]
    _, month = world.say("status", "--period", period)
    wanted = {row["record_id"] for row in dated if row["ledger_date"].startswith(period)}
    assert wanted <= {row["record"] for row in month["records"]}
    assert month["totals"]
    exit_code, text = world.tell("status", "--period", "March")
    assert (exit_code, "no month like" in text) == (2, True)


def _all_held(world: World) -> list[dict[str, Any]]:
    _, groups = world.say("held")
    return [record for group in groups for record in group["records"]]


def test_holds_are_grouped_and_one_shows_both_sides(world: World) -> None:
    _bring_in(world)
    exit_code, text = world.tell("held")
    assert exit_code == 1
    assert "near_twin" in text
    twin = _held(world, "near_twin")[0]
    _, shown = world.say("held", "show", str(twin["record_id"]))
    assert shown["holds"][0]["detail"]["candidates"]
    number = next(row for row in shown["sides"] if row["field"] == "bill_number")
    assert number["source"] == twin["number"]
    exit_code, text = world.tell("held", "show", twin["number"])
    assert "post" in text


def test_a_run_that_nobody_reads_any_more_ends_between_two_writes(world: World, tmp_path: Path) -> None:
    _bring_in(world)
    world.config.write_text(
        world.config.read_text().replace(f"[pairings.{PAIRING}]", f'[pairings.{PAIRING}]\nevery = "1s"')
    )
    command = f"{sys.executable} -c 'from mlc.cli.main import main; main()' --config {world.config} run"
    done = subprocess.run(
        ["bash", "-c", f"{{ timeout 120 {command}; echo $? >&2; }} | head -n 1"],
        env=os.environ | {"MLC_HOME": str(world.config.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == "141\n"
    assert done.stdout.count("\n") == 1


def test_nothing_is_bound_to_an_id_that_nobody_has_shown(world: World) -> None:
    _bring_in(world)
    vendor = _held(world, "ambiguous")[0]
    before = world.writes()
    with pytest.raises(ConfigError, match="has shown anything with the id 46000000001110x9; mlc held show"):
        world.tell("held", "link", str(vendor["record_id"]), "46000000001110x9")
    world.say("run", "--once")
    assert world.writes() == before
    assert vendor["record_id"] in {row["record_id"] for row in _all_held(world)}


def test_any_record_explains_itself_by_any_of_its_names(world: World) -> None:
    _bring_in(world)
    twin = _held(world, "near_twin")[0]
    exit_code, told = world.say("explain", twin["number"])
    assert (exit_code, told["state"], told["writes_sent"]) == (1, "held", 0)
    assert f"mlc held post {twin['record_id']}" in told["holds"][0]["settled_by"]
    with closing(sqlite3.connect(world.config.parent / "mlc.db")) as database:
        there, number, before = database.execute(
            "SELECT bindings.external_id, records.number, "
            "(SELECT id FROM records WHERE state = 'before_go_live' AND object_type = 'bill' LIMIT 1) "
            "FROM bindings JOIN records ON records.id = bindings.record_id JOIN audit ON audit.record_id = records.id "
            "WHERE records.object_type = 'bill' AND bindings.side = 'right' AND event = 'created' LIMIT 1"
        ).fetchone()
    exit_code, told = world.say("explain", there)
    assert (exit_code, told["state"], told["number"]) == (0, "in_step", number)
    assert told["writes_sent"] >= 1
    assert {"rendered", "created"} <= {one["event"] for one in told["history"]}
    exit_code, text = world.tell("explain", str(before))
    assert exit_code == 0
    assert f"is from before go-live: its ledger date is before go-live on {world.company.since}." in text
    assert "Next: It is counted and never created; since" in text
    with pytest.raises(ConfigError, match="No record is known by nobody"):
        world.tell("explain", "nobody")


def test_a_near_twin_that_a_person_posts_is_written_once(world: World) -> None:
    _bring_in(world)
    twin = _held(world, "near_twin")[0]
    before = world.writes()
    exit_code, _ = world.say("held", "post", str(twin["record_id"]), "--reason", "two deliveries")
    assert exit_code == 0
    _, (report,) = world.say("run", "--once")
    assert report["flows"]["bills"]["created"] == 1
    assert world.writes() > before
    assert twin["record_id"] not in {row["record_id"] for row in _all_held(world)}


def test_a_near_twin_that_a_person_skips_is_never_written(world: World) -> None:
    _bring_in(world)
    twin = _held(world, "near_twin")[0]
    before = world.writes()
    world.say("held", "skip", str(twin["record_id"]), "--reason", "the same paper twice")
    world.say("run", "--once")
    assert world.writes() == before
    assert twin["record_id"] not in {row["record_id"] for row in _all_held(world)}


def test_linking_a_vendor_releases_its_bills(world: World) -> None:
    _bring_in(world)
    waiting = _held(world, "missing_vendor")
    free = _unbound_contact(world)
    exit_code, _ = world.say("held", "link", str(waiting[0]["record_id"]), free)
    assert exit_code == 0
    world.say("run", "--once")
    codes = {row["code"] for row in _all_held(world) if row["record_id"] == waiting[0]["record_id"]}
    assert "missing_vendor" not in codes


def _unbound_contact(world: World) -> str:
    bound = {vendor.contact for vendor in world.company.vendors}
    contacts = [one for one in world.company.contacts if one.key not in bound]
    assert contacts, "the seeded company has a contact that no vendor has"
    return contacts[0].ledger_id


def test_a_verb_that_cannot_settle_a_hold_says_which_can(world: World) -> None:
    _bring_in(world)
    twin = _held(world, "near_twin")[0]
    with pytest.raises(ConfigError, match="it can by adopt, post"):
        world.say("held", "void", str(twin["record_id"]))
    with pytest.raises(ConfigError, match="Nothing named no-such-bill is held"):
        world.say("held", "retry", "no-such-bill")


def test_a_dead_letter_can_be_retried_and_skipped(world: World) -> None:
    _bring_in(world)
    database = open_database(str(world.config.parent / "mlc.db"))
    with database.write() as tx:
        ids = tx.execute(
            select(records.c.id).where(records.c.object_type == "bill", records.c.state == "in_step").limit(2)
        ).scalars()
        one, other = list(ids)
        tx.execute(update(records).where(records.c.id.in_([one, other])).values(state="dead", reason="refused"))
    exit_code, letters = world.say("dead")
    assert (exit_code, len(letters)) == (1, 2)
    _, shown = world.say("dead", "show", str(one))
    assert shown["tries"][0]["operation"] == "create"
    world.say("dead", "retry", str(one))
    world.say("dead", "skip", str(other), "--reason", "typed in by hand")
    before = world.writes()
    world.say("run", "--once")
    assert world.writes() == before
    assert world.say("dead") == (0, [])
    with database.read() as connection:
        assert connection.execute(select(decisions.c.reason)).scalars().all() == ["typed in by hand"]
    database.close()


def test_replaying_a_run_decides_from_stored_input_and_writes_nothing_twice(world: World) -> None:
    _bring_in(world)
    before = world.writes()
    bill = _held(world, "near_twin")[0]["record_id"]
    _, items = world.say("replay", str(bill), "--plan")
    assert [item["code"] for item in items] == ["near_twin"]
    exit_code, told = world.say("replay", "run:1")
    assert exit_code == 0
    assert told["replayed"] > 30
    world.say("run", "--once")
    assert world.writes() == before
    with pytest.raises(ConfigError, match="neither run:NUMBER"):
        world.say("replay", "yesterday")


def _edit_there(world: World, note: str) -> str:
    """An accountant edits the memo of a bill that is in step, in a later second than our write; its id there."""
    world.served["zoho-books"].post("clock", {"advance_s": 1})
    return _edit_at_once(world, notes=note)


def _edit_at_once(world: World, **values: object) -> str:
    shown = world.served["zoho-books"].objects()["bills"]
    bill = next(one for one in shown if (one.get("custom_field_hash") or {}).get("cf_source_id"))
    world.served["zoho-books"].post("objects/bills", {"id": bill["bill_id"], **values})
    return str(bill["bill_id"])


def test_an_accepted_difference_is_quiet_and_the_next_one_is_asked_anew(world: World) -> None:
    _bring_in(world)
    _edit_there(world, "typed by hand")
    world.say("run", "--once")
    (drift,) = _held(world, "drift")
    world.say("held", "accept", str(drift["record_id"]), "--reason", "fine")
    before = world.writes()
    world.say("run", "--once")
    assert _held(world, "drift") == []
    _edit_there(world, "typed once more")
    world.say("run", "--once")
    assert [one["record_id"] for one in _held(world, "drift")] == [drift["record_id"]]
    assert world.writes() == before


def test_an_edit_in_the_second_of_our_own_write_is_noticed_with_the_next_change(world: World) -> None:
    """The limit that docs/guarantees.md names (R16): one second of Zoho's clock holds our write and the edit."""
    world.served["zoho-books"].post("clock", {"freeze": True})
    _bring_in(world)
    _edit_at_once(world, notes="typed by hand")
    world.say("run", "--once")
    assert _held(world, "drift") == []
    world.served["zoho-books"].post("clock", {"advance_s": 1})
    _edit_at_once(world, due_date="2027-03-31")
    world.say("run", "--once")
    (drift,) = _held(world, "drift")
    assert "typed by hand" in json.dumps(drift)


def test_a_repaired_difference_is_written_back_once(world: World) -> None:
    _bring_in(world)
    there = _edit_there(world, "typed by hand")
    world.say("run", "--once")
    (drift,) = _held(world, "drift")
    world.say("held", "repair", str(drift["record_id"]))
    _, (report,) = world.say("run", "--once")
    assert report["flows"]["bills"]["updated"] == 1
    assert _held(world, "drift") == []
    bill = world.served["zoho-books"].get(f"objects/bills/{there}")
    assert "typed by hand" not in (bill.get("notes") or "")
    before = world.writes()
    world.say("run", "--once")
    assert world.writes() == before


def _stop_after_runs(world: World, runs: int, ended: threading.Event) -> None:
    """Send this process the signal that ends it, once so many runs have ended, or after a while."""
    give_up = time.monotonic() + 60
    done = 0
    with closing(sqlite3.connect(world.config.parent / "mlc.db")) as database:
        while done < runs and time.monotonic() < give_up and not ended.wait(0.1):
            (done,) = database.execute("SELECT count(*) FROM runs WHERE finished_at IS NOT NULL").fetchone()
    if not ended.wait(0.2):
        os.kill(os.getpid(), signal.SIGTERM)


def test_mlc_run_keeps_running_until_it_is_told_to_stop(world: World) -> None:
    with world.config.open("a") as file:
        file.write('every = "1s"\n')
    ended = threading.Event()
    stopper = threading.Thread(target=_stop_after_runs, args=(world, 2, ended))
    stopper.start()
    try:
        exit_code, text = world.tell("run", "--accept")
    finally:
        ended.set()
        stopper.join()
    assert exit_code == 0
    lines = [line for line in text.splitlines() if f" {PAIRING}: " in line]
    assert len(lines) >= 2, text
    assert "created" in lines[0]
    assert "created" not in lines[-1]
