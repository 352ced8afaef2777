"""Calls on customers, invoices, credit memos, and on attachments."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from mlc_sandbox.bill import documents, receivables
from mlc_sandbox.bill.admission import API
from mlc_sandbox.bill.bulk import made_in_bulk
from mlc_sandbox.bill.forms import form_of, forms_of
from mlc_sandbox.bill.lists import answer_list
from mlc_sandbox.bill.reading import read
from mlc_sandbox.bill.refusals import refused
from mlc_sandbox.bill.vendors import archive
from mlc_sandbox.bill.wire import shown
from mlc_sandbox.toolkit.http import Request, Response, json_response
from mlc_sandbox.toolkit.routing import route

if TYPE_CHECKING:
    from mlc_sandbox.bill.app import BillStandIn as B

KINDS = {"customers": "customers", "invoices": "invoices", "credit-memos": "credit_memos"}
ATTACHED = ("vendors", "customers", "invoices")
MOST_AT_ONCE = 50
_KIND = f"{API}/customers"
_INVOICES = f"{API}/invoices"
_MEMOS = f"{API}/credit-memos"


@route("GET", _KIND)
def list_customers(standin: B, request: Request) -> Response:
    return answer_list(standin, request, "customers")


@route("POST", _KIND)
def create_customer(standin: B, request: Request) -> Response:
    made = receivables.create_customer(standin, standin.org, form_of(standin, request), request.cause())
    return json_response(201, shown(made))


@route("GET", f"{_KIND}/{{id}}")
def read_customer(standin: B, request: Request, id: str) -> Response:
    return json_response(200, shown(read(standin, request, "customers", id)))


@route("PATCH", f"{_KIND}/{{id}}")
def update_customer(standin: B, request: Request, id: str) -> Response:
    made = receivables.update_customer(standin, standin.org, id, form_of(standin, request), request.cause())
    return json_response(200, shown(made))


@route("GET", _INVOICES)
def list_invoices(standin: B, request: Request) -> Response:
    return answer_list(standin, request, "invoices")


@route("POST", _INVOICES)
def create_invoice(standin: B, request: Request) -> Response:
    made = receivables.create_invoice(standin, standin.org, form_of(standin, request), request.cause())
    return json_response(201, shown(made))


@route("GET", f"{_INVOICES}/{{id}}")
def read_invoice(standin: B, request: Request, id: str) -> Response:
    return json_response(200, shown(read(standin, request, "invoices", id)))


@route("PUT", f"{_INVOICES}/{{id}}")
@route("PATCH", f"{_INVOICES}/{{id}}")
def update_invoice(standin: B, request: Request, id: str) -> Response:
    made = receivables.update_invoice(standin, standin.org, id, form_of(standin, request), request.cause())
    return json_response(200, shown(made))


@route("GET", _MEMOS)
def list_memos(standin: B, request: Request) -> Response:
    return answer_list(standin, request, "credit_memos")


@route("POST", _MEMOS)
def create_memo(standin: B, request: Request) -> Response:
    told = receivables.built_memo(standin, standin.org, form_of(standin, request))
    return json_response(201, shown(standin.registers.create("credit_memos", standin.org, told, request.cause())))


@route("POST", f"{_MEMOS}/bulk")
def create_memos(standin: B, request: Request) -> Response:
    forms = forms_of(standin, request, most=MOST_AT_ONCE)
    made = made_in_bulk(
        standin, request, "credit_memos", forms, lambda form: receivables.built_memo(standin, standin.org, form)
    )
    return json_response(201, {"creditMemos": shown(made)})


@route("GET", f"{_MEMOS}/{{id}}")
def read_memo(standin: B, request: Request, id: str) -> Response:
    return json_response(200, shown(read(standin, request, "credit_memos", id)))


@route("POST", f"{API}/{{kind}}/{{id}}/archive")
def archive_record(standin: B, request: Request, kind: str, id: str) -> Response:
    return _put_away(standin, request, kind, id, archived=True)


@route("POST", f"{API}/{{kind}}/{{id}}/restore")
def restore_record(standin: B, request: Request, kind: str, id: str) -> Response:
    return _put_away(standin, request, kind, id, archived=False)


def _put_away(standin: B, request: Request, segment: str, id: str, *, archived: bool) -> Response:
    if segment not in KINDS:
        raise refused(404, "BDC_1121")
    made = archive(standin, KINDS[segment], standin.org, id, request.cause(), archived=archived)
    return json_response(200, shown(made))


# --- files ---------------------------------------------------------------------------------------------------------


@route("GET", f"{API}/attachments/{{kind}}/{{id}}")
def list_attachments(standin: B, request: Request, kind: str, id: str) -> Response:
    if kind not in ATTACHED:
        raise refused(404, "BDC_1121")
    read(standin, request, kind, id)
    rows = documents.of_owner(standin, "attachments", standin.org, id)
    return json_response(200, {"results": [documents.form_of_file(request.base_url, row) for row in rows]})


@route("POST", f"{API}/attachments/{{kind}}/{{id}}")
def upload_attachment(standin: B, request: Request, kind: str, id: str) -> Response:
    if kind not in ATTACHED:
        raise refused(404, "BDC_1121")
    name, content = documents.content_of(standin, request)
    made = documents.attach(standin, standin.org, kind, id, name, content, request.cause())
    return json_response(200, documents.form_of_file(request.base_url, made))


@route("GET", f"{API}/attachments/{{id}}")
def read_attachment(standin: B, request: Request, id: str) -> Response:
    return json_response(200, documents.form_of_file(request.base_url, read(standin, request, "attachments", id)))


@route("DELETE", f"{API}/attachments/{{id}}")
def delete_attachment(standin: B, request: Request, id: str) -> Response:
    row = standin.registers.require("attachments", standin.org, id)
    standin.store.remove("attachments", id, request.cause())
    return json_response(200, documents.form_of_file(request.base_url, row))


@route("GET", f"{API}/documents/{{id}}/content")
def download(standin: B, request: Request, id: str) -> Response:
    row = standin.registers.get("documents", standin.org, id) or standin.registers.get("attachments", standin.org, id)
    if row is None:
        raise standin.registers.missing()
    return Response(200, base64.b64decode(row["_content"]), {"content-type": "application/octet-stream"})
