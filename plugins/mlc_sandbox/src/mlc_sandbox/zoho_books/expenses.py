"""Expenses: money already spent, one amount or itemised."""

from __future__ import annotations

from typing import Any, Final

from mlc_sandbox.zoho_books import customfields, documents, locks
from mlc_sandbox.zoho_books.books import Books
from mlc_sandbox.zoho_books.collections import Cause, Record
from mlc_sandbox.zoho_books.refusals import bad_value
from mlc_sandbox.zoho_books.totals import HUNDRED
from mlc_sandbox.zoho_books.values import ZERO, day, flag, identifier, number, optional_number, rounded, rows, text

LOCKED_MODULES: Final = ("purchase",)


def create(books: Books, body: dict[str, Any], cause: Cause) -> Record:
    """A new expense."""
    return _write(books, body, None, cause)


def update(books: Books, expense_id: str, body: dict[str, Any], cause: Cause) -> Record:
    """Sent fields over the stored ones."""
    before = books.require("expenses", expense_id)
    locks.refuse_if_locked(books, LOCKED_MODULES, before["date"], cause)
    return _write(books, body, before, cause)


def delete(books: Books, expense_id: str, cause: Cause) -> None:
    """Deletes an expense."""
    before = books.require("expenses", expense_id)
    locks.refuse_if_locked(books, LOCKED_MODULES, before["date"], cause)
    books.delete("expenses", expense_id, cause)


def _write(books: Books, body: dict[str, Any], before: Record | None, cause: Cause) -> Record:
    record = _built(books, body, before)
    locks.refuse_if_locked(books, LOCKED_MODULES, record["date"], cause)
    return books.save("expenses", record, cause)


def _party(books: Books, body: dict[str, Any], old: Record, name: str) -> dict[str, Any]:
    contact_id = identifier(body, f"{name}_id") or old.get(f"{name}_id", "")
    contact = books.require("contacts", contact_id) if contact_id else {"contact_name": ""}
    return {f"{name}_id": contact_id, f"{name}_name": contact["contact_name"]}


def _built(books: Books, body: dict[str, Any], before: Record | None) -> Record:
    old: Record = before if before is not None else {}
    own_id = old.get("expense_id") or books.next_id()
    on_day = day(body.get("date") or old.get("date"), "date")
    account = documents.account_of(books, identifier(body, "account_id") or old.get("account_id", ""))
    through = books["chartofaccounts"].get(
        identifier(body, "paid_through_account_id") or old.get("paid_through_account_id", "")
    )
    if through is None:
        raise bad_value("paid_through_account_id")
    base = {"currency_id": old.get("currency_id") or books.base_currency_id}
    money = documents.money_of(books, body, base, before, on_day)
    lines = _lines(books, body, old, money.digits)
    if lines:
        amount = sum((line["amount"] for line in lines), ZERO)
    else:
        amount = rounded(number(body.get("amount", old.get("amount")), "amount"), money.digits)
    if amount <= 0:
        raise bad_value("amount")
    tax = documents.tax_of(books, identifier(body, "tax_id") or old.get("tax_id", ""))
    inclusive = flag(body, "is_inclusive_tax", old.get("is_inclusive_tax", False))
    percent = tax["tax_percentage"]
    taxed = HUNDRED + percent if inclusive else HUNDRED
    tax_amount = rounded(amount * percent / taxed, money.digits)
    total = amount if inclusive else amount + tax_amount
    customer = _party(books, body, old, "customer")
    billable = flag(body, "is_billable", old.get("is_billable", False))
    return {
        "expense_id": own_id,
        "transaction_type": "expense",
        "date": on_day,
        "account_id": account["account_id"],
        "account_name": account["account_name"],
        "paid_through_account_id": through["account_id"],
        "paid_through_account_name": through["account_name"],
        **_party(books, body, old, "vendor"),
        **customer,
        **money.header(),
        "amount": amount,
        "sub_total": total - tax_amount,
        "tax_amount": tax_amount,
        "total": total,
        "bcy_total": rounded(total * money.rate, books.base_digits),
        **tax,
        "is_inclusive_tax": inclusive,
        "is_billable": billable,
        "is_itemized_expense": bool(lines),
        "line_items": lines,
        "reference_number": text(body, "reference_number", 100, old.get("reference_number", "")),
        "description": text(body, "description", 100, old.get("description", "")),
        "status": "unbilled" if billable and customer["customer_id"] else "non-billable",
        **documents.location_of(books, body, before),
        "tags": documents.tags_of(books, body) if "tags" in body else old.get("tags", []),
        "expense_receipt_name": old.get("expense_receipt_name", ""),
        "has_attachment": old.get("has_attachment", False),
        "documents": old.get("documents", []),
        **customfields.merged(books, "expenses", rows(body, "custom_fields"), before, own_id),
        **{key: old[key] for key in ("created_time", "last_modified_time") if key in old},
    }


def _lines(books: Books, body: dict[str, Any], old: Record, digits: int) -> list[dict[str, Any]]:
    if "line_items" not in body:
        return list(old.get("line_items", ()))
    built = []
    for place, row in enumerate(rows(body, "line_items")):
        account = documents.account_of(books, identifier(row, "account_id"))
        built.append(
            {
                "line_item_id": identifier(row, "line_item_id") or books.next_id(),
                "account_id": account["account_id"],
                "account_name": account["account_name"],
                "description": text(row, "description", 500),
                "amount": rounded(optional_number(row, "amount", ZERO), digits),
                **documents.tax_of(books, identifier(row, "tax_id")),
                "item_order": place + 1,
                "tags": documents.tags_of(books, row),
            }
        )
    return built
