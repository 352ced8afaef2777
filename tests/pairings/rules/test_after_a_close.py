"""What changes after a close is posted as a document of its own, once, and both sides stay equal (pairings 0.3)."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from mlc.engine import delivery, dispatch, sending
from mlc.engine.reconcile import reconcile
from mlc.plugins import Plugins
from rulebench.bench import Bench, Row, open_bench
from rulebench.people import People

CLOSED, OPEN = "2026-11-10", "2026-11-11"


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory, plugins: Plugins) -> Iterator[Bench]:
    """Books whose period until the tenth is closed, with a handful of bills in it."""
    with open_bench(tmp_path_factory.mktemp("closed"), plugins) as bench:
        bench.run()
        yield bench


@pytest.fixture
def people(closed: Bench) -> Iterator[People]:
    yield People(closed)
    closed.heal()
    People(closed).lock(None)


def posted(people: People, *amounts: str) -> list[str]:
    """Bills in the period, posted before it was closed."""
    uuids = [people.bill(day="2026-11-05", amount=amount) for amount in amounts]
    people.bench.run()
    people.lock(CLOSED, ("purchase",))
    return uuids


def say_post(people: People, uuid: str) -> Row:
    said: Row = people.bench.decide("post", people.bench.record(uuid)["id"], "--reason", "agreed with the accountant")
    return said


def adjustments(people: People, uuid: str) -> list[Row]:
    """Documents in the ledger that post differences to a bill, credits with their amount below zero."""
    number = people.source_bill(uuid)["invoice_number"]
    kinds = {"bills": ("bill_number", 1), "vendorcredits": ("vendor_credit_number", -1)}
    return [
        {"number": one[name], "date": one["date"], "amount": sign * Decimal(str(one["total"]))}
        for kind, (name, sign) in kinds.items()
        for one in people.bench.target.get(f"objects/{kind}")
        if str(one[name]).startswith(f"{number}-ADJ") and one["status"] != "void"
    ]


def balanced(bench: Bench) -> Any:
    with bench.session() as session:
        found = reconcile(session)
    return [one for one in found.totals if one.unexplained or one.loose]


def test_a_higher_amount_is_posted_as_a_bill_on_the_first_open_day_when_a_person_says_so(people: People) -> None:
    bench = people.bench
    (uuid,) = posted(people, "100.00")
    people.reprice(uuid, "120.00")
    bench.run()
    assert bench.codes(uuid) == ["changed_after_close"]
    assert adjustments(people, uuid) == []
    say_post(people, uuid)
    assert bench.wrote_nothing(), "saying it is not doing it"
    bench.run()
    number = people.source_bill(uuid)["invoice_number"]
    assert adjustments(people, uuid) == [{"number": f"{number}-ADJ1", "date": OPEN, "amount": Decimal("20.00")}]
    assert people.document(uuid)["total"] == Decimal("100.00")
    assert bench.codes(uuid) == []
    assert "adjusted" in bench.events(uuid)
    assert "created" in bench.events(f"{uuid}#adj1")
    assert balanced(bench) == []
    bench.run(sweep=True)
    assert bench.wrote_nothing()
    assert bench.codes(f"{uuid}#adj1") == [], "no list of the source shows it, and it is not missed there"


def test_a_lower_amount_is_a_credit_and_a_further_change_a_further_document(people: People) -> None:
    bench = people.bench
    (uuid,) = posted(people, "100.00")
    for amount, adjusted in (("70.00", "-30.00"), ("95.00", "25.00")):
        people.reprice(uuid, amount)
        bench.run()
        assert bench.codes(uuid) == ["changed_after_close"]
        say_post(people, uuid)
        bench.run()
        assert Decimal(adjusted) in [one["amount"] for one in adjustments(people, uuid)]
    assert sorted(one["number"][-5:] for one in adjustments(people, uuid)) == ["-ADJ1", "-ADJ2"]
    assert balanced(bench) == []
    people.lock(None)
    people.reprice(uuid, "96.00")
    bench.run()
    assert bench.codes(uuid) == ["changed_after_close"], "in place it would count twice, though the period is open"
    assert people.document(uuid)["total"] == Decimal("100.00")
    people.change(uuid, items=[{"id": people.source_bill(uuid)["items"][0]["id"], "unit_cost": "95.00"}])
    bench.run()
    assert bench.codes(uuid) == []


def test_a_denied_bill_of_a_closed_period_is_taken_back_by_a_credit_over_all_of_it(people: People) -> None:
    bench = people.bench
    (uuid,) = posted(people, "44.00")
    people.deny(uuid)
    bench.run()
    assert bench.codes(uuid) == ["void_blocked"]
    say_post(people, uuid)
    bench.run()
    assert [one["amount"] for one in adjustments(people, uuid)] == [Decimal("-44.00")]
    assert people.document(uuid)["status"] != "void"
    assert balanced(bench) == []
    bench.run()
    assert bench.wrote_nothing()


def test_what_no_difference_can_say_stays_held_with_the_reason(people: People) -> None:
    bench = people.bench
    (uuid,) = posted(people, "50.00")
    people.change(uuid, vendor=2)
    bench.run()
    say_post(people, uuid)
    bench.run()
    (hold,) = bench.holds(uuid)
    assert hold["code"] == "changed_after_close"
    assert "its vendor or currency changed" in hold["sentence"]
    assert adjustments(people, uuid) == []


def test_a_payment_settles_the_original_and_what_adjusts_it(people: People) -> None:
    bench = people.bench
    (uuid,) = posted(people, "60.00")
    people.reprice(uuid, "75.00")
    bench.run()
    say_post(people, uuid)
    bench.run()
    people.pay(uuid, payment_date="2026-11-20")
    bench.run()
    (payment,) = people.payments(uuid)
    assert sorted(Decimal(str(one["amount_applied"])) for one in payment["bills"]) == [Decimal(15), Decimal(60)]
    assert people.document(uuid)["balance"] == 0
    assert balanced(bench) == []


class Killed(BaseException):
    """Not an error anybody catches."""


@pytest.mark.parametrize("where", ["deliver.planned", "intent.sending.committed", "push.permit.open", "outcome.before"])
def test_a_crash_on_the_way_leaves_one_adjustment(people: People, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    bench = people.bench
    (uuid,) = posted(people, "80.00")
    people.reprice(uuid, "81.00")
    bench.run()
    say_post(people, uuid)

    def strike(name: str) -> None:
        if name == where:
            raise Killed

    with monkeypatch.context() as patched:
        for module in (delivery, dispatch, sending):
            patched.setattr(module, "step", strike)
        with pytest.raises(Killed):
            bench.run()
        bench.leave()
    bench.settle()
    assert [one["amount"] for one in adjustments(people, uuid)] == [Decimal("1.00")]
    assert balanced(bench) == []
