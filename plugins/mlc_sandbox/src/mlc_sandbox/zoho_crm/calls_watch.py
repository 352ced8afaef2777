"""``/actions/watch``: enable, replace, change, list and disable channels."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from mlc_sandbox.toolkit.http import Request, Response, json_response
from mlc_sandbox.zoho.datacentres import DATA_CENTRES
from mlc_sandbox.zoho_crm import channels, lists
from mlc_sandbox.zoho_crm.calls import BASE, body_of, call, empty, row_by_row, rows_of
from mlc_sandbox.zoho_crm.crm import Cause, Crm, Record
from mlc_sandbox.zoho_crm.refusals import missing_parameter

if TYPE_CHECKING:
    from mlc_sandbox.zoho_crm.app import ZohoCrmStandIn as Z

MOST: Final = 50
ENABLED: Final = "Successfully subscribed for actions-watch of the given module"
UPDATED: Final = "Successfully updated the subscribe details"
REMOVED: Final = "Successfully removed the subscribe details"
DISABLED: Final = "Successfully un-subscribed from actions-watch"
Write = Callable[[Crm, Any, Cause, str], Record]


@call("POST", "/actions/watch", "notifications")
def enable(standin: Z, request: Request) -> Response:
    return _each(standin, request, channels.enable, ENABLED, 201)


@call("PUT", "/actions/watch", "notifications")
def replace(standin: Z, request: Request) -> Response:
    return _each(standin, request, channels.replace, UPDATED, 200)


@call("PATCH", "/actions/watch", "notifications")
def change(standin: Z, request: Request) -> Response:
    return _each(standin, request, channels.change, UPDATED, 200)


def _each(standin: Z, request: Request, write: Write, message: str, good: int) -> Response:
    rows = rows_of(body_of(request), "watch", most=MOST)

    def one(at: int, row: Any) -> Record:
        channel = write(standin.crm, row, request.cause(), f"$.watch[{at}]")
        said = REMOVED if isinstance(row, dict) and row.get("_delete_events") else message
        details = {"events": [_event(standin, channel, event) for event in channel["events"]]}
        return {"code": "SUCCESS", "details": details, "message": said, "status": "success"}

    failed = standin.switches["watch_failed_status"]
    return row_by_row(standin.crm, rows, one, key="watch", good=good, failed=failed)


def _event(standin: Z, channel: Record, event: str) -> Record:
    module = standin.crm.modules[event.partition(".")[0]]
    host = DATA_CENTRES[standin.switches["data_centre"]].api
    return {
        "channel_expiry": channel["channel_expiry"],
        "resource_uri": f"{host}{BASE}/{module.api_name}",
        "resource_id": module.id,
        "resource_name": module.api_name,
        "channel_id": channel["channel_id"],
    }


@call("GET", "/actions/watch", "notifications")
def read(standin: Z, request: Request) -> Response:
    """Channels that have not lapsed, of a module or with an id where asked."""
    asked, module = request.query.get("channel_id"), request.query.get("module")
    found = [
        channel
        for channel in channels.all_live(standin.crm)
        if asked in (None, channel["channel_id"])
        and (module is None or any(event.startswith(f"{module}.") for event in channel["events"]))
    ]
    size, number = lists.whole(request, "per_page", lists.MOST, most=lists.MOST), lists.whole(request, "page", 1)
    cut = found[(number - 1) * size : number * size]
    if not cut:
        return empty()
    info = {"per_page": size, "count": len(cut), "page": number, "more_records": number * size < len(found)}
    return json_response(200, {"watch": [channels.shown(one) for one in cut], "info": info})


@call("DELETE", "/actions/watch", "notifications")
def disable(standin: Z, request: Request) -> Response:
    told = request.query.get("channel_ids")
    if not told:
        raise missing_parameter("channel_ids")
    host = DATA_CENTRES[standin.switches["data_centre"]].api

    def one(at: int, channel_id: str) -> Record:
        channels.disable(standin.crm, channel_id, request.cause())
        details = {"resource_uri": f"{host}{BASE}/actions/watch", "channel_id": channel_id}
        return {"code": "SUCCESS", "details": details, "message": DISABLED, "status": "success"}

    ids = [one.strip() for one in told.split(",") if one.strip()]
    return row_by_row(standin.crm, ids, one, key="watch", failed=standin.switches["watch_failed_status"])
