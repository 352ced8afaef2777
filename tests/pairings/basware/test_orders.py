"""Orders of the books in P2P: closed is closed, cancelled is deleted."""

from typing import Any


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
