"""Calls on data extracts: what lies ready, its files, its acknowledgement, what the columns are."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from mlc_sandbox.basware.extracts import EXTRACTS, TABLES
from mlc_sandbox.basware.lists import redirected
from mlc_sandbox.basware.refusals import message, not_found
from mlc_sandbox.basware.resources import Record
from mlc_sandbox.toolkit.http import Request, Response, json_response
from mlc_sandbox.toolkit.routing import route

if TYPE_CHECKING:
    from mlc_sandbox.basware.app import BaswareStandIn


def _shown(row: Record) -> Record:
    return {name: value for name, value in row.items() if not name.startswith("_")}


def _extract(standin: BaswareStandIn, id: str) -> Record:
    row = standin.store.get(EXTRACTS, id)
    if row is None or standin.clock.now() >= datetime.fromisoformat(row["_ends"]):
        raise not_found()
    return row


@route("GET", "/v1/dataExtracts")
def extracts(standin: BaswareStandIn, request: Request) -> Response:
    """Runs, a bare array that may be empty."""
    status = request.query.get("processingStatus")
    if status not in (None, "", "WaitingForExport", "Exported"):
        raise message(422, "processingStatus is not known")
    now = standin.clock.now()
    rows = [
        _shown(row) for row in standin.store.all(EXTRACTS)
        if (not status or row["processingStatus"] == status) and now < datetime.fromisoformat(row["_ends"])
    ]  # fmt: skip
    return json_response(200, rows)


@route("GET", "/v1/dataExtracts/specification/tableDefinition")
def definition(standin: BaswareStandIn, request: Request) -> Response:
    """The columns of each table."""
    told = [
        {"Table name": table, "Columns": [
            {"Column name": name, "Data Type": kind, "Field definition": name.replace("_", " ").capitalize(),
             "Example value": ""} for name, kind in columns.items()]}
        for table, (_kind, _rows, columns) in TABLES.items()
    ]  # fmt: skip
    return json_response(200, told)


@route("GET", "/v1/dataExtracts/specification/tableDefinition/changeLog")
def change_log(standin: BaswareStandIn, request: Request) -> Response:
    """One version."""
    first = {"Version": "1", "Added tables": list(TABLES), "Removed tables": [], "Column changes": {}}
    return json_response(200, [first])


@route("GET", "/v1/dataExtracts/{id}")
def files(standin: BaswareStandIn, request: Request, id: str) -> Response:
    """The files of one run."""
    row = _extract(standin, id)
    told = [
        {"extractId": id, **one, "startDate": row["startDate"], "endDate": row["endDate"],
         "downloadUrl": f"{request.base_url}/v1/dataExtracts/{id}/getFile?file={one['fileName']}"}
        for one in row["_files"]
    ]  # fmt: skip
    return json_response(200, told)


@route("GET", "/v1/dataExtracts/{id}/getFile")
def file(standin: BaswareStandIn, request: Request, id: str) -> Response:
    """A redirect to the file; so many times and no more."""
    _extract(standin, id)
    key = (id, request.query.get("file") or "")
    content = standin.extracts.files.get(key)
    if content is None:
        raise not_found()
    if standin.extracts.fetched.get(key, 0) >= int(standin.switches["downloads"]):
        raise message(403, "Download limit exceeded")
    standin.extracts.fetched[key] = standin.extracts.fetched.get(key, 0) + 1
    found = Response(200, content, {"content-type": "application/gzip"})
    return redirected(standin, request, found) if standin.switches["redirects"] else found


@route("POST", "/v1/dataExtracts/{id}/acknowledge")
def acknowledge(standin: BaswareStandIn, request: Request, id: str) -> Response:
    """Exported."""
    row = {**_extract(standin, id), "processingStatus": "Exported"}
    standin.store.put(EXTRACTS, id, row, request.cause(), op="acknowledge")
    return json_response(200, {"succeeded": True, "message": "Action done successfully"})
