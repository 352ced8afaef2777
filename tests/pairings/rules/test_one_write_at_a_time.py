"""R5, R7: what changes while a write is open is decided when it is settled; updates are never sent again blindly."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from mlc.errors import MlcError
from mlc.plugins import Plugins
from rulebench.bench import FAR_S, Bench, open_bench
from rulebench.people import People, fresh_number

OPEN = ("planned", "sending", "accepted", "uncertain", "held")


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, plugins: Plugins) -> Iterator[Bench]:
    """A ledger without a unique field: what is uncertain stays so until its quarantine is over."""
    with open_bench(
        tmp_path_factory.mktemp("search"), plugins, switches={"unique_field": False, "bill_number_unique": "no"}
    ) as opened:
        opened.run()
        yield opened


@pytest.fixture
def people(bench: Bench) -> Iterator[People]:
    yield People(bench)
    bench.target._ask("DELETE", "faults")


def open_writes(bench: Bench, uuid: str) -> int:
    return len([one for one in bench.intents(*OPEN, source_id=uuid) if one["part"] == "main"])


def test_an_edit_during_an_open_create_makes_no_second_write_until_that_one_is_settled(
    bench: Bench, people: People
) -> None:
    uuid = people.bill(amount="40.00")
    bench.fault("POST /bills$", "drop")
    bench.run()
    assert [one["operation"] for one in bench.intents("uncertain", source_id=uuid)] == ["create"]
    people.reprice(uuid, "55.00")
    bench.run()
    assert open_writes(bench, uuid) == 1, "the edit waits for the create"
    assert people.documents(uuid) == []
    bench.pass_time(FAR_S)
    bench.settle()
    bench.settle()
    assert people.document(uuid)["total"] == Decimal("55.00")
    assert bench.state(uuid) == "in_step"
    assert open_writes(bench, uuid) == 0


def test_the_bytes_of_an_open_create_are_sent_again_unchanged(bench: Bench, people: People) -> None:
    uuid = people.bill(amount="41.00")
    bench.fault("POST /bills$", "drop")
    bench.run()
    (lost,) = bench.intents("uncertain", source_id=uuid)
    bench.run()
    bench.pass_time(FAR_S)
    bench.settle()
    (arrived,) = bench.intents("confirmed", source_id=uuid)
    assert (arrived["id"], arrived["payload"]) == (lost["id"], lost["payload"])
    assert arrived["attempt"] == 2
    assert people.document(uuid)["total"] == Decimal("41.00")


def test_other_bytes_than_those_of_an_open_create_need_a_new_intent(bench: Bench, people: People) -> None:
    uuid = people.bill(amount="42.00")
    bench.fault("POST /bills$", "drop")
    bench.run()
    (lost,) = bench.intents("uncertain", source_id=uuid)
    people.reprice(uuid, "56.00")
    bench.pass_time(FAR_S)
    bench.settle()
    bench.settle()
    sent = [one for one in bench.intents("confirmed", source_id=uuid) if one["part"] == "main"]
    assert all(one["payload"] == lost["payload"] for one in sent if one["id"] == lost["id"])
    assert people.document(uuid)["total"] == Decimal("56.00")


def test_a_second_bill_of_the_same_number_waits_while_the_first_ones_create_is_uncertain(
    bench: Bench, people: People
) -> None:
    number = fresh_number()
    first = people.bill(number=number, amount="23.10")
    bench.fault("POST /bills$", "drop")
    bench.run()
    second = people.bill(number=number, amount="23.10")
    bench.run()
    assert bench.codes(second) == ["near_twin"]
    bench.decide("post", bench.record(second)["id"])
    bench.run()
    assert bench.intents("uncertain", source_id=first)
    assert [one["attempt"] for one in bench.intents("planned", source_id=second)] == [0]
    bench.pass_time(FAR_S)
    bench.settle()
    bench.settle()
    assert [bench.state(uuid) for uuid in (first, second)] == ["in_step"] * 2
    assert len(people.numbered(number)) == 2


def test_two_bills_of_one_number_that_a_person_posts_go_one_after_the_other(bench: Bench, people: People) -> None:
    number = fresh_number()
    held = [people.bill(number=number, amount="24.20") for _ in range(3)]
    bench.run()
    for uuid in held:
        if bench.state(uuid) == "held":
            bench.decide("post", bench.record(uuid)["id"])
    bench.settle()
    assert [bench.state(uuid) for uuid in held] == ["in_step"] * 3
    assert len(people.numbered(number)) == 3


def test_a_denial_after_a_create_that_surely_was_not_sent_cancels_both(bench: Bench, people: People) -> None:
    uuid = people.bill()
    bench.fault("POST /bills$", "rate_limit")
    with pytest.raises(MlcError):
        bench.run()
    (waiting,) = bench.intents("planned", source_id=uuid)
    assert waiting["operation"] == "create"
    people.deny(uuid)
    bench.pass_time(FAR_S)
    bench.run()
    bench.run()
    assert people.documents(uuid) == []
    assert open_writes(bench, uuid) == 0
    assert bench.state(uuid) == "not_carried"


def test_a_denial_after_a_create_that_arrived_voids_it(bench: Bench, people: People) -> None:
    uuid = people.bill()
    bench.fault("POST /bills$", "commit_then_drop")
    bench.run(stop=lambda: bool(bench.intents("uncertain", source_id=uuid)))
    people.deny(uuid)
    bench.settle()
    assert people.document(uuid)["status"] == "void"


def update_that_got_lost(bench: Bench, people: People) -> str:
    """The ledger has our update, we do not know it, and nobody has looked yet."""
    uuid = people.posted_bill(amount="60.00")
    people.reprice(uuid, "75.00")
    bench.fault("PUT /bills/", "commit_then_drop")
    bench.run(stop=lambda: bool(bench.intents("uncertain", source_id=uuid)))
    assert [one["operation"] for one in bench.intents("uncertain", source_id=uuid)] == ["update"]
    assert people.document(uuid)["total"] == Decimal("75.00")
    return uuid


def test_a_lost_update_that_arrived_is_found_and_not_sent_again(bench: Bench, people: People) -> None:
    uuid = update_that_got_lost(bench, people)
    bench.run()
    assert bench.written(type="bills") == []
    assert bench.state(uuid) == "in_step"


def test_a_persons_edit_of_the_same_field_after_a_lost_update_is_held_and_not_overwritten(
    bench: Bench, people: People
) -> None:
    uuid = update_that_got_lost(bench, people)
    people.reprice_in_ledger(uuid, "99.00")
    bench.settle()
    bench.settle()
    assert people.document(uuid)["total"] == Decimal("99.00")
    (hold,) = bench.holds(uuid)
    assert hold["code"] == "drift"
    assert "99" in hold["sentence"]
    bench.decide("repair", hold["record_id"])
    bench.settle()
    assert people.document(uuid)["total"] == Decimal("75.00")
    assert bench.codes(uuid) == []


def test_a_persons_edit_of_another_field_after_a_lost_update_is_held_and_the_update_stays(
    bench: Bench, people: People
) -> None:
    uuid = update_that_got_lost(bench, people)
    people.accountant(uuid, due_date="2027-02-01")
    bench.settle()
    bench.settle()
    assert people.document(uuid)["due_date"] == "2027-02-01"
    assert people.document(uuid)["total"] == Decimal("75.00")
    (hold,) = bench.holds(uuid)
    assert hold["code"] == "drift"
    assert "due date" in hold["sentence"]
    bench.decide("accept", hold["record_id"])
    bench.settle()
    assert (people.document(uuid)["total"], people.document(uuid)["due_date"]) == (Decimal("75.00"), "2027-02-01")
    assert bench.codes(uuid) == []


def test_an_accountants_own_field_survives_a_lost_update(bench: Bench, people: People) -> None:
    uuid = update_that_got_lost(bench, people)
    other = next(one.ledger_id for one in bench.company.accounts if one.code == "6700")
    people.accountant(uuid, action="recode", account_id=other)
    bench.settle()
    bench.settle()
    assert people.document(uuid)["total"] == Decimal("75.00")
    assert people.document(uuid)["line_items"][0]["account_id"] == other
    assert bench.codes(uuid) == []


def test_an_update_of_what_changed_meanwhile_is_decided_again(bench: Bench, people: People) -> None:
    uuid = people.posted_bill(amount="90.00")
    people.reprice(uuid, "95.00")
    body = {"type": "bills", "id": people.document(uuid)["bill_id"], "due_date": "2027-02-15"}
    bench.fault(f"GET /.*bills/{body['id']}$", "human", body=body)
    bench.run()
    bench.run()
    posted = people.document(uuid)
    assert posted["due_date"] == "2027-02-15", "an edit right before our write is not overwritten"
    assert bench.codes(uuid) == ["drift"]


def test_a_lost_void_is_read_before_it_is_sent_again(bench: Bench, people: People) -> None:
    uuid = people.posted_bill()
    people.deny(uuid)
    bench.fault("POST /bills/.*/status/void", "commit_then_drop")
    bench.run(stop=lambda: bool(bench.intents("uncertain", source_id=uuid)))
    bench.run()
    assert bench.written(type="bills") == []
    assert people.document(uuid)["status"] == "void"
    assert bench.state(uuid) == "in_step"


def test_three_writes_without_an_answer_end_the_run_for_every_flow_to_that_side(bench: Bench, people: People) -> None:
    bills = [people.bill() for _ in range(3)]
    credit = people.bill(amount="-12.00")
    bench.fault("POST /(bills|vendorcredits)$", "drop", times=50)
    report = bench.run()
    assert {"bills", "credits"} <= set(report.stopped)
    assert bench.intents("sending", "uncertain", source_id=credit) == []
    assert len([uuid for uuid in bills if bench.intents("uncertain", source_id=uuid)]) == 3
    bench.target._ask("DELETE", "faults")
    bench.pass_time(FAR_S)
    bench.settle()
    bench.settle()
    assert [bench.state(uuid) for uuid in (*bills, credit)] == ["in_step"] * 4
    assert [len(people.documents(uuid)) for uuid in bills] == [1, 1, 1]
