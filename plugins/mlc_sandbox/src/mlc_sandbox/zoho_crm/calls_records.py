"""Records: lists, single ones, related ones, insert, update, upsert, delete, what was deleted, counts, locks."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from mlc_sandbox.toolkit.http import Request, Response, json_response
from mlc_sandbox.toolkit.views import done_of, hidden, kept_of, seen
from mlc_sandbox.zoho_crm import deletions, lists, records, showing
from mlc_sandbox.zoho_crm.calls import body_of, call, done, empty, row_by_row, rows_of
from mlc_sandbox.zoho_crm.crm import Cause, Record
from mlc_sandbox.zoho_crm.fields import Module
from mlc_sandbox.zoho_crm.refusals import Refusal, RowRefused, bad_parameter, bad_value, mandatory, missing_parameter

if TYPE_CHECKING:
    from mlc_sandbox.zoho_crm.app import ZohoCrmStandIn as Z

MOST_IDS = 100


@call("GET", "/{module}", "modules", cost=0)
def list_records(standin: Z, request: Request, module: str) -> Response:
    """Rows without subforms; ``ids`` asks for some of them."""
    known = standin.crm.module(module)
    standin.spend(3 if "cvid" in request.query else 1)
    names = lists.asked_fields(request)
    page = lists.page_of(standin, request, known, _asked_ids(request))
    return _page(standin, known, page, names)


def _page(standin: Z, module: Module, page: lists.Page, names: list[str]) -> Response:
    if page.unchanged:
        return Response(304)
    rows = [standin.crm.get(module.api_name, key) for key in page.ids]
    told = [showing.chosen(standin.crm, module, row, names) for row in rows if row is not None]
    return json_response(200, {"data": told, "info": page.info}) if told else empty()


def _asked_ids(request: Request) -> list[str] | None:
    told = request.query.get("ids")
    if told is None:
        return None
    ids = [one.strip() for one in told.split(",") if one.strip()]
    if not ids or len(ids) > MOST_IDS or not all(one.isdigit() for one in ids):
        raise bad_parameter("ids")
    return ids


@call("GET", "/{module}/{key}", "modules")
def read_record(standin: Z, request: Request, module: str, key: str) -> Response:
    """One record with its subforms, or those of its fields that were asked for."""
    known = standin.crm.module(module)
    if not key.isdigit():
        raise bad_parameter("id")
    record = seen(standin, request, module, key)
    if record is None or hidden(standin, request, key):
        return missing(standin)
    moment = lists.since(request)
    if moment is not None and record["$modified"] < moment.timestamp():
        return Response(304)
    told = showing.whole(standin.crm, known, record)
    if request.query.get("fields"):
        told = {name: told[name] for name in (*lists.asked_fields(request), "id") if name in told}
    return json_response(200, {"data": [told]})


def missing(standin: Z) -> Response:
    """A record that is not there, or not for this user."""
    answer = standin.switches["missing_record"]
    if answer == "no_content":
        return empty()
    status = 404 if answer == "not_found" else 400
    raise Refusal("INVALID_DATA", "the id given seems to be invalid", status, {"resource_path_index": 1})


@call("GET", "/{module}/{key}/{related}", "modules")
def read_related(standin: Z, request: Request, module: str, key: str, related: str) -> Response:
    """Records of another module that point to this one: an account's contacts, a contact's notes."""
    known = standin.crm.module(module)
    if standin.crm.get(module, key) is None:
        return missing(standin)
    other = standin.crm.module(related)
    pointing = deletions.pointing(standin.crm, known.api_name, key)
    ids = [record["id"] for at, record, _ in pointing if at.api_name == related]
    return _page(standin, other, lists.page_of(standin, request, other, ids), lists.asked_fields(request))


@call("POST", "/{module}", "modules", cost=0)
def insert(standin: Z, request: Request, module: str) -> Response:
    known, body = standin.crm.module(module), body_of(request)
    rows = rows_of(body)
    standin.spend_rows(len(rows))
    cause = caused(standin, request, body)

    def write(at: int, row: Any) -> Record:
        sent = _kept(standin, request, row)
        return done(standin.crm, records.create(standin.crm, known, sent, cause, path=f"$.data[{at}]"), "record added")

    return row_by_row(standin.crm, done_of(standin, request, rows), write, good=201)


@call("PUT", "/{module}", "modules", cost=0)
def update(standin: Z, request: Request, module: str) -> Response:
    known, body = standin.crm.module(module), body_of(request)
    rows = rows_of(body)
    standin.spend_rows(len(rows))
    cause = caused(standin, request, body)

    def write(at: int, row: Any) -> Record:
        if not isinstance(row, dict):
            raise bad_value("data", f"$.data[{at}]", expected_data_type="jsonobject")
        if not row.get("id"):
            raise mandatory("id", f"$.data[{at}].id")
        return _updated(standin, request, known, str(row["id"]), row, cause, at)

    return row_by_row(standin.crm, done_of(standin, request, rows), write)


@call("PUT", "/{module}/{key}", "modules")
def update_one(standin: Z, request: Request, module: str, key: str) -> Response:
    known, body = standin.crm.module(module), body_of(request)
    cause = caused(standin, request, body)
    rows = rows_of(body, most=1)
    return row_by_row(standin.crm, rows, lambda at, row: _updated(standin, request, known, key, row, cause, at))


def _updated(standin: Z, request: Request, module: Module, key: str, row: Any, cause: Cause, at: int) -> Record:
    if hidden(standin, request, key):
        raise RowRefused("NO_PERMISSION", "permission denied", {"permissions": ["Crm_Implied_Edit"], "id": key})
    sent = _kept(standin, request, row)
    record = records.update(standin.crm, module, key, sent, cause, path=f"$.data[{at}]")
    return done(standin.crm, record, "record updated")


@call("POST", "/{module}/upsert", "modules", operation="UPSERT", cost=0)
def upsert(standin: Z, request: Request, module: str) -> Response:
    """Each row updates the record that the check fields find, or the one whose id it carries; else it is added."""
    crm, known, body = standin.crm, standin.crm.module(module), body_of(request)
    rows = rows_of(body)
    try:
        checked = records.check_fields(crm, known, body.get("duplicate_check_fields"))
    except RowRefused as no:
        raise Refusal(no.code, no.message, 400, no.details) from no
    standin.spend_rows(len(rows))
    cause = caused(standin, request, body)

    def write(at: int, row: Any) -> Record:
        path = f"$.data[{at}]"
        if not isinstance(row, dict):
            raise bad_value("data", path, expected_data_type="jsonobject")
        sent = _kept(standin, request, row)
        found = (str(row["id"]), None) if row.get("id") else records.matched(crm, known, sent, checked, path)
        if found is None:
            return done(crm, records.create(crm, known, sent, cause, path=path), "record added", action="insert")
        record = records.update(crm, known, found[0], sent, cause, path=path)
        return done(crm, record, "record updated", action="update", duplicate_field=found[1])

    return row_by_row(crm, done_of(standin, request, rows), write)


def _kept(standin: Z, request: Request, row: Any) -> Any:
    return kept_of(standin, request, row) if isinstance(row, dict) else row


def caused(standin: Z, request: Request, body: dict[str, Any]) -> Cause:
    """What the log names; workflows run unless the write says otherwise."""
    trigger = body.get("trigger")
    if trigger is not None and not isinstance(trigger, list):
        details = {"api_name": "trigger", "json_path": "$.trigger", "expected_data_type": "jsonarray"}
        raise Refusal("INVALID_DATA", "invalid data", 400, details)
    runs = standin.switches["omitted_trigger_runs"] if trigger is None else "workflow" in trigger
    return {**request.cause(), "workflows": bool(runs)}


@call("DELETE", "/{module}", "modules")
def delete(standin: Z, request: Request, module: str) -> Response:
    known, ids = standin.crm.module(module), _asked_ids(request)
    if ids is None:
        raise missing_parameter("ids")
    cause = {**request.cause(), "workflows": request.query.get("wf_trigger") != "false"}
    return row_by_row(standin.crm, ids, lambda at, key: _deleted(standin, known, key, cause))


@call("DELETE", "/{module}/{key}", "modules")
def delete_one(standin: Z, request: Request, module: str, key: str) -> Response:
    known = standin.crm.module(module)
    cause = {**request.cause(), "workflows": request.query.get("wf_trigger") != "false"}
    return row_by_row(standin.crm, [key], lambda at, one: _deleted(standin, known, one, cause))


def _deleted(standin: Z, module: Module, key: str, cause: Cause) -> Record:
    deletions.delete(standin.crm, module, key, cause)
    return {"code": "SUCCESS", "details": {"id": key}, "message": "record deleted", "status": "success"}


@call("GET", "/{module}/deleted", "modules")
def list_deleted(standin: Z, request: Request, module: str) -> Response:
    known, kind = standin.crm.module(module), request.query.get("type") or "all"
    if kind not in ("all", "recycle", "permanent"):
        raise bad_parameter("type")
    moment = lists.since(request)
    rows = deletions.listed(standin.crm, known, kind)
    if moment is not None:
        rows = [row for row in rows if datetime.fromisoformat(row["deleted_time"]) >= moment]
    size, number = lists.whole(request, "per_page", lists.MOST, most=lists.MOST), lists.whole(request, "page", 1)
    cut = rows[(number - 1) * size : number * size]
    if not cut:
        return Response(304) if moment is not None and number == 1 else empty()
    info = {"per_page": size, "count": len(cut), "page": number, "more_records": number * size < len(rows)}
    return json_response(200, {"data": [deletions.shown(standin.crm, row) for row in cut], "info": info})


@call("GET", "/{module}/actions/count", "modules", cost=50)
def count(standin: Z, request: Request, module: str) -> Response:
    return json_response(200, {"count": standin.store.count(standin.crm.module(module).api_name)})


@call("POST", "/{module}/{key}/Locking_Information__s", "modules", operation="UPDATE")
def lock(standin: Z, request: Request, module: str, key: str) -> Response:
    known, record = standin.crm.module(module), standin.crm.get(module, key)
    if record is None:
        raise Refusal("INVALID_DATA", "the id given seems to be invalid", 400, {"resource_path_index": 1})
    if record.get("$locked"):
        raise Refusal("RECORD_LOCKED", "record is locked", 400, {"id": key, "action": "lock"})
    kept = standin.crm.save(known, {**record, "$locked": standin.crm.new_id()}, request.cause(), bump=False)
    told = {**done(standin.crm, kept, "record added"), "details": {"id": kept["$locked"]}}
    return json_response(201, {"data": [told]})


@call("DELETE", "/{module}/{key}/Locking_Information__s/{lock_id}", "modules", operation="UPDATE")
def unlock(standin: Z, request: Request, module: str, key: str, lock_id: str) -> Response:
    known, record = standin.crm.module(module), standin.crm.get(module, key)
    if record is None or record.get("$locked") != lock_id:
        raise Refusal("INVALID_DATA", "the id given seems to be invalid", 400, {"resource_path_index": 3})
    standin.crm.save(known, {**record, "$locked": None}, request.cause(), bump=False)
    told = {"code": "SUCCESS", "details": {"id": lock_id}, "message": "record deleted", "status": "success"}
    return json_response(200, {"data": [told]})


@call("GET", "/{module}/{key}/Locking_Information__s", "modules")
def read_lock(standin: Z, request: Request, module: str, key: str) -> Response:
    lock_id = (standin.crm.get(module, key) or {}).get("$locked")
    if not lock_id:
        return empty()
    return json_response(200, {"data": [{"id": lock_id, "lock_source__s": "Manual"}]})
