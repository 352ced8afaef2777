"""Goods received: the list with its paging at the top level, and the write."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from mlc_sandbox.procurify import lists
from mlc_sandbox.procurify.bills import body_of
from mlc_sandbox.procurify.orders import touch_order
from mlc_sandbox.procurify.totals import total_fulfilment
from mlc_sandbox.procurify.values import Wire, fixed
from mlc_sandbox.toolkit.http import Request, Response, json_response
from mlc_sandbox.toolkit.routing import route
from mlc_sandbox.toolkit.wirejson import dumps

if TYPE_CHECKING:
    from mlc_sandbox.procurify.app import ProcurifyStandIn

_OPEN_STATES = (0, 5)


@route("GET", "/api/v3/receipt/items/")
def list_receipts(standin: ProcurifyStandIn, request: Request) -> Response:
    """Receipt items, by ``order_item`` at most; no date filter."""
    kept = lists.filters(standin, request)
    line = kept.whole("order_item")
    ids = standin.store.ids("receipt_items") if line is None else standin.receipts_by_line.ids(line)
    ids = lists.visible(standin, request, "receipt_items", ids)

    def render(id: str) -> bytes | None:
        found = standin.store.get("receipt_items", id)
        return None if found is None else dumps(found)

    return lists.answer_page(standin, request, ids, render, top=True)


@route("POST", "/api/v3/receipt/items/")
def create_receipt(standin: ProcurifyStandIn, request: Request) -> Response:
    """Receive a quantity of one order line; replies with the bare receipt."""
    body = body_of(request)
    if "order_item" not in body:
        return json_response(400, {"order_item": ["This field is required."]})
    try:
        passed = Decimal(str(body.get("pass_quantity", 0)))
        failed = Decimal(str(body.get("fail_quantity", 0)))
    except InvalidOperation:
        return json_response(400, {"pass_quantity": ["A valid number is required."]})
    order_id = order_of_line(standin, body["order_item"])
    if order_id is None:
        text = f'Invalid pk "{body["order_item"]}" - object does not exist.'
        return json_response(400, {"order_item": [text]})
    order: Any = standin.store.get("purchase_orders", order_id)
    if order["state"] not in _OPEN_STATES:
        return json_response(400, {"non_field_errors": ["The purchase order is not open."]})
    made = receive(standin, order_id, int(body["order_item"]), passed=passed, failed=failed, cause=request.cause())
    return Response(201, dumps(made))


def order_of_line(standin: ProcurifyStandIn, line_id: Any) -> str | None:
    """The order that a line belongs to."""
    for id in reversed(standin.store.ids("purchase_orders")):
        order: Any = standin.store.get("purchase_orders", id)
        if any(line["id"] == line_id for line in order["order_items"]):
            return id
    return None


def receive(
    standin: ProcurifyStandIn, order_id: Any, line_id: int, *, passed: Decimal, failed: Decimal, cause: Wire
) -> Wire:
    """Book a receipt and what it does to the order."""
    order = standin.store.edit("purchase_orders", order_id)
    for line in order["order_items"]:
        if line["id"] == line_id:
            line["receivedPassQty"] = Decimal(line["receivedPassQty"]) + passed
            line["receivedFailQty"] = Decimal(line["receivedFailQty"]) + failed
            whole = line["receivedPassQty"] >= Decimal(line["quantity"])
            line["status"] = 3 if whole else 5
    order["fulfilment_status"] = total_fulfilment(order)
    touch_order(standin, order)
    standin.store.put("purchase_orders", order_id, order, cause, op="receive")
    made = receipt(standin, standin.number("receipt_items"), line_id, passed, failed, at=standin.stamp())
    return standin.store.put("receipt_items", made["id"], made, cause)


def receipt(standin: ProcurifyStandIn, id: int, line_id: int, passed: Decimal, failed: Decimal, *, at: str) -> Wire:
    """A receipt item."""
    return {
        "id": id,
        "order_item": line_id,
        "pass_quantity": fixed(passed, 5),
        "fail_quantity": fixed(failed, 5),
        "total_quantity": fixed(passed + failed, 5),
        "received_at": at[:10],
        "created_at": at,
        "is_edited": False,
        "created_by": {name: standin.user()[name] for name in ("id", "email", "firstName", "lastName")},
    }
