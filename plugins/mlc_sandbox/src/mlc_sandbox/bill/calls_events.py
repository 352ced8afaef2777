"""Calls under ``/connect-events``: subscriptions, their keys, the history of events."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from mlc_sandbox.bill.admission import EVENTS
from mlc_sandbox.bill.forms import Form, form_of
from mlc_sandbox.bill.lists import Listing, page_of
from mlc_sandbox.bill.refusals import refused
from mlc_sandbox.bill.subscriptions import AP_EVENTS, FAMILIES, MOST_SUBSCRIPTIONS, SPEND_EVENTS, Secrets
from mlc_sandbox.bill.wire import Record, instant_of, make_uuid, shown
from mlc_sandbox.toolkit.http import Request, Response, json_response
from mlc_sandbox.toolkit.routing import route

if TYPE_CHECKING:
    from mlc_sandbox.bill.app import BillStandIn as B

BASE: Final = f"{EVENTS}/subscriptions"
HISTORY: Final = f"{EVENTS}/events/subscription"
_UUID4: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.IGNORECASE)
_HISTORY: Final = Listing("events", {}, frozenset({"createdTime"}))


def _catalog(standin: B) -> tuple[str, ...]:
    return SPEND_EVENTS if standin.caller.spend else AP_EVENTS


@route("GET", f"{EVENTS}/events/catalog")
def catalog(standin: B, request: Request) -> Response:
    return json_response(200, [{"type": name, "versions": ["1"]} for name in _catalog(standin)])


def _mine(standin: B) -> list[Record]:
    family = standin.caller.spend
    return [row for row in standin.registers.all("subscriptions", standin.org) if row["_spend"] == family]


def _required(standin: B, id: str) -> Record:
    found = next((row for row in _mine(standin) if row["id"] == id), None)
    if found is None:
        raise standin.registers.missing()
    return found


def _told(row: Record, **more: Any) -> Record:
    return {**shown(row), "organizationId": row["organizationId"], **more}


@route("GET", BASE)
def list_subscriptions(standin: B, request: Request) -> Response:
    return json_response(200, {"results": [_told(row) for row in _mine(standin)]})


def _key(request: Request) -> str:
    key = request.headers.get("x-idempotent-key", "")
    if not _UUID4.fullmatch(key):
        raise refused(400, "BDC_1108", "X-Idempotent-Key must be a UUID of version 4.")
    return key


def _events(standin: B, form: Form, *, required: bool = True) -> list[Record]:
    rows = form.rows("events", required=required) or []
    found = []
    for row in rows:
        name, version = row.text("type", required=True), row.text("version", required=True)
        if name is not None and name not in _catalog(standin):
            row.wrong("type", "is not an event of the catalog")
        if version is not None and version != "1":
            row.wrong("version", 'must be "1"')
        found.append({"type": name, "version": version})
    return found


def _url(form: Form, *, required: bool) -> str | None:
    url = form.text("notificationUrl", required=required)
    if url is not None and not url.startswith("https://"):
        form.wrong("notificationUrl", "must be an https URL")
    return url


def _status(form: Form, *, required: bool) -> Record | None:
    part = form.part("status", required=required)
    return None if part is None else {"enabled": part.flag("enabled") is True}


def _check_twin(standin: B, events: list[Record], url: str, id: str = "") -> None:
    names = {one["type"] for one in events}
    for other in _mine(standin):
        same = {one["type"] for one in other["events"]} == names and other["notificationUrl"] == url
        if same and other["id"] != id:
            code = standin.switches["subscription_cap_code"]
            raise refused(400, code, "A subscription with the same events and URL exists.")


@route("POST", BASE)
def create_subscription(standin: B, request: Request) -> Response:
    def work() -> Response:
        form = form_of(standin, request)
        name = form.text("name", required=True)
        status = _status(form, required=True)
        events, url = _events(standin, form), _url(form, required=True) or ""
        form.done()
        if len(standin.registers.all("subscriptions", standin.org)) >= MOST_SUBSCRIPTIONS:
            code = standin.switches["subscription_cap_code"]
            raise refused(400, code, f"Max number of subscriptions per organization reached: {MOST_SUBSCRIPTIONS}.")
        _check_twin(standin, events, url)
        id = make_uuid("subscription", standin.registers.numbers.next("subscriptions"))
        record = {"id": id, "name": name, "status": status, "events": events, "notificationUrl": url}
        made = standin.registers.create(
            "subscriptions", standin.org, {**record, "_spend": standin.caller.spend}, request.cause()
        )
        standin.events.secrets[id] = Secrets(standin.logins.secret("sk_"))
        return json_response(200, _told(made, securityKey=standin.events.secrets[id].key))

    return standin.replays.once(request, _key(request), work)


@route("GET", f"{BASE}/{{id}}")
def read_subscription(standin: B, request: Request, id: str) -> Response:
    return json_response(200, _told(_required(standin, id)))


@route("PUT", f"{BASE}/{{id}}")
def replace_subscription(standin: B, request: Request, id: str) -> Response:
    before = _required(standin, id)
    form = form_of(standin, request)
    events = _events(standin, form)
    form.done(also=("name", "status", "notificationUrl"))
    _check_twin(standin, events, before["notificationUrl"], id)
    made = standin.registers.change("subscriptions", before, {"events": events}, request.cause())
    return json_response(200, _told(made))


@route("PATCH", f"{BASE}/{{id}}")
def update_subscription(standin: B, request: Request, id: str) -> Response:
    before = _required(standin, id)
    form = form_of(standin, request)
    sent = {
        "name": form.text("name"),
        "status": _status(form, required=False),
        "notificationUrl": _url(form, required=False),
    }
    form.done(also=("events",))
    told: Record = {name: value for name, value in sent.items() if value is not None}
    if "notificationUrl" in told:
        _check_twin(standin, before["events"], str(told["notificationUrl"]), id)
    if (told.get("status") or {}).get("enabled"):
        standin.events.secrets[id].gaveup = 0
    made = standin.registers.change("subscriptions", before, told, request.cause())
    return json_response(200, _told(made))


@route("DELETE", f"{BASE}/{{id}}")
def delete_subscription(standin: B, request: Request, id: str) -> Response:
    row = _required(standin, id)
    standin.store.remove("subscriptions", id, request.cause())
    standin.events.secrets.pop(id, None)
    return json_response(200, _told(row))


@route("POST", f"{BASE}/{{id}}/security_key")
@route("POST", f"{BASE}/{{id}}/security-key")
def rotate_key(standin: B, request: Request, id: str) -> Response:
    row = _required(standin, id)

    def work() -> Response:
        kept = standin.events.secrets[row["id"]]
        kept.key = standin.logins.secret("sk_")
        return json_response(200, {"securityKey": kept.key})

    return standin.replays.once(request, _key(request), work)


@route("POST", f"{BASE}/{{id}}/test")
def send_test(standin: B, request: Request, id: str) -> Response:
    """A made-up record of the kind asked for; in the answer the payload is a text."""
    row = _required(standin, id)
    form = form_of(standin, request)
    name = form.text("eventType") or row["events"][0]["type"]
    form.text("version")
    kind = next((kind for kind, (family, _) in FAMILIES.items() if name.startswith(family)), "bills")
    sample = {"id": "00n01TESTBILLAAAAAA1", "invoice": {"invoiceNumber": "TEST", "invoiceDate": "2026-01-31"},
              "billPayments": [], "vendorId": "00901TESTVENDORAAAA1", "singleStatus": "SCHEDULED",
              "archived": False}  # fmt: skip
    given = form.sent.get(FAMILIES[kind][1])
    after = {**sample, **(given if isinstance(given, dict) else {}), "organizationId": standin.org}
    event = standin.events.fire(name, kind, None, after, only=row)[0]
    return json_response(200, _event(event))


def _event(event: Record) -> Record:
    told: Record = shown(event)
    return told


@route("GET", f"{HISTORY}/{{id}}")
def list_events(standin: B, request: Request, id: str) -> Response:
    rows = standin.events.history(_required(standin, id))
    entity = request.query.get("entityId")
    low, high = request.query.get("createdTimeFrom"), request.query.get("createdTimeTo")
    try:
        low, high = (instant_of(low) if low else None), (instant_of(high) if high else None)
    except ValueError:
        raise refused(400, "BDC_1129", "Invalid time.") from None
    rows = [row for row in rows if entity in (None, row["entityId"])]
    rows = [row for row in rows if (low or "") <= row["createdTime"] <= (high or "~")]
    return page_of(standin, request, _HISTORY, [row["id"] for row in rows], _event)


@route("POST", f"{HISTORY}/{{id}}/event/{{event_id}}")
def resend(standin: B, request: Request, id: str, event_id: str) -> Response:
    row = _required(standin, id)
    event = standin.registers.get("events", standin.org, event_id)
    if event is None or event["subscriptionId"] != id:
        raise standin.registers.missing()
    standin.events.deliver(row, event)
    return json_response(200, _event(event))
