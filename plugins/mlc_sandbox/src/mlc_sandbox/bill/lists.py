"""Lists: which fields filter and sort, how a page is cut, and what its cursor says."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from mlc_sandbox.bill.filters import (
    ANY,
    EQ,
    EQ_IN,
    EQ_NE,
    EQ_NE_IN,
    EQ_NE_IN_NIN,
    EQ_SW,
    RANGE,
    Clause,
    Field,
    clauses_of,
)
from mlc_sandbox.bill.refusals import invalid, refused
from mlc_sandbox.bill.wire import Record, dig, shown
from mlc_sandbox.toolkit.http import Request, Response, json_response
from mlc_sandbox.toolkit.paging import cut
from mlc_sandbox.toolkit.views import filters_ignored, hidden, visible

if TYPE_CHECKING:
    from mlc_sandbox.bill.app import BillStandIn

MOST: Final = 100
_ID = Field("text", EQ_NE_IN)
_ARCHIVED = Field("flag", EQ_NE)
_TIMES = {"createdTime": Field("instant", RANGE), "updatedTime": Field("instant", RANGE)}
_PARTY = {
    "id": _ID,
    "archived": _ARCHIVED,
    "name": Field("text", EQ_SW),
    "accountType": Field("text", EQ_NE_IN_NIN),
    "paymentStatus": Field("text", EQ_NE_IN),
    **_TIMES,
}


def _coded(name: str, kind: str) -> Field:
    return Field("text", EQ_NE_IN, (f"classifications.{name}", f"{kind}LineItems[].classifications.{name}"))


_CODING = ("accountingClassId", "departmentId", "locationId", "itemId")
FIELDS: Final[dict[str, dict[str, Field]]] = {
    "vendors": {**_PARTY, "billCurrency": Field("text", EQ_NE_IN_NIN)},
    "customers": {**_PARTY, "invoiceCurrency": Field("text", EQ_NE_IN_NIN)},
    "bills": {
        "id": _ID,
        "archived": _ARCHIVED,
        "vendorId": Field("text", EQ_IN),
        "dueDate": Field("day", RANGE),
        "paymentStatus": Field("text", EQ_NE_IN),
        **_TIMES,
        "payFromChartOfAccountId": _ID,
        "classifications.chartOfAccountId": _coded("chartOfAccountId", "bill"),
        **{f"classifications.{name}": _coded(name, "bill") for name in _CODING},
    },
    "invoices": {
        "id": _ID,
        "archived": _ARCHIVED,
        "customerId": Field("text", EQ_IN),
        **_TIMES,
        "payToChartOfAccountId": _ID,
        **{f"classifications.{name}": _coded(name, "invoice") for name in _CODING},
    },
    "payments": {
        "id": _ID,
        "vendorId": Field("text", ANY),
        "processDate": Field("day", ANY),
        "amount": Field("amount", ANY),
        "transactionNumber": Field("text", ANY),
        "status": Field("text", ANY),
        "onlinePayment": Field("flag", EQ_NE),
        "disbursementType": Field("text", ANY),
        **_TIMES,
    },
    "vendor_credits": {"id": _ID, "archived": _ARCHIVED, "vendorId": Field("text", EQ_IN), **_TIMES},
    "credit_memos": {"id": _ID, "archived": _ARCHIVED, "customerId": Field("text", EQ_IN), **_TIMES},
}
CLASSIFICATION_FIELDS: Final = {"id": _ID, "archived": _ARCHIVED, "name": Field("text", EQ_SW), **_TIMES}
INVOICE_NUMBER: Final = Field("text", EQ)
SORTS: Final = frozenset({"createdTime", "updatedTime"})
ARCHIVED_SORTS: Final = frozenset({"bills", "invoices"})


@dataclass(frozen=True, slots=True)
class Listing:
    """What may be asked of one list. ``cursor`` names the parameter that a cursor comes back in."""

    kind: str
    fields: dict[str, Field]
    sorts: frozenset[str]
    most: int = MOST
    cursor: str = "page"
    one_sort: bool = False


def listing_of(standin: BillStandIn, kind: str) -> Listing:
    """The rules for a kind of AP/AR."""
    fields = FIELDS.get(kind, CLASSIFICATION_FIELDS)
    if kind in ("bills", "invoices") and standin.switches["invoice_number_filter"]:
        fields = {**fields, "invoice.invoiceNumber": INVOICE_NUMBER, "invoiceNumber": INVOICE_NUMBER}
    return Listing(kind, fields, SORTS | ({"archived"} if kind in ARCHIVED_SORTS else frozenset()))


def answer_list(
    standin: BillStandIn, request: Request, kind: str, *, form: Callable[[Record], Any] = shown
) -> Response:
    """One page of an AP/AR list."""
    listing = listing_of(standin, kind)
    clauses = asked(standin, request, listing)
    org = standin.caller.organization_id
    ignored = filters_ignored(standin, request)
    question = (kind, org, request.query.get("filters"), request.query.get("sort"), ignored)
    used = () if ignored else tuple(clauses)
    ids = standin.remembered(kind, question, lambda: _matching(standin, request, listing, used, org))
    return page_of(standin, request, listing, visible(standin, request, kind, ids), form)


def asked(standin: BillStandIn, request: Request, listing: Listing) -> list[Clause]:
    """The filter of a request, checked even when a fault will ignore it. A second ``filters`` is not looked at."""
    sent = request.query.all("filters")
    if not sent or not sent[0]:
        return []
    spend = listing.cursor == "nextPage"
    return clauses_of(
        sent[0],
        listing.fields,
        unquoted_times=not spend and standin.switches["unquoted_times"],
        quoted_times=not spend or standin.switches["spend_quoted_times"],
    )


def _matching(
    standin: BillStandIn, request: Request, listing: Listing, clauses: Sequence[Clause], org: str
) -> list[str]:
    since = next((c.values[0] for c in clauses if c.name == "updatedTime" and c.op in ("gt", "gte")), None)
    vendor = next((c.values[0] for c in clauses if c.name == "vendorId" and c.op == "eq"), None)
    ids = standin.registers.ids(listing.kind, org, since=since, vendor=vendor)
    rows = [standin.store.get(listing.kind, id) for id in ids]
    found = [row for row in rows if row is not None and all(clause.test(row) for clause in clauses)]
    if not standin.switches["lists_show_archived"] and not any(clause.name == "archived" for clause in clauses):
        found = [row for row in found if not row.get("archived")]
    for name, falling in reversed(sorts_of(standin, request, listing)):
        found.sort(key=lambda row: (str(dig(row, name) or ""), row["id"]), reverse=falling)
    return [row["id"] for row in found]


def sorts_of(standin: BillStandIn, request: Request, listing: Listing) -> list[tuple[str, bool]]:
    """(field, falling) of a request. Raises Refusal."""
    found = []
    default = standin.switches["default_sort"] if not listing.one_sort else ""
    sent = request.query.get("sort") or default
    pieces = sent.split(",") if sent else []
    if listing.one_sort and len(pieces) > 1:
        raise invalid("sort: only one field is supported")
    for piece in pieces:
        name, _, way = piece.partition(":")
        if name not in listing.sorts or way not in ("asc", "desc", ""):
            raise refused(400, "BDC_1129", f"Invalid sort: {piece}")
        found.append((name, way == "desc"))
    return found


def page_of(
    standin: BillStandIn,
    request: Request,
    listing: Listing,
    ids: list[str],
    form: Callable[[Record], Any] = shown,
) -> Response:
    """Cut a page out of a list, with the cursors of its neighbours."""
    sorts_of(standin, request, listing)
    size = _size(standin, request, listing)
    start = _start(standin, request.query.get(listing.cursor), ids)
    page = cut(ids, start, size, request=request, faults=standin.faults)
    rows = [standin.store.get(listing.kind, id) for id in page if not hidden(standin, request, id)]
    told: dict[str, Any] = {"results": [form(row) for row in rows if row is not None]}
    if start + size < len(ids) and page:
        told["nextPage"] = _cursor(start + size, ids[start + size - 1])
    if start > 0:
        before = max(0, start - size)
        told["prevPage"] = _cursor(before, ids[before - 1] if before else "")
    return json_response(200, told)


def _size(standin: BillStandIn, request: Request, listing: Listing) -> int:
    sent = request.query.get("max")
    if sent is None:
        return min(int(standin.switches["default_max"]), listing.most)
    if not sent.lstrip("-").isdigit():
        raise invalid("max: must be a number")
    if int(sent) < 1:
        raise invalid("max: must be greater than or equal to 1")
    if int(sent) > listing.most:
        raise invalid(f"max: must be less than or equal to {listing.most}")
    return int(sent)


def _cursor(place: int, last: str) -> str:
    return base64.urlsafe_b64encode(f"{place}:{last}".encode()).decode().rstrip("=")


def _start(standin: BillStandIn, cursor: str | None, ids: list[str]) -> int:
    if not cursor:
        return 0
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        place, last = int(text.partition(":")[0]), text.partition(":")[2]
    except (binascii.Error, ValueError):
        raise refused(400, "BDC_1129", "Invalid page.") from None
    if not standin.switches["cursor_follows_rows"] or not last:
        return place
    if place - 1 < len(ids) and ids[place - 1] == last:
        return place
    return ids.index(last) + 1 if last in ids else place
