"""Payments to vendors: one amount over any number of that vendor's bills, the rest is excess."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from mlc_sandbox.zoho_books import applying, customfields, documents, locks
from mlc_sandbox.zoho_books.books import Books
from mlc_sandbox.zoho_books.collections import Cause, Record
from mlc_sandbox.zoho_books.documents import INACTIVE_CODE
from mlc_sandbox.zoho_books.refusals import bad_value, business
from mlc_sandbox.zoho_books.values import ZERO, day, flag, identifier, number, optional_day, rounded, rows, text

MONEY_TYPES: Final = frozenset(
    ("bank", "cash", "credit_card", "other_current_asset", "other_current_liability", "equity", "payment_clearing")
)
LOCKED_MODULES: Final = ("purchase", "banking")


def create(books: Books, body: dict[str, Any], cause: Cause) -> Record:
    """A new payment, applied at once to the bills it names."""
    record, applied = _built(books, body, None)
    locks.refuse_if_locked(books, LOCKED_MODULES, record["date"], cause)
    books.save("vendorpayments", record, cause)
    _apply(books, record, applied, cause)
    return record


def update(books: Books, payment_id: str, body: dict[str, Any], cause: Cause) -> Record:
    """Sent fields over the stored ones; ``bills``, when sent, replaces what was applied."""
    before = books.require("vendorpayments", payment_id)
    record, applied = _built(books, body, before)
    locks.refuse_if_locked(books, LOCKED_MODULES, before["date"], cause)
    locks.refuse_if_locked(books, LOCKED_MODULES, record["date"], cause)
    books.save("vendorpayments", record, cause)
    if applied is not None:
        for part in before["bills"]:
            applying.unapply_payment(books, part["bill_id"], part["bill_payment_id"], cause)
        _apply(books, record, applied, cause)
    return record


def delete(books: Books, payment_id: str, cause: Cause) -> None:
    """Deletes a payment; its bills are owed again."""
    before = books.require("vendorpayments", payment_id)
    locks.refuse_if_locked(books, LOCKED_MODULES, before["date"], cause)
    for part in before["bills"]:
        applying.unapply_payment(books, part["bill_id"], part["bill_payment_id"], cause)
    books.delete("vendorpayments", payment_id, cause)


def unapply(books: Books, bill_id: str, bill_payment_id: str, cause: Cause) -> None:
    """Takes one bill out of a payment; the amount becomes excess."""
    bill = books.require("bills", bill_id)
    entry = next((e for e in bill["payments"] if e["bill_payment_id"] == bill_payment_id), None)
    if entry is None:
        raise bad_value("bill_payment_id")
    payment = books.require("vendorpayments", entry["payment_id"])
    locks.refuse_if_locked(books, LOCKED_MODULES, payment["date"], cause)
    applying.unapply_payment(books, bill_id, bill_payment_id, cause)
    parts = [part for part in payment["bills"] if part["bill_payment_id"] != bill_payment_id]
    books.save("vendorpayments", {**payment, "bills": parts, "balance": payment["balance"] + entry["amount"]}, cause)


def refund(books: Books, payment_id: str, body: dict[str, Any], cause: Cause) -> Record:
    """Books money that came back: never more than the excess. Returns the refund."""
    payment = books.require("vendorpayments", payment_id)
    on_day = day(body.get("date"), "date")
    locks.refuse_if_locked(books, LOCKED_MODULES, on_day, cause)
    account = books["chartofaccounts"].get(identifier(body, "to_account_id"))
    if account is None or account["account_type"] not in MONEY_TYPES:
        raise bad_value("to_account_id")
    amount = number(body.get("amount"), "amount")
    if amount <= 0:
        raise bad_value("amount")
    if amount > payment["balance"]:
        raise business(applying.TOO_MUCH, "The refund amount is more than the excess of the payment.")
    rate = number(body.get("exchange_rate", payment["exchange_rate"]), "exchange_rate")
    made: Record = {
        "vendorpayment_refund_id": books.next_id(),
        "date": on_day,
        "refund_mode": text(body, "refund_mode", 100, "Cash"),
        "reference_number": text(body, "reference_number", 100, ""),
        "description": text(body, "description", 2000, ""),
        "amount_fcy": amount,
        "amount_bcy": rounded(amount * rate, books.base_digits),
    }
    changed = {
        "balance": payment["balance"] - amount,
        "vendorpayment_refunds": [*payment["vendorpayment_refunds"], made],
    }
    books.save("vendorpayments", {**payment, **changed}, cause)
    return made


def apply_excess(books: Books, payment_id: str, bill: Record, amount: Decimal, cause: Cause) -> None:
    """Applies a payment's excess to a further bill."""
    payment = books.require("vendorpayments", payment_id)
    part = _part(books, bill, amount)
    applying.apply_payment(books, bill["bill_id"], _entry(payment, part), cause)
    books.save(
        "vendorpayments",
        {**payment, "bills": [*payment["bills"], part], "balance": payment["balance"] - amount},
        cause,
    )


def shown(books: Books, payment: Record) -> Record:
    """The detail form: each part with what its bill shows now."""
    parts = []
    for part in payment["bills"]:
        bill: Record = books["bills"].get(part["bill_id"]) or {}
        parts.append({**part, **{key: bill.get(key, "") for key in ("bill_number", "total", "balance")}})
    return {**payment, "bills": parts}


def row_shown(books: Books, payment: Record) -> Record:
    """The list form's derived field: bill numbers as one text, no bill ids."""
    numbers = (books["bills"].get(part["bill_id"]) for part in payment["bills"])
    return {**payment, "bill_numbers": ",".join(bill["bill_number"] for bill in numbers if bill)}


def _built(
    books: Books, body: dict[str, Any], before: Record | None
) -> tuple[Record, list[tuple[Record, Decimal]] | None]:
    old: Record = before if before is not None else {}
    own_id = old.get("payment_id") or books.next_id()
    vendor_id = identifier(body, "vendor_id") or old.get("vendor_id", "")
    vendor = documents.party_of(books, {"vendor_id": vendor_id}, "vendor_id", before, "vendor")
    strict = before is None or books.switches["put_needs_required"]
    if "amount" not in body and strict:
        raise bad_value("amount")
    on_day = optional_day(body, "date", old.get("date") or books.today())
    given_back: dict[str, Decimal] = {}
    for part in old.get("bills", ()):
        given_back[part["bill_id"]] = given_back.get(part["bill_id"], ZERO) + part["amount_applied"]
    sent = rows(body, "bills")
    applied = None
    if before is None or "bills" in body:
        applied = applying.wanted(books, sent, vendor["contact_id"], given_back=given_back)
    currencies = {bill["currency_id"] for bill, _ in applied or ()}
    if len(currencies) > 1:
        raise bad_value("currency_id")
    currency = next(iter(currencies), "")
    money = documents.money_of(books, {"currency_id": currency, **body}, vendor, before, on_day)
    if currency and money.currency_id != currency:
        raise bad_value("currency_id")
    amount = rounded(number(body.get("amount", old.get("amount")), "amount"), money.digits)
    parts = old.get("bills", []) if applied is None else [_part(books, bill, part) for bill, part in applied]
    spent = sum((part["amount_applied"] for part in parts), ZERO)
    if amount <= 0:
        raise bad_value("amount")
    if spent > amount:
        raise business(applying.TOO_MUCH, "The amount applied is more than the amount paid.")
    account = _paid_through(books, body, old)
    record: Record = {
        "payment_id": own_id,
        "vendor_id": vendor["contact_id"],
        "vendor_name": vendor["contact_name"],
        "payment_mode": text(body, "payment_mode", 100, old.get("payment_mode", "Cash")),
        "payment_number": old.get("payment_number") or books.next_number("vendorpayments"),
        "description": text(body, "description", 2000, old.get("description", "")),
        "date": on_day,
        "reference_number": text(body, "reference_number", 100, old.get("reference_number", "")),
        **money.header(),
        "amount": amount,
        "bcy_amount": rounded(amount * money.rate, books.base_digits),
        "balance": amount - spent,
        "bcy_balance": rounded((amount - spent) * money.rate, books.base_digits),
        "paid_through_account_id": account["account_id"],
        "paid_through_account_name": account["account_name"],
        "paid_through_account_type": account["account_type"],
        **documents.location_of(books, body, before),
        "is_paid_via_print_check": flag(body, "is_paid_via_print_check", False),
        "is_ach_payment": False,
        "ach_payment_status": "",
        "check_details": body.get("check_details", old.get("check_details", [])),
        "tax_amount_withheld": ZERO,
        "bills": parts,
        "vendorpayment_refunds": old.get("vendorpayment_refunds", []),
        "tags": documents.tags_of(books, body) if "tags" in body else old.get("tags", []),
        "has_attachment": False,
        **customfields.merged(books, "vendorpayments", rows(body, "custom_fields"), before, own_id),
        **{key: old[key] for key in ("created_time", "last_modified_time") if key in old},
    }
    return record, applied


def _paid_through(books: Books, body: dict[str, Any], old: Record) -> Record:
    account_id = identifier(body, "paid_through_account_id") or old.get("paid_through_account_id", "")
    if not account_id:
        usable = [a for a in books["chartofaccounts"].all() if a["account_type"] in ("cash", "bank")]
        if not usable:
            raise bad_value("paid_through_account_id")
        return min(usable, key=lambda a: a["account_type"] != "cash")
    account = books["chartofaccounts"].get(account_id)
    if account is None or account["account_type"] not in MONEY_TYPES:
        raise bad_value("paid_through_account_id")
    if not account["is_active"]:
        raise business(INACTIVE_CODE, f"The account {account['account_name']} is inactive.")
    return account


def _part(books: Books, bill: Record, amount: Decimal) -> dict[str, Any]:
    return {
        "bill_payment_id": books.next_id(),
        "bill_id": bill["bill_id"],
        "amount_applied": amount,
        "tax_amount_withheld": ZERO,
        "price_precision": bill["price_precision"],
        "date": bill["date"],
        "due_date": bill["due_date"],
    }


def _entry(payment: Record, part: dict[str, Any]) -> dict[str, Any]:
    return {
        "payment_id": payment["payment_id"],
        "bill_id": part["bill_id"],
        "bill_payment_id": part["bill_payment_id"],
        "payment_mode": payment["payment_mode"],
        "payment_number": payment["payment_number"],
        "description": payment["description"],
        "date": payment["date"],
        "reference_number": payment["reference_number"],
        "exchange_rate": payment["exchange_rate"],
        "amount": part["amount_applied"],
        "paid_through_account_id": payment["paid_through_account_id"],
        "paid_through_account_name": payment["paid_through_account_name"],
        "is_single_bill_payment": len(payment["bills"]) == 1,
    }


def _apply(books: Books, record: Record, applied: list[tuple[Record, Decimal]] | None, cause: Cause) -> None:
    if applied is not None:
        for part in record["bills"]:
            applying.apply_payment(books, part["bill_id"], _entry(record, part), cause)
