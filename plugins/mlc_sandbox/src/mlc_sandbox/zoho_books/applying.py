"""Money applied to bills, from payments and from credits: the only place where a bill's balance moves."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final

from mlc_sandbox.zoho_books import bills, contacts
from mlc_sandbox.zoho_books.books import Books
from mlc_sandbox.zoho_books.collections import Cause, Record
from mlc_sandbox.zoho_books.refusals import bad_value, business
from mlc_sandbox.zoho_books.values import ZERO, identifier, number, rounded

TOO_MUCH: Final = 28001
NOT_PAYABLE: Final = 28002


def wanted(
    books: Books, rows: Iterable[dict[str, Any]], vendor_id: str, *, given_back: dict[str, Decimal] | None = None
) -> list[tuple[Record, Decimal]]:
    """Reads ``[{bill_id, amount_applied}]`` and checks every bill before anything is written.

    Args:
        given_back: What this payment or credit applied until now, per bill; it is taken as free again.
    """
    freed = given_back or {}
    taken: dict[str, Decimal] = {}
    found = []
    for row in rows:
        bill = books["bills"].get(identifier(row, "bill_id"))
        if bill is None or bill["vendor_id"] != vendor_id:
            raise bad_value("bill_id")
        amount = rounded(number(row.get("amount_applied"), "amount_applied"), bill["price_precision"])
        if amount < 0:
            raise bad_value("amount_applied")
        key = bill["bill_id"]
        if bill["status"] not in bills.POSTED:
            number_, status = bill["bill_number"], bill["status"]
            raise business(NOT_PAYABLE, f"The bill {number_} is {status}; nothing can be applied to it.")
        taken[key] = taken.get(key, ZERO) + amount
        if taken[key] > bill["balance"] + freed.get(key, ZERO):
            raise business(TOO_MUCH, "The amount applied is more than the balance of the bill.")
        if amount:
            found.append((bill, amount))
    return found


def apply_payment(books: Books, bill_id: str, entry: dict[str, Any], cause: Cause) -> Record:
    """Books a payment's part against a bill."""
    bill = books.require("bills", bill_id)
    return _settle(
        books,
        bill,
        {
            "payments": [*bill["payments"], entry],
            "payment_made": bill["payment_made"] + entry["amount"],
        },
        cause,
    )


def unapply_payment(books: Books, bill_id: str, bill_payment_id: str, cause: Cause) -> Record:
    """Takes a payment's part off a bill."""
    bill = books.require("bills", bill_id)
    gone = [entry for entry in bill["payments"] if entry["bill_payment_id"] == bill_payment_id]
    return _settle(
        books,
        bill,
        {
            "payments": [e for e in bill["payments"] if e["bill_payment_id"] != bill_payment_id],
            "payment_made": bill["payment_made"] - sum((e["amount"] for e in gone), ZERO),
        },
        cause,
    )


def apply_credit(books: Books, bill_id: str, entry: dict[str, Any], cause: Cause) -> Record:
    """Books a vendor credit's part against a bill."""
    bill = books.require("bills", bill_id)
    return _settle(
        books,
        bill,
        {
            "vendor_credits": [*bill["vendor_credits"], entry],
            "vendor_credits_applied": bill["vendor_credits_applied"] + entry["amount"],
        },
        cause,
    )


def unapply_credit(books: Books, bill_id: str, vendor_credit_bill_id: str, cause: Cause) -> Record:
    """Takes a vendor credit's part off a bill."""
    bill = books.require("bills", bill_id)
    kept = [e for e in bill["vendor_credits"] if e["vendor_credit_bill_id"] != vendor_credit_bill_id]
    applied = sum((e["amount"] for e in kept), ZERO)
    return _settle(books, bill, {"vendor_credits": kept, "vendor_credits_applied": applied}, cause)


def _settle(books: Books, bill: Record, changed: dict[str, Any], cause: Cause) -> Record:
    record = {**bill, **changed}
    record["balance"] = record["total"] - record["payment_made"] - record["vendor_credits_applied"]
    record["status"] = bills.settled_status(bill["status"], record)
    contacts.owe(books, bill["vendor_id"], "outstanding_payable_amount", record["balance"] - bill["balance"])
    return books.save("bills", record, cause, bump=books.switches["payment_bumps_bill"])
