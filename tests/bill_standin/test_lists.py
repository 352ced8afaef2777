from __future__ import annotations

from typing import Any

import pytest

from .conftest import ADDRESS


def names(reply: Any) -> list[str]:
    return [row["name"] for row in reply["results"]]


@pytest.fixture
def seven(bill: Any) -> Any:
    """Seven vendors, a minute apart, and the one that was there."""
    for number in range(7):
        bill.advance(60)
        bill.vendor(f"Vendor {number}")
    return bill


@pytest.mark.parametrize("size", ["0", "101", "-1", "ten"])
def test_max_lies_between_1_and_100(bill: Any, size: str) -> None:
    status, code, message = bill.refused("GET", "/vendors", params={"max": size})
    assert (status, code) == (400, None)
    assert message.startswith("max: must be")
    if size == "101":
        assert message == "max: must be less than or equal to 100"


def test_pages_are_followed_by_an_opaque_cursor(seven: Any) -> None:
    seen, page, pages = [], None, 0
    while True:
        reply = seven.get("/vendors", max=3, **({"page": page} if page else {}))
        seen += names(reply)
        pages += 1
        page = reply.get("nextPage")
        if page is None:
            break
    assert pages == 3
    assert seen == ["Nordic Bearings Inc.", *(f"Vendor {number}" for number in range(7))]
    assert "prevPage" in reply
    assert seven.refused("GET", "/vendors", params={"page": "%%"})[:2] == (400, "BDC_1129")


def test_twenty_rows_unless_told(bill: Any) -> None:
    bill.call("POST", "/vendors/bulk", [{"name": f"V{n}", "address": ADDRESS} for n in range(20)])
    assert len(bill.get("/vendors")["results"]) == 20
    bill.switch(default_max=100)
    assert len(bill.get("/vendors")["results"]) == 21


def test_filters_sort_and_times(seven: Any) -> None:
    since = 'updatedTime:gte:"2026-03-16T09:35:00.000Z"'
    assert names(seven.get("/vendors", filters=since, sort="updatedTime:desc")) == ["Vendor 6", "Vendor 5", "Vendor 4"]
    assert names(seven.get("/vendors", filters="updatedTime:gt:2026-03-16T09:36:00.000Z")) == ["Vendor 6"]
    assert names(seven.get("/vendors", filters='name:sw:"Vendor 1",archived:eq:false')) == ["Vendor 1"]
    assert names(seven.get("/vendors", filters="name:sw:vendor")) == []
    ids = [row["id"] for row in seven.get("/vendors", filters="name:sw:Vendor")["results"][:2]]
    assert names(seven.get("/vendors", filters=f'id:in:"{ids[0]},{ids[1]}"')) == ["Vendor 0", "Vendor 1"]
    assert names(seven.get("/vendors", filters="createdTime:lt:2026-03-17", max=1)) == ["Nordic Bearings Inc."]
    seven.switch(unquoted_times=False)
    assert seven.refused("GET", "/vendors", params={"filters": "updatedTime:gt:2026-03-16T09:36:00Z"})[1] == "BDC_1129"


@pytest.mark.parametrize(
    ("filters", "code"),
    [
        ("email:eq:a", "BDC_1130"),
        ("name:ne:a", "BDC_1131"),
        ("archived:eq:maybe", "BDC_1129"),
        ("updatedTime:gte:yesterday", "BDC_1129"),
        ("name", "BDC_1129"),
    ],
)
def test_filters_that_make_no_sense_are_refused(bill: Any, filters: str, code: str) -> None:
    assert bill.refused("GET", "/vendors", params={"filters": filters})[:2] == (400, code)


def test_unknown_parameters_are_ignored_and_unknown_sorts_are_not(bill: Any) -> None:
    assert len(bill.get("/vendors", modifiedSince="2030-01-01")["results"]) == 1
    assert bill.refused("GET", "/vendors", params={"sort": "name:asc"})[:2] == (400, "BDC_1129")
    assert bill.get("/bills", sort="archived:asc,updatedTime:desc")["results"] == []


def test_the_invoice_number_filters_only_when_the_switch_says_so(bill: Any) -> None:
    made = bill.bill(bill.vendor()["id"])
    asked = {"filters": "invoice.invoiceNumber:eq:NB-2207"}
    assert bill.refused("GET", "/bills", params=asked)[:2] == (400, "BDC_1130")
    bill.switch(invoice_number_filter=True)
    assert [row["id"] for row in bill.get("/bills", **asked)["results"]] == [made["id"]]


def test_bills_filter_by_coding_on_any_line(bill: Any) -> None:
    account = bill.account()
    line = {"amount": 5, "classifications": {"chartOfAccountId": account}}
    made = bill.bill(bill.vendor()["id"], billLineItems=[{"amount": 1}, line])
    bill.bill(made["vendorId"], "other")
    found = bill.get("/bills", filters=f"classifications.chartOfAccountId:eq:{account}")["results"]
    assert [row["id"] for row in found] == [made["id"]]


def test_faults_of_lists_hide_shift_and_ignore(seven: Any) -> None:
    first = seven.get("/vendors", max=3)
    seven.fault("GET /vendors", "page_shift", times=1)
    shifted = seven.get("/vendors", max=3, page=first["nextPage"])
    assert names(shifted) == ["Vendor 3", "Vendor 4", "Vendor 5"]
    seven.control("DELETE", "faults")
    seven.fault("GET /vendors", "list_lag", seconds=150)
    assert names(seven.get("/vendors"))[-1] == "Vendor 3"
    seven.control("DELETE", "faults")
    seven.fault("GET /vendors", "filter_ignored")
    assert len(names(seven.get("/vendors", filters="name:eq:Vendor 1"))) == 8
    seven.control("DELETE", "faults")
    hidden = seven.get("/vendors")["results"][3]["id"]
    seven.fault("GET /vendors", "permission_shrink", body={"ids": [hidden]})
    assert len(names(seven.get("/vendors"))) == 7
    assert seven.refused("GET", f"/vendors/{hidden}")[0] == 404
    seven.control("DELETE", "faults")
    seven.fault("GET /vendors", "permission_shrink", status=403)
    assert seven.refused("GET", "/vendors")[:2] == (403, "BDC_1145")


def test_a_stale_read_shows_the_version_before(bill: Any) -> None:
    vendor = bill.vendor(email="old@n.example")
    bill.call("PATCH", f"/vendors/{vendor['id']}", {"email": "new@n.example"})
    bill.fault("GET /vendors/", "read_stale")
    assert bill.get(f"/vendors/{vendor['id']}")["email"] == "old@n.example"


def test_cursors_follow_rows_or_stand_still(seven: Any) -> None:
    page = seven.get("/vendors", max=3, sort="updatedTime:asc")
    seven.call("PATCH", f"/vendors/{page['results'][0]['id']}", {"email": "moved@n.example"})
    after = seven.get("/vendors", max=3, sort="updatedTime:asc", page=page["nextPage"])
    assert names(after)[0] == "Vendor 2"
    seven.switch(cursor_follows_rows=False)
    assert names(seven.get("/vendors", max=3, sort="updatedTime:asc", page=page["nextPage"]))[0] == "Vendor 3"
