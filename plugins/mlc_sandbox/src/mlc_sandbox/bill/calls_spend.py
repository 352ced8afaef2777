"""Calls under ``/spend``: an apiToken, cursors under ``nextPage``, creates answered with 200."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlc_sandbox.bill import spend
from mlc_sandbox.bill.admission import SPEND
from mlc_sandbox.bill.forms import form_of
from mlc_sandbox.bill.lists import asked, page_of, sorts_of
from mlc_sandbox.bill.refusals import bad_entity, refused
from mlc_sandbox.bill.wire import Record, dig
from mlc_sandbox.toolkit.http import Request, Response, json_response
from mlc_sandbox.toolkit.routing import route
from mlc_sandbox.toolkit.views import filters_ignored, hidden, seen, visible

if TYPE_CHECKING:
    from mlc_sandbox.bill.app import BillStandIn as B

UPLOADS = "/upload"
VALUES = "spend_custom_field_values"


@dataclass(slots=True)
class Upload:
    """A place given out for one picture."""

    organization_id: str
    content: bytes = b""
    content_type: str = ""


def _listed(standin: B, request: Request, kind: str, rows: list[Record] | None = None) -> Response:
    listing = spend.LISTINGS[kind]
    clauses = asked(standin, request, listing)
    rows = standin.registers.all(kind, standin.org) if rows is None else rows
    if not filters_ignored(standin, request):
        rows = [row for row in rows if all(clause.test(row) for clause in clauses)]
    for name, falling in sorts_of(standin, request, listing):
        rows.sort(key=lambda row: (dig(row, name) is not None, dig(row, name), row["id"]), reverse=falling)
    ids = visible(standin, request, kind, [row["id"] for row in rows])
    return page_of(standin, request, listing, ids, spend.form_of_record)


def _read(standin: B, request: Request, kind: str, id: str) -> Response:
    found = spend.require(standin, kind, standin.org, id)
    row = seen(standin, request, kind, found["id"])
    if row is None or hidden(standin, request, found["id"]):
        raise standin.registers.missing()
    return json_response(200, spend.form_of_record(row))


@route("GET", f"{SPEND}/users/current")
def current_user(standin: B, request: Request) -> Response:
    user = spend.require(standin, spend.USERS, standin.org, standin.caller.user_id)
    return json_response(200, spend.form_of_record(user))


@route("GET", f"{SPEND}/users")
def list_users(standin: B, request: Request) -> Response:
    return _listed(standin, request, spend.USERS)


@route("GET", f"{SPEND}/users/{{id}}")
def read_user(standin: B, request: Request, id: str) -> Response:
    return _read(standin, request, spend.USERS, id)


@route("GET", f"{SPEND}/budgets")
def list_budgets(standin: B, request: Request) -> Response:
    rows = standin.registers.all(spend.BUDGETS, standin.org)
    if standin.switches["budgets_listed"] == "some":
        rows = [row for row in rows if not row.get("_unlisted")]
    return _listed(standin, request, spend.BUDGETS, rows)


@route("GET", f"{SPEND}/budgets/{{id}}")
def read_budget(standin: B, request: Request, id: str) -> Response:
    return _read(standin, request, spend.BUDGETS, id)


@route("GET", f"{SPEND}/custom-fields")
def list_fields(standin: B, request: Request) -> Response:
    return _listed(standin, request, spend.FIELDS)


@route("GET", f"{SPEND}/custom-fields/{{id}}")
def read_field(standin: B, request: Request, id: str) -> Response:
    return _read(standin, request, spend.FIELDS, id)


@route("GET", f"{SPEND}/custom-fields/{{id}}/values")
def list_values(standin: B, request: Request, id: str) -> Response:
    field = spend.require(standin, spend.FIELDS, standin.org, id)
    rows = [row for row in standin.registers.all(VALUES, standin.org) if row["_field"] == field["id"]]
    return _listed(standin, request, VALUES, rows)


# --- transactions --------------------------------------------------------------------------------------------------


@route("GET", f"{SPEND}/transactions")
def list_transactions(standin: B, request: Request) -> Response:
    return _listed(standin, request, spend.TRANSACTIONS)


@route("GET", f"{SPEND}/transactions/{{id}}")
def read_transaction(standin: B, request: Request, id: str) -> Response:
    return _read(standin, request, spend.TRANSACTIONS, id)


@route("PUT", f"{SPEND}/transactions/{{id}}")
def update_transaction(standin: B, request: Request, id: str) -> Response:
    """Only the budget can be set."""
    before = spend.require(standin, spend.TRANSACTIONS, standin.org, id)
    form = form_of(standin, request)
    wanted = form.text("budgetId", required=True)
    form.done()
    budget = spend.find(standin, spend.BUDGETS, standin.org, wanted)
    if budget is None:
        raise standin.registers.bad_reference("budgetId")
    if before.get("isLocked"):
        raise bad_entity("The transaction is locked.")
    changes = {"budgetId": budget["id"], "budgetUuid": budget["uuid"]}
    made = standin.registers.change(spend.TRANSACTIONS, before, changes, request.cause())
    return json_response(200, spend.form_of_record(made))


@route("GET", f"{SPEND}/transactions/{{id}}/custom-fields")
def read_coding(standin: B, request: Request, id: str) -> Response:
    row = spend.require(standin, spend.TRANSACTIONS, standin.org, id)
    return json_response(200, {"results": row.get("customFields", [])})


@route("PUT", f"{SPEND}/transactions/{{id}}/custom-fields")
def update_coding(standin: B, request: Request, id: str) -> Response:
    before = spend.require(standin, spend.TRANSACTIONS, standin.org, id)
    rows = form_of(standin, request).rows("customFields", required=True) or []
    told = [dict(row.sent) for row in rows]
    made = standin.registers.change(spend.TRANSACTIONS, before, {"customFields": told}, request.cause())
    return json_response(200, spend.form_of_record(made))


# --- reimbursements ------------------------------------------------------------------------------------------------


@route("GET", f"{SPEND}/reimbursements")
def list_reimbursements(standin: B, request: Request) -> Response:
    return _listed(standin, request, spend.REIMBURSEMENTS)


@route("POST", f"{SPEND}/reimbursements")
def create_reimbursement(standin: B, request: Request) -> Response:
    made = spend.create_reimbursement(standin, standin.org, form_of(standin, request), request.cause())
    return json_response(200, spend.form_of_record(made))


@route("GET", f"{SPEND}/reimbursements/{{id}}")
def read_reimbursement(standin: B, request: Request, id: str) -> Response:
    return _read(standin, request, spend.REIMBURSEMENTS, id)


@route("PATCH", f"{SPEND}/reimbursements/{{id}}")
def update_reimbursement(standin: B, request: Request, id: str) -> Response:
    before = spend.require(standin, spend.REIMBURSEMENTS, standin.org, id)
    made = spend.update_reimbursement(standin, before, form_of(standin, request), request.cause())
    return json_response(200, spend.form_of_record(made))


@route("DELETE", f"{SPEND}/reimbursements/{{id}}")
def delete_reimbursement(standin: B, request: Request, id: str) -> Response:
    before = spend.require(standin, spend.REIMBURSEMENTS, standin.org, id)
    if before["status"] not in spend.OPEN_STATUSES:
        raise bad_entity("The reimbursement can not be deleted any more.")
    made = spend.set_status(standin, before, "DELETED", request.cause())
    return json_response(200, spend.form_of_record(made))


@route("POST", f"{SPEND}/reimbursements/{{id}}/action")
def act_on_reimbursement(standin: B, request: Request, id: str) -> Response:
    before = spend.require(standin, spend.REIMBURSEMENTS, standin.org, id)
    form = form_of(standin, request)
    action = form.choice("action", ("APPROVE", "DENY"))
    form.text("note")
    form.done()
    if action is None or before["status"] not in spend.OPEN_STATUSES:
        raise bad_entity("action: not possible for this reimbursement")
    word = "APPROVED" if action == "APPROVE" else "DENIED"
    made = spend.set_status(standin, before, word, request.cause())
    return json_response(200, spend.form_of_record(made))


@route("POST", f"{SPEND}/reimbursements/{{id}}/receipts")
def add_receipt(standin: B, request: Request, id: str) -> Response:
    before = spend.require(standin, spend.REIMBURSEMENTS, standin.org, id)
    form = form_of(standin, request)
    url, name = form.text("url", required=True) or "", form.text("filename", required=True) or ""
    form.done()
    receipts = [*before["receipts"], spend.receipt(standin, standin.org, url, name)]
    made = standin.registers.change(spend.REIMBURSEMENTS, before, {"receipts": receipts}, request.cause())
    return json_response(200, spend.form_of_record(made))


@route("POST", f"{SPEND}/reimbursements/image-upload-url")
@route("POST", f"{SPEND}/transactions/receipt-upload-url")
def upload_url(standin: B, request: Request) -> Response:
    key = standin.logins.secret("")
    standin.uploads[key] = Upload(standin.org)
    return json_response(200, {"url": f"{request.base_url}{UPLOADS}/{key}"})


@route("PUT", f"{UPLOADS}/{{key}}")
def put_image(standin: B, request: Request, key: str) -> Response:
    """The storage behind the URL; it asks for no token."""
    upload = standin.uploads.get(key)
    if upload is None:
        raise refused(403, "BDC_1145")
    upload.content, upload.content_type = request.body, request.headers.get("content-type", "")
    return Response(200)
