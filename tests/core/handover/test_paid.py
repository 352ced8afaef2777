"""What is paid in the ledger is told where the document came from: cumulative, on change, taken back when it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Make = Callable[..., Any]


@pytest.fixture
def posted(make: Make) -> Any:
    world = make()
    world.invoice("1")
    world.run()
    return world


def pay(world: Any, id: str, amount: str, on: str, *, balance: str, **values: Any) -> None:
    bill = world.bill("HP-1")["id"]
    world.there.person("payments", id, number=f"VP-{id}", method="Wire", date=on, bills={bill: amount})
    world.there.person("bills", bill, balance=balance, **values)


def paid(world: Any) -> list[tuple[Any, ...]]:
    return [
        tuple(one[name] for name in ("paid", "on", "number", "method", "reversal"))
        for one in world.told("1")
        if one["kind"] == "paid"
    ]


def test_each_payment_is_told_as_the_total_so_far_with_the_newest_payments_facts(posted: Any) -> None:
    pay(posted, "1", "40.00", "2026-03-10", balance="60.00")
    posted.run()
    assert paid(posted) == [("40.00", "2026-03-10", "VP-1", "Wire", None)]
    assert posted.told("1")[-1]["message"] == "Paid: 40.00 EUR of 100.00 EUR."
    posted.run()
    assert len(paid(posted)) == 1, "only on change"
    pay(posted, "2", "60.00", "2026-03-20", balance="0.00")
    posted.run()
    assert paid(posted)[1:] == [("100.00", "2026-03-20", "VP-2", "Wire", None)]
    assert posted.told("1")[-1]["message"] == "Paid: 100.00 EUR."


def test_two_payments_in_a_row_are_one_report(posted: Any) -> None:
    pay(posted, "1", "40.00", "2026-03-10", balance="60.00")
    pay(posted, "2", "10.00", "2026-03-11", balance="50.00")
    posted.run()
    assert paid(posted) == [("50.00", "2026-03-11", "VP-2", "Wire", None)]


def test_a_credit_is_named_in_the_message(posted: Any) -> None:
    posted.there.person("bills", posted.bill("HP-1")["id"], balance="75.00", credits="25.00")
    posted.run()
    today = posted.clock.now().date().isoformat()
    assert paid(posted) == [("25.00", today, None, None, None)]
    assert posted.told("1")[-1]["message"] == "Paid: 25.00 EUR of 100.00 EUR, of it 25.00 EUR by credits."


def test_a_payment_that_is_taken_back_is_told_by_its_number(posted: Any) -> None:
    pay(posted, "1", "40.00", "2026-03-10", balance="60.00")
    pay(posted, "2", "60.00", "2026-03-20", balance="0.00")
    posted.run()
    posted.there.erase("payments", "2")
    posted.there.person("bills", posted.bill("HP-1")["id"], balance="60.00")
    posted.run()
    assert paid(posted)[1:] == [("40.00", "2026-03-10", "VP-1", "Wire", "VP-2")]
    posted.run(sweep=True)
    posted.there.erase("payments", "1")
    posted.there.person("bills", posted.bill("HP-1")["id"], balance="100.00")
    posted.run()
    today = posted.clock.now().date().isoformat()
    assert paid(posted)[2:] == [("0.00", today, None, None, "VP-1")]


def test_a_bill_that_is_void_in_the_ledger_is_told_nothing_and_held(posted: Any) -> None:
    posted.there.person("bills", posted.bill("HP-1")["id"], status="void", balance="0.00")
    posted.run()
    assert paid(posted) == []
    assert posted.holds() == ["gone_in_target"]


def test_a_cheque_that_waits_to_be_printed_is_not_told_until_money_moves(posted: Any) -> None:
    pay(posted, "1", "40.00", "2026-03-10", balance="60.00")
    pay(posted, "2", "60.00", "2026-03-20", balance="0.00")
    posted.there.person("payments", "2", movement="planned")
    posted.run()
    assert paid(posted) == [("40.00", "2026-03-10", "VP-1", "Wire", None)]
    posted.there.person("payments", "2", movement="moved")
    posted.run()
    assert paid(posted)[1:] == [("100.00", "2026-03-20", "VP-2", "Wire", None)]
    posted.there.person("payments", "2", movement="reversed")
    posted.there.person("bills", posted.bill("HP-1")["id"], balance="60.00")
    posted.run()
    assert paid(posted)[2:] == [("40.00", "2026-03-10", "VP-1", "Wire", "VP-2")]
