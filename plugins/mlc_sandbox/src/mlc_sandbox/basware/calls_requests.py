"""What became of requests: requestStatus, its acknowledgement, and the older errorFeedbacks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mlc_sandbox.basware.calls_posted import body_of
from mlc_sandbox.basware.distribution import FEEDBACKS, STATUSES
from mlc_sandbox.basware.fields import wrong_in
from mlc_sandbox.basware.lists import answered, choice, page
from mlc_sandbox.basware.refusals import Problem, Refusal, empty, refused
from mlc_sandbox.basware.resources import Record
from mlc_sandbox.basware.wire import told_at
from mlc_sandbox.toolkit.http import Request, Response, json_response
from mlc_sandbox.toolkit.routing import route
from mlc_sandbox.toolkit.views import seen

if TYPE_CHECKING:
    from mlc_sandbox.basware.app import BaswareStandIn

WORDS: Final = ("InProgress", "Success", "Error", "AcknowledgedSuccess", "AcknowledgedError")
ENTITIES: Final = [
    "Account",
    "Contract",
    "CostCenter",
    "TaxCode",
    "ExchangeRate",
    "PaymentTerm",
    "User",
    "Project",
    "MatchingOrder",
    "MatchingOrderLine",
    "GenericList",
    "AdvancedPermission",
    "TransferResponse",
    "PaymentResponse",
    "PrebookResponse",
    "Vendor",
    "AdvancedValidation",
    "PurchaseRequisition",
    "PurchaseOrder",
    "PurchaseGoodsReceipt",
    "Organization",
    "EnrichmentTransferResponse",
    "UserGroup",
    "UserGroupAssociatedUser",
    "UserGroupPermission",
]
_QUIET: Final = frozenset({"Success", "NotProcessed"})


def _told(row: Record, *, short: bool) -> Record:
    """``short``: without the items that went well."""
    if not short:
        return row
    systems = [
        {**one, "items": [item for item in one["items"] if item["status"] not in _QUIET]} for one in row["systems"]
    ]
    return {**row, "systems": systems}


def _for_system(row: Record, system: str | None) -> bool:
    return not system or any(one["system"] == system for one in row["systems"])


@route("GET", "/v1/requestStatus")
def listing(standin: BaswareStandIn, request: Request) -> Response:
    """Requests by status, Error unless something else narrows the list."""
    entity, system = choice(request, "entityType", ENTITIES), request.query.get("system")
    status = choice(request, "status", WORDS) or (None if entity or system else "Error")
    short = request.query.get("ignoreSuccessfullItems", "").lower() == "true"

    def keep(row: Record) -> bool:
        same = status in (None, row["requestStatus"]) and entity in (None, row["entityType"])
        return same and _for_system(row, system)

    ids = standin.store.ids(STATUSES)
    rows, token = page(standin, request, STATUSES, ids, keep, default=500, most=500)
    return answered(standin, request, {STATUSES: [_told(row, short=short) for row in rows]}, token, far=False)


@route("GET", "/v1/requestStatus/{request_id}")
def single(standin: BaswareStandIn, request: Request, request_id: str) -> Response:
    """One request."""
    row = seen(standin, request, STATUSES, request_id)
    if row is None or not _for_system(row, request.query.get("system")):
        raise empty(404)
    short = request.query.get("ignoreSuccessfulItems", "").lower() == "true"
    return json_response(200, {STATUSES: [_told(row, short=short)]})


@route("POST", "/v1/requestStatus/acknowledge")
def acknowledge(standin: BaswareStandIn, request: Request) -> Response:
    """Mark ended requests as seen: all of them or none. One that was seen already, or is under way, makes it 405."""
    sent: Any = body_of(standin, request)
    wrong = list(wrong_in({"requestIds*": ["s"]}, sent))
    if wrong or not sent["requestIds"]:
        raise Refusal(400, [Problem(text) for text in wrong or ["'requestIds' must not be empty."]])
    rows = [standin.store.get(STATUSES, id) for id in sent["requestIds"]]
    if None in rows:
        raise empty(404)
    for row in rows:
        if row is not None and row["requestStatus"] not in ("Success", "Error"):
            text = f"Request is {row['requestStatus']} and cannot be acknowledged."
            raise refused(405, "METHOD_NOT_ALLOWED", text, row["requestId"])
    for id in dict.fromkeys(sent["requestIds"]):
        row = standin.store.edit(STATUSES, id)
        word = f"Acknowledged{row['requestStatus']}"
        row |= {"requestStatus": word, "lastUpdated": told_at(standin.clock.stamp())}
        for system in row["systems"]:
            system["systemStatus"] = word
        standin.store.put(STATUSES, id, row, request.cause(), op="acknowledge")
    return json_response(200, "Acknowledged")


@route("GET", "/v1/errorFeedbacks")
def feedbacks(standin: BaswareStandIn, request: Request) -> Response:
    """Refusals of the second phase, one by one."""
    entity, system = choice(request, "entityType", ENTITIES), request.query.get("targetSystem")

    def keep(row: Record) -> bool:
        return entity in (None, row["entityType"]) and system in (None, "", row["targetSystem"])

    return _feedbacks(standin, request, keep)


@route("GET", "/v1/errorFeedbacks/{request_id}")
def feedbacks_of_request(standin: BaswareStandIn, request: Request, request_id: str) -> Response:
    """Those of one request."""
    return _feedbacks(standin, request, lambda row: row["requestId"] == request_id)


@route("GET", "/v1/errorFeedbacks/{entity_type}/{code}")
def feedbacks_of_record(standin: BaswareStandIn, request: Request, entity_type: str, code: str) -> Response:
    """Those of one record."""
    return _feedbacks(standin, request, lambda row: (row["entityType"], row["externalCode"]) == (entity_type, code))


def _feedbacks(standin: BaswareStandIn, request: Request, keep: Any) -> Response:
    ids = standin.store.ids(FEEDBACKS)
    rows, token = page(standin, request, FEEDBACKS, ids, keep, default=500, most=500)
    return answered(standin, request, {"errorList": rows}, token, far=False)
