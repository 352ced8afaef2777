"""What is paid of a bill in the books is told to P2P: totals so far, credits by name, payments taken back."""

from decimal import Decimal
from typing import Any


def told(hall: Any, id: str) -> list[tuple[Decimal, str | None]]:
    """Totals that were told, each with the payment that it takes back."""
    return [(one["paidTotal"], one.get("paymentReversalDocument")) for one in hall.answers(id, "paymentResponses")]


def test_a_payment_that_is_taken_back_is_told_with_a_lower_total_and_the_document_it_reverses(hall: Any) -> None:
    hall.invoice("paid-twice", "740.50")
    hall.run()
    hall.ledger.pay("N-paid-twice", "300.25", "CHK-1")
    hall.run()
    hall.ledger.pay("N-paid-twice", "440.25", "CHK-2")
    hall.run()
    assert told(hall, "paid-twice") == [(Decimal("300.25"), None), (Decimal("740.5"), None)]
    hall.ledger.take_back("CHK-2")
    hall.run("--sweep")
    (total, reversed_by) = told(hall, "paid-twice")[-1]
    assert len(told(hall, "paid-twice")) == 3
    assert total == Decimal("300.25")
    assert reversed_by
    codes = [one["externalCode"] for one in hall.answers("paid-twice", "paymentResponses")]
    assert len(set(codes)) == 3
    hall.run()
    assert len(told(hall, "paid-twice")) == 3


def test_a_credit_that_is_applied_counts_as_paid_and_is_named(hall: Any) -> None:
    hall.invoice("credited", "512.00")
    hall.run()
    hall.ledger.credit("N-credited", "112.00", "CREDIT-7")
    hall.run("--sweep")
    (answer,) = hall.answers("credited", "paymentResponses")
    assert answer["paidTotal"] == Decimal("112")
    if hall.ledger.system == "zoho-books":  # QuickBooks' bills do not tell payments from credits
        assert "of it 112.00 USD by credits" in answer["responseMessage"]


def test_a_bill_that_lands_as_a_draft_is_answered_once_its_approver_lets_it_into_the_ledger(hall: Any) -> None:
    if hall.ledger.system == "quickbooks":
        return  # its bills have no drafts
    hall.ledger.served.post("switches", {"approvals": True})
    hall.invoice("draft", "618.20")
    hall.run()
    hall.run()
    (bill,) = hall.ledger.bills("N-draft")
    assert (bill["status"], hall.status("draft"), hall.answers("draft")) == (
        "pending_approval", "TransferInProgress", [],
    )  # fmt: skip
    hall.ledger.served.post("objects/bills", {"id": bill["bill_id"], "action": "approve"})
    hall.run()
    (answer,) = hall.answers("draft")
    assert (answer["success"], answer["voucherNumber1"]) == (True, bill["bill_id"])
    assert hall.status("draft") == "Transferred"
