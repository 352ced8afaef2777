"""R13: a write whose reply shows nothing is unverified until it is read; then it is compared with what was sent."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from mlc.contract import Created, Updated
from mlc.engine import dispatch, stagework
from mlc.engine.batching import send_batch
from mlc.engine.sending import Result
from rulebench.bench import Bench
from rulebench.people import People

from .test_vendors import contact_of, known_vendor, vendor_of


@pytest.fixture
def bodiless(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From now on the vendors answer writes without a body."""

    def unseen(*arguments: Any, **options: Any) -> list[Result]:
        return [without_body(result) for result in send_batch(*arguments, **options)]

    return lambda: monkeypatch.setattr(dispatch, "send_batch", unseen)


def without_body(result: Result) -> Result:
    if isinstance(result.outcome, Created | Updated):
        return replace(result, outcome=replace(result.outcome, seen=None, version=None))
    return result


def unverified(bench: Bench, source_id: str) -> list[int]:
    rows = bench.rows(
        "SELECT b.unverified FROM bindings b JOIN records r ON r.id = b.record_id "
        "WHERE r.external_id = ? AND b.part = 'main' ORDER BY b.side",
        source_id,
    )
    return [row["unverified"] for row in rows]


def written_unseen(bench: Bench, people: People, monkeypatch: pytest.MonkeyPatch, **facts: Any) -> str:
    """A bill that was just written; the run ends before the ledger is read again."""
    uuid = people.bill(**facts)
    with monkeypatch.context() as patched:
        patched.setattr(stagework, "look_again_stages", lambda *_: [])
        bench.run()
    assert unverified(bench, uuid) == [0, 1]
    return uuid


def test_what_was_posted_unseen_is_compared_at_the_next_read_and_cleared(
    bench: Bench, people: People, bodiless: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    bodiless()
    uuid = written_unseen(bench, people, monkeypatch)
    bench.run()
    assert unverified(bench, uuid) == [0, 0]
    assert "verified" in bench.events(uuid)
    assert (bench.state(uuid), bench.codes(uuid)) == ("in_step", [])
    bench.run()
    assert bench.wrote_nothing()
    people.reprice(uuid, "44.00")
    bench.run()
    bench.run()
    assert people.document(uuid)["total"] == Decimal("44.00"), "lines are still known by their ids"
    assert len(people.document(uuid)["line_items"]) == 1


def test_what_was_posted_unseen_and_shows_other_values_is_held(
    bench: Bench, people: People, bodiless: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    bodiless()
    uuid = written_unseen(bench, people, monkeypatch, amount="61.00")
    people.reprice_in_ledger(uuid, "16.00")
    bench.run()
    assert (bench.state(uuid), bench.codes(uuid)) == ("held", ["posted_differs"])
    assert unverified(bench, uuid) == [0, 0]
    (alert,) = bench.alerts("posted_differs")
    assert "sent 61, the ledger shows 16" in alert["sentence"]
    assert bench.wrote_nothing()
    bench.decide("repair", bench.record(uuid)["id"])
    bench.run()
    bench.run()
    assert people.document(uuid)["total"] == Decimal("61.00")


def test_an_update_without_a_body_takes_its_base_from_the_next_reading(
    bench: Bench, people: People, bodiless: Callable[[], None]
) -> None:
    uuid = people.posted_bill(amount="70.00")
    bodiless()
    bench.fault("PUT /bills", "normalise", body={"upper": ["notes"]})
    people.change(uuid, note="a note in small letters")
    people.reprice(uuid, "71.00")
    bench.run()
    bench.run()
    assert (bench.state(uuid), bench.codes(uuid), unverified(bench, uuid)) == ("in_step", [], [0, 0])
    for _run in range(3):
        bench.run()
        assert bench.wrote_nothing()


def test_an_answer_written_home_without_a_body_does_not_come_back_as_news(
    bench: Bench, people: People, bodiless: Callable[[], None]
) -> None:
    vendor, contact = known_vendor(bench, people, "Gunwale Glass")
    bodiless()
    bench.fault("WRITE", "normalise", at=bench.source, body={"truncate": {"comments": 3}})
    bench.target.post("objects/contacts", {"id": contact, "track_1099": True})
    bench.source.post("objects/vendors", {"id": vendor, "url": "https://gunwale.example"})
    bench.run()
    bench.run()
    bench.run()
    assert vendor_of(bench, vendor)["is_1099_eligible"] is True
    assert contact_of(bench, contact)["website"] == "https://gunwale.example"
    assert unverified(bench, str(vendor)) == [0, 0]
    bench.run()
    assert bench.wrote_nothing()
