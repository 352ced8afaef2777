"""The reading hooks: cursors and watermarks, records by id."""

import json

import pytest
from mlc import (
    FetchMode,
    Page,
    Probe,
)
from mlc.errors import PluginError
from mlc.http import Request, Response
from mlc.records import (
    Bill,
    ObjectType,
    SourceMeta,
    Vendor,
)
from mlc_procurify.auth import ProcurifyConnection

from mlc_procurify import plugin

from .conftest import Tenant, answer, listing, load

BILL = "5d1c9a40e3b74f0fa1c2b4d6e8f00112"
PROBE = Probe(extra={"currency:CAD": "3"})
SOURCE = SourceMeta(system="books", source_id="900")


def fetch(
    connection: ProcurifyConnection,
    object_type: ObjectType,
    cursor: str | None = None,
    mode: FetchMode = FetchMode.CHANGES,
) -> Page:
    return plugin.mlc_fetch(connection, object_type, cursor, mode)


def queries(tenant: Tenant) -> list[dict[str, str]]:
    return [dict(request.url.params) for request in tenant.requests]


def test_the_first_pass_reads_everything_and_ends_on_the_vendors_clock(
    tenant: Tenant, connection: ProcurifyConnection
) -> None:
    tenant.handler = lambda request: listing([load("bill_row.json")])
    page = fetch(connection, ObjectType.BILL)
    assert queries(tenant) == [{"type": "0", "page": "1", "page_size": "100"}]
    assert page.next_cursor is None
    assert page.watermark is not None
    assert json.loads(page.watermark) == {"since": "2026-03-10T11:49:30+00:00"}
    (record,) = page.records
    assert (record.id, record.complete) == (BILL, False)
    assert record.version == "3:2026-02-05T09:01:44.310000+00:00"
    assert page.total == 1


def test_the_next_pass_filters_to_the_second_and_checks_each_row(
    tenant: Tenant, connection: ProcurifyConnection
) -> None:
    old = load("bill_row.json")
    new = old | {"uuid": "aa", "last_modified_datetime": "2026-03-10T11:49:30Z"}
    card = new | {"uuid": "bb", "type": 2}
    tenant.handler = lambda request: listing([old, new, card])
    page = fetch(connection, ObjectType.BILL, '{"since": "2026-03-10T11:49:30+00:00"}')
    assert queries(tenant)[0]["last_modified_datetime_0"] == "2026-03-10T11:49:30Z"
    assert [record.id for record in page.records] == ["aa"]


def test_the_watermark_is_the_first_pages_clock_and_pages_keep_the_filter(
    tenant: Tenant, connection: ProcurifyConnection
) -> None:
    def handler(request: Request) -> Response:
        number = request.url.params["page"]
        row = load("bill_row.json") | {"uuid": f"u{number}", "last_modified_datetime": "2026-03-10T11:59:00Z"}
        if number == "2":
            later = listing([row])
            later.headers["Date"] = "Tue, 10 Mar 2026 15:00:00 GMT"
            return later
        return listing([row], following="http://elsewhere.example/api/?page=2&page_size=100", count=2)

    tenant.handler = handler
    first = fetch(connection, ObjectType.BILL, '{"since": "2026-03-10T11:00:00+00:00"}')
    assert first.watermark is None
    second = fetch(connection, ObjectType.BILL, first.next_cursor)
    assert second.watermark is not None
    assert json.loads(second.watermark)["since"] == "2026-03-10T11:49:30+00:00"
    assert [query["last_modified_datetime_0"] for query in queries(tenant)] == ["2026-03-10T11:00:00Z"] * 2
    assert {request.url.host for request in tenant.requests} == {"northwind.procurify.com"}


def test_a_vendor_that_does_not_tell_its_time_moves_no_watermark(
    tenant: Tenant, connection: ProcurifyConnection
) -> None:
    def handler(request: Request) -> Response:
        reply = listing([])
        del reply.headers["Date"]
        return reply

    tenant.handler = handler
    before = '{"since":"2026-03-10T11:00:00+00:00"}'
    assert fetch(connection, ObjectType.BILL, before).watermark == before


def test_a_sweep_lists_without_a_filter(tenant: Tenant, connection: ProcurifyConnection) -> None:
    tenant.handler = lambda request: listing([load("bill_row.json")])
    page = fetch(connection, ObjectType.BILL, None, FetchMode.SWEEP)
    assert "last_modified_datetime_0" not in queries(tenant)[0]
    assert len(page.records) == 1


def test_several_bill_types_are_sorted_out_here(tenant: Tenant) -> None:
    connection = tenant.connect(bill_types=["order", "expense"])
    rows = [load("bill_row.json") | {"uuid": str(kind), "type": kind} for kind in (0, 1, 2)]
    tenant.handler = lambda request: listing(rows)
    assert [record.id for record in fetch(connection, ObjectType.BILL).records] == ["0", "1"]
    assert "type" not in queries(tenant)[0]


def test_orders_are_filtered_by_day_with_a_day_of_overlap(tenant: Tenant, connection: ProcurifyConnection) -> None:
    order = load("purchase_order.json")
    del order["order_items"]
    rows = [order | {"procurify_PO": number, "last_modified": text} for number, text in
            ((1, "2026-03-08T23:59:59Z"), (2, "2026-03-09T00:00:00Z"))]  # fmt: skip
    tenant.handler = lambda request: listing(rows)
    page = fetch(connection, ObjectType.PURCHASE_ORDER, '{"since": "2026-03-09T11:59:30+00:00"}')
    assert tenant.requests[0].url.path == "/api/v2/purchase_orders/purchased/all/"
    assert queries(tenant)[0]["modified_date_0"] == "2026-03-09"
    assert [(record.id, record.version, record.complete) for record in page.records] == [
        ("2", "2:2026-03-09T00:00:00+00:00", False)
    ]
    assert page.watermark is not None
    assert json.loads(page.watermark)["since"] == "2026-03-09T11:59:30+00:00"


def test_payments_are_read_from_the_public_list(tenant: Tenant, connection: ProcurifyConnection) -> None:
    tenant.handler = lambda request: listing([load("payment.json")])
    page = fetch(connection, ObjectType.PAYMENT, '{"since": "2026-03-01T00:00:00+00:00"}')
    assert tenant.requests[0].url.path == "/api/public/v1/payments/"
    assert queries(tenant)[0] | {"page": "1"} == {
        "order_by": "updated_at",
        "updated_at_after": "2026-03-01T00:00:00Z",
        "page": "1",
        "page_size": "100",
    }
    (record,) = page.records
    assert (record.id, record.complete) == ("c0f1", True)
    assert "direct_debit_bank_account_mask" not in record.payload


def test_vendors_are_crawled_with_their_currencies_looked_up_once(
    tenant: Tenant, connection: ProcurifyConnection
) -> None:
    def handler(request: Request) -> Response:
        if request.url.path == "/api/v2/currencies/":
            return listing([{"id": 3, "name": "CAD"}])
        number = int(request.url.params["page"])
        following = f"https://x/?page={number + 1}" if number < 3 else None
        return listing([load("vendor.json") | {"id": number}], following=following)

    tenant.handler = handler
    cursor: str | None = None
    seen = []
    while True:
        page = fetch(connection, ObjectType.VENDOR, cursor)
        seen += [plugin.mlc_map(connection, ObjectType.VENDOR, dict(record.payload)) for record in page.records]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert [vendor.currency for vendor in seen if isinstance(vendor, Vendor)] == ["CAD"] * 3
    assert [request.url.path for request in tenant.requests].count("/api/v2/currencies/") == 1


def test_departments_then_locations_make_up_the_dimensions(tenant: Tenant, connection: ProcurifyConnection) -> None:
    tenant.handler = lambda request: listing([{"id": 5, "name": request.url.path}])
    first = fetch(connection, ObjectType.DIMENSION)
    second = fetch(connection, ObjectType.DIMENSION, first.next_cursor)
    assert [record.id for page in (first, second) for record in page.records] == ["department-5", "location-5"]
    assert second.watermark is not None


def test_an_unchanged_row_keeps_its_version_and_a_changed_one_does_not(
    tenant: Tenant, connection: ProcurifyConnection
) -> None:
    row = {"id": 8, "code": "6100", "description": "Office", "active": True}
    versions = []
    for rows in ([row], [dict(reversed(row.items()))], [row | {"active": False}]):
        tenant.handler = lambda request, rows=rows: listing(rows)  # type: ignore[misc]
        versions.append(fetch(connection, ObjectType.ACCOUNT).records[0].version)
    assert versions[0] == versions[1] != versions[2]


def test_a_broken_cursor_is_a_broken_contract(connection: ProcurifyConnection) -> None:
    with pytest.raises(PluginError):
        fetch(connection, ObjectType.BILL, "page 2")


# ---------------------------------------------------------------------- read


def test_reading_a_bill_gives_the_detail_without_bank_details(tenant: Tenant, connection: ProcurifyConnection) -> None:
    tenant.handler = lambda request: answer({"metadata": {}, "data": load("bill.json")})
    (record,) = plugin.mlc_read(connection, ObjectType.BILL, [BILL])
    assert record.complete
    assert "****" not in json.dumps(record.payload, default=str)
    bill = plugin.mlc_map(connection, ObjectType.BILL, dict(record.payload))
    assert isinstance(bill, Bill)
    assert len(bill.lines) == 2


def test_what_is_gone_comes_back_as_deleted(tenant: Tenant, connection: ProcurifyConnection) -> None:
    (record,) = plugin.mlc_read(connection, ObjectType.BILL, ["dead"])
    assert record.deleted is not None
    assert record.deleted.evidence == "http_404"


def test_lists_without_a_call_by_id_are_crawled_once(tenant: Tenant, connection: ProcurifyConnection) -> None:
    tenant.handler = lambda request: listing([{"id": 1, "code": "a"}, {"id": 2, "code": "b"}])
    found = plugin.mlc_read(connection, ObjectType.ACCOUNT, ["2", "9", "1"])
    assert [record.id for record in found] == ["2", "9", "1"]
    assert found[1].deleted is not None
    assert found[1].deleted.evidence == "missing_in_scan"
    assert len(tenant.requests) == 1
