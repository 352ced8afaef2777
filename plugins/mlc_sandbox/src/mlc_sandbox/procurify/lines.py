"""Lines on their own: bill lines (``ap/items``) and order lines (``order-items``)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from mlc_sandbox.procurify import forms, lists
from mlc_sandbox.procurify.values import Wire, fixed, hex_id
from mlc_sandbox.toolkit.http import Request, Response, json_response
from mlc_sandbox.toolkit.routing import route
from mlc_sandbox.toolkit.wirejson import dumps

if TYPE_CHECKING:
    from mlc_sandbox.procurify.app import ProcurifyStandIn


@route("GET", "/api/v2/ap/items/")
def list_bill_lines(standin: ProcurifyStandIn, request: Request) -> Response:
    """Lines of bills. ``bill`` takes the integer id, ``bill_uuid`` the uuid."""
    kept = lists.filters(standin, request)
    number, uuid = kept.whole("bill"), kept.text("bill_uuid")
    ids = standin.store.ids("bills")
    if number is not None:
        ids = standin.bills_by_number.ids(number)
    if uuid is not None:
        ids = [id for id in ids if id == hex_id(uuid)]
    kept.choice("vendor", lambda line: line["vendor"]["id"])
    rows: dict[str, bytes] = {}
    for id in ids:
        bill: Any = standin.store.get("bills", id)
        for line in forms.bill_form(standin, bill)["items"] if len(ids) < 50 else bill["items"]:
            row = {**line, "bill": bill["id"], "vendor": {"id": bill["vendor"]["id"], "name": bill["vendor_name"]}}
            if kept.passes(row):
                rows[str(line["id"])] = dumps(row)
    extra = {"summary": {"total_items": len(rows)}}
    return lists.answer_page(standin, request, list(rows), rows.get, extra=extra)


@route("GET", "/api/v3/order-items/")
@route("GET", "/api/v2/global/order_items/")
def list_order_lines(standin: ProcurifyStandIn, request: Request) -> Response:
    """Lines of purchase orders; the change filters are by UTC day."""
    kept = lists.filters(standin, request)
    low, _ = kept.days("last_modified")
    kept.day_range("last_modified", lambda line: line["last_modified"])
    kept.day_range("po_created_date", lambda line: line["po_created_date"])
    kept.choice("status", lambda line: line["status"])
    kept.choice("type", lambda line: line["type"])
    kept.choice("po_vendor", lambda line: line["vendor_id"])
    kept.choice("account_code", lambda line: line["account"]["account_code"]["id"])
    kept.choice("departments", lambda line: line["account"]["department"]["id"])
    kept.choice("locations", lambda line: line["account"]["department"]["branch"]["id"])
    rows: dict[str, bytes] = {}
    for id in standin.orders_by_modified.ids(low=low):
        order: Any = standin.store.get("purchase_orders", id)
        links = {"vendor_id": order["pref_vendor"]["id"], "po_created_date": order["date"]}
        for line in order["order_items"]:
            if kept.passes(line | links):
                rows[str(line["id"])] = dumps(_quantities_as_text(line))
    ids = lists.visible(standin, request, "order_items", sorted(rows, key=int))
    return lists.answer_page(standin, request, ids, rows.get)


def _quantities_as_text(line: Wire) -> Wire:
    names = ("quantity", "receivedPassQty", "receivedFailQty")
    return line | {name: fixed(line[name], 5) for name in names}


@route("GET", "/api/v3/purchase-orders/billing-history/")
def billing_history(standin: ProcurifyStandIn, request: Request) -> Response:
    """What of every order line was billed and received; no filter, no pages."""
    billed: dict[int, Decimal] = {}
    for bill in standin.store.all("bills"):
        for line in bill["items"]:
            if line["orderitem"] is not None and bill["status"] not in (3, 5):
                key = line["orderitem"]["id"]
                billed[key] = billed.get(key, Decimal(0)) + Decimal(line["quantity"])
    data = []
    for order in standin.store.all("purchase_orders"):
        items = [
            {
                "id": line["id"],
                "billed_qty": fixed(billed.get(line["id"], Decimal(0)), 5),
                "received_qty": fixed(line["receivedPassQty"], 5),
            }
            for line in order["order_items"]
        ]
        left = any(
            billed.get(line["id"], Decimal(0)) < Decimal(line["quantity"])
            and Decimal(line["receivedPassQty"]) < Decimal(line["quantity"])
            for line in order["order_items"]
        )
        data.append(
            {
                "id": order["procurify_PO"],
                "number": forms.order_number(standin, order),
                "has_unbilled_unreceived_items": left,
                "items": items,
            }
        )
    return json_response(200, {"metadata": {}, "data": data})
