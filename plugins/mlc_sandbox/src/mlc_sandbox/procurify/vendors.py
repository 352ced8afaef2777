"""Vendors: groups, filters, reading and writing. No DELETE, no change filter."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mlc_sandbox.procurify import lists
from mlc_sandbox.procurify.auth import detail
from mlc_sandbox.procurify.bills import body_of
from mlc_sandbox.procurify.values import Wire
from mlc_sandbox.toolkit.faults import Kind
from mlc_sandbox.toolkit.http import Refused, Request, Response, json_response
from mlc_sandbox.toolkit.routing import route
from mlc_sandbox.toolkit.views import kept_of
from mlc_sandbox.toolkit.wirejson import dumps

if TYPE_CHECKING:
    from mlc_sandbox.procurify.app import ProcurifyStandIn

_GROUPS: dict[str, frozenset[int] | None] = {
    "all": None,
    "default": frozenset({3, 4}),
    "preferred": frozenset({3}),
    "requestable": frozenset({3, 4, 7}),
    "purchasable": frozenset({2, 3, 4, 7}),
    "other": frozenset({1}),
    "credit_card_providers": frozenset({6}),
}
_WRITABLE_TYPES = frozenset({2, 3, 4, 6, 7})
LENGTHS = {
    "name": 150, "addressLineOne": 300, "addressLineTwo": 300, "postalCode": 20, "city": 50, "state_province": 40,
    "country": 80, "phoneOne": 20, "phoneTwo": 20, "fax": 20, "contact": 50, "url": 200, "external_id": 100,
    "comments": 5000,
}  # fmt: skip
_PLAIN = (*LENGTHS, "active", "type", "email", "currency", "tax", "is_1099_eligible", "default_payment_method")
_REFS = ("payment_term_ref", "shipping_term_ref", "payment_method_ref", "shipping_method_ref")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_SYNCED_NAME_LENGTH = 50


@route("GET", "/api/v3/vendors/")
def list_default_group(standin: ProcurifyStandIn, request: Request) -> Response:
    """The list without a group segment: every vendor."""
    return _list(standin, request, "all")


@route("GET", "/api/v3/vendors/{vendor}/")
def read_or_list(standin: ProcurifyStandIn, request: Request, vendor: str) -> Response:
    """One vendor when the segment is a number, the vendors of a group when it names one."""
    if not vendor.isdigit():
        return _list(standin, request, vendor) if vendor in _GROUPS else detail(404, "Not found.")
    found = _find(standin, request, vendor)
    shown = lists.seen(standin, request, "vendors", vendor)
    if shown is not found:
        return lists.single_object(200, dumps(shown))
    return lists.single_object(200, standin.vendor_bytes.get(vendor) or b"null")


def _list(standin: ProcurifyStandIn, request: Request, group: str) -> Response:
    kept = lists.filters(standin, request)
    types = _GROUPS[group]
    if types is not None:
        kept.tests.append(lambda vendor: vendor["active"] and vendor["type"] in types)
    elif not standin.switches["vendors_all_includes_inactive"]:
        kept.tests.append(lambda vendor: vendor["active"])
    name = kept.text("name")
    if name is not None and standin.switches["vendor_name_filter"] == "contains":
        kept.keep(lambda vendor: name.lower() in vendor["name"].lower())
    elif name is not None:
        kept.keep(lambda vendor: vendor["name"] == name)
    external_id = kept.text("external_id")
    if external_id is not None:
        kept.keep(lambda vendor: vendor["external_id"] == external_id)
    kept.choice("type", lambda vendor: vendor["type"])
    kept.choice("type__in", lambda vendor: vendor["type"])
    if kept.flag("exclude_other"):
        kept.keep(lambda vendor: vendor["type"] != 1)
    kept.search(lambda v: v["name"], lambda v: v["external_id"], lambda v: v["contact"])
    ids = standin.store.ids("vendors")
    if kept.tests:
        ids = [id for id in ids if kept.passes(standin.store.get("vendors", id) or {})]
    ids = lists.ordered(standin, request, ids, type="vendors", names=("id", "name", "dateModified"))
    ids = lists.visible(standin, request, "vendors", ids)
    return lists.answer_page(standin, request, ids, standin.vendor_bytes.get)


def _find(standin: ProcurifyStandIn, request: Request, id: str) -> Wire:
    vendor = standin.store.get("vendors", id)
    if vendor is None or lists.hidden(standin, request, id):
        raise Refused(detail(404, "Not found."))
    return vendor


def blank_vendor(standin: ProcurifyStandIn, id: int) -> Wire:
    """A vendor with nothing filled in."""
    vendor: Wire = dict.fromkeys((*LENGTHS, *_REFS, "currency", "tax", "default_payment_method"))
    vendor.update(
        id=id, active=True, type=3, email=[], comments="", url="", payment_methods=[], creditcards=[],
        is_1099_eligible=False, overall_score="0.00", is_auto_email_po_enabled=False, vendor_request=None,
        dateModified=standin.stamp(),
    )  # fmt: skip
    return vendor


@route("POST", "/api/v3/vendors/")
def create_vendor(standin: ProcurifyStandIn, request: Request) -> Response:
    """Create; needs ``name``, ``email`` and ``type``."""
    body = body_of(request)
    _check(standin, body, None, whole=True)
    vendor = blank_vendor(standin, standin.number("vendors"))
    _fill(standin, vendor, _normalised(standin, request, body))
    standin.store.put("vendors", vendor["id"], vendor, request.cause())
    return lists.single_object(201, standin.vendor_bytes.get(vendor["id"]) or b"null")


@route("PUT", "/api/v3/vendors/{vendor}/")
@route("PATCH", "/api/v3/vendors/{vendor}/")
def change_vendor(standin: ProcurifyStandIn, request: Request, vendor: str) -> Response:
    """Change; PUT needs the required fields again, PATCH nothing. What is left out stays."""
    if not vendor.isdigit():
        return detail(404, "Not found.")
    _find(standin, request, vendor)
    body = body_of(request)
    _check(standin, body, vendor, whole=request.method == "PUT")
    changed = standin.store.edit("vendors", vendor)
    _fill(standin, changed, _normalised(standin, request, body))
    standin.store.put("vendors", vendor, changed, request.cause())
    return lists.single_object(200, standin.vendor_bytes.get(vendor) or b"null")


def _normalised(standin: ProcurifyStandIn, request: Request, body: Wire) -> Wire:
    if not standin.faults.active(Kind.NORMALISE, request):
        return body
    changed = kept_of(standin, request, body)
    if isinstance(changed.get("name"), str):
        changed["name"] = " ".join(changed["name"].split())[:_SYNCED_NAME_LENGTH]
    if isinstance(changed.get("email"), list):
        changed["email"] = [one.strip().lower() for one in changed["email"]]
    return changed


def _fill(standin: ProcurifyStandIn, vendor: Wire, body: Wire) -> None:
    vendor.update({name: body[name] for name in _PLAIN if name in body})
    for name in _REFS:
        if name in body:
            vendor[name] = reference(standin, name, body[name])
    vendor["dateModified"] = standin.stamp()


def reference(standin: ProcurifyStandIn, kind: str, sent: Wire | None) -> Wire | None:
    """A term or method by its name, entered when it is new."""
    if sent is None:
        return None
    for known in standin.store.all(kind):
        if known["name"] == sent["name"]:
            return known
    made = {
        "id": standin.number(kind),
        "name": sent["name"],
        "description": sent.get("description"),
        "active": True,
    }
    return standin.store.put(kind, made["id"], made, {"kind": "reference"})


def _check(standin: ProcurifyStandIn, body: Wire, own_id: str | None, *, whole: bool) -> None:
    """Raise Refused with 400 and one list of complaints per field."""
    errors: dict[str, list[str]] = {}
    required = ["name", "email", "type"]
    if standin.switches["vendor_overall_score_required"]:
        required.append("overall_score")
    for name in required if whole else ():
        if name not in body:
            errors[name] = ["This field is required."]
    for name, most in LENGTHS.items():
        value = body.get(name)
        if value is not None and not isinstance(value, str):
            errors[name] = ["Not a valid string."]
        elif value is not None and len(value) > most:
            errors[name] = [f"Ensure this field has no more than {most} characters."]
    if "name" in body and not str(body["name"] or "").strip():
        errors["name"] = ["This field may not be blank."]
    if "type" in body and body["type"] not in _WRITABLE_TYPES:
        errors["type"] = [f'"{body["type"]}" is not a valid choice.']
    if "email" in body:
        errors |= _check_email(body["email"])
    if body.get("currency") is not None and standin.store.get("currencies", body["currency"]) is None:
        errors["currency"] = [f'Invalid pk "{body["currency"]}" - object does not exist.']
    for name in _REFS:
        sent = body.get(name)
        if sent is not None and (not isinstance(sent, dict) or not sent.get("name")):
            errors[name] = ["Invalid data. Expected a dictionary with a name."]
    for name in ("name", "external_id"):
        switch = "vendor_names_unique" if name == "name" else "vendor_external_id_unique"
        if standin.switches[switch] and body.get(name) and _taken(standin, name, body[name], own_id):
            errors[name] = [f"vendor with this {name} already exists."]
    if errors:
        raise Refused(json_response(400, errors))


def _check_email(value: Any) -> dict[str, list[str]]:
    if not isinstance(value, list):
        return {"email": ['Expected a list of items but got type "str".']}
    if not all(isinstance(one, str) and (one == "" or _EMAIL.fullmatch(one)) for one in value):
        return {"email": ["Enter a valid email address."]}
    return {}


def _taken(standin: ProcurifyStandIn, name: str, value: str, own_id: str | None) -> bool:
    return any(v[name] == value and str(v["id"]) != own_id for v in standin.store.all("vendors"))
