"""The order screens: create, revise, receive, close, reopen, cancel, mark as paid."""

from __future__ import annotations

import uuid as uuids
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from mlc_sandbox.procurify import build
from mlc_sandbox.procurify.masterdata import account_for
from mlc_sandbox.procurify.orders import reprice, set_state, settle_order, touch_order
from mlc_sandbox.procurify.receipts import receive
from mlc_sandbox.procurify.totals import total_order
from mlc_sandbox.procurify.values import Wire, double, fixed
from mlc_sandbox.toolkit.standin import UnknownChange

if TYPE_CHECKING:
    from mlc_sandbox.procurify.app import ProcurifyStandIn

__all__ = ["change", "touch_order"]
UI = {"kind": "ui"}
PURCHASED, CANCELLED, CLOSED, PAID, REOPENED = 0, 1, 3, 4, 5
_OPEN = frozenset({PURCHASED, REOPENED})
_STATES: dict[str, tuple[frozenset[int], int]] = {
    "cancel": (_OPEN, CANCELLED),
    "close": (_OPEN, CLOSED),
    "reopen": (frozenset({CLOSED}), REOPENED),
    "paid": (_OPEN | {CLOSED}, PAID),
}
_HEADER = frozenset({"PO_Num", "comment", "promise_date", "expiry_date", "payment_terms", "shipping_terms"})
_MONEY = frozenset({"freight", "other"})
_MODIFIERS = frozenset({"tax", "discount"})


def change(standin: ProcurifyStandIn, action: str, asked: Wire) -> Wire:
    """Press one button of the order screens; ``id`` is ``procurify_PO``."""
    if action == "create":
        return _create(standin, asked)
    id = str(asked.pop("id"))
    order = standin.store.get("purchase_orders", id)
    if order is None:
        raise UnknownChange(f"no purchase order {id}")
    if action in _STATES:
        start, end = _STATES[action]
        if order["state"] not in start:
            raise UnknownChange(f"{action} is not offered for a purchase order with state {order['state']}")
        return set_state(standin, id, end, UI, op=action)
    if action == "receive":
        return _receive(standin, id, asked)
    if action in ("edit", "revise", "touch"):
        if order["state"] not in _OPEN and action != "touch":
            raise UnknownChange("a closed or cancelled purchase order cannot be revised")
        edited = standin.store.edit("purchase_orders", id)
        _apply(standin, edited, asked)
        settle_order(standin, edited)
        return standin.store.put("purchase_orders", id, edited, UI, op="revise" if asked else None)
    raise UnknownChange(f"no button {action} on a purchase order")


def _create(standin: ProcurifyStandIn, asked: Wire) -> Wire:
    vendor = standin.store.get("vendors", asked.pop("vendor", None))
    if vendor is None:
        raise UnknownChange("a purchase order needs the id of a vendor")
    wanted = asked.pop("currency", vendor["currency"])
    currencies = [c for c in standin.store.all("currencies") if wanted in (None, c["id"], c["name"])]
    id = standin.number("purchase_orders")
    uuid = uuids.uuid5(uuids.NAMESPACE_OID, f"{standin.tenant}/po/{id}").hex
    at = standin.stamp()
    order = build.order(standin, id, uuid, vendor=vendor, currency=currencies[0], date=at, at=at)
    _apply(standin, order, asked)
    total_order(standin, order)
    for line in order["order_items"]:
        line["last_modified"] = at
    return standin.store.put("purchase_orders", id, order, UI)


def _apply(standin: ProcurifyStandIn, order: Wire, asked: Wire) -> None:
    for name, value in asked.items():
        if name == "order_items":
            order["order_items"] = [_line(standin, order, n, spec) for n, spec in enumerate(value, start=1)]
        elif name in _HEADER:
            order[name] = value
        elif name in _MONEY:
            order[name] = fixed(str(value), 6)
        elif name in _MODIFIERS:
            order[name] = {"value": double(str(value["value"])), "type": value["type"]}
        else:
            raise UnknownChange(f"a purchase order has no {name} to edit")


def _line(standin: ProcurifyStandIn, order: Wire, position: int, spec: Wire) -> Wire:
    """A line from what a user typed; with the ``id`` of a line the order has, that line changed."""
    known = {line["id"]: line for line in order["order_items"]}
    made = known.get(spec.get("id"))
    if made is None:
        quantity, price = Decimal(str(spec.get("quantity", 1))), Decimal(str(spec.get("price", 0)))
        parts = [(_account(standin, spec), quantity * price)]
        id = standin.number("order_items")
        made = build.order_line(id, position, "Item", quantity=quantity, price=price, allocations=parts)
    else:
        reprice(made, spec)
        made["PO_line_num"] = position
    for field in ("name", "sku", "unit", "po_note"):
        made[field] = spec.get(field, made[field])
    for field in ("tax_amount", "shipping_amount"):
        if field in spec:
            made[field] = fixed(str(spec[field]), 8)
    return made | order_links(standin, order)


def order_links(standin: ProcurifyStandIn, order: Wire) -> Wire:
    """What every order line repeats of its order."""
    return {
        "purchase_order": order["procurify_PO"],
        "purchase_order_number": order["number"],
        "purchase_order_uuid": order["uuid"],
        "purchased_currency_rate": order["purchased_currency_rate"],
        "currency": order["purchased_currency"],
        "vendor": order["vendor_name"],
        "last_modified": order["last_modified"],
    }


def _account(standin: ProcurifyStandIn, spec: Wire) -> Wire:
    codes = [c for c in standin.store.all("account_codes") if spec.get("account_code") in (c["code"], c["id"])]
    wanted = spec.get("department")
    departments = [d for d in standin.store.all("departments") if wanted in (None, d["id"], d["name"])]
    if not codes or not departments:
        raise UnknownChange(f"no account {spec.get('account_code')} in department {wanted}")
    return account_for(standin, codes[0]["id"], departments[0]["id"], UI)


def _receive(standin: ProcurifyStandIn, id: str, asked: Wire) -> Wire:
    """Receive ``items`` [{id, pass_quantity, fail_quantity}]; without them, all that is still open."""
    order: Any = standin.store.get("purchase_orders", id)
    items = asked.get("items")
    if items is None:
        items = [
            {"id": line["id"], "pass_quantity": Decimal(line["quantity"]) - Decimal(line["receivedPassQty"])}
            for line in order["order_items"]
        ]
    for item in items:
        passed = Decimal(str(item.get("pass_quantity", 0)))
        failed = Decimal(str(item.get("fail_quantity", 0)))
        if passed or failed:
            receive(standin, id, int(item["id"]), passed=passed, failed=failed, cause=UI)
    return standin.store.get("purchase_orders", id) or {}
