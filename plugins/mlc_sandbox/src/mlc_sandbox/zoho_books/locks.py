"""Transaction locking: a date per module group, on or before which nothing may be written."""

from __future__ import annotations

from typing import Any, Final

from mlc_sandbox.zoho_books.books import Books
from mlc_sandbox.zoho_books.collections import Cause, Record
from mlc_sandbox.zoho_books.refusals import bad_value, business
from mlc_sandbox.zoho_books.values import day, text

MODULES: Final = ("sales", "purchase", "accountant", "banking", "inventory_adjustments")
STATUSES: Final = ("disabled", "enabled", "enabled_with_logging")


def set_lock(books: Books, body: dict[str, Any], cause: Cause) -> Record:
    """Locks a module up to a date, replacing its lock; without a module, every module."""
    module = text(body, "transaction_lock_module", 30)
    if module and module not in MODULES:
        raise bad_value("transaction_lock_module")
    status = text(body, "transaction_lock_status", 30, "enabled")
    if status not in STATUSES:
        raise bad_value("transaction_lock_status")
    until = day(body.get("transaction_lock_date"), "transaction_lock_date")
    record: Record = {}
    for name in (module,) if module else MODULES:
        old = next((lock for lock in books["transactionlocks"].all() if _module(lock) == name), None)
        record = {
            "transaction_lock_id": old["transaction_lock_id"] if old else books.next_id(),
            "transaction_lock_module": name,
            "transaction_lock_status": status,
            "transaction_lock_date": until,
            "lock_status": "unlocked" if status == "disabled" else "locked",
            "lock_status_formatted": "Unlocked" if status == "disabled" else "Locked",
            "lock_scope": 1 + MODULES.index(name),
            "lock_scope_formatted": name.replace("_", " ").title(),
            "partial_lock_number": 0,
            "status": "active",
            "locked_by": "Accounts",
            "user_exceptions": [],
            "user_exceptions_count": 0,
            "account_exceptions": [],
            "account_exceptions_count": 0,
            "reason": text(body, "reason", 500),
            **({key: old[key] for key in ("created_time", "last_modified_time")} if old else {}),
        }
        books.save("transactionlocks", record, cause)
    return record


def locked_until(books: Books, module: str) -> str:
    """The last locked day of a module, empty when it is open."""
    days = [
        lock["transaction_lock_date"]
        for lock in books["transactionlocks"].all()
        if _module(lock) == module and lock["transaction_lock_status"] != "disabled"
    ]
    return max(days, default="")


def refuse_if_locked(books: Books, modules: tuple[str, ...], on_day: str, cause: Cause) -> None:
    """Refuses a write dated in a locked period. People and the integration are bound alike, unless exempt."""
    if not len(books["transactionlocks"]):
        return
    if cause["kind"] == "seed" or (cause["kind"] == "request" and books.switches["lock_exempt"]):
        return
    for module in modules:
        until = locked_until(books, module)
        if until and on_day <= until:
            raise business(
                books.switches["lock_code"],
                f"Transactions dated on or before {until} are locked. Unlock the period to make changes.",
            )


def _module(lock: Record) -> str:
    return str(lock["transaction_lock_module"])
