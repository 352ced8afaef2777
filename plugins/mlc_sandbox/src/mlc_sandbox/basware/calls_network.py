"""Network API v1, as far as it is known: an invoice is sent once however often its client token comes, and read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from mlc_sandbox.basware.calls_posted import body_of
from mlc_sandbox.basware.fields import Table, wrong_in
from mlc_sandbox.basware.refusals import message
from mlc_sandbox.basware.resources import Record
from mlc_sandbox.toolkit.http import Refused, Request, Response, json_response
from mlc_sandbox.toolkit.oauth import basic
from mlc_sandbox.toolkit.routing import route

if TYPE_CHECKING:
    from mlc_sandbox.basware.app import BaswareStandIn

INVOICES: Final = "networkInvoices"
_HEAD: Final[Table] = {
    "clientToken*": "s36",
    "fileRefs": [{"refId*": "s", "fileType*": "imageFile|attachmentFile|dataFile"}],
    "deliveryChannelPreference": "printing-always|only-eInvoicing|printing-allowed|",
    "serviceProviderId": "s",
}
_NEEDED: Final = (
    "id", "issueDate", "accountingSupplierParty.partyName", "accountingCustomerParty.partyName",
    "legalMonetaryTotal.payableAmount.currencyId", "legalMonetaryTotal.payableAmount.amount", "invoiceLine",
)  # fmt: skip


@route("POST", "/v1/invoices")
def send(standin: BaswareStandIn, request: Request) -> Response:
    """Send an invoice. The same token again gives the same document."""
    _admit(standin, request)
    sent = body_of(standin, request)
    wrong = _problems(sent)
    if wrong:
        raise _refused(standin, wrong)
    token = sent["clientToken"]
    for row in standin.store.all(INVOICES):
        if row["clientToken"] == token:
            return json_response(200, _shown(row))
    bum_id = standin.next_id("bum")
    links = [
        {"rel": "file", "href": f"{request.base_url}/v2/files/{one['refId']}", "method": "GET"}
        for one in sent.get("fileRefs") or ()
    ]
    row = {"bumId": bum_id, "version": "1.0", **sent, "links": links}
    standin.store.put(INVOICES, bum_id, row, request.cause())
    return json_response(200, _shown(row))


@route("GET", "/v1/invoices/{bum_id}")
def read(standin: BaswareStandIn, request: Request, bum_id: str) -> Response:
    """One document."""
    _admit(standin, request)
    row = standin.store.get(INVOICES, bum_id)
    if row is None:
        raise Refused(json_response(404, _error(standin, "Error.004.0001", "Not found", [])))
    return json_response(200, _shown(row))


@route("GET", "/v2/files/{ref_id}")
def file(standin: BaswareStandIn, request: Request, ref_id: str) -> Response:
    """A file that a document names."""
    _admit(standin, request)
    if not any(one["refId"] == ref_id for row in standin.store.all(INVOICES) for one in row.get("fileRefs") or ()):
        raise Refused(json_response(404, _error(standin, "Error.004.0001", "Not found", [])))
    return Response(200, b"%PDF-1.4\n" + ref_id.encode(), {"content-type": "application/pdf;charset=utf-8"})


def _shown(row: Record) -> Record:
    return {name: row[name] for name in ("bumId", "version", "data", "fileRefs", "links") if name in row}


def _admit(standin: BaswareStandIn, request: Request) -> None:
    """Basic alone; the id of the request must be a UUID where one is given."""
    if basic(request) is None:
        raise message(401, "Unauthorized")
    given = request.headers.get("x-bw-request-id")
    if given is None and not standin.switches["network_needs_request_id"]:
        return
    try:
        UUID(given or "")
    except ValueError:
        raise _refused(standin, [("X-BW-REQUEST-ID", "must be a UUID")]) from None


def _problems(sent: Any) -> list[tuple[str, str]]:
    if not isinstance(sent, dict) or not isinstance(sent.get("data"), dict):
        return [("data", "is required")]
    head = {name: value for name, value in sent.items() if name != "data"}
    wrong = [("", text) for text in wrong_in(_HEAD, head)]
    for path in _NEEDED:
        found: Any = sent["data"]
        for name in path.split("."):
            found = found.get(name) if isinstance(found, dict) else None
        if found in (None, "", []):
            wrong.append((f"data.{path}", "is required"))
    return wrong


def _refused(standin: BaswareStandIn, wrong: list[tuple[str, str]]) -> Refused:
    return Refused(json_response(400, _error(standin, "Error.004.0002", "Validation failed", wrong)))


def _error(standin: BaswareStandIn, code: str, text: str, wrong: list[tuple[str, str]]) -> Record:
    fields = [{"fieldId": name, "fieldMessage": said} for name, said in wrong]
    told = {"id": standin.request_id, "type": "VALIDATION", "code": code, "message": text, "info": ""}
    return {"version": "1.0", "errors": {**told, "validationErrors": fields}}
