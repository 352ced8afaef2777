"""The control calls under ``/_sandbox/``: never counted, never faulted, never on a vendor's path."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from mlc_sandbox.toolkit.clock import wire_time
from mlc_sandbox.toolkit.faults import Fault
from mlc_sandbox.toolkit.http import Request, Response, json_response
from mlc_sandbox.toolkit.standin import StandIn, UnknownChange

PREFIX = "/_sandbox/"


class BadControl(Exception):
    """A control call that makes no sense; answered with 400 and the sentence."""


def answer(standin: StandIn, request: Request) -> Response:
    """Answer a control call."""
    head, _, rest = request.path[len(PREFIX) :].strip("/").partition("/")
    calls = {
        "calls": _calls,
        "objects": _objects,
        "log": _log,
        "faults": _faults,
        "clock": _clock,
        "switches": _switches,
        "limits": _limits,
        "callbacks": _callbacks,
        "crashes": _crashes,
    }
    if head not in calls:
        return json_response(404, {"error": f"no control call {head!r}; there are {', '.join(calls)}"})
    try:
        return calls[head](standin, request, rest)
    except KeyError as error:
        return json_response(400, {"error": f"missing or unknown: {error}"})
    except (BadControl, UnknownChange, ValueError) as error:
        return json_response(400, {"error": str(error)})


def _body(request: Request) -> dict[str, Any]:
    body = request.json() if request.body else {}
    if not isinstance(body, dict):
        raise BadControl("the body must be a JSON object")
    return body


def _calls(standin: StandIn, request: Request, rest: str) -> Response:
    if request.method == "DELETE":
        standin.calls.reset()
    return json_response(200, standin.calls.as_json())


def _objects(standin: StandIn, request: Request, rest: str) -> Response:
    type, _, id = rest.partition("/")
    if request.method == "POST":
        change = _body(request)
        if id:
            change["id"] = id
        return json_response(200, standin.ui_change(type, change))
    if not type:
        return json_response(200, {name: standin.store.count(name) for name in standin.store.types()})
    if id:
        obj = standin.store.get(type, id)
        return json_response(404 if obj is None else 200, obj)
    return json_response(200, standin.store.all(type))


def _log(standin: StandIn, request: Request, rest: str) -> Response:
    since = int(request.query.get("since", "0") or "0")
    entries = standin.log.entries(since=since, type=request.query.get("type"))
    kind = request.query.get("cause")
    return json_response(200, [e.as_json() for e in entries if kind is None or e.cause.get("kind") == kind])


def _faults(standin: StandIn, request: Request, rest: str) -> Response:
    if request.method == "DELETE":
        standin.faults.clear()
    elif request.method == "POST":
        asked = request.json()
        for data in asked if isinstance(asked, list) else [asked]:
            standin.faults.add(Fault.from_json(data))
    return json_response(200, [fault.as_json() for fault in standin.faults.all()])


def _clock(standin: StandIn, request: Request, rest: str) -> Response:
    if request.method == "POST":
        body = _body(request)
        unknown = sorted(set(body) - {"advance_s", "set", "freeze"})
        if unknown:
            raise BadControl(f"the clock takes advance_s, set, freeze; not {', '.join(unknown)}")
        if "set" in body:
            moment = datetime.fromisoformat(body["set"])
            if moment.tzinfo is None:
                raise BadControl("set needs a time with a zone")
            standin.clock.set(moment)
        if "advance_s" in body:
            standin.clock.advance(float(body["advance_s"]))
        if "freeze" in body:
            standin.clock.freeze() if body["freeze"] else standin.clock.unfreeze()
    standin.carry_out_late()
    return json_response(200, {"now": wire_time(standin.clock.now()), "frozen": standin.clock.frozen})


def _switches(standin: StandIn, request: Request, rest: str) -> Response:
    if request.method == "POST":
        body = _body(request)
        unknown = sorted(set(body) - set(standin.SWITCHES))
        if unknown:
            raise BadControl(f"no switch {', '.join(unknown)}; there are {', '.join(sorted(standin.SWITCHES))}")
        standin.switches.update(body)
        standin.switches_changed()
    elif request.method == "DELETE":
        standin.switches.update(standin.SWITCHES)
        standin.switches_changed()
    return json_response(200, standin.switches)


def _limits(standin: StandIn, request: Request, rest: str) -> Response:
    if request.method == "POST":
        body = _body(request)
        unknown = sorted(set(body) - set(standin.limits) - {"enabled"})
        if unknown:
            raise BadControl(f"no limit {', '.join(unknown)}; there are {', '.join(sorted(standin.limits))}")
        if "enabled" in body:
            standin.limits_enabled = bool(body.pop("enabled"))
        standin.limits.update(body)
        standin.limits_changed()
    return json_response(200, {"enabled": standin.limits_enabled, **standin.limits})


def _callbacks(standin: StandIn, request: Request, rest: str) -> Response:
    if request.method == "POST":
        body = _body(request)
        wrong = sorted(
            root for pair in body.items() for root in pair if not str(root).startswith(("http://", "https://"))
        )
        if wrong:
            raise BadControl(f"callbacks maps a root URL to a root URL; not {', '.join(wrong)}")
        standin.callbacks.update({str(public): str(local) for public, local in body.items()})
    elif request.method == "DELETE":
        standin.callbacks.clear()
    return json_response(200, standin.callbacks)


def _crashes(standin: StandIn, request: Request, rest: str) -> Response:
    return json_response(200, standin.crashes)
