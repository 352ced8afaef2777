"""A bill's picture never stands in the bill's way; one that cannot be had just now is sent later, once (pairings 1)."""

from datetime import timedelta

import pytest
from rulebench.bench import Bench
from rulebench.people import People

PICTURE = r"GET /media/invoices/.+"


def with_picture(people: People) -> str:
    uuid = people.bill(status=0)
    people.press(uuid, "attach", content_base64="JVBERi0xLjQKJcOkCg==", name="invoice.pdf")
    people.press(uuid, "approve")
    return uuid


def pictures(people: People, uuid: str) -> int:
    return len(people.document(uuid)["documents"])


@pytest.mark.parametrize(("kind", "more"), [("status", {"status": 503}), ("drop", {}), ("rate_limit", {})])
def test_a_picture_that_cannot_be_had_just_now_is_sent_by_a_later_run(
    bench: Bench, people: People, kind: str, more: dict[str, int]
) -> None:
    uuid = with_picture(people)
    bench.fault(PICTURE, kind, at=bench.source, times=50, **more)
    report = bench.run()
    assert bench.state(uuid) == "in_step"
    assert pictures(people, uuid) == 0
    assert not report.stopped, "other bills go on"
    bench.heal()
    bench.run()
    assert pictures(people, uuid) == 1
    bench.run()
    assert bench.wrote_nothing()


def test_a_picture_that_is_not_there_is_given_up_at_once(bench: Bench, people: People) -> None:
    uuid = with_picture(people)
    bench.fault(PICTURE, "status", at=bench.source, times=50, status=404)
    bench.run()
    bench.heal()
    bench.run()
    assert pictures(people, uuid) == 0
    assert bench.intents("planned") == []


def test_a_picture_that_cannot_be_had_for_a_day_is_given_up(bench: Bench, people: People) -> None:
    uuid = with_picture(people)
    bench.fault(PICTURE, "status", at=bench.source, times=500, status=503)
    bench.run()
    assert len(bench.intents("planned")) == 1
    bench.pass_time(timedelta(days=1).total_seconds())
    bench.run()
    assert bench.intents("planned") == []
    bench.heal()
    bench.run()
    assert pictures(people, uuid) == 0


@pytest.mark.parametrize(("kind", "more"), [("drop", {}), ("status", {"status": 400})])
def test_a_picture_still_goes_when_a_change_of_its_bill_ends_unsent(
    bench: Bench, people: People, kind: str, more: dict[str, int]
) -> None:
    """It is made with the bill and never again: a change that did not arrive, or was refused, once took it along."""
    uuid = with_picture(people)
    bench.fault(PICTURE, "status", at=bench.source, times=50, status=503)
    bench.run()
    people.reprice(uuid, "12.50")
    bench.fault(r"PUT /bills/\d+$", kind, times=1, **more)
    bench.run()
    bench.pass_time(1_000)
    bench.run()
    bench.heal()
    bench.run()
    assert pictures(people, uuid) == 1
