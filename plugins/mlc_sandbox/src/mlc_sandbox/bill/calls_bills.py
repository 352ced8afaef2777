"""Calls on bills, their documents and their approval."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlc_sandbox.bill import approvals, bills, documents, payments
from mlc_sandbox.bill.admission import API
from mlc_sandbox.bill.forms import form_of, forms_of, parsed
from mlc_sandbox.bill.lists import answer_list
from mlc_sandbox.bill.reading import read
from mlc_sandbox.bill.refusals import bad_entity, refused
from mlc_sandbox.bill.wire import Record, shown
from mlc_sandbox.toolkit.http import Request, Response, json_response
from mlc_sandbox.toolkit.routing import route
from mlc_sandbox.toolkit.views import done_of

if TYPE_CHECKING:
    from mlc_sandbox.bill.app import BillStandIn as B

BILLS = f"{API}/bills"
APPROVALS = f"{API}/bill-approvals"
MOST_AT_ONCE = 100


@route("GET", BILLS)
def list_bills(standin: B, request: Request) -> Response:
    approvers = request.query.get("billApprovals") == "true"

    def form(row: Record) -> Record:
        return bills.form_of_bill(standin, row, named=True, approvers=approvers)

    return answer_list(standin, request, "bills", form=form)


@route("POST", BILLS)
def create_bill(standin: B, request: Request) -> Response:
    made = bills.create(standin, standin.org, form_of(standin, request), request.cause(), by=standin.caller.user_id)
    return json_response(201, bills.form_of_bill(standin, made))


@route("POST", f"{BILLS}/bulk")
def create_bills(standin: B, request: Request) -> Response:
    """All or nothing, answered with a bare array."""
    forms = forms_of(standin, request, most=MOST_AT_ONCE)
    built = [bills.built(standin, standin.org, form, by=standin.caller.user_id) for form in forms]
    numbers = [(one["vendorId"], one["invoice"]["invoiceNumber"].casefold()) for one, _ in built]
    if len(set(numbers)) < len(numbers) and not any(form.sent.get("allowDuplicateInvoiceNumber") for form in forms):
        raise refused(standin.switches["duplicate_status"], "BDC_1171", standin.switches["duplicate_message"])
    made = [
        bills.stored(standin, standin.org, one, used, request.cause()) for one, used in done_of(standin, request, built)
    ]
    return json_response(201, [bills.form_of_bill(standin, one) for one in made])


@route("POST", f"{BILLS}/record-payment")
def record_payment(standin: B, request: Request) -> Response:
    session = standin.caller.session
    if session is not None and session.login.sync and not standin.switches["token_may_record_payment"]:
        status, code = standin.switches["token_refused"]
        raise refused(status, code)
    form = form_of(standin, request)
    made = payments.record_payment(standin, standin.org, form, request.cause(), by=standin.caller.user_id)
    return json_response(200, payments.form_of_payment(made))


@route("GET", f"{BILLS}/{{id}}")
def read_bill(standin: B, request: Request, id: str) -> Response:
    approvers = request.query.get("billApprovals") == "true"
    row = read(standin, request, "bills", id)
    return json_response(200, bills.form_of_bill(standin, row, named=True, approvers=approvers))


@route("PATCH", f"{BILLS}/{{id}}")
def update_bill(standin: B, request: Request, id: str) -> Response:
    made = bills.update(standin, standin.org, id, form_of(standin, request), request.cause(), whole=False)
    return json_response(200, bills.form_of_bill(standin, made))


@route("PUT", f"{BILLS}/{{id}}")
def replace_bill(standin: B, request: Request, id: str) -> Response:
    made = bills.update(standin, standin.org, id, form_of(standin, request), request.cause(), whole=True)
    return json_response(200, bills.form_of_bill(standin, made))


@route("POST", f"{BILLS}/{{id}}/archive")
def archive_bill(standin: B, request: Request, id: str) -> Response:
    made = bills.put_away(standin, standin.org, id, request.cause(), archived=True)
    return json_response(200, bills.form_of_bill(standin, made))


@route("POST", f"{BILLS}/{{id}}/restore")
def restore_bill(standin: B, request: Request, id: str) -> Response:
    made = bills.put_away(standin, standin.org, id, request.cause(), archived=False)
    return json_response(200, bills.form_of_bill(standin, made))


# --- approvals -----------------------------------------------------------------------------------------------------


@route("GET", f"{APPROVALS}/policies")
def list_policies(standin: B, request: Request) -> Response:
    return json_response(200, shown(standin.registers.all("policies", standin.org)))


@route("POST", f"{APPROVALS}/policies")
def create_policy(standin: B, request: Request) -> Response:
    told = approvals.policy_of(standin, standin.org, form_of(standin, request).sent)
    made = standin.registers.create("policies", standin.org, told, request.cause())
    return json_response(201, shown(made))


@route("PUT", f"{APPROVALS}/policies/{{id}}")
def replace_policy(standin: B, request: Request, id: str) -> Response:
    before = standin.registers.require("policies", standin.org, id)
    told = approvals.policy_of(standin, standin.org, form_of(standin, request).sent)
    return json_response(200, shown(standin.registers.change("policies", before, told, request.cause())))


@route("DELETE", f"{APPROVALS}/policies/{{id}}")
def delete_policy(standin: B, request: Request, id: str) -> Response:
    before = standin.registers.require("policies", standin.org, id)
    standin.store.remove("policies", id, request.cause())
    return json_response(200, shown(before))


@route("GET", f"{APPROVALS}/pending-user-approvals")
def list_pending(standin: B, request: Request) -> Response:
    user = standin.caller.user_id
    rows = [
        {name: bill[name] for name in ("vendorId", "amount", "dueDate")} | {"billId": bill["id"]}
        for bill in standin.registers.all("bills", standin.org)
        if any(one["userId"] == user and one["status"] == "WAITING" for one in bill["approvers"])
    ]
    return json_response(200, {"bills": rows})


@route("POST", f"{APPROVALS}/actions")
def act_on_approvals(standin: B, request: Request) -> Response:
    sent = parsed(request)
    if not isinstance(sent, list) or not sent or not all(isinstance(one, dict) for one in sent):
        raise refused(400, "BDC_1122")
    for one in sent:
        if one.get("action") not in ("APPROVE", "DENY"):
            raise bad_entity("action: must be one of APPROVE, DENY")
        bill = standin.registers.require("bills", standin.org, one.get("billId"))
        approvals.act(standin, bill, standin.caller.user_id, one["action"], request.cause())
    return json_response(200, {"status": "SUCCESS"})


# --- documents -----------------------------------------------------------------------------------------------------


@route("POST", f"{API}/documents/bills/{{id}}")
def upload_document(standin: B, request: Request, id: str) -> Response:
    name, content = documents.content_of(standin, request)
    made = documents.upload(standin, standin.org, id, name, content, request.cause())
    return json_response(200, {"documentUploadId": made["_upload"], "id": made["_upload"]})


@route("GET", f"{API}/documents/bills/{{id}}")
def list_documents(standin: B, request: Request, id: str) -> Response:
    read(standin, request, "bills", id)
    rows = documents.of_owner(standin, "documents", standin.org, id)
    return json_response(200, {"results": [documents.form_of_file(request.base_url, row) for row in rows]})


@route("GET", f"{API}/documents/upload-status")
def upload_status(standin: B, request: Request) -> Response:
    wanted = {id for value in request.query.all("ids") for id in value.split(",")}
    rows = [row for row in standin.registers.all("documents", standin.org) if row["_upload"] in wanted]
    told = []
    for row in rows:
        status = documents.status_of(standin, row)
        final = {"documentId": row["id"]} if status == "UPLOADED" else {}
        told.append({**final, "uploadId": row["_upload"], "status": status})
    return json_response(200, told)


@route("GET", f"{API}/documents/{{id}}")
def read_document(standin: B, request: Request, id: str) -> Response:
    row = read(standin, request, "documents", id)
    if not documents.ready(standin, row):
        raise standin.registers.missing()
    return json_response(200, documents.form_of_file(request.base_url, row))
