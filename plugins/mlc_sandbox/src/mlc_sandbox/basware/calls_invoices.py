"""Calls on accounting documents: lists, single ones, acknowledgements, answers, attachments, the status look-up."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from mlc_sandbox.basware import invoices
from mlc_sandbox.basware.calls_posted import body_of
from mlc_sandbox.basware.fields import moment_of, wrong_in
from mlc_sandbox.basware.invoices import ANSWERS, DOCUMENTS, INVOICES, STATUSES, Answer
from mlc_sandbox.basware.lists import answered, choice, page, parameter, redirected
from mlc_sandbox.basware.refusals import Problem, Refusal, empty
from mlc_sandbox.basware.resources import Record
from mlc_sandbox.basware.wire import without_nulls
from mlc_sandbox.toolkit.http import Request, Response, json_response
from mlc_sandbox.toolkit.routing import Router, route
from mlc_sandbox.toolkit.views import hidden, seen

if TYPE_CHECKING:
    from mlc_sandbox.basware.app import BaswareStandIn

MODES: Final = ("Standard", "InvoiceEnrichment")
_BEFORE: Final = frozenset({"Transferred", "Completed"})
_REJECTED: Final = frozenset({"Removed", "Returned"})


def add_routes(router: Router) -> None:
    """One path for each kind of answer."""
    for kind in ANSWERS:
        router.add("POST", f"/v1/accountingDocuments/{{invoice_id}}/{kind.path}", partial(_answer, kind))


@route("GET", "/v1/accountingDocuments")
def listing(standin: BaswareStandIn, request: Request) -> Response:
    """Exposed invoices of one mode, in the order in which they were exposed."""
    status = choice(request, "ProcessingStatus", STATUSES)
    mode = choice(request, "p2pProcessingMode", MODES) or "Standard"
    company = request.query.get("companyCode")

    def keep(row: Record) -> bool:
        return (
            row["p2pProcessingMode"] == mode
            and (not company or row["companyCode"] == company)
            and (status is None or row["processingStatus"] == status)
        )

    ids = standin.store.ids(DOCUMENTS) if status is None else standin.by_status.ids(status)
    rows, token = page(standin, request, DOCUMENTS, ids, keep, default=100, most=100, heavy=_rows_of)
    return answered(standin, request, {DOCUMENTS: [shown(standin, row) for row in rows]}, token, far=True)


def _rows_of(row: Record) -> int:
    return len(row.get("codingRows", ()))


def shown(standin: BaswareStandIn, row: Record) -> Record:
    """A document as the tenant's settings show it."""
    hidden_parts = set() if standin.switches["invoice_lines"] else {"invoiceLines"}
    if not standin.switches["attachments"]:
        hidden_parts.add("attachments")
    return {name: value for name, value in row.items() if name not in hidden_parts}


@route("GET", "/v1/accountingDocuments/status")
def status(standin: BaswareStandIn, request: Request) -> Response:
    """Invoices of a company by number, day and total; nothing at all until it is switched on."""
    wanted = {name: request.query.get(name) for name in ("companyCode", "invoiceNumber", "invoiceDate")}
    for name, value in wanted.items():
        if not value:
            raise parameter(name)
    day = moment_of(wanted["invoiceDate"])
    if day is None:
        raise parameter("invoiceDate")
    total = _total(request)
    rows = []
    for one in standin.store.all(INVOICES) if standin.switches["status_endpoint"] else ():
        same = (one["companyCode"], one.get("invoiceNumber")) == (wanted["companyCode"], wanted["invoiceNumber"])
        that_day = str(one.get("invoiceDate"))[:10] == day.date().isoformat()
        if same and that_day and total in (None, Decimal(str(one.get("grossSum", 0)))):
            rows.append(_high_level(standin, one))
    if not rows:
        raise empty(404)
    return json_response(200, rows)


def _total(request: Request) -> Decimal | None:
    text = request.query.get("grossSum")
    try:
        return None if not text else Decimal(text)
    except InvalidOperation:
        raise parameter("grossSum") from None


def _high_level(standin: BaswareStandIn, invoice: Record) -> Record:
    row = standin.store.get(DOCUMENTS, invoice["invoiceId"]) or invoice
    status = row["processingStatus"]
    word = "Paid" if status == "Paid" else "InApprovalProcess"
    if status in _REJECTED:
        word = "Rejected"
    elif status in _BEFORE:
        word = "ReadyForPayment"
    told = {"invoiceId": invoice["invoiceId"], "status": word, "processingStatus": status}
    return {**told, "disputeInfo": row.get("disputeInfo"), "lastUpdated": row["lastUpdated"]}


@route("GET", "/v1/accountingDocuments/{invoice_id}")
def single(standin: BaswareStandIn, request: Request, invoice_id: str) -> Response:
    """One invoice."""
    row = seen(standin, request, DOCUMENTS, invoice_id)
    if row is None or hidden(standin, request, invoice_id):
        raise empty(404)
    return answered(standin, request, shown(standin, row), None, far=True)


@route("POST", "/v1/accountingDocuments/{invoice_id}/acknowledge")
def acknowledge(standin: BaswareStandIn, request: Request, invoice_id: str) -> Response:
    """Taken: it leaves the list of those that wait."""
    invoices.acknowledge(standin, invoice_id, request.cause())
    return json_response(200, "Acknowledged")


def _answer(kind: Answer, standin: BaswareStandIn, request: Request, *, invoice_id: str) -> Response:
    sent: Any = body_of(standin, request)
    wrong = list(wrong_in(kind.table, sent))
    code = sent.get("externalCode") if isinstance(sent, dict) else None
    if wrong:
        raise Refusal(400, [Problem(text, external_code=code if isinstance(code, str) else None) for text in wrong])
    kept = invoices.answer(standin, kind, invoice_id, without_nulls(sent), request.cause())
    return json_response(200, kept)


@route("GET", "/v1/accountingDocuments/{invoice_id}/attachments/{code}")
def attachment(standin: BaswareStandIn, request: Request, invoice_id: str, code: str) -> Response:
    """The file, behind a redirect."""
    row = standin.store.get(DOCUMENTS, invoice_id)
    if row is None or not standin.switches["attachments"] or code not in _codes(row):
        raise empty(404)
    name, content = standin.files[code]
    headers = {"content-type": "application/pdf", "content-disposition": f'attachment; filename="{name}"'}
    found = Response(200, content, headers)
    return redirected(standin, request, found) if standin.switches["redirects"] else found


def _codes(row: Record) -> set[str]:
    return {one["externalCode"] for one in row.get("attachments", ())}
