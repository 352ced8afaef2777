from __future__ import annotations

from typing import Any

from mlc_sandbox.toolkit.wirejson import loads


def make_bills(books: Any, count: int) -> list[str]:
    vendor = books.vendor()
    made = []
    for number in range(count):
        made.append(books.bill(vendor, f"B-{number:03d}")["bill_id"])
        books.control("POST", "clock", {"advance_s": 60})
    return made


def test_rows_come_newest_first_without_lines_and_page_context_says_what_was_applied(books: Any) -> None:
    made = make_bills(books, 5)
    reply = books.get("/bills", per_page=2)
    assert [row["bill_id"] for row in reply["bills"]] == [made[4], made[3]]
    assert not {"line_items", "taxes", "custom_fields", "payments"} & set(reply["bills"][0])
    assert reply["page_context"] == {
        "page": 1,
        "per_page": 2,
        "has_more_page": True,
        "report_name": "Bills",
        "applied_filter": "Status.All",
        "sort_column": "created_time",
        "sort_order": "D",
    }
    assert books.get("/bills", per_page=2, page=3)["page_context"]["has_more_page"] is False
    assert books.get("/bills", per_page=500)["page_context"]["per_page"] == 200


def test_known_parameters_with_bad_values_are_refused_and_unknown_ones_ignored(books: Any) -> None:
    make_bills(books, 1)
    for name, value in (
        ("filter_by", "Status.Nonsense"),
        ("sort_column", "last_modified_time"),
        ("sort_order", "asc"),
        ("page", "0"),
        ("date_start", "2026-13-01"),
        ("last_modified_time", "yesterday"),
        ("last_modified_time", "2026-03-16T09:30:00+00:00"),
        ("status", "posted"),
    ):
        refusal = books.refused("GET", "/bills", params={name: value})
        assert refusal == (400, 2, f"Invalid value passed for {name}")
    assert len(books.ids("/bills", "bill_id", modified_since="2030-01-01")) == 1


def test_modification_filter_takes_offset_times_and_is_inclusive_to_the_second(books: Any) -> None:
    made = make_bills(books, 3)
    cut = books.get(f"/bills/{made[1]}")["bill"]["last_modified_time"]
    assert books.ids("/bills", "bill_id", last_modified_time=cut) == [made[2], made[1]]
    elsewhere = "2026-03-16T15:01:00+0530"  # the same moment, told in another offset
    assert books.ids("/bills", "bill_id", last_modified_time=elsewhere) == [made[2], made[1]]
    books.call("POST", f"/bills/{made[0]}/status/void")
    assert made[0] in books.ids("/bills", "bill_id", last_modified_time=cut)
    books.switch(modified_filter_inclusive=False)
    assert books.ids("/bills", "bill_id", last_modified_time=cut) == [made[2], made[0]]


def test_unescaped_plus_becomes_a_space_and_is_refused_or_ignored(books: Any) -> None:
    make_bills(books, 1)
    path = f"/books/v3/bills?organization_id={books.organization_id}&last_modified_time=2030-01-01T00:00:00+0000"
    headers = {"Authorization": f"Zoho-oauthtoken {books.token}"}
    assert books.http.get(path, headers=headers).json()["code"] == 2
    books.switch(plus_as_space="ignore")
    assert len(loads(books.http.get(path, headers=headers).content)["bills"]) == 1


def test_filters_by_vendor_number_text_date_and_amount(books: Any) -> None:
    made = make_bills(books, 3)
    other = books.bill(books.vendor("Other AS"), "X-900", date="2026-02-01", line_items=[books.line(1, 1)])
    vendor = books.get(f"/bills/{made[0]}")["bill"]["vendor_id"]

    def found(**params: Any) -> list[str]:
        return sorted(books.ids("/bills", "bill_id", **params))

    assert found(vendor_id=vendor, bill_number="B-001") == [made[1]]
    assert found(vendor_id=other["vendor_id"], bill_number="B-001") == []
    assert found(bill_number="b-001") == []
    assert found(bill_number_startswith="X-") == [other["bill_id"]]
    assert found(bill_number_contains="x-9") == [other["bill_id"]]
    assert found(vendor_name_contains="other") == [other["bill_id"]]
    assert found(date_before="2026-03-10") == [other["bill_id"]]
    assert found(date_start="2026-03-10", date_end="2026-03-10") == made
    assert found(date_after="2026-03-10") == []
    assert found(total_less_than=100) == [other["bill_id"]]
    assert found(total_greater_equals=2220) == made
    assert found(search_text="x-900") == [other["bill_id"]]


def test_sorting_by_a_documented_column(books: Any) -> None:
    vendor = books.vendor()
    for number, rate in (("B-1", 9), ("B-2", 100), ("B-3", 20)):
        books.bill(vendor, number, line_items=[books.line(rate, 1)])
    rows = books.get("/bills", sort_column="total", sort_order="A")["bills"]
    assert [row["bill_number"] for row in rows] == ["B-1", "B-3", "B-2"]


def test_chart_of_accounts_has_suffixes_of_its_own_and_items_hide_inactive_ones(books: Any) -> None:
    rows = books.get("/chartofaccounts", account_name_starts_with="off")["chartofaccounts"]
    assert [row["account_name"] for row in rows] == ["Office Supplies"]
    rows = books.get("/chartofaccounts", filter_by="AccountType.Expense")["chartofaccounts"]
    assert {row["account_code"] for row in rows} == {"5000", "6100", "6650"}
    item = books.call("POST", "/items", {"name": "Bolt", "rate": 1, "sku": "B1"})["item"]
    assert books.refused("POST", "/items", {"name": "Bolt 2", "rate": 1, "sku": "B1"})[:2] == (400, 1001)
    books.call("POST", f"/items/{item['item_id']}/inactive")
    assert books.get("/items")["items"] == []
    assert len(books.get("/items", filter_by="Status.All")["items"]) == 1
    assert books.get("/itemdetails", item_ids=item["item_id"])["items"][0]["sku"] == "B1"


def test_settings_lists_are_not_paged(books: Any) -> None:
    reply = books.get("/settings/currencies", filter_by="Currencies.ExcludeBaseCurrency")
    assert "page_context" not in reply
    assert "USD" not in {row["currency_code"] for row in reply["currencies"]}
    assert "page_context" in books.get("/settings/taxes")
    assert books.get("/locations")["locations"][0]["location_name"] == "Head Office"


def test_timestamps_carry_the_organisations_offset_without_a_colon(books: Any) -> None:
    books.control("POST", f"objects/organizations/{books.organization_id}", {"time_zone": "Asia/Kolkata"})
    assert books.bill(books.vendor())["created_time"] == "2026-03-16T15:00:00+0530"


def test_fault_list_lag_hides_new_records_from_lists_only(books: Any) -> None:
    bill = books.bill(books.vendor())
    books.control("POST", "faults", {"match": "GET /bills$", "kind": "list_lag", "seconds": 30})
    assert books.ids("/bills", "bill_id") == []
    assert books.get(f"/bills/{bill['bill_id']}")["code"] == 0
    books.control("POST", "clock", {"advance_s": 31})
    assert books.ids("/bills", "bill_id") == [bill["bill_id"]]


def test_fault_read_stale_answers_with_the_version_before(books: Any) -> None:
    vendor = books.vendor()
    bill_id = books.bill(vendor)["bill_id"]
    books.call("PUT", f"/bills/{bill_id}", books.bill_body(vendor, notes="new"))
    books.control("POST", "faults", {"match": "GET /bills/", "kind": "read_stale", "times": 1})
    assert books.get(f"/bills/{bill_id}")["bill"]["notes"] == ""
    assert books.get(f"/bills/{bill_id}")["bill"]["notes"] == "new"


def test_faults_ignore_filters_lose_rows_and_shift_pages(books: Any) -> None:
    made = make_bills(books, 12)
    books.control("POST", "faults", {"match": "GET /bills", "kind": "filter_ignored", "times": 1})
    assert len(books.ids("/bills", "bill_id", bill_number="nothing")) == 12
    books.control("POST", "faults", {"match": "GET /bills", "kind": "page_shift", "times": 1})
    assert books.ids("/bills", "bill_id", page=2, per_page=4)[0] == made[6]
    books.control("POST", "faults", {"match": "GET /bills$", "kind": "rows_missing", "seed": 4, "times": 1})
    assert 0 < len(books.ids("/bills", "bill_id")) < 12
    books.control("POST", "faults", {"match": "GET /bills", "kind": "permission_shrink"})
    seen = set(books.ids("/bills", "bill_id"))
    hidden = next(bill_id for bill_id in made if bill_id not in seen)
    assert books.refused("GET", f"/bills/{hidden}")[:2] == (401, 57)


def test_fault_normalise_tidies_what_is_written(books: Any) -> None:
    vendor = books.vendor()
    books.control("POST", "faults", {"match": "POST /bills", "kind": "normalise", "body": {"upper": ["notes"]}})
    bill = books.bill(vendor, "  b  1 ", notes="abc")
    assert (bill["bill_number"], bill["notes"]) == ("b 1", "ABC")


def test_vendor_credits_are_found_by_customer_id_and_ignore_vendor_id(books: Any) -> None:
    vendors = [books.vendor(), books.vendor("Other AS")]
    for vendor in vendors:
        books.call("POST", "/vendorcredits", {"vendor_id": vendor, "line_items": [books.line(1, 1)]})
    key = "vendor_credit_id"
    assert len(books.ids("/vendorcredits", key, customer_id=vendors[0])) == 1
    assert len(books.ids("/vendorcredits", key, vendor_id=vendors[0])) == 2
    books.switch(credit_vendor_filter=True)
    assert len(books.ids("/vendorcredits", key, vendor_id=vendors[0])) == 1
