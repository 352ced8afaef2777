"""What the calls of every module share: the scope a call needs, envelopes, detail reads, upsert by a unique field."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar

from mlc_sandbox.toolkit.http import Request, Response, json_response
from mlc_sandbox.toolkit.routing import route
from mlc_sandbox.toolkit.views import hidden, kept_of, seen
from mlc_sandbox.zoho_books import bodies, customfields
from mlc_sandbox.zoho_books.collections import Cause, Record
from mlc_sandbox.zoho_books.refusals import MISSING_RECORD, Refusal, bad_value, business, unauthorised

if TYPE_CHECKING:
    from mlc_sandbox.zoho_books.app import ZohoBooksStandIn

BASE: Final = "/books/v3"
OPERATIONS: Final = {"GET": "READ", "POST": "CREATE", "PUT": "UPDATE", "DELETE": "DELETE"}
SCOPE_MARK: Final = "__books_scope__"
F = TypeVar("F", bound=Callable[..., Response])
Shown = Callable[[Any, Record], Record]


def call(method: str, path: str, module: str) -> Callable[[F], F]:
    """Marks a handler as the answer to a Books call that needs ``ZohoBooks.<module>.<operation>``."""

    def mark(handler: F) -> F:
        setattr(handler, SCOPE_MARK, (module, OPERATIONS[method]))
        return route(method, BASE + path)(handler)

    return mark


def told(message: str, key: str = "", record: Record | None = None, *, status: int = 200) -> Response:
    """The success envelope."""
    envelope: dict[str, Any] = {"code": 0, "message": message}
    if key:
        envelope[key] = record
    return json_response(status, envelope)


def body_of(standin: ZohoBooksStandIn, request: Request) -> dict[str, Any]:
    """The JSON object of a write, as the ``normalise`` fault leaves it."""
    return kept_of(standin, request, bodies.object_body(request))


def said(request: Request, name: str) -> bool:
    """Whether a query flag is true."""
    return request.query.get(name) == "true"


def record_of(standin: ZohoBooksStandIn, request: Request, kind: str, key: str) -> Record:
    """The record a detail call reads; ``read_stale`` and ``permission_shrink`` faults apply here."""
    books = standin.books
    books.require(kind, key)
    if hidden(standin, request, key):
        raise unauthorised()
    shown = seen(standin, request, kind, key)
    return books.require(kind, "") if shown is None else shown


def upserted(
    standin: ZohoBooksStandIn,
    request: Request,
    kind: str,
    create: Callable[[dict[str, Any], Cause], Record],
    update: Callable[[str, dict[str, Any], Cause], Record],
) -> tuple[Record, bool]:
    """Finds the record by its unique custom field and updates it, or creates it with ``X-Upsert: true``.

    Returns:
        The record, and whether it was created.
    """
    books = standin.books
    name = request.headers.get("x-unique-identifier-key", "")
    value = request.headers.get("x-unique-identifier-value", "")
    if not name or not value or customfields.unique_definition(books, kind, name) is None:
        raise bad_value("X-Unique-Identifier-Key")
    body = body_of(standin, request)
    if books.switches["upsert_sets_field"]:
        body = {**body, "custom_fields": [*body.get("custom_fields", []), {"api_name": name, "value": value}]}
    match = books.unique.get((kind, name), {}).get(value)
    if match is not None:
        return update(match, body, request.cause()), False
    if request.headers.get("x-upsert", "").lower() != "true":
        code = books.switches["upsert_miss_code"]
        if code == MISSING_RECORD:
            raise Refusal(code, "Resource does not exist.", books.switches["not_found_status"])
        raise business(code, "Resource does not exist.")
    return create(body, request.cause()), True


def set_custom_fields(standin: ZohoBooksStandIn, request: Request, kind: str, key: str) -> Response:
    """Writes custom fields and nothing else; the body is the array."""
    body = bodies.parsed_body(request)
    sent = body.get("custom_fields") if isinstance(body, dict) else body
    if not isinstance(sent, list) or not all(isinstance(row, dict) for row in sent):
        raise bad_value("custom_fields")
    books = standin.books
    before = books.require(kind, key)
    books.save(kind, {**before, **customfields.merged(books, kind, sent, before, key)}, request.cause())
    return told("Custom Fields Updated Successfully")
