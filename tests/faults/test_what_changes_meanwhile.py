"""The source or the ledger changes while a write is on its way, or while a process is down."""

import pytest
from faultbench.crashcases import CRASHED, finish
from faultbench.people import People
from faultbench.vendorcases import MATCH

STRATEGY = "search"


@pytest.mark.parametrize("step", ["deliver.planned", "outcome.committed", "run.finished"])
def test_an_accountants_edit_is_told_though_the_process_crashes(people: People, step: str) -> None:
    people.edit_in_ledger(people.posted_bill())
    people.do("create")
    assert people.world.run(step=f"{step}:crash").code == CRASHED
    finish(people)


def test_a_bill_withdrawn_before_it_arrived_is_never_posted(people: People) -> None:
    uuid = people.do("create")
    people.world.fault(MATCH["create"], "drop")
    people.world.run()
    people.deny(uuid)
    finish(people)
    assert not people.posted(uuid)


def test_a_bill_withdrawn_while_its_answer_is_lost_is_void_in_the_end(people: People) -> None:
    uuid = people.do("create")
    people.world.fault(MATCH["create"], "commit_then_drop")
    people.world.run(step="settle.looked:crash")
    people.deny(uuid)
    finish(people)
    assert [bill["status"] for bill in people.posted(uuid)] == ["void"]


def test_a_bill_corrected_while_its_answer_is_lost_ends_as_the_source_has_it(people: People) -> None:
    uuid = people.do("create")
    people.world.fault(MATCH["create"], "commit_then_drop")
    people.world.run(step="settle.looked:crash")
    people.correct(uuid)
    finish(people)


def test_a_bill_corrected_while_it_was_surely_not_there_ends_as_the_source_has_it(people: People) -> None:
    uuid = people.do("create")
    people.world.fault(MATCH["create"], "drop")
    people.world.run()
    people.correct(uuid)
    finish(people)


def test_an_accountants_edit_during_a_lost_answer_is_told_and_kept(people: People) -> None:
    uuid = people.do("update")
    people.world.fault(MATCH["update"], "commit_then_drop")
    people.world.run(step="settle.looked:crash")
    people.edit_in_ledger(uuid)
    finish(people)


def test_a_second_correction_during_a_lost_answer_wins(people: People) -> None:
    uuid = people.do("update")
    people.world.fault(MATCH["update"], "drop")
    people.world.run()
    people.correct(uuid)
    finish(people)


def test_a_payment_is_recorded_once_though_its_bill_was_corrected_meanwhile(people: People) -> None:
    uuid = people.do("payment")
    people.world.fault(MATCH["payment"], "commit_then_drop", times=2)
    people.world.run(step="settle.looked:crash")
    finish(people)
    assert len(people.payments(uuid)) == 1


def test_a_payment_that_overtakes_the_correction_of_its_bill_follows_it(people: People) -> None:
    uuid = people.do("update")
    people.pay(uuid)
    people.world.fault(MATCH["update"], "commit_then_drop")
    people.world.run()
    finish(people)
