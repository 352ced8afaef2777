"""Say what became of card spending, expenses to reimburse and invoices, from the stand-ins and the holds alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlc_sandbox.company.sidelines import CardSpend, Receivable, Sidelines, TypedExpense
from mlc_sandbox.scenarios.ledgerview import Record, decimal
from mlc_sandbox.scenarios.payablesview import PayablesView, shortened


def sideline_outcome(view: PayablesView, sidelines: Sidelines, key: str) -> str:
    """What became of one of them."""
    if key.startswith("buyer:"):
        waits = view.held(sidelines.buyer(key).ledger_id)
        return f"held:{waits}" if waits else "not held"
    one = sidelines.find(key)
    if isinstance(one, CardSpend):
        return _spent(view, one)
    return _invoiced(view, one) if isinstance(one, Receivable) else _reimbursed(view, one)


def _spent(view: PayablesView, spend: CardSpend) -> str:
    used = [row for row in view.payer["spend_transactions"].values() if row["merchantName"] == spend.merchant]
    ids = {str(row["uuid"]) for row in used}
    held = next((view.held(uuid) for uuid in ids if view.held(uuid)), None)
    booked = [row for row in view.books["expenses"] if row["reference_number"] in ids]
    if held is not None:
        return f"held:{held}" if not booked else f"held:{held}, and booked"
    if len(booked) != 1:
        return "not_booked" if not booked else f"booked {len(booked)} times"
    (row,) = booked
    card = view.company.money_account("card").ledger_id
    account = view.company.account(spend.account).ledger_id
    day = next(str(one["occurredTime"])[:10] for one in used if one["uuid"] == row["reference_number"])
    told = (decimal(row["amount"]), row["date"], row["paid_through_account_id"], row["account_id"])
    return "booked" if told == (spend.amount, day, card, account) else f"booked as {told}"


def _reimbursed(view: PayablesView, expense: TypedExpense) -> str:
    held = view.held(expense.ledger_id)
    made = [
        entry["after"]
        for entry in view.log
        if (entry["op"], entry["type"]) == ("create", "spend_reimbursements")
        and decimal(entry["after"]["amount"]) == expense.amount
    ]
    if held is not None:
        return f"held:{held}" if not made else f"held:{held}, and reimbursed"
    if len(made) != 1:
        return "not_reimbursed" if not made else f"reimbursed {len(made)} times"
    (row,) = made
    user = next(one for one in view.payer["spend_users"].values() if one["email"] == expense.employee)
    named = [one["filename"] for one in row["receipts"]] == [expense.receipt] and row["userUuid"] == user["uuid"]
    return "reimbursed" if named else "reimbursed without its receipt or for somebody else"


def _invoiced(view: PayablesView, invoice: Receivable) -> str:
    held = view.held(invoice.ledger_id)
    made = [
        entry["after"]
        for entry in view.log
        if (entry["op"], entry["type"]) == ("create", "invoices")
        and shortened(invoice.number, str(entry["after"]["invoiceNumber"]))
    ]
    if held is not None:
        return f"held:{held}"
    if len(made) != 1:
        return "not_invoiced" if not made else f"invoiced {len(made)} times"
    shown = view.payer["invoices"][made[0]["id"]]
    if any(row["_emailed"] for row in (made[0], shown)):
        return "invoiced and e-mailed"
    books = next(row for row in view.books["invoices"] if row["invoice_id"] == invoice.ledger_id)
    return _differs(books, shown) or "invoiced"


def _differs(books: Mapping[str, Any], shown: Record) -> str:
    stated, total = decimal(books["total"]), decimal(shown["totalAmount"])
    if stated != total:
        return f"invoiced with {total} instead of {stated}"
    due = str(books["due_date"]), str(shown["dueDate"])
    return "" if due[0] == due[1] else f"due on {due[1]} instead of {due[0]}"
