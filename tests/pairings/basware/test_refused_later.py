"""What P2P refuses in the second phase: a dead letter with its own words, never called in step, posted by a replay."""

from typing import Any

PERIOD = "The accounting period is closed in P2P."


def test_an_answer_that_p2p_refuses_later_is_a_dead_letter_with_its_own_words_and_posts_nothing_twice(
    hall: Any,
) -> None:
    hall.refuse("TransferResponse", PERIOD)
    hall.invoice("late-answer", "719.41")
    hall.run()
    (dead,) = hall.dead("posted: N-late-answer")
    assert (dead["object_type"], PERIOD in dead["why"]) == ("document_report", True)
    hall.run("--sweep")
    assert len(hall.dead("posted: N-late-answer")) == 1
    assert len(hall.ledger.bills("N-late-answer")) == 1
    hall.mend()


def test_where_p2p_waits_for_another_answer_a_replay_gives_it(hall: Any) -> None:
    hall.desk.post("switches", {"refused_response": "reopens"})
    hall.refuse("TransferResponse", PERIOD)
    hall.invoice("told-again", "833.15")
    hall.run()
    (dead,) = hall.dead("posted: N-told-again")
    hall.mend()
    hall.mlc("replay", str(dead["record"]))
    hall.run()
    assert hall.dead("posted: N-told-again") == []
    (inside,) = hall.shown("p2p_invoices", invoiceId="told-again")
    assert (hall.status("told-again"), inside["processingStatus"]) == ("Transferred", "Transferred")
    assert len(hall.ledger.bills("N-told-again")) == 1


def test_a_vendors_change_that_p2p_refuses_later_is_not_called_in_step(hall: Any) -> None:
    hall.refuse("Vendor", "city Turku is not allowed")
    hall.ledger.rename("Harbor of Turku")
    hall.run()
    (dead,) = hall.dead("Harbor of Turku")
    assert "city Turku is not allowed" in dead["why"]
    hall.run("--sweep")
    hall.run()
    assert len(hall.dead("Harbor of Turku")) == 1, "the API shows the new name, P2P has the old one"
    hall.mend()
    hall.mlc("replay", str(dead["record"]))
    hall.run()
    assert hall.dead("Harbor of Turku") == []
    assert [row["name"] for row in hall.shown("p2p_vendors", vendorCode=hall.ledger.supplier_code)] == [
        "Harbor of Turku"
    ]


def test_an_account_that_p2p_refuses_later_is_not_taken_for_one_that_is_there(hall: Any) -> None:
    hall.refuse("Account", "tax code V9 does not exist")
    hall.ledger.account("6999", "Ferry tickets")
    hall.run()
    (dead,) = [row for row in hall.mlc("dead")[1] if row["object_type"] == "account"]
    assert "tax code V9 does not exist" in dead["why"]
    hall.run("--sweep")
    hall.run()
    assert [row["record"] for row in hall.mlc("dead")[1] if row["object_type"] == "account"] == [dead["record"]]
    assert hall.shown("p2p_accounts", accountCode="6999") == []
    hall.mend()
    hall.mlc("replay", str(dead["record"]))
    hall.run()
    assert [row for row in hall.mlc("dead")[1] if row["object_type"] == "account"] == []
    assert len(hall.shown("p2p_accounts", accountCode="6999")) == 1
