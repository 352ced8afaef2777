"""Orders of the books in P2P: closed stays closed, cancelled is deleted, and what was refused later was never sent."""

from typing import Any

import pytest


def test_an_order_that_is_closed_with_nothing_billed_is_closed_in_p2p_and_not_deleted(hall: Any) -> None:
    id = hall.ledger.order("PO-CLOSED", [200, 400])
    hall.run()
    sent = hall.order("PO-CLOSED")
    assert [(one["netSum"], one["isClosed"], one["isDeleted"]) for one in sent["lines"]] == [
        (200, False, False), (400, False, False),
    ]  # fmt: skip
    hall.ledger.close_order(id)
    hall.run()
    closed = hall.order("PO-CLOSED")
    assert closed["isClosed"] is True
    assert [(one["isClosed"], one["isDeleted"]) for one in closed["lines"]] == [(True, False), (True, False)]
    assert hall.balanced()


def test_an_order_that_is_deleted_in_the_books_has_deleted_lines_in_p2p(hall: Any) -> None:
    id = hall.ledger.order("PO-DELETED", [300])
    hall.run()
    hall.ledger.delete_order(id)
    hall.run("--sweep")
    for row in hall.held("vanished"):  # Zoho tells of no deletion: a person says that it is one
        hall.mlc("held", "void", str(row["record_id"]))
    hall.run()
    assert [one["isDeleted"] for one in hall.order("PO-DELETED")["lines"]] == [True]
    assert hall.balanced()


@pytest.mark.parametrize(
    ("entity", "words"),
    [("MatchingOrder", "supplier V1 does not exist"), ("MatchingOrderLine", "cost center 99 does not exist")],
)
def test_an_order_that_p2p_refuses_later_is_a_dead_letter_and_goes_when_it_is_replayed(
    hall: Any, entity: str, words: str
) -> None:
    number = f"PO-REFUSED-{len(words)}"
    hall.refuse(entity, words)
    hall.ledger.order(number, [150, 250])
    hall.run()
    (dead,) = hall.dead(number)
    assert words in dead["why"]
    assert hall.order(number) is None
    hall.run("--sweep")
    hall.run()
    assert len(hall.dead(number)) == 1, "what the API keeps of it is not the order"
    hall.mend()
    hall.mlc("replay", str(dead["record"]))
    hall.run()
    assert hall.dead(number) == []
    assert [one["netSum"] for one in hall.order(number)["lines"]] == [150, 250]
    assert hall.balanced()


def test_an_order_that_p2p_refused_later_goes_once_it_is_corrected_in_the_books(hall: Any) -> None:
    hall.refuse("MatchingOrder", "supplier V1 does not exist")
    id = hall.ledger.order("PO-CORRECTED", [175])
    hall.run("--sweep")
    hall.mend()
    hall.ledger.edit_order(id, "Corrected")
    hall.run("--sweep")
    assert hall.dead("PO-CORRECTED") == []
    assert [one["netSum"] for one in hall.order("PO-CORRECTED")["lines"]] == [175]
    assert hall.balanced()


@pytest.mark.parametrize("entity", ["MatchingOrder", "MatchingOrderLine"])
def test_a_closing_that_p2p_refuses_later_is_not_called_in_step(hall: Any, entity: str) -> None:
    number = f"PO-OPEN-{entity[13:] or 'HEAD'}"
    id = hall.ledger.order(number, [225])
    hall.run()
    hall.refuse(entity, "the order is being matched")
    hall.ledger.close_order(id)
    hall.run()
    (dead,) = hall.dead(number)
    hall.run("--sweep")
    hall.run()
    assert len(hall.dead(number)) == 1, "the API shows it closed, P2P has it open"
    assert hall.order(number)["lines"][0]["isClosed"] is False
    hall.mend()
    hall.mlc("replay", str(dead["record"]))
    hall.run()
    assert hall.dead(number) == []
    assert hall.order(number)["isClosed"] is True
    assert hall.order(number)["lines"][0]["isClosed"] is True
    assert hall.balanced()


def test_an_order_of_more_lines_than_a_call_takes_arrives_whole(hall: Any) -> None:
    hall.ledger.order("PO-LONG", list(range(100, 220)))
    hall.run()
    hall.run()
    assert [one["netSum"] for one in hall.order("PO-LONG")["lines"]] == list(range(100, 220))
