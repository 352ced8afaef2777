"""What the calls of every module share: the scope a call needs, bodies, envelopes, results row by row."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final, TypeVar

from mlc_sandbox.toolkit.http import Request, Response, json_response
from mlc_sandbox.toolkit.routing import route
from mlc_sandbox.zoho_crm.crm import Crm, Record
from mlc_sandbox.zoho_crm.refusals import Refusal, RowRefused, bad_body

if TYPE_CHECKING:
    from mlc_sandbox.zoho_crm.app import ZohoCrmStandIn

BASE: Final = "/crm/v8"
MOST_ROWS: Final = 100
OPERATIONS: Final = {"GET": "READ", "POST": "CREATE", "PUT": "UPDATE", "PATCH": "UPDATE", "DELETE": "DELETE"}
NEED_MARK: Final = "__crm_need__"
F = TypeVar("F", bound=Callable[..., Response])


def call(method: str, path: str, service: str, *, operation: str = "", cost: int = 1) -> Callable[[F], F]:
    """Marks a handler as the answer to a CRM call.

    Args:
        service: What the token's scope must name: "modules" (and the module of the path), "settings", "org" ...
        operation: What the scope must allow, by method unless told.
        cost: Credits; 0 when the handler spends them itself.
    """

    def mark(handler: F) -> F:
        setattr(handler, NEED_MARK, (service, operation or OPERATIONS[method], cost))
        return route(method, BASE + path, kind="read" if service == "coql" else None)(handler)

    return mark


def body_of(request: Request) -> dict[str, Any]:
    """The JSON object of a write. Raises Refusal."""
    try:
        body = request.json()
    except ValueError:
        raise bad_body("$", "jsonobject") from None
    if not isinstance(body, dict):
        raise bad_body("$", "jsonobject")
    return body


def rows_of(body: dict[str, Any], key: str = "data", *, most: int = MOST_ROWS) -> list[Any]:
    """The rows of a write. Raises Refusal when there are none, or too many."""
    if key not in body:
        details: dict[str, Any] = {"api_name": key, "json_path": f"$.{key}"}
        raise Refusal("MANDATORY_NOT_FOUND", "required field not found", 400, details)
    rows = body[key]
    if not isinstance(rows, list) or not rows:
        raise bad_body(f"$.{key}", "jsonarray")
    if len(rows) > most:
        details = {"maximum_length": most, "api_name": key, "json_path": f"$.{key}"}
        raise Refusal("INVALID_DATA", "maximum length exceeded", 400, details)
    return rows


def done(crm: Crm, record: Record, message: str, *, action: str = "", duplicate_field: str | None = None) -> Record:
    """The result of a row that was written."""
    told: Record = {"code": "SUCCESS", "details": stamps(crm, record), "message": message, "status": "success"}
    return {**told, "action": action, "duplicate_field": duplicate_field} if action else told


def stamps(crm: Crm, record: Record) -> Record:
    """Id, times and authors of a record, as a result tells them."""
    who: Record = {name: {"name": crm.name_of("users", record[name]["id"]), "id": record[name]["id"]}
           for name in ("Created_By", "Modified_By")}  # fmt: skip
    return {"id": record["id"], "Created_Time": record["Created_Time"], "Modified_Time": record["Modified_Time"], **who}


def row_by_row(crm: Crm, rows: Iterable[Any], write: Callable[[int, Any], Record], *, key: str = "data",
               good: int = 200, failed: int = 400) -> Response:  # fmt: skip
    """Do every row and tell of each, in order: all good, some, or none."""
    results, refused = [], 0
    for at, row in enumerate(rows):
        try:
            results.append(write(at, row))
        except RowRefused as no:
            results.append(no.body())
            refused += 1
    mixed = crm.switches["mixed_status"]
    status = good if not refused else failed if refused == len(results) else mixed
    return json_response(status, {key: results})


def empty() -> Response:
    """Nothing there: no body at all."""
    return Response(204, b"", {"content-type": "application/json"})


def crm_of(standin: ZohoCrmStandIn) -> Crm:
    """The organisation behind a stand-in."""
    return standin.crm
