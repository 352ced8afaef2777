"""Calls on classifications, the same for every kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlc_sandbox.bill import classifications as lists
from mlc_sandbox.bill.admission import API
from mlc_sandbox.bill.bulk import changed_in_bulk, ids_of, made_in_bulk
from mlc_sandbox.bill.forms import Form, form_of, forms_of
from mlc_sandbox.bill.lists import answer_list
from mlc_sandbox.bill.reading import read
from mlc_sandbox.bill.refusals import refused
from mlc_sandbox.bill.vendors import archive
from mlc_sandbox.bill.wire import Record, shown
from mlc_sandbox.toolkit.http import Request, Response, json_response
from mlc_sandbox.toolkit.routing import route

if TYPE_CHECKING:
    from mlc_sandbox.bill.app import BillStandIn as B

BASE = f"{API}/classifications/{{kind}}"
MOST_AT_ONCE = 50


def _kind(standin: B, segment: str) -> tuple[str, str]:
    if segment not in lists.KINDS:
        raise refused(404, "BDC_1121")
    kind, key = lists.KINDS[segment]
    lists.check_on(standin, standin.org, kind)
    return kind, key


@route("GET", BASE)
def list_classifications(standin: B, request: Request, kind: str) -> Response:
    return answer_list(standin, request, _kind(standin, kind)[0])


@route("POST", BASE)
def create_classification(standin: B, request: Request, kind: str) -> Response:
    name, _ = _kind(standin, kind)
    made = lists.create(standin, standin.org, name, form_of(standin, request), request.cause())
    return json_response(201, shown(made))


@route("POST", f"{BASE}/bulk")
def create_classifications(standin: B, request: Request, kind: str) -> Response:
    name, key = _kind(standin, kind)
    forms = forms_of(standin, request, most=MOST_AT_ONCE)
    made = made_in_bulk(standin, request, name, forms, lambda form: lists.built(standin, standin.org, name, form))
    return json_response(201, {key: shown(made)})


@route("PATCH", f"{BASE}/bulk")
def update_classifications(standin: B, request: Request, kind: str) -> Response:
    name, key = _kind(standin, kind)

    def work(form: Form) -> tuple[Record, Record]:
        return lists.changed(standin, standin.org, name, form.text("id", required=True) or "", form)

    made = changed_in_bulk(standin, request, name, forms_of(standin, request, most=MOST_AT_ONCE), work)
    return json_response(200, {key: shown(made)})


def _archived_in_bulk(standin: B, request: Request, segment: str, *, archived: bool) -> Response:
    name, key = _kind(standin, segment)
    made = [
        archive(standin, name, standin.org, id, request.cause(), archived=archived)
        for id in ids_of(standin, request, name)
    ]
    return json_response(200, {key: shown(made)})


@route("POST", f"{BASE}/bulk/archive")
def archive_classifications(standin: B, request: Request, kind: str) -> Response:
    return _archived_in_bulk(standin, request, kind, archived=True)


@route("POST", f"{BASE}/bulk/restore")
def restore_classifications(standin: B, request: Request, kind: str) -> Response:
    return _archived_in_bulk(standin, request, kind, archived=False)


@route("GET", f"{BASE}/{{id}}")
def read_classification(standin: B, request: Request, kind: str, id: str) -> Response:
    return json_response(200, shown(read(standin, request, _kind(standin, kind)[0], id)))


@route("PATCH", f"{BASE}/{{id}}")
def update_classification(standin: B, request: Request, kind: str, id: str) -> Response:
    name, _ = _kind(standin, kind)
    made = lists.update(standin, standin.org, name, id, form_of(standin, request), request.cause())
    return json_response(200, shown(made))


@route("POST", f"{BASE}/{{id}}/archive")
def archive_classification(standin: B, request: Request, kind: str, id: str) -> Response:
    name, _ = _kind(standin, kind)
    return json_response(200, shown(archive(standin, name, standin.org, id, request.cause(), archived=True)))


@route("POST", f"{BASE}/{{id}}/restore")
def restore_classification(standin: B, request: Request, kind: str, id: str) -> Response:
    name, _ = _kind(standin, kind)
    return json_response(200, shown(archive(standin, name, standin.org, id, request.cause(), archived=False)))
