"""Purchase orders and receipts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from mlc_sandbox.company import Company

Ui = Callable[..., Any]


@pytest.fixture
def order(ui: Ui) -> Any:
    line = {"name": "Desk", "quantity": 10, "price": "20.00", "account_code": "6200", "department": 11}
    return ui("purchase_orders", vendor=1, PO_Num="X-1", order_items=[line], freight="12.50")


def get(http: httpx.Client, order: Any) -> Any:
    return http.get(f"/api/v2/purchase_orders/{order['procurify_PO']}/").json()["data"]


def edit_body(order: Any, **changes: Any) -> Any:
    items = [
        {name: line[name] for name in ("id", "name", "unit", "quantity", "price", "custom_fields")}
        for line in order["order_items"]
    ]
    return {"version": order["version"], "order_items": items, **changes}


def test_the_list_takes_role_and_status_as_segments(http: httpx.Client, order: Any, company: Company) -> None:
    every = http.get("/api/v2/purchase_orders/purchased/all/", params={"page_size": 200}).json()
    assert every["metadata"]["pagination"]["count"] == len(company.orders) + 1
    assert every["metadata"]["counts"]["purchased"]["all"] == len(company.orders) + 1
    assert "order_items" not in every["data"][0]
    closed = http.get("/api/v2/purchase_orders/purchased/closed/", params={"page_size": 200}).json()["data"]
    assert {row["state"] for row in closed} == {3}
    assert http.get("/api/v2/purchase_orders/purchased/pending/").status_code == 404


def test_an_order_is_found_by_number_and_uuid(http: httpx.Client, order: Any) -> None:
    by_uuid = http.get(f"/api/v2/purchase_orders/{order['uuid']}/").json()["data"]
    assert by_uuid == get(http, order)
    assert (by_uuid["subtotal"], by_uuid["total"]) == ("200.00", "212.50")
    assert by_uuid["order_items"][0]["account"]["account_code"]["code"] == "6200"


def test_seeded_orders_keep_their_totals(http: httpx.Client, company: Company) -> None:
    for order in company.orders[:40]:
        shown = http.get(f"/api/v2/purchase_orders/{order.id}/").json()["data"]
        assert (shown["total"], shown["number"]) == (f"{order.total:.2f}", order.number)
        assert [line["id"] for line in shown["order_items"]] == [line.id for line in order.lines]


def test_the_change_filter_has_the_precision_of_a_utc_day(http: httpx.Client, order: Any) -> None:
    day = order["last_modified"][:10]
    url = "/api/v2/purchase_orders/purchased/all/"
    params = {"modified_date_0": day, "modified_date_1": day, "page_size": 200}
    assert order["procurify_PO"] in {row["procurify_PO"] for row in http.get(url, params=params).json()["data"]}
    assert http.get(url, params={"modified_date_0": "2999-01-01"}).json()["data"] == []


def test_a_replacement_with_a_stale_version_is_refused(
    http: httpx.Client, order: Any, switch: Callable[..., None]
) -> None:
    url = f"/api/v3/purchase-orders/{order['procurify_PO']}/"
    body = edit_body(order, comment="first")
    assert http.put(url, json=body).json()["data"]["version"] == 2
    assert http.put(url, json=body).status_code == 400
    switch(stale_version_status=409)
    assert http.put(url, json=body).status_code == 409
    assert http.put(url, json={"version": 2}).json() == {"order_items": ["This field is required."]}


def test_a_replacement_drops_items_left_out_and_totals_again(http: httpx.Client, ui: Ui, order: Any) -> None:
    second = {"name": "Chair", "quantity": 1, "price": "5.00", "account_code": "6200", "department": 11}
    first = {"id": order["order_items"][0]["id"]}
    ui("purchase_orders", id=order["procurify_PO"], action="revise", order_items=[first, second])
    now = get(http, order)
    assert (now["version"], now["subtotal"], now["item_count"]) == (2, "205.00", 2)
    body = edit_body(now)
    body["order_items"] = body["order_items"][1:]
    url = f"/api/v3/purchase-orders/{order['procurify_PO']}/"
    replaced = http.put(url, json=body).json()["data"]
    assert (replaced["subtotal"], [line["name"] for line in replaced["order_items"]]) == ("5.00", ["Chair"])


def test_close_and_reopen(http: httpx.Client, order: Any) -> None:
    url = f"/api/v3/purchase-orders/{order['procurify_PO']}/"
    assert http.post(f"{url}close/").json()["data"]["state"] == 3
    assert http.post(f"{url}close/").status_code == 400
    assert http.put(url, json=edit_body(get(http, order))).status_code == 400
    reopened = http.post(f"{url}reopen/")
    assert (reopened.status_code, reopened.content) == (200, b"")
    assert get(http, order)["state"] == 5


def test_orders_cannot_be_created_or_revised_the_old_way(http: httpx.Client, order: Any) -> None:
    assert http.post("/api/v3/purchase-orders/", json={}).status_code == 404
    assert http.put(f"/api/v2/purchase_order/revise/{order['procurify_PO']}/", json={}).status_code == 404


def test_receiving_moves_the_order_and_lists_with_top_level_paging(http: httpx.Client, ui: Ui, order: Any) -> None:
    line = order["order_items"][0]["id"]
    made = http.post("/api/v3/receipt/items/", json={"order_item": line, "pass_quantity": "4", "fail_quantity": "1"})
    assert (made.status_code, made.json()["total_quantity"]) == (201, "5.00000")
    assert (get(http, order)["fulfilment_status"], get(http, order)["version"]) == ("partial", 2)
    ui("purchase_orders", id=order["procurify_PO"], action="receive")
    assert get(http, order)["fulfilment_status"] == "full"
    listed = http.get("/api/v3/receipt/items/", params={"order_item": line}).json()
    assert (listed["pagination"]["count"], "metadata" in listed) == (2, False)
    assert http.post("/api/v3/receipt/items/", json={"order_item": 999999}).status_code == 400


def test_the_screens_offer_only_what_fits_the_state(http: httpx.Client, ui: Ui, order: Any) -> None:
    id = order["procurify_PO"]
    assert ui("purchase_orders", id=id, action="cancel")["state"] == 1
    for action in ("close", "reopen", "revise"):
        reply = http.post("/_sandbox/objects/purchase_orders", json={"id": id, "action": action})
        assert reply.status_code == 400


def test_a_bill_line_names_its_order_line(http: httpx.Client, ui: Ui, order: Any) -> None:
    line = {
        "description": "Desk", "quantity": 3, "unit_cost": "20.00", "account_code": "6200", "department": 11,
        "orderitem": order["order_items"][0]["id"],
    }  # fmt: skip
    bill = ui("bills", vendor=1, invoice_number="PO-1", items=[line], status=2)
    shown = http.get(f"/api/v2/ap/bills/{bill['uuid']}/").json()["data"]
    assert shown["items"][0]["po"]["id"] == order["procurify_PO"]
    assert shown["items"][0]["orderitem"]["id"] == order["order_items"][0]["id"]
    assert shown["added_purchase_orders"][0]["number"] == order["number"]
    history = http.get("/api/v3/purchase-orders/billing-history/").json()["data"]
    mine = next(row for row in history if row["id"] == order["procurify_PO"])
    assert mine["items"][0]["billed_qty"] == "3.00000"


def test_order_lines_can_be_listed_by_day_of_change(http: httpx.Client, order: Any) -> None:
    day = order["last_modified"][:10]
    params = {"last_modified_0": day, "last_modified_1": day, "page_size": 200}
    rows = http.get("/api/v3/order-items/", params=params).json()["data"]
    assert order["order_items"][0]["id"] in {row["id"] for row in rows}
    assert {row["last_modified"][:10] for row in rows} == {day}


def test_the_number_and_the_rate_are_told_as_the_switches_say(
    http: httpx.Client, order: Any, switch: Callable[..., None], company: Company
) -> None:
    euro = next(order for order in company.orders if order.currency != company.base_currency)
    before = http.get(f"/api/v2/purchase_orders/{euro.id}/").json()["data"]["purchased_currency_rate"]
    switch(po_number_shows="external", rate_direction="base_per_unit")
    assert get(http, order)["number"] == "X-1"
    after = http.get(f"/api/v2/purchase_orders/{euro.id}/").json()["data"]["purchased_currency_rate"]
    assert abs(float(before) * float(after) - 1) < 0.001
