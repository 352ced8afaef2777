"""R3: where the ledger itself refuses a double, a create without an answer is sent again at once. The first one may
still arrive, and would put its values back over a later correction: what changes waits until it no longer can."""

import json
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest
from click.testing import CliRunner
from mlc.cli.main import mlc
from mlc.plugins import Plugins
from mlc.store.schema import intents
from rulebench.bench import FAR_S, PAIRING, Bench, open_bench
from rulebench.people import People
from sqlalchemy import update

#: The first attempt takes effect so much later, within the declared times.
LATE_S = 60.0
AMOUNT, CORRECTED = "100.00", "150.00"


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, plugins: Plugins) -> Iterator[Bench]:
    """A ledger with our unique field: a create names the document that it makes, or alters."""
    with open_bench(tmp_path_factory.mktemp("first"), plugins) as opened:
        opened.run()
        yield opened


@pytest.fixture
def people(bench: Bench) -> Iterator[People]:
    yield People(bench)
    bench.target._ask("DELETE", "faults")


def sent_twice(bench: Bench, people: People) -> str:
    """A bill whose first create is on its way for a minute; the second is in the ledger."""
    uuid = people.bill(amount=AMOUNT)
    bench.fault("POST|PUT /bills$", "commit_late", seconds=LATE_S)
    bench.run()
    bench.run()
    assert bench.events(uuid)[:3] == ["rendered", "uncertain", "absent"]
    (write,) = [one for one in bench.intents("confirmed", source_id=uuid) if one["part"] == "main"]
    assert (write["attempt"], write["strategy"], bench.state(uuid)) == (2, "unique_field", "in_step")
    return uuid


def totals(people: People, uuid: str) -> list[str]:
    return [f"{one['total']:.2f}" for one in people.documents(uuid)]


def test_a_correction_waits_until_the_first_create_can_no_longer_arrive(bench: Bench, people: People) -> None:
    uuid = sent_twice(bench, people)
    people.reprice(uuid, CORRECTED)
    report = bench.run()
    assert totals(people, uuid) == [AMOUNT]
    assert report.next_look is not None
    assert 0 < (report.next_look - bench.clock.now()).total_seconds() < FAR_S
    assert "may still arrive" in bench.record(uuid)["reason"]
    bench.pass_time(LATE_S)
    bench.run()
    assert totals(people, uuid) == [AMOUNT]
    bench.pass_time(FAR_S)
    bench.run()
    assert totals(people, uuid) == [CORRECTED]
    bench.pass_time(FAR_S)
    bench.run()
    assert (totals(people, uuid), bench.state(uuid), bench.codes(uuid)) == ([CORRECTED], "in_step", [])


def test_a_withdrawn_bill_is_not_brought_back(bench: Bench, people: People) -> None:
    uuid = sent_twice(bench, people)
    people.deny(uuid)
    bench.run()
    assert [one["status"] for one in people.documents(uuid)] == ["open"], "it waits"
    bench.pass_time(LATE_S)
    bench.run()
    bench.pass_time(FAR_S)
    bench.run()
    assert [one["status"] for one in people.documents(uuid)] == ["void"]


def test_others_of_the_flow_do_not_wait(bench: Bench, people: People) -> None:
    uuid, other = sent_twice(bench, people), people.posted_bill()
    people.reprice(uuid, CORRECTED)
    people.reprice(other, "77.00")
    later = people.bill()
    report = bench.run()
    assert report.stopped == {}
    assert (totals(people, other), len(people.documents(later))) == (["77.00"], 1)
    bench.pass_time(FAR_S)
    bench.settle()
    assert totals(people, uuid) == [CORRECTED]


def test_after_another_start_of_the_machine_the_wait_begins_anew(bench: Bench, people: People) -> None:
    uuid = sent_twice(bench, people)
    people.reprice(uuid, CORRECTED)
    bench.leave()
    bench.clock.boots += 1
    bench.pass_time(FAR_S)
    bench.run()
    assert totals(people, uuid) == [AMOUNT]
    bench.pass_time(FAR_S)
    bench.run()
    assert totals(people, uuid) == [CORRECTED]


WAITS = "may still arrive: "


def test_every_answer_says_that_it_waits_and_why(bench: Bench, people: People) -> None:
    uuid = sent_twice(bench, people)
    people.reprice(uuid, CORRECTED)
    assert bench.run().as_dict()["waiting"] == {"bills": 1}
    bench.leave()
    told = CliRunner().invoke(mlc, ["--config", str(bench.config), "run", PAIRING, "--once"]).stdout
    assert "1 records wait, as what was sent before may still arrive: mlc plan demo says how long." in told
    lines = [one for one in bench.say("plan", PAIRING)["flows"]["bills"]["items"] if one["source_id"] == uuid]
    assert [(one["action"], WAITS in one["why"]) for one in lines] == [("wait", True)]
    number = bench.record(uuid)["number"]
    assert WAITS in json.dumps(bench.say("explain", number))
    differences = chain.from_iterable(bench.say("reconcile", PAIRING)["differences"].values())
    (difference,) = [one for one in differences if number in one["what"]]
    assert WAITS in difference["why"]
    bench.run()  # the commands know nothing of the clock of the tests: to it, they were another start
    bench.pass_time(FAR_S)
    assert bench.run().as_dict()["waiting"] == {}


def test_a_plan_from_before_says_why_its_line_is_not_applied(bench: Bench, people: People, tmp_path: Path) -> None:
    uuid = people.posted_bill()
    people.reprice(uuid, CORRECTED)
    bench.leave()
    bench.say("plan", PAIRING, "--out", str(tmp_path / "plan.json"))
    with bench.enter().database.write() as tx:  # as if its create had been sent twice
        tx.execute(update(intents).where(intents.c.source_id == uuid).values(late_mark=intents.c.sent_mark))
    bench.leave()
    (line,) = bench.say("apply", str(tmp_path / "plan.json"))["refused"]
    assert WAITS in line["why"]
    bench.pass_time(FAR_S)
    bench.run()
    assert totals(people, uuid) == [CORRECTED]
