"""R27: whoever else carries the same documents is told of, before the first write and whenever that begins later."""

import pytest
from click.testing import CliRunner
from mlc.cli.main import mlc
from mlc.engine import elsewhere
from mlc.engine.dryrun import FlowPlan, plan_flow
from mlc.engine.session import Session
from mlc.recipes import Flow
from rulebench.bench import PAIRING, Bench
from rulebench.people import People

from .conftest import Opener

CODE = "carried_elsewhere"
DAY_S = 86_400.0


def carried_twice(people: People, count: int, *, first_vendor: int = 1) -> list[str]:
    """Bills that stand in the ledger already, as another program brought them there."""
    uuids = [people.bill(vendor=first_vendor + place) for place in range(count)]
    for uuid in uuids:
        people.type_in(like=uuid)
    return uuids


def raised(bench: Bench) -> int:
    """How often it was told, ever."""
    (row,) = bench.rows("SELECT count(*) AS n FROM alerts WHERE code = ?", CODE)
    return int(row["n"])


def in_step(bench: Bench, people: People, uuids: list[str]) -> bool:
    """Each is bound, and once in the ledger."""
    return all(bench.state(uuid) == "in_step" and len(people.documents(uuid)) == 1 for uuid in uuids)


def test_a_program_that_begins_later_is_told_once_and_nothing_is_stopped_for_it(opening: Opener) -> None:
    with opening() as bench:
        people = People(bench)
        bench.run()
        bench.run()
        bench.pass_time(3 * DAY_S)
        twins = carried_twice(people, 3)
        bench.run(accept=False)
        assert bench.alerts(CODE) == [], "so many are typed in by hand"
        bench.pass_time(3_600.0)
        twins += carried_twice(people, 3, first_vendor=4)
        own = people.bill()
        bench.run(accept=False)
        assert {one["id"] for one in bench.written(type="bills")} == {people.document(own)["bill_id"]}
        assert in_step(bench, people, [*twins, own])
        (told,) = bench.alerts(CODE)
        assert "demo:bills: 6 of 7 documents" in told["sentence"]
        assert "mlc pause demo --flow bills" in told["sentence"]
        bench.run(accept=False)
        assert bench.wrote_nothing()
        twins = carried_twice(people, 2)
        bench.run(accept=False)
        assert in_step(bench, people, twins)
        assert raised(bench) == 1, "told when it began, not with every run"


def test_it_is_taken_back_when_most_documents_are_new_to_the_ledger_again(opening: Opener) -> None:
    with opening() as bench:
        people = People(bench)
        bench.run()
        bench.pass_time(3 * DAY_S)
        carried_twice(people, 6)
        bench.run(accept=False)
        assert len(bench.alerts(CODE)) == 1
        bench.pass_time(3 * DAY_S)
        bench.run(accept=False)
        assert len(bench.alerts(CODE)) == 1, "that nothing came says nothing"
        own = [people.bill() for _ in range(5)]
        bench.run(accept=False)
        assert in_step(bench, people, own)
        assert bench.alerts(CODE) == []
        bench.pass_time(3 * DAY_S)
        carried_twice(people, 5)
        bench.run(accept=False)
        assert (len(bench.alerts(CODE)), raised(bench)) == (1, 2)


def test_a_person_says_that_nobody_else_carries_them(opening: Opener) -> None:
    with opening() as bench:
        people = People(bench)
        bench.run()
        bench.pass_time(3 * DAY_S)
        carried_twice(people, 5)
        bench.run(accept=False)
        assert len(bench.alerts(CODE)) == 1
        bench.run(accept=True)
        bench.run(accept=False)
        assert bench.alerts(CODE) == []
        said = bench.rows("SELECT detail FROM audit WHERE event = 'twins_accepted_by_person'")
        assert len(said) == 1
        assert '"bills"' in said[0]["detail"]
        carried_twice(people, 4, first_vendor=6)
        bench.run(accept=False)
        assert bench.alerts(CODE) == [], "what was there before the word does not count any more"
        carried_twice(people, 1, first_vendor=10)
        bench.run(accept=False)
        assert (len(bench.alerts(CODE)), raised(bench)) == (1, 2)


def test_what_the_ledger_refused_because_it_was_there_counts_as_well(opening: Opener) -> None:
    with opening() as bench:
        people = People(bench)
        bench.run()
        bench.pass_time(3 * DAY_S)
        twins = []
        for vendor in range(1, 6):
            assert bench.alerts(CODE) == []
            twins.append(people.bill(vendor=vendor))
            bill = people.source_bill(twins[-1])
            body = {
                "type": "bills",
                "vendor_id": people.contact(vendor),
                "bill_number": bill["invoice_number"],
                "date": str(bill["invoice_date"])[:10],
                "due_date": str(bill["due_date"])[:10],
                "line_items": [people.line(str(bill["total_cost_with_tax"]))],
            }
            bench.fault("POST|PUT /bills$", "human", body=body)
            bench.run(accept=False)
            bench.heal()
        assert in_step(bench, people, twins)
        (told,) = bench.alerts(CODE)
        assert "demo:bills: 5 of 5 documents" in told["sentence"]


def test_a_plan_that_nobody_saw_is_looked_at_before_the_first_write(opening: Opener) -> None:
    with opening() as bench:
        people = People(bench)
        twins = carried_twice(people, 6)
        bench.run(accept=True)
        (told,) = bench.alerts(CODE)
        assert "demo:bills: 6 of " in told["sentence"]
        assert "switch it off" in told["sentence"]
        (alert,) = bench.rows("SELECT id FROM audit WHERE event = 'alert' AND detail LIKE ?", f"%{CODE}%")
        (first,) = bench.rows("SELECT min(id) AS id FROM audit WHERE event IN ('created', 'adopted')")
        assert alert["id"] < first["id"]
        assert in_step(bench, people, twins), "what a person accepted is carried"
        assert bench.rows("SELECT 1 FROM audit WHERE event = 'created'")
        bench.run(accept=False)
        assert (len(bench.alerts(CODE)), raised(bench)) == (1, 1)


def test_of_a_long_plan_that_nobody_saw_only_the_first_are_decided_twice(
    opening: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cost of a first run would double; what the rest shows is told once it is there."""
    looked = {}

    def look(session: Session, flow: Flow, *, most: int | None) -> FlowPlan:
        plan = plan_flow(session, flow, most=most)
        looked[flow.name] = plan.twins + plan.counts["create"]
        return plan

    monkeypatch.setattr(elsewhere, "SAMPLE", 3)
    monkeypatch.setattr(elsewhere, "plan_flow", look)
    with opening() as bench:
        people = People(bench)
        carried_twice(people, 9)
        bench.run(accept=True)
        assert looked["bills"] == 3
        (told,) = bench.alerts(CODE)
        assert "demo:bills: 9 of " in told["sentence"]


def test_what_a_person_saw_in_the_plan_is_no_news_once_it_is_adopted(opening: Opener) -> None:
    with opening() as bench:
        people = People(bench)
        carried_twice(people, 6)
        bench.run(accept=False)
        assert len(bench.alerts(CODE)) == 1
        bench.run(accept=True)
        bench.run(accept=False)
        assert (bench.alerts(CODE), raised(bench)) == ([], 1)
        carried_twice(people, 5, first_vendor=7)
        bench.run(accept=False)
        assert (len(bench.alerts(CODE)), raised(bench)) == (1, 2), "it goes on although the plan was accepted"


def test_a_document_that_a_person_binds_is_not_another_programs(opening: Opener) -> None:
    with opening() as bench:
        people = People(bench)
        bench.run()
        bench.pass_time(3 * DAY_S)
        uuids = [people.bill(vendor=vendor) for vendor in range(1, 6)]
        theirs = [people.type_in(like=uuid, date="2026-11-02", due_date="2026-11-30") for uuid in uuids]
        bench.run(accept=False)
        for uuid, bill_id in zip(uuids, theirs, strict=True):
            assert bench.codes(uuid) == ["near_twin"]
            bench.decide("adopt", bench.record(uuid)["id"], bill_id)
        bench.run(accept=False)
        assert in_step(bench, people, uuids)
        assert bench.alerts(CODE) == []


def test_bills_from_before_go_live_that_are_bound_to_be_paid_are_not_another_programs(opening: Opener) -> None:
    with opening() as bench:
        people = People(bench)
        people.lock(None)
        older = [people.bill(vendor=vendor, day="2026-09-15") for vendor in range(1, 7)]
        for uuid in older:
            people.type_in(like=uuid)
        bench.run()
        bench.run()
        for uuid in older:
            people.pay(uuid)
        bench.run(accept=False)
        assert in_step(bench, people, older)
        assert raised(bench) == 0


def test_the_command_says_it_beside_its_report(opening: Opener) -> None:
    with opening() as bench:
        carried_twice(People(bench), 6)
        bench.leave()
        told = CliRunner().invoke(mlc, ["--config", str(bench.config), "run", PAIRING, "--once", "--accept"])
        assert f"Alert {CODE}: demo:bills: 6 of " in told.stderr
        assert told.stdout.startswith("demo, run 1")
