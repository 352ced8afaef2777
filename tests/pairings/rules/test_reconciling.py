"""R42: both registers raw, grouped by natural key; bindings prove nothing."""

from collections.abc import Iterator
from typing import Any

import pytest
from mlc.engine.reconcile import reconcile
from rulebench.bench import Bench
from rulebench.people import People


@pytest.fixture
def people(bench: Bench) -> Iterator[People]:
    yield People(bench)
    bench.heal()


def reconciled(bench: Bench) -> dict[str, Any]:
    with bench.session() as session:
        found: dict[str, Any] = reconcile(session).as_dict()
    return found


def named(found: dict[str, Any], number: str) -> list[str]:
    """Kinds of difference that are told of a number."""
    return sorted(kind for kind, rows in found["differences"].items() if any(number in str(row) for row in rows))


def number_of(people: People, uuid: str) -> str:
    return str(people.source_bill(uuid)["invoice_number"])


def test_what_is_in_step_is_balanced(bench: Bench, people: People) -> None:
    uuid = people.posted_bill()
    found = reconciled(bench)
    assert found["balanced"] is True, found["differences"]
    assert named(found, number_of(people, uuid)) == []


def test_a_bill_typed_in_once_more_stands_twice(bench: Bench, people: People) -> None:
    bench.target.post("switches", {"bill_number_unique": "no"})
    uuid = people.posted_bill()
    typed = people.type_in(like=uuid)
    found = reconciled(bench)
    assert found["balanced"] is False
    assert "doubled" in named(found, number_of(people, uuid))
    bench.target.post("objects/bills", {"id": typed, "action": "void"})
    assert reconciled(bench)["balanced"] is True


def test_a_double_is_found_by_the_next_run_and_payments_to_it_wait(bench: Bench, people: People) -> None:
    bench.target.post("switches", {"bill_number_unique": "no"})
    uuid = people.posted_bill()
    typed = people.type_in(like=uuid)
    bench.run()
    assert bench.codes(uuid) == ["possible_duplicate"]
    assert len(bench.alerts("possible_duplicate")) == 1
    people.pay(uuid)
    bench.run()
    assert people.payments(uuid) == []
    bench.target.post("objects/bills", {"id": typed, "action": "void"})
    bench.decide("not-a-duplicate", bench.record(uuid)["id"], typed)
    bench.run()
    bench.run()
    assert len(people.payments(uuid)) == 1
    assert bench.alerts("possible_duplicate") == []


def test_a_bill_typed_in_by_hand_is_told_beside_what_was_carried(bench: Bench, people: People) -> None:
    typed = people.type_in(
        vendor_id=people.contact(3), bill_number="BYHAND-77120", date="2026-11-18", line_items=[people.line("9.99")]
    )
    found = reconciled(bench)
    assert named(found, "BYHAND-77120") == ["ledger_only"]
    bench.target.post("objects/bills", {"id": typed, "action": "void"})


def test_totals_come_from_the_lists_and_not_from_what_we_believe(bench: Bench, people: People) -> None:
    uuid = people.posted_bill(amount="500.00")
    people.reprice_in_ledger(uuid, "505.00")
    found = reconciled(bench)
    assert "amount" in named(found, number_of(people, uuid))
    assert found["balanced"] is False
    people.reprice_in_ledger(uuid, "500.00")
