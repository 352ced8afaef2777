"""Bills: list, detail, filters, PATCH, mark-as-paid, the screens, attachments."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from mlc_sandbox.company import Company
from mlc_sandbox.procurify.app import ProcurifyStandIn

BILLS = "/api/v3/ap/bills/"
Ui = Callable[..., Any]


def exact(reply: httpx.Response) -> Any:
    return json.loads(reply.text, parse_float=Decimal)


def read(http: httpx.Client, uuid: str) -> Any:
    return exact(http.get(f"/api/v2/ap/bills/{uuid}/"))["data"]


def crawl(http: httpx.Client, url: str) -> list[Any]:
    rows: list[Any] = []
    link: str | None = url
    while link is not None:
        page = http.get(link).json()
        rows += page["data"]
        link = page["metadata"]["pagination"]["next"]
    return rows


def test_pages_are_linked_by_absolute_urls_and_cover_every_bill(http: httpx.Client, company: Company) -> None:
    first = http.get(BILLS, params={"page_size": 50}).json()
    page = first["metadata"]["pagination"]
    assert page["next"].startswith(f"{http.base_url}".rstrip("/") + BILLS)
    assert (page["previous"], page["current_page"], page["page_size"]) == (None, 1, 50)
    rows = crawl(http, f"{BILLS}?page_size=50")
    assert sorted(row["uuid"] for row in rows) == sorted(bill.uuid for bill in company.bills)
    assert isinstance(rows[0]["items"][0], int)


def test_a_page_beyond_the_end_is_404(http: httpx.Client) -> None:
    assert http.get(BILLS, params={"page": 999}).json() == {"detail": "Invalid page."}
    assert http.get(BILLS, params={"page": 0}).status_code == 404
    assert http.get(BILLS).json()["metadata"]["pagination"]["page_size"] == 10
    assert http.get(BILLS, params={"page_size": 5000}).json()["metadata"]["pagination"]["page_size"] == 200


def test_unknown_parameters_are_ignored_even_status(http: httpx.Client, switch: Callable[..., None]) -> None:
    def count(**params: Any) -> int:
        found: int = http.get(BILLS, params=params).json()["metadata"]["pagination"]["count"]
        return found

    everything = count()
    assert count(status=2) == count(last_modified_0="2099-01-01") == everything
    switch(bill_status_filter=True)
    assert 0 < count(status=2) < everything


def test_details_add_up_to_the_minor_unit_and_agree_with_the_company(http: httpx.Client, company: Company) -> None:
    http.post("/_sandbox/limits", json={"enabled": False})
    wrong = {key for case in company.cases if case.expect == "held:totals_differ" for key in case.keys}
    for bill in company.bills:
        shown = read(http, bill.uuid)
        lines = sum((line["total_cost"] for line in shown["items"]), Decimal(0))
        costs = sum((Decimal(cost["amount"]) for cost in shown["costs"]), Decimal(0))
        total = lines + costs + shown["exclusive_tax_amount"] + shown["shipping_amount"]
        assert shown["total_cost_with_tax"] == bill.total
        if bill.key not in wrong:
            assert abs(total - bill.total) < Decimal("0.01"), bill.key
        for line, told in zip(shown["items"], bill.lines, strict=True):
            parts = [Decimal(part["amount"]) for part in line["cost_allocations"]]
            assert parts == [part.amount for part in told.allocations]
            codes = [part["budget"]["account_code"]["code"] for part in line["cost_allocations"]]
            assert codes == [part.account for part in told.allocations]


def test_the_change_filter_is_inclusive_to_the_second(http: httpx.Client, ui: Ui, approved: Any) -> None:
    stamp = datetime.fromisoformat(read(http, approved["uuid"])["last_modified_datetime"])
    second = stamp.replace(microsecond=0)

    def found(**ends: datetime) -> set[str]:
        params = {name: moment.strftime("%Y-%m-%dT%H:%M:%SZ") for name, moment in ends.items()}
        return {row["uuid"] for row in crawl(http, str(httpx.URL(BILLS, params=params)))}

    assert approved["uuid"] in found(last_modified_datetime_0=second)
    assert approved["uuid"] in found(last_modified_datetime_0=second, last_modified_datetime_1=second)
    assert approved["uuid"] not in found(last_modified_datetime_0=second + timedelta(seconds=1))
    assert approved["uuid"] not in found(last_modified_datetime_1=second - timedelta(seconds=1))


def test_a_filter_value_that_cannot_be_read_is_400(http: httpx.Client, switch: Callable[..., None]) -> None:
    reply = http.get(BILLS, params={"last_modified_datetime_0": "yesterday"})
    assert (reply.status_code, list(reply.json())) == (400, ["last_modified_datetime_0"])
    switch(invalid_filter="ignored")
    assert http.get(BILLS, params={"last_modified_datetime_0": "yesterday"}).status_code == 200


def test_list_filters_keep_what_they_say(http: httpx.Client, company: Company) -> None:
    vendor = company.vendor(company.bills[0].vendor).id
    rows = crawl(http, f"{BILLS}?vendor[]={vendor}&page_size=200")
    assert rows
    assert {row["vendor"]["id"] for row in rows} == {vendor}
    assert all(row["type"] == 0 for row in crawl(http, f"{BILLS}?type=0&page_size=200"))
    number = next(bill.number for bill in company.bills if len(bill.number) > 6)
    assert number in {row["invoice_number"] for row in crawl(http, f"{BILLS}?search={number.lower()}")}
    sorted_rows = crawl(http, f"{BILLS}?order_by=last_modified_datetime&page_size=200")
    stamps = [row["last_modified_datetime"] for row in sorted_rows]
    assert stamps == sorted(stamps)


def test_every_change_counts_the_version_up_and_moves_the_stamp(http: httpx.Client, ui: Ui, approved: Any) -> None:
    uuid = approved["uuid"]
    seen = [read(http, uuid)]
    for action in ("touch", "fix", "submit", "approve", "deny"):
        ui("bills", id=uuid, action=action)
        seen.append(read(http, uuid))
    assert [bill["version"] for bill in seen] == list(range(seen[0]["version"], seen[0]["version"] + 6))
    stamps = [bill["last_modified_datetime"] for bill in seen]
    assert stamps == sorted(set(stamps))
    assert [step["status"] for step in seen[-1]["bill_statuses"]] == [2, 0, 1, 2, 3]


def test_an_approval_may_leave_the_stamp_alone(
    http: httpx.Client, ui: Ui, switch: Callable[..., None], approved: Any
) -> None:
    switch(approval_touches=False)
    ui("bills", id=approved["uuid"], action="fix")
    before = read(http, approved["uuid"])
    ui("bills", id=approved["uuid"], action="approve")
    after = read(http, approved["uuid"])
    assert after["status"] == 2
    assert after["last_modified_datetime"] == before["last_modified_datetime"]


def test_only_a_draft_can_be_deleted_and_is_then_gone(http: httpx.Client, ui: Ui, approved: Any) -> None:
    uuid = approved["uuid"]
    refused = http.post("/_sandbox/objects/bills", json={"id": uuid, "action": "delete"})
    assert refused.status_code == 400
    ui("bills", id=uuid, action="fix")
    ui("bills", id=uuid, action="delete")
    assert http.get(f"/api/v2/ap/bills/{uuid}/").status_code == 404


def test_an_edit_shares_a_split_line_out_again(http: httpx.Client, ui: Ui, approved: Any) -> None:
    uuid, line = approved["uuid"], {"id": approved["items"][0]["id"]}
    parts = [{"amount": amount, "account_code": "6200", "department": 11 + n} for n, amount in enumerate(("20", "40"))]
    ui("bills", id=uuid, force=True, items=[line | {"allocations": parts}])
    ui("bills", id=uuid, force=True, items=[line | {"unit_cost": "25.0025"}])
    shown = read(http, uuid)["items"][0]
    assert shown["total_cost"] == Decimal("100.01")
    assert [part["amount"] for part in shown["cost_allocations"]] == ["33.34000000", "66.67000000"]


def test_an_edit_works_the_totals_out_again(http: httpx.Client, ui: Ui, approved: Any) -> None:
    uuid = approved["uuid"]
    refused = http.post("/_sandbox/objects/bills", json={"id": uuid, "items": []})
    assert refused.status_code == 400
    ui("bills", id=uuid, action="fix")
    line = {"id": approved["items"][0]["id"], "quantity": 2, "unit_cost": "10.005", "tax_percentage": "13"}
    cost = {"name": "Freight", "amount": "5.00", "account_code": "6200", "department": 11}
    ui("bills", id=uuid, items=[line], costs=[cost])
    shown = read(http, uuid)
    assert [shown[name] for name in ("subtotal_cost", "exclusive_tax_amount", "total_cost", "total_cost_with_tax")] == [
        Decimal("20.01"), Decimal("2.6"), Decimal("25.01"), Decimal("27.61"),
    ]  # fmt: skip
    assert shown["items"][0]["cost_allocations"][0]["amount"] == "20.01000000"


def test_the_undocumented_patch_writes_some_fields_and_touches_when_empty(http: httpx.Client, approved: Any) -> None:
    url = f"{BILLS}{approved['uuid']}/"
    reply = http.patch(url, json={"note": "seen", "gl_post_date": "2026-11-05", "status": 4})
    data = reply.json()["data"]
    assert (data["note"], data["gl_post_date"], data["status"]) == ("seen", "2026-11-05T00:00:00Z", 2)
    again = http.patch(url, json={}).json()["data"]
    assert again["version"] == data["version"] + 1
    assert http.patch(url, json={"invoice_number": "x" * 51}).status_code == 400
    assert http.delete(url).status_code == 405


def test_mark_as_paid_echoes_and_moves_approved_bills_only(http: httpx.Client, ui: Ui, approved: Any) -> None:
    url = f"{BILLS}mark-as-paid/"
    body = {"bill_uuids": [approved["uuid"]], "payment_date": "2026-11-20"}
    reply = http.post(url, json=body)
    assert (reply.status_code, reply.json()) == (200, {**body, "bill_group_ids": []})
    assert read(http, approved["uuid"])["status"] == 4
    assert http.post(url, json=body).status_code == 400
    assert http.post(url, json={"bill_uuids": ["0" * 32], "payment_date": "2026-11-20"}).status_code == 400
    assert http.post(url, json={"bill_uuids": [approved["uuid"]]}).status_code == 400
    rows = crawl(http, f"{BILLS}?payment_date_0=2026-11-20&payment_date_1=2026-11-20&page_size=200")
    assert approved["uuid"] in {row["uuid"] for row in rows}


def test_mark_as_paid_again_is_a_switch(http: httpx.Client, switch: Callable[..., None], approved: Any) -> None:
    switch(mark_paid_again="ignored")
    body = {"bill_uuids": [approved["uuid"]], "payment_date": "2026-11-20"}
    assert [http.post(f"{BILLS}mark-as-paid/", json=body).status_code for _ in range(2)] == [200, 200]


def test_an_attachment_is_served_with_the_hash_it_promises(
    http: httpx.Client, switch: Callable[..., None], company: Company
) -> None:
    bill = next(bill for bill in company.bills if bill.attachment is not None)
    shown = read(http, bill.uuid)["invoice_attachments"][0]
    assert shown["file"].startswith(str(http.base_url))
    file = httpx.get(shown["file"])
    assert hashlib.sha1(file.content, usedforsecurity=False).hexdigest() == shown["sha1_hash"]
    assert (len(file.content), file.headers["content-type"]) == (shown["length"], shown["mimetype"])
    switch(attachment_auth="bearer")
    assert httpx.get(shown["file"]).status_code == 403
    switch(attachment_auth="none", attachment_url_life_s=60)
    expiring = read(http, bill.uuid)["invoice_attachments"][0]["file"]
    assert httpx.get(expiring).status_code == 200
    http.post("/_sandbox/clock", json={"advance_s": 61})
    assert httpx.get(expiring).status_code == 403


def test_a_vendor_inside_a_bill_is_the_vendor_as_it_is_now(http: httpx.Client, ui: Ui, approved: Any) -> None:
    ui("vendors", id=1, name="Renamed Ltd")
    shown = read(http, approved["uuid"])
    assert shown["vendor"]["name"] == "Renamed Ltd"
    assert shown["vendor_name"] != "Renamed Ltd"


def test_switches_change_how_dates_and_totals_are_told(
    http: httpx.Client, switch: Callable[..., None], company: Company
) -> None:
    bill = next(b for b in company.bills if company.location(b.location).timezone == "America/New_York")
    switch(bill_date_time="location_midnight", bill_list_dates="date")
    told = datetime.fromisoformat(read(http, bill.uuid)["invoice_date"])
    assert told.astimezone(UTC).hour in (4, 5)
    row = next(row for row in crawl(http, f"{BILLS}?page_size=200") if row["uuid"] == bill.uuid)
    assert row["due_date"] == bill.due_date.isoformat()


@pytest.mark.parametrize(
    ("kind", "options"), [("list_lag", {"seconds": 60}), ("rows_missing", {}), ("permission_shrink", {})]
)
def test_a_list_can_hide_rows(http: httpx.Client, kind: str, options: Any, approved: Any) -> None:
    def count() -> int:
        found: int = http.get(BILLS).json()["metadata"]["pagination"]["count"]
        return found

    whole = count()
    body = {"hide": [approved["uuid"]]} if kind == "permission_shrink" else None
    http.post("/_sandbox/faults", json={"match": "/ap/bills", "kind": kind, "body": body, **options})
    assert count() < whole
    http.delete("/_sandbox/faults")
    assert count() == whole


def test_list_lag_ends_with_the_clock_and_stale_reads_show_the_past(http: httpx.Client, ui: Ui, approved: Any) -> None:
    http.post("/_sandbox/faults", json={"match": "/ap/bills", "kind": "list_lag", "seconds": 30})
    assert approved["uuid"] not in {row["uuid"] for row in http.get(BILLS).json()["data"]}
    http.post("/_sandbox/clock", json={"advance_s": 31})
    assert approved["uuid"] in {row["uuid"] for row in http.get(BILLS).json()["data"]}
    http.delete("/_sandbox/faults")
    ui("bills", id=approved["uuid"], note="later")
    http.post("/_sandbox/faults", json={"match": "/ap/bills", "kind": "read_stale", "seconds": 30})
    assert read(http, approved["uuid"])["note"] == ""


def test_filter_ignored_and_page_shift_break_a_crawl(http: httpx.Client, company: Company) -> None:
    http.post("/_sandbox/faults", json={"match": "/ap/bills", "kind": "page_shift"})
    seen = {row["uuid"] for row in crawl(http, f"{BILLS}?page_size=50")}
    assert len(seen) < len(company.bills)
    http.delete("/_sandbox/faults")
    http.post("/_sandbox/faults", json={"match": "/ap/bills", "kind": "filter_ignored"})
    reply = http.get(BILLS, params={"last_modified_datetime_0": "2099-01-01T00:00:00Z"}).json()
    assert reply["metadata"]["pagination"]["count"] == len(company.bills)


def test_a_batch_can_be_done_in_part(http: httpx.Client, standin: ProcurifyStandIn, company: Company) -> None:
    ready = [b["uuid"] for b in standin.store.all("bills") if b["status"] == 2 and not b["bill_payment"]][:4]
    http.post("/_sandbox/faults", json={"match": "POST mark-as-paid", "kind": "batch_partial"})
    assert (
        http.post(f"{BILLS}mark-as-paid/", json={"bill_uuids": ready, "payment_date": "2026-11-20"}).status_code == 200
    )
    assert [read(http, uuid)["status"] for uuid in ready] == [4, 4, 2, 2]


def test_lines_are_found_by_integer_id_or_uuid(http: httpx.Client, approved: Any) -> None:
    for params in ({"bill": approved["id"]}, {"bill_uuid": approved["uuid"]}):
        rows = http.get("/api/v2/ap/items/", params=params).json()["data"]
        assert [row["id"] for row in rows] == [line["id"] for line in approved["items"]]


def test_a_list_as_csv(http: httpx.Client) -> None:
    reply = http.get(BILLS, params={"format": "csv", "page_size": 2})
    assert reply.headers["content-type"] == "text/csv"
    assert len(reply.text.strip().splitlines()) == 3
