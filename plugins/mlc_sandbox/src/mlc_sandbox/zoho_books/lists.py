"""Pages of a list: selection by index, order, paging, ``page_context``, and the faults that only a list can have."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from mlc_sandbox.toolkit.faults import Fault
from mlc_sandbox.toolkit.http import Query, Request, Response, json_response
from mlc_sandbox.zoho_books.books import Books
from mlc_sandbox.zoho_books.collections import Record
from mlc_sandbox.zoho_books.filters import Asked, Listing, understand
from mlc_sandbox.zoho_books.refusals import bad_query

if TYPE_CHECKING:
    from mlc_sandbox.zoho_books.app import ZohoBooksStandIn

MOST_PER_PAGE: Final = 200
IGNORED = Query("")
DECIDING: Final = ("partial_overdue", "contains_any_case")  # switches that change which records a filter finds


def page_of(standin: ZohoBooksStandIn, request: Request, listing: Listing) -> Response:
    """Answers a list request: the rows of one page and its ``page_context``."""
    books = standin.books
    page = _positive(request.query, "page", 1)
    per_page = min(_positive(request.query, "per_page", MOST_PER_PAGE), MOST_PER_PAGE)
    column, order = _sorting(listing, request.query)
    ignored = standin.faults.active("filter_ignored", request) is not None
    asked = understand(books, listing, IGNORED if ignored else request.query)
    ids = ordered(books, listing, asked, column, order)
    ids = _with_faults(standin, request, listing, ids)
    start = (page - 1) * per_page
    if page > 1 and standin.faults.active("page_shift", request) is not None:
        start += 1  # one record before this page was deleted: its last row slid onto the page before
    shelf = books[listing.kind]
    rows = [row_of(books, listing, record) for key in ids[start : start + per_page] if (record := shelf.get(key))]
    context: dict[str, Any] = {
        "page": page,
        "per_page": per_page,
        "has_more_page": start + per_page < len(ids),
        "report_name": listing.report,
        "applied_filter": asked.applied,
        "sort_column": column,
        "sort_order": order,
    }
    if books.switches["search_criteria"]:
        context["search_criteria"] = [
            {"column_name": name, "search_text": value} for name, value in asked.question if name != "filter_by"
        ]
    return json_response(200, {"code": 0, "message": "success", listing.key: rows, "page_context": context})


def row_of(books: Books, listing: Listing, record: Record) -> Record:
    """The list form of a record: its detail form without the keys that only a detail call shows."""
    shown = record if listing.show is None else listing.show(books, record)
    return {key: shown.get(key, "") for key in listing.row}


def ordered(books: Books, listing: Listing, asked: Asked, column: str, order: str) -> list[str]:
    """Ids that pass the filters in the order asked for; remembered until the next write."""
    shelf = books[listing.kind]
    if not asked.tests and asked.since_s is None and column == "created_time" and order == "A":
        return shelf.order
    facts = tuple(books.switches[name] for name in DECIDING)
    question = (books.today(), column, order, tuple(asked.question), asked.since_s, listing.exact, facts)
    return shelf.remembered(question, lambda: _select(books, listing, asked, column, order))


def _select(books: Books, listing: Listing, asked: Asked, column: str, order: str) -> list[str]:
    shelf = books[listing.kind]
    if asked.lookups:
        rarest = min(asked.lookups, key=lambda lookup: shelf.count(*lookup))
        ids = sorted(shelf.find(*rarest), key=shelf.created.__getitem__)
        if asked.since_s is not None:
            ids = [key for key in ids if shelf.modified_s[key] >= asked.since_s]
    elif asked.since_s is not None:
        ids = shelf.since(asked.since_s)
    else:
        ids = list(shelf.order)
    for test in asked.tests:
        ids = [key for key in ids if test(shelf.get(key) or {})]
    if column == "last_modified_time":
        ids.sort(key=shelf.modified_s.__getitem__)
    elif column != "created_time":
        ids.sort(key=lambda key: _sort_key((shelf.get(key) or {}).get(column)))
    if order == "D":
        ids.reverse()
    return ids


def _sort_key(value: object) -> tuple[int, Any, str]:
    if isinstance(value, int | Decimal):
        return (1, value, "")
    return (2, 0, value.casefold()) if isinstance(value, str) else (0, 0, "")


def _sorting(listing: Listing, query: Query) -> tuple[str, str]:
    column = query.get("sort_column") or listing.default_sort[0]
    if column != listing.default_sort[0] and column not in listing.sort:
        raise bad_query("sort_column")
    order = query.get("sort_order")
    if order is None:
        return column, listing.default_sort[1]
    if order not in ("A", "D"):
        raise bad_query("sort_order")
    return column, order


def _with_faults(standin: ZohoBooksStandIn, request: Request, listing: Listing, ids: list[str]) -> list[str]:
    shelf = standin.books[listing.kind]
    lag = standin.faults.active("list_lag", request)
    if lag is not None:
        visible_s = standin.books.clock.now().timestamp() - lag.seconds
        ids = [key for key in ids if shelf.created_s[key] <= visible_s]
    missing = standin.faults.active("rows_missing", request)
    if missing is not None:
        ids = [key for key in ids if not hidden_by(missing, key)]
    shrunk = standin.faults.active("permission_shrink", request)
    if shrunk is not None:
        ids = [key for key in ids if not hidden_by(shrunk, key)]
    return ids


def hidden_by(fault: Fault, key: str) -> bool:
    """Whether a fault hides a record: those its body names as ``ids``, else a quarter of all, the same for one seed."""
    if isinstance(fault.body, dict) and "ids" in fault.body:
        return key in fault.body["ids"]
    return hashlib.blake2b(f"{fault.seed}:{key}".encode(), digest_size=1).digest()[0] < 64


def _positive(query: Query, name: str, default: int) -> int:
    value = query.get(name)
    if value is None:
        return default
    if not value.isdigit() or int(value) < 1:
        raise bad_query(name)
    return int(value)
