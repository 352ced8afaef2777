from __future__ import annotations

import random
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest


@pytest.mark.parametrize("seed", range(3))
def test_books_add_up_after_anything_anyone_does(books: Any, seed: int) -> None:
    """Random writes, most of them refused for good reasons; what is left has to be consistent."""
    rng = random.Random(seed)
    vendors = [books.vendor(f"Vendor {number}") for number in range(2)]
    orders = [books.order(vendor) for vendor in vendors for _ in range(2)]
    account = books.account()
    kept = books.standin.books

    def line() -> dict[str, Any]:
        told = {
            "account_id": account,
            "rate": str(rng.randint(1, 900) / Decimal(7))[:6],
            "quantity": rng.randint(1, 30),
        }
        if rng.random() < 0.5:
            told["purchaseorder_item_id"] = rng.choice(orders)["line_items"][0]["line_item_id"]
        return told

    def any_id(kind: str) -> str:
        return rng.choice(kept[kind].order or ["1"])

    def step() -> tuple[str, str, Any]:
        bill_id, vendor = any_id("bills"), rng.choice(vendors)
        body = {
            "vendor_id": vendor,
            "bill_number": f"B-{rng.randint(1, 40)}",
            "line_items": [line() for _ in range(rng.randint(1, 3))],
        }
        part = {"bill_id": bill_id, "amount_applied": rng.randint(1, 400)}
        payment = {"vendor_id": vendor, "amount": rng.randint(100, 900), "bills": [part]}
        excess = {"bill_payments": [{"payment_id": any_id("vendorpayments"), "amount_applied": rng.randint(1, 99)}]}
        return rng.choice(
            [
                ("POST", "/bills", body),
                ("PUT", f"/bills/{bill_id}", body),
                ("POST", f"/bills/{bill_id}/status/void", None),
                ("POST", f"/bills/{bill_id}/status/open", None),
                ("DELETE", f"/bills/{bill_id}", None),
                ("POST", "/vendorpayments", payment),
                ("PUT", f"/vendorpayments/{any_id('vendorpayments')}", payment),
                ("DELETE", f"/vendorpayments/{any_id('vendorpayments')}", None),
                ("POST", "/vendorcredits", body),
                ("POST", f"/vendorcredits/{any_id('vendorcredits')}/bills", {"bills": [part]}),
                ("POST", f"/bills/{bill_id}/credits", excess),
            ]
        )

    accepted = 0
    for _ in range(250):
        method, path, body = step()
        writes = len(books.standin.log)
        response = books.raw(method, path, body)
        assert response.status_code in (200, 201, 400, 404), response.text
        if response.status_code >= 400:
            assert len(books.standin.log) == writes, f"{method} {path} was refused, and yet wrote"
        else:
            accepted += 1
    assert accepted > 60
    check(kept, vendors)


def check(kept: Any, vendors: list[str]) -> None:
    owed: Counter[str] = Counter()
    billed: Counter[str] = Counter()
    for bill in kept["bills"].all():
        if bill["status"] == "void":
            continue
        assert bill["balance"] == bill["total"] - bill["payment_made"] - bill["vendor_credits_applied"] >= 0
        assert bill["payment_made"] == sum(part["amount"] for part in bill["payments"])
        assert bill["vendor_credits_applied"] == sum(part["amount"] for part in bill["vendor_credits"])
        assert (bill["status"] == "paid") == (bill["balance"] == 0)
        owed[bill["vendor_id"]] += bill["balance"]
        for line in bill["line_items"]:
            billed[line["purchaseorder_item_id"]] += line["quantity"]
    for payment in kept["vendorpayments"].all():
        assert payment["balance"] == payment["amount"] - sum(p["amount_applied"] for p in payment["bills"]) >= 0
    for credit in kept["vendorcredits"].all():
        assert credit["balance"] == credit["total"] - sum(p["amount"] for p in credit["bills_credited"]) >= 0
    for vendor in vendors:
        assert kept.outstanding.get((vendor, "outstanding_payable_amount"), 0) == owed[vendor]
    for order in kept["purchaseorders"].all():
        done = [billed[line["line_item_id"]] for line in order["line_items"]]
        ordered = [line["quantity"] for line in order["line_items"]]
        full = all(part >= whole for part, whole in zip(done, ordered, strict=True))
        assert order["status"] == ("billed" if full else "partially_billed" if any(done) else "open")
