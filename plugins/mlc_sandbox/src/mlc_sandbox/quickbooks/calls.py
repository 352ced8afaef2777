"""Calls on one object: read, create, update, delete, void."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mlc_sandbox.quickbooks import writing
from mlc_sandbox.quickbooks.deed import Deed
from mlc_sandbox.quickbooks.forms import sent_of
from mlc_sandbox.quickbooks.refusals import Refusal
from mlc_sandbox.quickbooks.schema import BY_PATH
from mlc_sandbox.quickbooks.wire import Record, now_text
from mlc_sandbox.toolkit.http import Request, Response, json_response
from mlc_sandbox.toolkit.routing import route
from mlc_sandbox.toolkit.views import hidden, kept_of, seen

if TYPE_CHECKING:
    from mlc_sandbox.quickbooks.app import QuickBooksStandIn

ROOT = "/v3/company/{realm}"
_MOST_ID = 50


def told(standin: QuickBooksStandIn, body: Record) -> Response:
    """An answer with the server's time."""
    return json_response(200, {**body, "time": now_text(standin.clock.now())})


def kind_of(path: str) -> str:
    """The entity of a path. Raises Refusal for one that is not served."""
    kind = BY_PATH.get(path)
    if kind is None:
        raise Refusal("2000", f"Unsupported Operation : {path}")
    return kind


def body_of(request: Request) -> Any:
    """The JSON body. Raises Refusal 1050, 500 for what is no UTF-8, 2010 for what is no JSON."""
    if "json" not in request.headers.get("content-type", ""):
        raise Refusal("1050", "Content-Type has to be application/json")
    try:
        request.body.decode("utf-8")
    except UnicodeDecodeError:
        raise Refusal("500", "The request is not valid UTF-8") from None
    try:
        return request.json()
    except ValueError:
        raise Refusal("2010", "Property Name:The request body cannot be parsed as JSON") from None


def once(standin: QuickBooksStandIn, request: Request, realm: str, work: Callable[[], Response]) -> Response:
    """Do it, or answer as at first for a ``requestid`` that comes again. Raises Refusal 2130."""
    id = request.query.get("requestid")
    if id is not None and not 0 < len(id) <= _MOST_ID:
        raise Refusal("2130", f"A request id has 1 to {_MOST_ID} characters")
    return standin.replays.once(request, f"{realm}:{id}" if id else None, work)


def deed_of(standin: QuickBooksStandIn, request: Request, realm: str, kind: str) -> Deed:
    """A write of a request."""
    include = frozenset((request.query.get("include") or "").lower().split(","))
    return Deed(standin.books, realm, kind, request.cause(), include - {""})


@route("GET", f"{ROOT}/companyinfo/{{id}}")
def read_company(standin: QuickBooksStandIn, request: Request, realm: str, id: str) -> Response:
    """The company, under its realm id."""
    if id not in (realm, "1"):
        raise Refusal("610")
    return told(standin, {"CompanyInfo": standin.books.require(realm, "CompanyInfo", "1")})


@route("GET", f"{ROOT}/preferences")
def read_preferences(standin: QuickBooksStandIn, request: Request, realm: str) -> Response:
    """The one object of preferences."""
    return told(standin, {"Preferences": standin.books.preferences(realm)})


@route("GET", f"{ROOT}/{{entity}}/{{id}}")
def read(standin: QuickBooksStandIn, request: Request, realm: str, entity: str, id: str) -> Response:
    """One object, inactive ones too."""
    kind = kind_of(entity)
    if not id.isdigit():
        raise Refusal("2030", f"Invalid ID : {id}")
    key = standin.books.key(realm, id)
    found = seen(standin, request, kind, key)
    if found is None or hidden(standin, request, key):
        raise Refusal("610")
    return told(standin, {kind: standin.view(request, realm, kind, found)})


@route("POST", f"{ROOT}/{{entity}}")
def write(standin: QuickBooksStandIn, request: Request, realm: str, entity: str) -> Response:
    """Create or update; ``operation`` deletes, voids, or updates with ``include=void``."""
    kind = kind_of(entity)
    sent = sent_of(body_of(request))
    deed = deed_of(standin, request, realm, kind)
    operation = (request.query.get("operation") or "").lower()

    def work() -> Response:
        if operation == "void":
            return _void(standin, deed)
        return told(standin, {kind: done(standin, request, deed, sent, operation)})

    return once(standin, request, realm, work)


def done(standin: QuickBooksStandIn, request: Request, deed: Deed, sent: Record, operation: str) -> Record:
    """Carry out ``create``, ``update``, ``delete`` or a void; what is answered under the entity's name."""
    if operation not in ("", "create", "update", "delete"):
        raise Refusal("500", f"Operation {operation} is not supported.")
    if operation == "delete":
        return writing.delete(deed, sent)
    if operation == "update" and "void" in deed.include:
        return writing.void(deed, sent)
    if operation == "update" and not sent.get("Id"):
        raise Refusal("2020", "Required parameter Id is missing in the request", element="Id")
    if operation == "create" and sent.get("Id"):
        sent = {name: value for name, value in sent.items() if name not in ("Id", "SyncToken")}
    sent = kept_of(standin, request, sent)
    saved = writing.write(deed, sent)
    return standin.view(request, deed.realm, deed.kind, saved)


def _void(standin: QuickBooksStandIn, deed: Deed) -> Response:
    """``operation=void`` where there is none: what live companies answered."""
    if deed.kind == "Bill":
        raise Refusal("10000", "An application error has occurred", status=200, type="SystemFault")
    if deed.kind == "JournalEntry":
        return told(standin, {"BatchItemResponse": []})
    raise Refusal("500", "Operation void is not supported.")
