"""Purchase orders: list and detail (v2), replacement, close and reopen (v3). There is no way to create one."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from mlc_sandbox.procurify import forms, lists
from mlc_sandbox.procurify.auth import detail
from mlc_sandbox.procurify.bills import body_of
from mlc_sandbox.procurify.totals import spread, total_order
from mlc_sandbox.procurify.values import Wire, double, fixed, hex_id
from mlc_sandbox.toolkit.http import Refused, Request, Response, json_response
from mlc_sandbox.toolkit.routing import route
from mlc_sandbox.toolkit.wirejson import dumps

if TYPE_CHECKING:
    from mlc_sandbox.procurify.app import ProcurifyStandIn

PURCHASED, CANCELLED, CLOSED, REOPENED = 0, 1, 3, 5
_ROLES = ("purchased", "receivable")
_STATUSES = ("all", forms.OPEN, forms.PARTIAL, forms.CLOSED, forms.CANCELLED, forms.PAID)
_SORTABLE = ["procurify_PO", "number", "date", "last_modified", "promise_date", "total"]
_HEADER_FIELDS = [
    "PO_Num",
    "comment",
    "promise_date",
    "freight",
    "other",
    "discount",
    "tax",
    "disclaimer_description",
    "disclaimer_text",
    "expiry_date",
    "buyer_name",
    "buyer_contact",
    "buyer_addressLineOne",
    "buyer_postalCode",
    "buyer_city",
    "buyer_state_province",
    "buyer_country",
    "receiver_name",
    "receiver_contact",
    "receiver_addressLineOne",
    "receiver_postalCode",
    "receiver_city",
    "receiver_state_province",
    "receiver_country",
]
_LINE_FIELDS = ("name", "sku", "unit", "po_note", "tax_amount", "shipping_amount")
_LINE_REQUIRED = ("id", "name", "unit", "quantity", "price", "custom_fields")


@route("GET", "/api/v2/purchase_orders/{role}/{status}/")
def list_orders(standin: ProcurifyStandIn, request: Request, role: str, status: str) -> Response:
    """The list. Role and status are path segments; ``modified_date_0/1`` and ``date_0/1`` are UTC days."""
    if role not in _ROLES or status not in _STATUSES:
        return detail(404, "Not found.")
    kept = lists.filters(standin, request)
    low, high = kept.days("modified_date")
    if status != "all":
        kept.tests.append(lambda order: forms.order_status(order) == status)
    if role == "receivable":
        kept.tests.append(_receivable)
    for name in ("date", "promise_date", "expiry_date"):
        kept.day_range(name, lambda order, name=name: order[name])  # type: ignore[misc]
    kept.choice("pref_vendor", lambda order: order["pref_vendor"]["id"])
    kept.choice("purchase_order", lambda order: order["procurify_PO"])
    kept.choice("purchaser", lambda order: order["purchaser"]["id"])
    kept.choice("currency", lambda order: order["purchased_currency"]["id"])
    codes = frozenset(kept.texts("account_code"))
    if codes:
        kept.keep(lambda o: any(str(i["account"]["account_code"]["id"]) in codes for i in o["order_items"]))
    kept.truth("has_blanket_order_items", lambda order: order["has_blanket_order_items"])
    for end, beyond in (("total_0", 1), ("total_1", -1)):
        bound = kept.text(end)
        if bound is not None:
            kept.keep(_total_test(bound, beyond))
    ids = standin.orders_by_modified.ids(low=low, high=high)
    if kept.tests:
        ids = [id for id in ids if kept.passes(standin.store.get("purchase_orders", id) or {})]
    ids = lists.ordered(standin, request, ids, type="purchase_orders", names=_SORTABLE, default="-procurify_PO")
    ids = lists.visible(standin, request, "purchase_orders", ids)
    return lists.answer_page(
        standin, request, ids, standin.order_rows.get, extra={"counts": _counts(standin, len(ids))}
    )


def _receivable(order: Wire) -> bool:
    return order["state"] in (PURCHASED, REOPENED) and order["fulfilment_status"] != "full"


def _total_test(bound: str, beyond: int) -> Any:
    try:
        limit = Decimal(bound)
    except InvalidOperation as error:
        raise Refused(json_response(400, {"total": ["Enter a number."]})) from error
    return lambda order: (Decimal(order["total"]) - limit) * beyond >= 0


def _counts(standin: ProcurifyStandIn, found: int) -> Wire:
    names = (forms.OPEN, forms.PARTIAL, forms.CLOSED, forms.CANCELLED)
    each = {name: standin.orders_by_status.count(name) for name in names}
    both = {"all": standin.store.count("purchase_orders"), **each, "page": found}
    return {"purchased": both, "receivable": both}


def find_order(standin: ProcurifyStandIn, request: Request, id: str) -> Wire:
    """An order by its integer ``procurify_PO`` or its uuid. Raises Refused with 404."""
    key = id if id.isdigit() and len(id) < 32 else next(iter(standin.orders_by_uuid.ids(hex_id(id))), "")
    order = standin.store.get("purchase_orders", key)
    if order is None or lists.hidden(standin, request, key):
        raise Refused(detail(404, "Not found."))
    return order


@route("GET", "/api/v2/purchase_orders/{id}/")
def read_order(standin: ProcurifyStandIn, request: Request, id: str) -> Response:
    """The detail form with its items."""
    order = find_order(standin, request, id)
    body = standin.order_bytes.get(order["procurify_PO"]) or b"null"
    shown = lists.seen(standin, request, "purchase_orders", order["procurify_PO"])
    if shown is not order:
        body = dumps(forms.order_form(standin, shown))
    return lists.single_object(200, body, metadata=b'{"can_edit":true,"can_delete":false}')


@route("PUT", "/api/v3/purchase-orders/{procurify_PO}/")
def replace_order(standin: ProcurifyStandIn, request: Request, procurify_PO: str) -> Response:
    """Full replacement with every item; an item left out is dropped. A stale ``version`` is refused."""
    id = find_order(standin, request, procurify_PO)["procurify_PO"]
    body = body_of(request)
    order = standin.store.edit("purchase_orders", id)
    errors = _missing(body)
    if errors:
        return json_response(400, errors)
    if body["version"] != order["version"]:
        text = "This purchase order was changed by someone else."
        return json_response(int(standin.switches["stale_version_status"]), {"version": [text]})
    if order["state"] not in (PURCHASED, REOPENED):
        return json_response(400, {"non_field_errors": ["Only an open purchase order can be edited."]})
    replace_items(standin, order, body["order_items"])
    order.update({name: body[name] for name in _HEADER_FIELDS if name in body})
    settle_order(standin, order)
    standin.store.put("purchase_orders", id, order, request.cause())
    return lists.single_object(200, standin.order_bytes.get(id) or b"null")


def _missing(body: Wire) -> dict[str, Any]:
    required = "This field is required."
    errors: dict[str, Any] = {name: [required] for name in ("version", "order_items") if name not in body}
    items = body.get("order_items") or []
    gaps = [
        {name: [required] for name in _LINE_REQUIRED if not isinstance(item, dict) or name not in item}
        for item in items
    ]
    if any(gaps):
        errors["order_items"] = gaps
    elif "order_items" in body and not items:
        errors["order_items"] = ["This list may not be empty."]
    number = body.get("PO_Num")
    if number is not None and len(str(number)) > 30:
        errors["PO_Num"] = ["Ensure this field has no more than 30 characters."]
    return errors


def replace_items(standin: ProcurifyStandIn, order: Wire, items: list[Wire]) -> None:
    """Put new values into an order's items; raises Refused for an item that is not the order's."""
    known = {line["id"]: line for line in order["order_items"]}
    replaced = []
    for item in items:
        line = known.get(item["id"])
        if line is None:
            raise Refused(json_response(400, {"order_items": [f'Invalid pk "{item["id"]}".']}))
        try:
            reprice(line, item)
        except InvalidOperation as error:
            raise Refused(json_response(400, {"order_items": ["A valid number is required."]})) from error
        line.update({name: item[name] for name in _LINE_FIELDS if name in item})
        replaced.append(line)
    order["order_items"] = replaced


def reprice(line: Wire, item: Wire) -> None:
    """Give a line a new quantity or price, and its allocations their shares of it."""
    quantity = Decimal(str(item.get("quantity", line["quantity"])))
    price = Decimal(str(item.get("price", line["price"])))
    line["quantity"], line["price"] = double(quantity), fixed(price, 8)
    shares = spread(quantity * price, [Decimal(part["amount"]) for part in line["spend_allocation"]])
    for part, share in zip(line["spend_allocation"], shares, strict=True):
        part["amount"] = fixed(share, 8)


def settle_order(standin: ProcurifyStandIn, order: Wire) -> None:
    """Totals, version and time of change after an edit."""
    total_order(standin, order)
    touch_order(standin, order)


def touch_order(standin: ProcurifyStandIn, order: Wire, *, lines: bool = True) -> None:
    """Count the version up and move the time of change, of the lines too."""
    order["version"] += 1
    order["most_recent_version"] = order["version"]
    order["last_modified"] = standin.stamp()
    for line in order["order_items"] if lines else ():
        line["last_modified"] = order["last_modified"]
        line["po_version"] = order["version"]


def set_state(standin: ProcurifyStandIn, id: Any, state: int, cause: Wire, *, op: str | None = None) -> Wire:
    """Move an order to a state; returns it as it is then."""
    order = standin.store.edit("purchase_orders", id)
    order["state"] = state
    touch_order(standin, order)
    order["closed_date"] = order["last_modified"] if state == CLOSED else None
    order["active"] = state != CANCELLED
    return standin.store.put("purchase_orders", id, order, cause, op=op)


@route("POST", "/api/v3/purchase-orders/{procurify_PO}/close/")
def close_order(standin: ProcurifyStandIn, request: Request, procurify_PO: str) -> Response:
    """Close an open order; replies with its list form."""
    order = find_order(standin, request, procurify_PO)
    if order["state"] not in (PURCHASED, REOPENED):
        return json_response(400, {"non_field_errors": ["Only an open purchase order can be closed."]})
    set_state(standin, order["procurify_PO"], CLOSED, request.cause(), op="close")
    return lists.single_object(200, standin.order_rows.get(order["procurify_PO"]) or b"null")


@route("POST", "/api/v3/purchase-orders/{procurify_PO}/reopen/")
def reopen_order(standin: ProcurifyStandIn, request: Request, procurify_PO: str) -> Response:
    """Reopen a closed order; no body."""
    order = find_order(standin, request, procurify_PO)
    if order["state"] != CLOSED:
        return json_response(400, {"non_field_errors": ["Only a closed purchase order can be reopened."]})
    set_state(standin, order["procurify_PO"], REOPENED, request.cause(), op="reopen")
    return Response(200, b"")


@route("PUT", "/api/v2/purchase_order/revise/{procurify_PO}/")
def revise_order(standin: ProcurifyStandIn, request: Request, procurify_PO: str) -> Response:
    """The deprecated way to replace an order: gone, unless the switch says that it lives."""
    if standin.switches["revise_endpoint"] != "live":
        return detail(int(standin.switches["revise_endpoint"]), "Not found.")
    return replace_order(standin, request, procurify_PO)
