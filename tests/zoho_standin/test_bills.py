from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

D = Decimal


def test_bill_totals_are_computed_with_tax_rounded_per_line_then_summed(books: Any) -> None:
    tax = books.tax("5.5")
    lines = [books.line(D("0.10"), 1, tax_id=tax) for _ in range(3)]
    bill = books.bill(books.vendor(), line_items=lines)
    assert (bill["sub_total"], bill["tax_total"], bill["total"]) == (D("0.30"), D("0.03"), D("0.33"))
    books.switch(tax_rounding="document")
    bill = books.bill(bill["vendor_id"], "B-2", line_items=lines)
    assert (bill["tax_total"], bill["total"]) == (D("0.02"), D("0.32"))


def test_inclusive_prices_contain_the_tax(books: Any) -> None:
    line = books.line(D("120"), 1, tax_id=books.tax("20"))
    bill = books.bill(books.vendor(), line_items=[line], is_inclusive_tax=True, adjustment=D("-0.01"))
    assert (bill["sub_total"], bill["tax_total"], bill["total"]) == (D("100"), D("20"), D("119.99"))


def test_yen_has_no_decimals_and_dinar_three(books: Any) -> None:
    vendor = books.vendor()
    yen = books.bill(vendor, "J-1", currency_id=books.currency("JPY"), line_items=[books.line(D("33.5"), 3)])
    assert (yen["total"], yen["exchange_rate"], yen["bcy_total"]) == (D("101"), D("0.0066"), D("0.67"))
    dinar = books.bill(vendor, "K-1", currency_id=books.currency("KWD"), line_items=[books.line(D("0.12345"), 3)])
    assert dinar["total"] == D("0.370")


def test_foreign_bill_takes_the_rate_sent_or_the_organisations_own(books: Any) -> None:
    euro = books.currency("EUR")
    vendor = books.vendor(currency_id=euro)
    assert books.bill(vendor, "E-1")["exchange_rate"] == D("1.08")
    books.call("POST", f"/settings/currencies/{euro}/exchangerates", {"effective_date": "2026-03-05", "rate": D("1.1")})
    assert books.bill(vendor, "E-2")["exchange_rate"] == D("1.1")
    bill = books.bill(vendor, "E-3", exchange_rate=D("1.2"))
    assert (bill["exchange_rate"], bill["bcy_total"]) == (D("1.2"), D("2664"))


def test_bill_number_is_unique_per_vendor_and_void_keeps_it(books: Any) -> None:
    vendor, other = books.vendor(), books.vendor("Other AS")
    bill = books.bill(vendor, "INV-1")
    text = "A bill with this number has already been created for this vendor. Please check and try again."
    assert books.refused("POST", "/bills", books.bill_body(vendor, "inv-1"))[2] == text
    books.bill(other, "INV-1")
    books.call("POST", f"/bills/{bill['bill_id']}/status/void")
    assert books.refused("POST", "/bills", books.bill_body(vendor, "INV-1"))[2] == text
    books.switch(void_keeps_number=False)
    books.bill(vendor, "INV-1")


@pytest.mark.parametrize(
    "changes",
    [
        {"vendor_id": ""},
        {"bill_number": ""},
        {"line_items": []},
        {"line_items": [{"name": "no account", "rate": 1, "quantity": 1}]},
        {"line_items": [{"account_id": "460000", "rate": 1, "quantity": 1}]},
        {"date": "10/03/2026"},
        {"reference_number": "x" * 101},
        {"line_items": [{"line_item_id": "77", "account_id": "1", "rate": 1, "quantity": 1}]},
    ],
)
def test_bill_with_something_missing_or_wrong_is_refused(books: Any, changes: dict[str, Any]) -> None:
    body = {**books.bill_body(books.vendor()), **changes}
    assert books.refused("POST", "/bills", body)[0] == 400
    assert books.get("/bills")["bills"] == []


def test_control_bank_and_inactive_accounts_take_no_bill_lines(books: Any) -> None:
    vendor = books.vendor()
    for code in ("2000", "1010"):
        line = {"account_id": books.account(code), "rate": 1, "quantity": 1}
        assert books.refused("POST", "/bills", books.bill_body(vendor, line_items=[line]))[0] == 400
    closed = books.account("6100")
    books.call("POST", f"/chartofaccounts/{closed}/inactive")
    line = {"account_id": closed, "rate": 1, "quantity": 1}
    assert books.refused("POST", "/bills", books.bill_body(vendor, line_items=[line]))[0] == 400


def test_put_replaces_lines_in_full(books: Any) -> None:
    vendor = books.vendor()
    bill = books.bill(vendor, line_items=[books.line(10, 1), books.line(20, 1)])
    kept = bill["line_items"][0]["line_item_id"]
    body = books.bill_body(vendor, line_items=[{"line_item_id": kept, "rate": 11}, books.line(5, 1)])
    reply = books.call("PUT", f"/bills/{bill['bill_id']}", body)
    assert reply["message"] == "Bill information has been updated."
    ids = [line["line_item_id"] for line in reply["bill"]["line_items"]]
    assert ids[0] == kept
    assert ids[1] not in {line["line_item_id"] for line in bill["line_items"]}
    assert reply["bill"]["total"] == 16
    body["line_items"] = [{"line_item_id": bill["line_items"][1]["line_item_id"], "rate": 1}]
    assert books.refused("PUT", f"/bills/{bill['bill_id']}", body)[0] == 400
    assert books.refused("PUT", f"/bills/{bill['bill_id']}", {"notes": "only this"})[0] == 400


def test_overdue_follows_from_the_clock(books: Any) -> None:
    bill = books.bill(books.vendor())
    assert bill["status"] == "open"
    books.control("POST", "clock", {"advance_s": 86400 * 30})
    books.mint()
    assert books.get(f"/bills/{bill['bill_id']}")["bill"]["status"] == "overdue"
    assert books.ids("/bills", "bill_id", filter_by="Status.Overdue") == [bill["bill_id"]]
    assert books.ids("/bills", "bill_id", status="open") == []


def test_void_and_open_again(books: Any) -> None:
    bill_id = books.bill(books.vendor())["bill_id"]
    assert books.call("POST", f"/bills/{bill_id}/status/void")["message"] == "The bill has been marked as void."
    assert books.get(f"/bills/{bill_id}")["bill"]["balance"] == 0
    assert books.refused("PUT", f"/bills/{bill_id}", {})[0] == 400
    books.call("POST", f"/bills/{bill_id}/status/open")
    assert books.get(f"/bills/{bill_id}")["bill"]["balance"] == 2220


def test_organisation_with_approvals_holds_bills_from_the_api(books: Any) -> None:
    books.switch(approvals=True)
    vendor = books.vendor()
    bill = books.bill(vendor)
    assert bill["status"] == "pending_approval"
    paid = {"vendor_id": vendor, "amount": 10, "bills": [{"bill_id": bill["bill_id"], "amount_applied": 10}]}
    assert books.refused("POST", "/vendorpayments", paid)[0] == 400
    books.control("POST", f"objects/bills/{bill['bill_id']}", {"action": "approve"})
    assert books.get(f"/bills/{bill['bill_id']}")["bill"]["status"] == "open"
    books.switch(approval_status="draft")
    draft = books.bill(vendor, "B-2")["bill_id"]
    books.call("POST", f"/bills/{draft}/submit")
    books.call("POST", f"/bills/{draft}/approve")
    assert books.get(f"/bills/{draft}")["bill"]["status"] == "open"


def test_upsert_by_the_unique_field_creates_once_and_updates_after(books: Any) -> None:
    vendor = books.vendor()
    headers = {"X-Unique-Identifier-Key": "cf_source_id", "X-Unique-Identifier-Value": "src:1"}
    field = [{"api_name": "cf_source_id", "value": "src:1"}]
    body = books.bill_body(vendor, custom_fields=field)
    assert books.refused("PUT", "/bills", body, headers=headers)[:2] == (404, 1002)
    headers["X-Upsert"] = "true"
    first = books.call("PUT", "/bills", body, headers=headers)
    assert first["message"] == "The bill has been created."
    assert first["bill"]["custom_field_hash"] == {"cf_source_id": "src:1"}
    second = books.call("PUT", "/bills", {**body, "notes": "again"}, headers=headers)
    assert second["message"] == "Bill information has been updated."
    assert second["bill"]["bill_id"] == first["bill"]["bill_id"]
    assert books.refused("POST", "/bills", {**body, "bill_number": "B-9"})[0] == 400
    books.switch(unique_field=False)
    assert books.refused("PUT", "/bills", body, headers=headers)[0] == 400


def test_custom_fields_alone_are_written_under_the_singular_path(books: Any) -> None:
    bill_id = books.bill(books.vendor())["bill_id"]
    sent = [{"label": "Source Id", "value": "S-1"}, {"index": 2, "value": "2026-03-01"}]
    reply = books.call("PUT", f"/bill/{bill_id}/customfields", sent)
    assert reply["message"] == "Custom Fields Updated Successfully"
    fields = books.get(f"/bills/{bill_id}")["bill"]["custom_fields"]
    assert [(field["api_name"], field["value"]) for field in fields] == [
        ("cf_source_id", "S-1"),
        ("cf_issue_date", "2026-03-01"),
    ]


def test_attachments_are_kept_and_the_last_one_is_read(books: Any) -> None:
    bill = books.bill(books.vendor())
    path = f"/bills/{bill['bill_id']}/attachment"
    content = b"%PDF-1.4\r\n\r\n\x00\xff binary\r\n"
    for name, data in (("one.pdf", b"first"), ("two.pdf", content)):
        response = books.raw("POST", path, files={"attachment": (name, data, "application/pdf")})
        assert response.json()["message"] == "The document has been attached."
    read = books.raw("GET", path)
    assert (read.content, read.headers["content-type"]) == (content, "application/pdf")
    row = books.get("/bills")["bills"][0]
    assert (row["has_attachment"], row["attachment_name"]) == (True, "two.pdf")
    assert row["last_modified_time"] == bill["last_modified_time"]
    refusal = books.raw("POST", path, files={"attachment": ("x.exe", b"x", "application/octet-stream")})
    assert refusal.status_code == 400
    books.call("DELETE", path)
    assert books.raw("GET", path).content == b"first"


def test_locked_period_refuses_writes_unless_the_user_is_exempt(books: Any) -> None:
    vendor = books.vendor()
    bill = books.bill(vendor)
    lock = {"transaction_lock_module": "purchase", "transaction_lock_date": "2026-03-31", "reason": "Closed"}
    books.control("POST", "objects/transactionlocks", lock)
    shown = books.get("/transactionlocks")["transaction_locks"][0]
    assert (shown["transaction_lock_module"], shown["transaction_lock_date"]) == ("purchase", "2026-03-31")
    assert "2026-03-31" in books.refused("POST", "/bills", books.bill_body(vendor, "B-2"))[2]
    assert books.refused("POST", f"/bills/{bill['bill_id']}/status/void")[0] == 400
    assert books.refused("DELETE", f"/bills/{bill['bill_id']}")[0] == 400
    moved = books.bill_body(vendor, date="2026-04-01")
    assert books.refused("PUT", f"/bills/{bill['bill_id']}", moved)[0] == 400
    books.bill(vendor, "B-3", date="2026-04-01")
    books.switch(lock_exempt=True)
    books.bill(vendor, "B-4")


def test_mandatory_tag_makes_creates_fail_without_it(books: Any) -> None:
    vendor = books.vendor()
    tag = books.get("/reportingtags")["reporting_tags"][0]["tag_id"]
    option = books.get(f"/reportingtags/{tag}/options/all")["results"][0]["tag_option_id"]
    books.switch(mandatory_tag=True)
    assert books.refused("POST", "/bills", books.bill_body(vendor))[0] == 400
    tags = [{"tag_id": tag, "tag_option_id": option}]
    bill = books.bill(vendor, line_items=[books.line(tags=tags)])
    assert bill["line_items"][0]["tags"][0]["tag_option_name"] == "Office"


def test_deleting_is_refused_while_payments_are_applied(books: Any) -> None:
    vendor = books.vendor()
    bill_id = books.bill(vendor)["bill_id"]
    books.control("POST", f"objects/bills/{bill_id}", {"action": "pay", "amount": 10})
    assert books.refused("DELETE", f"/bills/{bill_id}")[0] == 400
    payment = books.get("/vendorpayments")["vendorpayments"][0]["payment_id"]
    books.call("DELETE", f"/vendorpayments/{payment}")
    assert books.call("DELETE", f"/bills/{bill_id}")["message"] == "The bill has been deleted."
    assert books.refused("GET", f"/bills/{bill_id}")[:2] == (404, 1002)


def test_caller_may_set_the_amount_of_a_tax(books: Any) -> None:
    tax = books.tax("20")
    taxes = [{"tax_id": tax, "tax_amount": D("19.99")}]
    bill = books.bill(books.vendor(), line_items=[books.line(100, 1, tax_id=tax)], taxes=taxes)
    assert (bill["tax_total"], bill["total"]) == (D("19.99"), D("119.99"))


def test_only_a_person_saves_a_bill_as_draft(books: Any) -> None:
    vendor = books.vendor()
    assert books.bill(vendor, status="draft")["status"] == "open"
    body = {**books.bill_body(vendor, "B-2"), "status": "draft"}
    assert books.control("POST", "objects/bills", body)["status"] == "draft"
