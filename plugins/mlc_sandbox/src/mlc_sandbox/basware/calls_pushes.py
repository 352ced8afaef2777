"""Calls on subscriptions and on the history of tasks; their errors have a body of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mlc_sandbox.basware.fields import Table, moment_of, wrong_in
from mlc_sandbox.basware.lists import answered, page
from mlc_sandbox.basware.pushes import SUB_TYPES, SUBSCRIPTIONS, TASKS
from mlc_sandbox.basware.refusals import message, not_found
from mlc_sandbox.basware.resources import Record
from mlc_sandbox.basware.wire import told_at, without_nulls
from mlc_sandbox.toolkit.http import Refused, Request, Response, json_response
from mlc_sandbox.toolkit.routing import route

if TYPE_CHECKING:
    from mlc_sandbox.basware.app import BaswareStandIn

_TABLE: Final[Table] = {
    "taskType*": "s", "taskSubType": "s", "subscriptionType*": "Webhook", "notificationWebhookURL*": "s2083",
    "webhookAuthenticationToken*": "s", "lastUpdated": "d", "autoResponder": {},
}  # fmt: skip


@route("POST", "/v1/subscriptions")
def subscribe(standin: BaswareStandIn, request: Request) -> Response:
    """An array of subscriptions; each receiver has to answer 200 to a test first."""
    try:
        sent: Any = request.json()
    except ValueError:
        raise message(422, "The body is no JSON") from None
    if not isinstance(sent, list) or not sent:
        raise _wrong(standin, ["The body must be an array of at least one subscription."])
    rows = [_checked(standin, one) for one in sent]
    for row in rows:
        if not standin.pushes.test(row):
            raise _wrong(standin, [f"Connection test to {row['notificationWebhookURL']} failed."], "TECHNICAL")
    for row in rows:
        row["lastUpdated"] = told_at(standin.clock.stamp())
        standin.store.put(SUBSCRIPTIONS, f"{row['taskType']}/{row['taskSubType']}", row, request.cause())
    return json_response(200, rows)


def _checked(standin: BaswareStandIn, one: Any) -> Record:
    wrong = list(wrong_in(_TABLE, one))
    if not wrong:
        kinds = SUB_TYPES.get(one["taskType"])
        if kinds is None:
            wrong.append(f"taskType must be one of {', '.join(SUB_TYPES)}")
        elif one.get("taskSubType") not in (None, *kinds):
            wrong.append(f"taskSubType must be one of {', '.join(kinds)}")
        elif not one["notificationWebhookURL"].startswith(("https://", "http://")):
            wrong.append("notificationWebhookURL is no URL")
    if wrong:
        raise _wrong(standin, wrong)
    row: Record = without_nulls(one)
    return {"taskSubType": "Error" if row["taskType"] == "RequestStatus" else "All", **row}


def _wrong(standin: BaswareStandIn, texts: list[str], kind: str = "VALIDATION") -> Refused:
    code = "SCHEMA_VALIDATION_ERROR" if kind == "VALIDATION" else "UNEXPECTED_ERROR"
    told = [{"type": kind, "code": code, "message": text} for text in texts]
    body = {"requestId": standin.request_id, "hasError": True, "errorMessages": told}
    return Refused(json_response(400, body))


def _chosen(standin: BaswareStandIn, request: Request, *, all_means: str | None) -> list[str]:
    kind, sub_type = request.query.get("taskType"), request.query.get("taskSubType")
    since = moment_of(request.query.get("lastUpdated"))
    free = (None, "", all_means)
    return [
        f"{row['taskType']}/{row['taskSubType']}"
        for row in standin.store.all(SUBSCRIPTIONS)
        if (kind in free or kind == row["taskType"])
        and (sub_type in free or sub_type == row["taskSubType"])
        and (since is None or (moment_of(row["lastUpdated"]) or since) > since)
    ]


@route("GET", "/v1/subscriptions")
def subscriptions(standin: BaswareStandIn, request: Request) -> Response:
    """Those that stand."""
    rows = [standin.store.get(SUBSCRIPTIONS, key) for key in _chosen(standin, request, all_means=None)]
    if not rows:
        raise not_found()
    return json_response(200, {SUBSCRIPTIONS: rows})


@route("DELETE", "/v1/subscriptions")
def unsubscribe(standin: BaswareStandIn, request: Request) -> Response:
    """Take away those of a type that changed after a moment; all three must be said."""
    for name in ("lastUpdated", "taskType", "taskSubType"):
        if not request.query.get(name):
            raise message(422, f"{name} field required")
    if moment_of(request.query.get("lastUpdated")) is None:
        raise message(422, "lastUpdated is no date-time")
    keys = _chosen(standin, request, all_means="All")
    for key in keys:
        standin.store.remove(SUBSCRIPTIONS, key, request.cause())
    return json_response(200, {"status": "Deleted successfully", "numberOfRecordsDeleted": len(keys)})


@route("GET", "/v1/tasks")
def tasks(standin: BaswareStandIn, request: Request) -> Response:
    """What was told, or could not be."""
    wanted = {name: request.query.get(name) for name in ("taskType", "taskStatus", "documentId")}

    def keep(row: Record) -> bool:
        return all(not value or row[name] == value for name, value in wanted.items())

    try:
        rows, token = page(standin, request, TASKS, standin.store.ids(TASKS), keep, default=500, most=500)
    except Refused as refused:
        raise not_found() if refused.response.status == 404 else refused from None
    return answered(standin, request, {"taskStatus": rows}, token, far=False)


@route("GET", "/v1/tasks/{task_id}")
def task(standin: BaswareStandIn, request: Request, task_id: str) -> Response:
    """One of them."""
    row = standin.store.get(TASKS, task_id)
    if row is None:
        raise not_found()
    return json_response(200, {"taskStatus": [row]})
