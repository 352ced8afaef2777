from __future__ import annotations

from decimal import Decimal
from typing import Any

D = Decimal


def linked(books: Any, order: dict[str, Any], quantity: int, place: int = 0) -> dict[str, Any]:
    return books.line(D("55.5"), quantity, purchaseorder_item_id=order["line_items"][place]["line_item_id"])


def status(books: Any, order: dict[str, Any]) -> str:
    return str(books.get(f"/purchaseorders/{order['purchaseorder_id']}")["purchaseorder"]["status"])


def test_order_numbers_are_generated_unless_the_caller_numbers_it(books: Any) -> None:
    vendor = books.vendor()
    body = {"vendor_id": vendor, "line_items": [books.line()]}
    first = books.call("POST", "/purchaseorders", body)["purchaseorder"]
    assert (first["purchaseorder_number"], first["status"]) == ("PO-00001", "draft")
    own = {**body, "purchaseorder_number": "4711"}
    assert books.refused("POST", "/purchaseorders", own)[0] == 400
    flag = {"ignore_auto_number_generation": "true"}
    assert books.refused("POST", "/purchaseorders", body, params=flag)[0] == 400
    assert books.call("POST", "/purchaseorders", own, params=flag)["purchaseorder"]["purchaseorder_number"] == "4711"
    assert "already exists" in books.refused("POST", "/purchaseorders", own, params=flag)[2]


def test_draft_order_cannot_be_billed(books: Any) -> None:
    vendor = books.vendor()
    order = books.order(vendor, status="draft")
    body = books.bill_body(vendor, line_items=[linked(books, order, 40)])
    assert books.refused("POST", "/bills", body)[0] == 400
    books.call("POST", f"/purchaseorders/{order['purchaseorder_id']}/status/open")
    assert books.call("POST", "/bills", body)["code"] == 0


def test_order_becomes_partially_billed_then_billed_by_quantity(books: Any) -> None:
    vendor = books.vendor()
    order = books.order(vendor)
    first = books.bill(vendor, "B-1", line_items=[linked(books, order, 15)])
    assert status(books, order) == "partially_billed"
    shown = first["purchaseorders"][0]
    assert (shown["purchaseorder_number"], shown["purchaseorder_status"]) == ("PO-00001", "partially_billed")
    second = books.bill(vendor, "B-2", line_items=[linked(books, order, 25)])
    assert status(books, order) == "billed"
    books.call("POST", f"/bills/{second['bill_id']}/status/void")
    assert status(books, order) == "partially_billed"
    books.call("DELETE", f"/bills/{first['bill_id']}")
    assert status(books, order) == "open"


def test_bill_without_the_line_link_leaves_the_order_unbilled(books: Any) -> None:
    vendor = books.vendor()
    order = books.order(vendor)
    books.bill(vendor, purchaseorder_ids=[order["purchaseorder_id"]])
    assert status(books, order) == "open"


def test_prefilled_bill_carries_links_and_what_is_left(books: Any) -> None:
    vendor = books.vendor()
    order = books.order(vendor)
    books.bill(vendor, "B-1", line_items=[linked(books, order, 15)])
    reply = books.get("/bills/editpage/frompurchaseorders", purchaseorder_ids=order["purchaseorder_id"])
    line = reply["bill"]["line_items"][0]
    assert (line["purchaseorder_item_id"], line["quantity"]) == (order["line_items"][0]["line_item_id"], 25)


def test_overbilling_is_a_switch(books: Any) -> None:
    vendor = books.vendor()
    order = books.order(vendor)
    books.bill(vendor, "B-1", line_items=[linked(books, order, 42)])
    assert status(books, order) == "billed"
    books.switch(overbilling=False)
    second = books.order(vendor)
    body = books.bill_body(vendor, "B-2", line_items=[linked(books, second, 42)])
    assert books.refused("POST", "/bills", body)[0] == 400


def test_discount_lowers_the_taxed_amount_or_comes_after(books: Any) -> None:
    line = books.line(100, 1, tax_id=books.tax("20"))
    vendor = books.vendor()
    order = books.order(vendor, line_items=[line], discount="10%")
    assert (order["sub_total"], order["tax_total"], order["total"]) == (100, 18, 108)
    order = books.order(vendor, line_items=[line], discount=10, is_discount_before_tax=False)
    assert (order["tax_total"], order["total"]) == (20, 110)


def test_cancelling_is_refused_once_something_is_billed(books: Any) -> None:
    vendor = books.vendor()
    order = books.order(vendor)
    path = f"/purchaseorders/{order['purchaseorder_id']}/status/cancelled"
    books.bill(vendor, line_items=[linked(books, order, 1)])
    assert books.refused("POST", path)[0] == 400
    idle = books.order(vendor)
    books.call("POST", f"/purchaseorders/{idle['purchaseorder_id']}/status/cancelled")
    assert status(books, idle) == "cancelled"


def test_billed_lines_have_to_stay_on_the_order(books: Any) -> None:
    vendor = books.vendor()
    order = books.order(vendor)
    books.bill(vendor, line_items=[linked(books, order, 10)])
    path = f"/purchaseorders/{order['purchaseorder_id']}"
    assert books.refused("PUT", path, {"vendor_id": vendor, "line_items": [books.line(1, 1)]})[0] == 400
    kept = {"line_item_id": order["line_items"][0]["line_item_id"], "quantity": 10}
    reply = books.call("PUT", path, {"vendor_id": vendor, "line_items": [kept]})
    assert reply["message"] == "Purchase Order has been updated."
    assert reply["purchaseorder"]["status"] == "billed"
