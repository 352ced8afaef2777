"""Pages of a list: selection by index, order, paging, ``page_context``, and the faults that only a list can have."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from mlc_sandbox.toolkit.http import Query, Request, Response, json_response
from mlc_sandbox.toolkit.paging import by_page
from mlc_sandbox.toolkit.views import filters_ignored, visible
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
    column, order = _sorting(listing, request.query)
    asked = understand(books, listing, IGNORED if filters_ignored(standin, request) else request.query)
    ids = ordered(books, listing, asked, column, order)
    part = by_page(
        request,
        visible(standin, request, listing.kind, ids),
        size="per_page",
        most=MOST_PER_PAGE,
        refuse=bad_query,
        faults=standin.faults,
    )
    shelf = books[listing.kind]
    rows = [row_of(books, listing, record) for key in part.rows if (record := shelf.get(key))]
    context: dict[str, Any] = {
        "page": part.number,
        "per_page": part.size,
        "has_more_page": part.more,
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
