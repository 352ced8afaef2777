"""R22, R23, R24: nothing that was seen is lost, nothing that is not seen is taken for void."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from mlc.engine.run import run_pairing
from mlc.errors import RateLimitedError
from mlc.recipes import Side
from mlc.records import ObjectType
from rulebench.bench import AHEAD_S, Bench
from rulebench.people import People

from .conftest import Opener


class Killed(BaseException):
    """The process ends here."""


@contextmanager
def killed_after(pages: int) -> Iterator[Callable[..., None]]:
    """A run that dies when so many pages have been stored."""
    seen = 0

    def progress(event: str, **_facts: Any) -> None:
        nonlocal seen
        seen += event == "intake"
        if seen > pages:
            raise Killed

    with pytest.raises(Killed):
        yield progress


def test_a_run_that_dies_at_any_page_loses_nothing_and_posts_nothing_twice(opening: Opener) -> None:
    with opening(settings={"procurify": {"page_size": 4}}) as bench:
        people = People(bench)
        bench.run()
        bills = [people.bill() for _ in range(14)]
        for pages in range(0, 30, 3):
            with killed_after(pages) as progress, bench.session(progress=progress) as session:
                run_pairing(session, accept=True, by="tests")
            bench.leave()
        bench.run()
        assert {bench.state(uuid) for uuid in bills} == {"in_step"}
        assert [len(people.documents(uuid)) for uuid in bills] == [1] * 14
        bench.run()
        assert bench.wrote_nothing()


def test_a_dead_letter_revives_without_any_read_at_the_source(bench: Bench, people: People) -> None:
    uuid = people.bill()
    bench.fault("POST|PUT /bills$", "status", status=400, body={"code": 4, "message": "Invalid value passed for notes"})
    bench.run()
    assert bench.state(uuid) == "dead"
    bench.heal()
    bench.source._ask("DELETE", "calls")
    bench.run()
    quiet = bench.source.get("calls")
    assert bench.state(uuid) == "dead", "a refusal is not tried again by itself"
    assert bench.say("dead", "retry", str(bench.record(uuid)["id"]))["retried"] == 1
    bench.source._ask("DELETE", "calls")
    bench.run()
    assert bench.state(uuid) == "in_step"
    assert people.document(uuid)["status"] in ("open", "overdue")
    assert detail_reads(bench.source.get("calls")) == detail_reads(quiet)


def detail_reads(calls: Any) -> int:
    """Calls that read one bill whole."""
    found = calls["paths"] if "paths" in calls else calls.get("by_path", calls)
    return sum(
        int(count if not isinstance(count, dict) else count.get("count", 0))
        for path, count in found.items()
        if path.startswith("GET ") and "bills/" in path and "{" in path
    )


def test_a_replayed_record_is_decided_again_without_a_read_at_the_source(bench: Bench, people: People) -> None:
    uuid = people.posted_bill()
    bench.say("replay", str(bench.record(uuid)["id"]))
    bench.source._ask("DELETE", "calls")
    bench.run()
    assert bench.wrote_nothing()
    assert detail_reads(bench.source.get("calls")) == 0
    assert bench.state(uuid) == "in_step"


def test_a_bill_that_its_list_shows_late_is_still_found(bench: Bench, people: People) -> None:
    bench.fault("GET /", "list_lag", at=bench.source, seconds=60)
    uuid = people.bill()
    bench.run()
    assert people.documents(uuid) == []
    bench.heal()
    bench.pass_time(61)
    bench.run()
    assert len(people.documents(uuid)) == 1


def test_a_version_younger_than_two_seconds_is_read_once_more(bench: Bench, people: People) -> None:
    bench.clock.ahead -= timedelta(seconds=AHEAD_S)
    uuid = people.bill()
    with bench.session() as session:
        run_pairing(session, accept=True)
    bench.clock.ahead += timedelta(seconds=AHEAD_S)
    assert bench.record(uuid)["version"].endswith("~")
    bench.run()
    assert not bench.record(uuid)["version"].endswith("~")
    assert len(people.documents(uuid)) == 1
    assert bench.written(type="bills") == []


def test_a_sweep_finds_what_vanished_at_the_source_and_a_person_decides(bench: Bench, people: People) -> None:
    gone, other = people.posted_bills(2)
    for uuid in (gone, other):
        people.press(uuid, "fix")
        people.press(uuid, "delete")
    bench.run()
    bench.run(sweep=True)
    assert bench.wrote_nothing()
    assert bench.codes(gone) == ["vanished"]
    assert bench.alerts("vanished")
    posted = documents_of(bench, gone)
    assert [one["status"] for one in posted] == ["open"], "absence never voids"
    bench.decide("void", bench.record(gone)["id"])
    bench.decide("accept", bench.record(other)["id"])
    bench.run()
    assert [one["status"] for one in documents_of(bench, gone)] == ["void"]
    assert [one["status"] for one in documents_of(bench, other)] == ["open"]
    bench.run(sweep=True)
    assert bench.wrote_nothing()
    assert bench.codes(gone) + bench.codes(other) == []


def test_a_bill_that_comes_back_is_in_step_again(bench: Bench, people: People) -> None:
    uuid = people.posted_bill(amount="33.00")
    bench.fault("GET /.*bills", "rows_missing", at=bench.source, body={"ids": [uuid]})
    bench.fault(f"GET /.*bills/{uuid}", "status", at=bench.source, status=404, times=None)
    bench.run(sweep=True)
    assert bench.codes(uuid) == ["vanished"]
    bench.heal()
    bench.run(sweep=True)
    assert bench.wrote_nothing()
    assert (bench.state(uuid), bench.codes(uuid)) == ("in_step", [])
    people.reprice(uuid, "34.00")
    bench.run()
    assert people.document(uuid)["total"] == Decimal("34.00")
    assert bench.record(uuid)["reason"] is None


def test_what_vanished_is_told_once_and_stays_held(bench: Bench, people: People) -> None:
    uuid = people.posted_bill()
    people.press(uuid, "fix")
    people.press(uuid, "delete")
    for _sweep in range(3):
        bench.run(sweep=True)
        assert bench.codes(uuid) == ["vanished"]
    assert bench.events(uuid).count("vanished") == 1


def documents_of(bench: Bench, uuid: str) -> list[dict[str, Any]]:
    """The documents bound to a record, whether or not the source still has it."""
    number = bench.record(uuid)["number"]
    return [one for one in bench.target.get("objects/bills") if one["bill_number"] == number]


def test_a_sweep_finds_what_was_deleted_in_the_ledger_and_never_creates_it_again_by_itself(
    bench: Bench, people: People
) -> None:
    uuid = people.posted_bill()
    people.accountant(uuid, action="delete")
    bench.run(sweep=True)
    assert bench.wrote_nothing()
    assert bench.codes(uuid) == ["gone_in_target"]
    bench.run(sweep=True)
    assert people.documents(uuid) == []
    bench.decide("repair", bench.record(uuid)["id"])
    bench.run()
    assert len(people.documents(uuid)) == 1
    assert bench.codes(uuid) == []
    people.accountant(uuid, action="void")
    bench.run()
    assert bench.codes(uuid) == ["gone_in_target"], "said once is not said for ever"


def test_a_document_voided_in_the_ledger_is_held_and_stays_void_when_accepted(bench: Bench, people: People) -> None:
    uuid = people.posted_bill()
    people.accountant(uuid, action="void")
    bench.run()
    assert bench.codes(uuid) == ["gone_in_target"]
    bench.decide("accept", bench.record(uuid)["id"])
    bench.run()
    bench.run(sweep=True)
    assert bench.wrote_nothing()
    assert people.document(uuid)["status"] == "void"
    assert bench.codes(uuid) == []


def test_a_list_that_shows_less_than_it_counts_is_read_again(bench: Bench, people: People) -> None:
    uuids = [people.bill() for _ in range(3)]
    bench.fault("GET /.*bills", "rows_missing", at=bench.source, times=1, body={"ids": [uuids[1]]})
    bench.run()
    bench.run()
    assert [len(people.documents(uuid)) for uuid in uuids] == [1, 1, 1]


def test_a_user_who_sees_less_voids_nothing_and_vanishes_nothing(opening: Opener) -> None:
    with opening() as bench:
        people = People(bench)
        bench.run()
        uuids = people.posted_bills(12)
        bench.fault("GET /.*bills", "permission_shrink", at=bench.source, body={"hide": uuids})
        bench.run(sweep=True)
        assert bench.wrote_nothing()
        assert all(bench.codes(uuid) == [] for uuid in uuids)
        assert {people.document(uuid)["status"] for uuid in uuids} == {"open"}
        assert bench.alerts("list_incomplete")
        bench.heal()
        bench.run(sweep=True)
        assert bench.wrote_nothing()
        assert bench.alerts("list_incomplete") == []


def test_a_first_run_only_plans(opening: Opener) -> None:
    with opening() as bench:
        report = bench.run(accept=False)
        assert bench.wrote_nothing()
        assert report.plans["bills"].counts["create"] > 0
        assert report.needs_a_person
        assert bench.run(accept=False).plans.keys() == report.plans.keys(), "until a person accepts"
        bench.run(accept=True)
        assert bench.written(type="bills")


def test_a_run_that_would_void_too_much_stops_before_sending_and_goes_on_when_accepted(opening: Opener) -> None:
    with opening() as bench:
        people = People(bench)
        bench.run()
        uuids = people.posted_bills(4)
        for uuid in uuids:
            people.deny(uuid)
        report = bench.run(accept=False)
        assert bench.written(type="bills") == []
        assert "void 4 of" in (report.plans["bills"].limit or "")
        assert bench.alerts("limit")
        bench.run(accept=True)
        assert [people.document(uuid)["status"] for uuid in uuids] == ["void"] * 4
        bench.run(accept=False)
        assert bench.alerts("limit") == [], "what was accepted is told no more"


def test_voids_within_the_limit_go_without_asking(bench: Bench, people: People) -> None:
    uuids = people.posted_bills(3)
    for uuid in uuids:
        people.deny(uuid)
    bench.run(accept=False)
    assert [people.document(uuid)["status"] for uuid in uuids] == ["void"] * 3


def test_a_run_that_would_change_too_much_stops_before_sending(opening: Opener) -> None:
    with opening(policy={"limits": {"updates_min": 2, "updates_share": "0.01"}}) as bench:
        people = People(bench)
        bench.run()
        uuids = people.posted_bills(4)
        for uuid in uuids:
            people.change(uuid, due_date="2026-12-30")
        report = bench.run(accept=False)
        assert bench.written(type="bills") == []
        assert "change 4 of" in (report.plans["bills"].limit or "")
        bench.run(accept=True)
        assert {people.document(uuid)["due_date"] for uuid in uuids} == {"2026-12-30"}


def test_what_a_sweep_missed_is_looked_at_by_the_next_run_where_the_look_was_throttled(
    bench: Bench, people: People
) -> None:
    uuid = people.posted_bill()
    people.accountant(uuid, action="delete")
    bench.fault("GET /bills/[0-9]+$", "rate_limit", times=1_000)
    with suppress(RateLimitedError):
        bench.run(sweep=True)
    assert bench.codes(uuid) == []
    bench.heal()
    bench.run()
    assert bench.codes(uuid) == ["gone_in_target"], "the sweep was not over"


def test_a_sweep_that_dies_after_its_last_page_is_concluded_by_the_next_run(bench: Bench, people: People) -> None:
    uuid = people.posted_bill()
    people.accountant(uuid, action="delete")
    pages: list[Any] = []

    def progress(event: str, **facts: Any) -> None:
        pages.append(facts if event == "intake" and facts["object_type"] is ObjectType.BILL else None)
        if len([one for one in pages if one and one["side"] is Side.RIGHT]) == 2:  # of what changed, then of the sweep
            raise Killed

    with pytest.raises(Killed), bench.session(progress=progress) as session:
        run_pairing(session, accept=True, sweep=True, by="tests")
    bench.leave()
    assert bench.codes(uuid) == []
    bench.run()
    assert bench.codes(uuid) == ["gone_in_target"]
    assert bench.rows("SELECT * FROM pages") == []


def test_a_clock_that_is_set_back_during_a_sweep_makes_nothing_missing(opening: Opener) -> None:
    with opening(settings={"procurify": {"page_size": 2}}) as bench:
        bench.run()
        People(bench).posted_bills(10)
        bench.pass_time(7_200.0)

        def progress(event: str, **_facts: Any) -> None:
            bench.clock.wrong -= timedelta(minutes=int(event == "intake"))

        with bench.session(progress=progress) as session:
            run_pairing(session, accept=True, sweep=True, by="tests")
        assert bench.alerts("list_incomplete") == []


def test_absence_counts_only_while_another_document_can_be_read(bench: Bench, people: People) -> None:
    uuid, _other = people.posted_bills(2)
    document = people.document(uuid)["bill_id"]
    bench.fault("GET /bills", "rows_missing", body={"ids": [document]})
    bench.fault("GET /bills/[0-9]+$", "status", status=404, times=1_000)
    bench.run(sweep=True)
    assert bench.codes(uuid) == [], "nothing can be read there: that is no deletion"
    assert any("cannot be read either" in alert["sentence"] for alert in bench.alerts("list_incomplete"))
    bench.heal()
    bench.run(sweep=True)
    assert bench.codes(uuid) == []
    assert not any("cannot be read either" in alert["sentence"] for alert in bench.alerts("list_incomplete"))
