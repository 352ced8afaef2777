"""A payment that failed after it was recorded: taken off its bills and refunded once, when a person says so."""

from collections.abc import Iterable, Iterator
from decimal import Decimal

import pytest
from mlc.engine import dispatch, sending
from mlc_zoho.books.settings import REVERSING, SCOPES
from rulebench.bench import Bench, Row
from rulebench.people import People


@pytest.fixture(autouse=True)
def _open_books(people: People) -> Iterator[None]:
    yield
    people.lock(None)


def failed_payment(people: People, *amounts: str) -> tuple[list[str], int]:
    """Bills that one payment settled in the ledger, before it failed at the source."""
    uuids = [people.bill(amount=one) for one in amounts]
    people.bench.run()
    payment = people.pay(*uuids, payment_date="2026-11-20")
    people.bench.run()
    assert {str(people.document(uuid)["status"]) for uuid in uuids} == {"paid"}
    people.bench.source.post("objects/payments", {"id": payment, "action": "fail"})
    people.bench.run()
    return uuids, held(people.bench)["record_id"]


def held(bench: Bench) -> Row:
    (hold,) = [one for one in bench.holds() if one["code"] == "payment_reversed"]
    return hold


def in_the_ledger(people: People, record: int) -> Row:
    (bound,) = people.bench.rows(
        "SELECT external_id FROM bindings WHERE record_id = ? AND side = 'right' AND role = 'primary'", record
    )
    found: Row = people.bench.target.get(f"objects/vendorpayments/{bound['external_id']}")
    return found


def assert_reversed_once(people: People, uuids: list[str], record: int, total: str) -> None:
    payment = in_the_ledger(people, record)
    assert [Decimal(str(one["amount_fcy"])) for one in payment["vendorpayment_refunds"]] == [Decimal(total)]
    assert (payment["bills"], payment["balance"], payment["amount"]) == ([], 0, Decimal(total))
    assert [people.document(uuid)["balance"] for uuid in uuids] == [people.document(uuid)["total"] for uuid in uuids]


def test_it_is_told_first_then_taken_off_every_bill_and_refunded_once(bench: Bench, people: People) -> None:
    uuids, record = failed_payment(people, "10.00", "25.50")
    follows = "It is taken off"
    said = bench.decide("reverse", record)
    assert [what[: len(follows)] for what in said["follows"]] == [follows]
    assert "refund of 35.50 usd" in said["follows"][0].lower()
    assert bench.wrote_nothing()
    bench.run()
    assert_reversed_once(people, uuids, record, "35.50")
    assert len(bench.written(type="vendorpayments")) == 3
    assert [one for one in bench.holds() if one["record_id"] == record] == []
    events = [one["event"] for one in bench.rows("SELECT event FROM audit WHERE record_id = ? ORDER BY id", record)]
    assert events.count("voided") == 3
    bench.run(sweep=True)
    bench.run()
    assert bench.wrote_nothing()
    assert bench.alerts("payment_reversed") == []
    (payment,) = bench.rows("SELECT number FROM records WHERE id = ?", record)
    paid = next(one for one in bench.source.get("objects/payments") if str(one["id"]) == payment["number"])
    bench.source.post("objects/payments", {"id": paid["id"], "action": "set_status", "status": "paid"})
    bench.run()
    assert "its source has it" in held(bench)["sentence"], "it is not recorded twice, and not forgotten"
    bench.decide("accept", record)
    bench.run()
    assert bench.wrote_nothing()


def test_what_a_person_did_in_the_books_is_not_done_again(bench: Bench, people: People) -> None:
    uuids, record = failed_payment(people, "12.00")
    payment = in_the_ledger(people, record)
    people.bench.target.post("objects/vendorpayments", {"id": payment["payment_id"], "bills": []})
    bench.run()
    bench.decide("reverse", record)
    bench.run()
    assert_reversed_once(people, uuids, record, "12.00")


def test_a_closed_period_keeps_it_waiting(bench: Bench, people: People) -> None:
    uuids, record = failed_payment(people, "13.00")
    people.lock("2026-11-25", ("banking",))
    bench.decide("reverse", record)
    bench.run()
    assert bench.wrote_nothing()
    assert [one["code"] for one in bench.holds() if one["record_id"] == record] == ["closed_period"]
    people.lock(None)
    bench.run()
    assert_reversed_once(people, uuids, record, "13.00")


def consent(bench: Bench, scopes: Iterable[str]) -> None:
    """Connect the books again, with these scopes."""
    code = bench.target.post("objects/codes", {"action": "create", "scope": ",".join(scopes)})["code"]
    bench.leave()
    assert bench.say("connect", "zoho-books", "--code", code)["permissions_missing"] == []


def test_an_older_consent_stops_nothing_but_the_reversal_itself(bench: Bench, people: People) -> None:
    consent(bench, [scope for scope in SCOPES if scope != REVERSING])
    uuids, record = failed_payment(people, "17.00")
    (told,) = bench.decide("reverse", record)["refused"]
    assert REVERSING in told
    assert "mlc connect zoho-books" in told
    goes_on = people.bill(amount="18.00")
    report = bench.run()
    assert (report.stopped, bench.alerts("credentials")) == ({}, [])
    assert bench.state(goes_on) == "in_step"
    assert bench.written(type="vendorpayments") == []
    assert told in held(bench)["sentence"]
    consent(bench, SCOPES)
    bench.decide("reverse", record)
    bench.run()
    assert_reversed_once(people, uuids, record, "17.00")


@pytest.mark.parametrize(
    ("match", "kind"),
    [
        ("DELETE /bills", "commit_then_drop"),
        ("POST /vendorpayments", "commit_then_drop"),
        ("POST /vendorpayments", "drop"),
    ],
)
def test_a_lost_answer_repeats_nothing(bench: Bench, people: People, match: str, kind: str) -> None:
    uuids, record = failed_payment(people, "14.00", "15.00")
    bench.decide("reverse", record)
    bench.fault(match, kind, times=1)
    finish(bench)
    assert_reversed_once(people, uuids, record, "29.00")


def finish(bench: Bench) -> None:
    """What was settled last is gone on with by the next run."""
    bench.settle()
    bench.run()
    bench.settle()


class Killed(BaseException):
    """Not an error anybody catches."""


@pytest.mark.parametrize(
    ("where", "nth"),
    [("push.answered", 1), ("intent.sending.committed", 2), ("push.answered", 2), ("outcome.before", 2)],
)
def test_a_crash_at_any_step_refunds_once(
    bench: Bench, people: People, monkeypatch: pytest.MonkeyPatch, where: str, nth: int
) -> None:
    uuids, record = failed_payment(people, "16.00")
    bench.decide("reverse", record)
    passed = []

    def strike(name: str) -> None:
        passed.append(name)
        if passed.count(where) == nth and name == where:
            raise Killed

    with monkeypatch.context() as patched:
        for module in (dispatch, sending):
            patched.setattr(module, "step", strike)
        with pytest.raises(Killed):
            bench.run()
        bench.leave()
    finish(bench)
    assert_reversed_once(people, uuids, record, "16.00")
