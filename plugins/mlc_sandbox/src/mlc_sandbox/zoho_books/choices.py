"""Tests on one record that filters are made of."""

from __future__ import annotations

from collections.abc import Callable

from mlc_sandbox.zoho_books.books import Books
from mlc_sandbox.zoho_books.collections import Record

Choice = Callable[[Books, Record], bool]


def status_is(*statuses: str, of: Callable[[Books, Record], str] | None = None) -> Choice:
    if of is None:
        return lambda books, record: record["status"] in statuses
    return lambda books, record: of(books, record) in statuses


def everything(books: Books, record: Record) -> bool:
    return True


def type_is(*kinds: str) -> Choice:
    return lambda books, record: record["account_type"] in kinds


def active_is(active: bool) -> Choice:
    return lambda books, record: bool(record["is_active"]) is active


def mode_is(mode: str) -> Choice:
    return lambda books, record: record["payment_mode"].replace(" ", "").casefold() == mode.casefold()


def custom_field(record: Record, value: str) -> bool:
    return any(str(field["value"]) == value for field in record["custom_fields"])


def has_line(name: str) -> Callable[[Record, str], bool]:
    return lambda record, value: any(line[name] == value for line in record["line_items"])
