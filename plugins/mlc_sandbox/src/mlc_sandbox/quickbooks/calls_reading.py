"""Calls that read many: query, change data capture, exchange rates."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from mlc_sandbox.quickbooks import query
from mlc_sandbox.quickbooks.books import instant_of
from mlc_sandbox.quickbooks.calls import ROOT, told
from mlc_sandbox.quickbooks.refusals import Refusal
from mlc_sandbox.quickbooks.schema import ENTITIES
from mlc_sandbox.quickbooks.wire import Record, instant, now_text, updated
from mlc_sandbox.toolkit.faults import Kind
from mlc_sandbox.toolkit.http import Request, Response
from mlc_sandbox.toolkit.routing import route
from mlc_sandbox.toolkit.views import filters_ignored, visible

if TYPE_CHECKING:
    from mlc_sandbox.quickbooks.app import QuickBooksStandIn

CDC_DAYS = 30
CDC_MOST = 1000
_NOT_CAPTURED = ("JournalCode", "TaxAgency", "TimeActivity", "TaxCode", "TaxRate")
_CAPTURED = tuple(kind for kind in ENTITIES)


@route("GET", f"{ROOT}/query", kind="read")
def get_query(standin: QuickBooksStandIn, request: Request, realm: str) -> Response:
    """The select in the query string."""
    text = request.query.get("query")
    if not text:
        raise query.unparsable("the query is empty")
    return told(standin, {"QueryResponse": answer(standin, request, realm, text)})


@route("POST", f"{ROOT}/query", kind="read")
def post_query(standin: QuickBooksStandIn, request: Request, realm: str) -> Response:
    """The select as a body of ``application/text``."""
    if "text" not in request.headers.get("content-type", ""):
        raise Refusal("1050", "Content-Type has to be application/text")
    return told(standin, {"QueryResponse": answer(standin, request, realm, request.body.decode("utf-8", "replace"))})


def answer(standin: QuickBooksStandIn, request: Request, realm: str, text: str) -> Record:
    """The member ``QueryResponse``. Raises Refusal 4000, 4001."""
    select = query.parse(text, standin.switches)
    rows = _matching(standin, request, realm, select)
    if select.count:
        return {"totalCount": len(rows)}
    start = select.start - 1
    if start and standin.faults.active(Kind.PAGE_SHIFT, request) is not None:
        start += 1
    page = query.arranged(rows, select)[start : start + select.most]
    if not page:
        return {}
    shown = [standin.view(request, realm, select.entity, row) for row in page]
    told_rows: Record = {select.entity: shown, "startPosition": select.start, "maxResults": len(shown)}
    return {**told_rows, "totalCount": len(rows)} if standin.switches["list_total"] else told_rows


def _matching(standin: QuickBooksStandIn, request: Request, realm: str, select: query.Select) -> list[Record]:
    """Objects that meet every condition; inactive ones only where ``Active`` is asked for."""
    books, kind = standin.books, select.entity
    where = [] if filters_ignored(standin, request) else select.where
    asked = {value for one in where if one.path == "Active" for value in one.values}
    keys = _candidates(standin, realm, select, where)
    rows = [books.store.get(kind, key) for key in visible(standin, request, kind, keys)]
    any_case = bool(standin.switches["text_any_case"])
    return [
        row
        for row in rows
        if row is not None
        and (False in asked or row.get("Active", True))
        and all(query.fits(row, condition, any_case=any_case) for condition in where)
    ]


def _candidates(
    standin: QuickBooksStandIn, realm: str, select: query.Select, where: list[query.Condition]
) -> list[str]:
    """Store keys to look at: those named by id or number, else all of the entity."""
    books = standin.books
    for one in where:
        if one.path == "Id" and one.op in ("=", "IN"):
            ids = dict.fromkeys(str(value) for value in one.values)
            return [books.key(realm, id) for id in ids if books.get(realm, select.entity, id) is not None]
        if one.path == "DocNumber" and one.op in ("=", "IN") and standin.switches["text_any_case"]:
            found = [row["Id"] for value in one.values for row in books.numbered(realm, select.entity, str(value))]
            return [books.key(realm, id) for id in dict.fromkeys(found)]
    return books.keys(realm, select.entity)


@route("GET", f"{ROOT}/cdc", kind="read")
def change_data_capture(standin: QuickBooksStandIn, request: Request, realm: str) -> Response:
    """What changed since a moment, at most 30 days ago; whole objects, and stubs of deleted ones."""
    kinds = [kind.strip() for kind in (request.query.get("entities") or "").split(",") if kind.strip()]
    since_text = request.query.get("changedSince")
    if not kinds or not since_text:
        raise Refusal("2020", "Required parameters entities and changedSince", element="entities")
    for kind in kinds:
        if kind in _NOT_CAPTURED:
            raise Refusal("500", f"Operation cdc is not supported for {kind}.")
        if kind not in _CAPTURED:
            raise Refusal("2000", f"{kind} is no entity", element="entities")
    try:
        since = instant(since_text.replace(" ", "+"))
    except ValueError:
        raise Refusal("2060", f"changedSince: {since_text} is no time", element="changedSince") from None
    if since < standin.clock.now() - timedelta(days=CDC_DAYS):
        code, type = standin.switches["cdc_too_old"]
        said = f"Operation cdc with changedSince date {since_text} which is older than fixed days is not supported."
        raise Refusal(code, said, type=type)
    left, blocks = CDC_MOST, []
    for kind in dict.fromkeys(kinds):
        block, used = _captured(standin, request, realm, kind, since_text=since_text, left=left)
        left -= used
        blocks.append(block)
    return told(standin, {"CDCResponse": [{"QueryResponse": blocks}]})


def _captured(
    standin: QuickBooksStandIn, request: Request, realm: str, kind: str, *, since_text: str, left: int
) -> tuple[Record, int]:
    since, inclusive = instant(since_text.replace(" ", "+")), standin.switches["cdc_inclusive"]
    keys = visible(standin, request, kind, standin.books.keys(realm, kind))
    rows = [row for row in (standin.store.get(kind, key) for key in keys) if row is not None]
    live = [row for row in rows if updated(row) > since or (inclusive and updated(row) == since)]
    live.sort(key=updated)
    wrong = [row for row in live if f"{kind}:{row['Id']}" in standin.switches["cdc_wrongly_deleted"]]
    live = [row for row in live if row not in wrong]
    gone = [_stub(row["Id"], row["MetaData"]["LastUpdatedTime"]) for row in wrong] + [
        _stub(one.id, instant_of(one))
        for one in standin.books.deleted
        if one.realm == realm and one.kind == kind and one.at.replace(microsecond=0) >= since
    ]
    shown: list[Any] = [standin.view(request, realm, kind, row) for row in live[:left]]
    stubs = gone[: max(0, left - len(shown))]
    if not shown and not stubs:
        return {}, 0
    block: Record = {kind: [*shown, *stubs]}
    if shown:
        block["startPosition"] = 1
    block["maxResults"] = len(shown) + len(stubs)
    if stubs:
        block["totalCount"] = len(shown) + len(stubs)
    return block, len(shown) + len(stubs)


def _stub(id: str, at: str) -> Record:
    """What is told of an object that is gone."""
    return {"domain": "QBO", "status": "Deleted", "Id": id, "MetaData": {"LastUpdatedTime": at}}


@route("GET", f"{ROOT}/exchangerate", kind="read")
def exchange_rate(standin: QuickBooksStandIn, request: Request, realm: str) -> Response:
    """Home units for one unit of a currency on a day."""
    company = standin.books.realms[realm]
    code = request.query.get("sourcecurrencycode") or ""
    if code not in company.rates and code != company.currency:
        raise Refusal("2500", f"Invalid Reference Id : currency {code}", element="sourcecurrencycode")
    day = request.query.get("asofdate") or standin.books.day()
    rate = standin.books.rate(realm, code, day)
    told_rate = {"SourceCurrencyCode": code, "TargetCurrencyCode": company.currency, "Rate": rate, "AsOfDate": day,
                 "domain": "QBO", "sparse": False,
                 "MetaData": {"LastUpdatedTime": now_text(standin.clock.now())}}  # fmt: skip
    return told(standin, {"ExchangeRate": told_rate})
