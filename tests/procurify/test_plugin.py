"""The hooks: cursors and watermarks, reading, looking up, writing, files."""

import hashlib
import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from mlc import (
    Created,
    FetchMode,
    FindKey,
    Operation,
    Page,
    Probe,
    RejectCause,
    Rejected,
    RenderContext,
    Strategy,
    Updated,
    Write,
)
from mlc.errors import MappingError, NotFoundError, PluginError, TransientError
from mlc.http import Request, Response
from mlc.records import (
    AttachmentRef,
    Bill,
    ContactPoint,
    MoneyMovement,
    ObjectType,
    Payment,
    PaymentAllocation,
    Ref,
    SourceMeta,
    Vendor,
)
from mlc_procurify.auth import ProcurifyConnection
from mlc_procurify.settings import ProcurifySettings
from pydantic import ValidationError

from mlc_procurify import plugin

from .conftest import HTTP_DATE, Tenant, answer, listing, load

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


# ---------------------------------------------------------------------- fetch


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


# ---------------------------------------------------------------------- find, ping, probe


def test_finding_by_name_survives_an_ignored_filter(tenant: Tenant, connection: ProcurifyConnection) -> None:
    def handler(request: Request) -> Response:
        vendors = [load("vendor.json") | {"id": n, "name": name, "currency": None} for n, name in
                   enumerate(("Other Ltd", "harbour  paper LTD", "Third"), 1)]  # fmt: skip
        return listing(vendors)

    tenant.handler = handler
    (found,) = plugin.mlc_find(connection, ObjectType.VENDOR, [FindKey("k", name="Harbour Paper Ltd")])
    assert [record.id for record in found] == ["2"]


def test_finding_by_code_and_by_id(tenant: Tenant, connection: ProcurifyConnection) -> None:
    def handler(request: Request) -> Response:
        if request.url.path == "/api/v3/vendors/12/":
            return answer({"data": load("vendor.json") | {"currency": None}})
        if request.url.path == "/api/v3/vendors/all/":
            return listing([load("vendor.json") | {"currency": None}])
        return answer({"detail": "Not found."}, 404)

    tenant.handler = handler
    keys = [FindKey("a", external_id="12"), FindKey("b", external_id="404"), FindKey("c", reference="Z-77")]
    assert [[record.id for record in found] for found in plugin.mlc_find(connection, ObjectType.VENDOR, keys)] == [
        ["12"],
        [],
        ["12"],
    ]
    assert plugin.mlc_find(connection, ObjectType.BILL, keys) == [[], [], []]


def test_ping_says_who_we_are_and_how_far_the_clocks_are_apart(tenant: Tenant, connection: ProcurifyConnection) -> None:
    tenant.handler = lambda request: answer({"data": {"id": 2, "email": "svc@northwind.example"}})
    identity = plugin.mlc_ping(connection)
    assert (identity.account, identity.organisation) == ("svc@northwind.example", "northwind.procurify.com")
    assert identity.clock_skew_s == -30


def test_probe_tells_base_currency_zone_and_currency_ids(tenant: Tenant, connection: ProcurifyConnection) -> None:
    def handler(request: Request) -> Response:
        if request.url.path == "/api/v2/currencies/":
            return listing(
                [{"id": 1, "name": "USD", "base": True}, {"id": 3, "name": "CAD"}, {"id": 4, "name": "Beads"}]
            )
        return listing([{"id": 1, "headquarter": True, "locationTimezone": "America/Toronto"}])

    tenant.handler = handler
    probe = plugin.mlc_probe(connection)
    assert (probe.base_currency, probe.time_zone, probe.entity_id) == ("USD", "America/Toronto", "northwind")
    assert probe.extra == {"currency:USD": "1", "currency:CAD": "3"}


# ---------------------------------------------------------------------- render and push


def vendor(**values: Any) -> Vendor:
    return Vendor(**{"source": SOURCE, "name": "Harbour Paper Ltd", **values})


def rendered(connection: ProcurifyConnection, record: Any, operation: Operation, fields: set[str] | None = None) -> Any:
    context = RenderContext(
        operation=operation, probe=PROBE, record_key="k1", fields=None if fields is None else frozenset(fields)
    )
    return plugin.mlc_render(connection, record, None, context)


def test_an_update_sends_only_the_named_fields(connection: ProcurifyConnection) -> None:
    record = vendor(external_code="Z-1", payment_days=45, us_1099=True, legal_name="Harbour Paper Limited")
    result = rendered(connection, record, Operation.UPDATE, {"external_code", "payment_days"})
    assert json.loads(result.parts[0].payload) == {"external_id": "Z-1", "payment_term_ref": {"name": "Net 45"}}
    assert result.losses == ()


def test_a_create_has_what_procurify_requires_and_names_its_losses(connection: ProcurifyConnection) -> None:
    record = vendor(
        currency="CAD",
        tax_number="GB123",
        contacts=(ContactPoint(name="Jo", email="jo@harbour.example", phone="1", is_primary=True),),
    )
    result = rendered(connection, record, Operation.CREATE)
    assert json.loads(result.parts[0].payload) == {
        "name": "Harbour Paper Ltd",
        "email": ["jo@harbour.example"],
        "type": 3,
        "contact": "Jo",
        "phoneOne": "1",
        "phoneTwo": "",
        "currency": 3,
    }
    assert [loss.field for loss in result.losses] == ["tax_number"]


def test_a_name_that_is_too_long_is_refused_not_cut(tenant: Tenant) -> None:
    with pytest.raises(MappingError, match="takes 50"):
        rendered(tenant.connect(vendor_name_max=50), vendor(name="x" * 51), Operation.CREATE)


def test_what_is_only_read_is_refused_with_a_sentence(connection: ProcurifyConnection) -> None:
    with pytest.raises(MappingError, match="only mark them as paid"):
        rendered(connection, Bill(source=SOURCE), Operation.CREATE)
    write = Write("w", Operation.CREATE, b"{}", "k")
    (outcome,) = plugin.mlc_push(connection, ObjectType.PURCHASE_ORDER, [write])
    assert isinstance(outcome, Rejected)
    assert outcome.cause is RejectCause.NOT_PERMITTED


def push(connection: ProcurifyConnection, object_type: ObjectType, write: Write) -> Any:
    with connection.http.permit(write.key):
        (outcome,) = plugin.mlc_push(connection, object_type, [write])
    return outcome


def test_a_vendor_update_is_one_patch_with_the_bytes_as_given(tenant: Tenant, connection: ProcurifyConnection) -> None:
    tenant.handler = lambda request: answer({"metadata": {}, "data": load("vendor.json") | {"external_id": "Z-1"}})
    payload = b'{"external_id":"Z-1"}'
    outcome = push(connection, ObjectType.VENDOR, Write("w1", Operation.UPDATE, payload, "k", external_id="12"))
    assert isinstance(outcome, Updated)
    assert (outcome.external_id, outcome.version) == ("12", "2026-01-02T03:04:05.600000+00:00")
    assert isinstance(outcome.seen, Vendor)
    assert outcome.seen.external_code == "Z-1"
    (request,) = tenant.requests
    assert (request.method, request.url.path, request.content) == ("PATCH", "/api/v3/vendors/12/", payload)
    assert request.headers["content-type"] == "application/json"


def test_a_vendor_create_is_one_post_and_a_refusal_is_an_outcome(
    tenant: Tenant, connection: ProcurifyConnection
) -> None:
    tenant.handler = lambda request: answer({"data": load("vendor.json")}, 201)
    created = push(connection, ObjectType.VENDOR, Write("w1", Operation.CREATE, b"{}", "k"))
    assert isinstance(created, Created)
    assert created.external_id == "12"
    tenant.handler = lambda request: answer({"name": ["This field may not be blank."]}, 400)
    refused = push(connection, ObjectType.VENDOR, Write("w2", Operation.CREATE, b"{}", "k"))
    assert isinstance(refused, Rejected)
    assert refused.field == "name"


def paid(**values: Any) -> Payment:
    share = PaymentAllocation(document=Ref(record_type=ObjectType.BILL, source_id=BILL), amount=Decimal("1049.50"))
    fixed = {"source": SOURCE, "payment_date": date(2026, 3, 4), "movement": MoneyMovement.MOVED}
    return Payment(**{**fixed, "allocations": (share,), **values})


def test_a_payment_is_rendered_as_a_mark_and_reads_back_as_a_payment(
    tenant: Tenant, connection: ProcurifyConnection
) -> None:
    part = rendered(connection, paid(reference="CHQ 7"), Operation.CREATE).parts[0]
    assert json.loads(part.payload) == {"bill_uuids": [BILL], "bill_group_ids": [], "payment_date": "2026-03-04"}
    status = 2

    def handler(request: Request) -> Response:
        nonlocal status
        if request.method == "POST":
            status = 4
            return answer(json.loads(request.content))
        return answer({"data": load("bill.json") | {"status": status}})

    tenant.handler = handler
    outcome = push(connection, ObjectType.PAYMENT, Write("w", Operation.CREATE, part.payload, "k", action=part.action))
    assert isinstance(outcome, Created)
    assert tenant.requests[-1].url.path == "/api/v3/ap/bills/mark-as-paid/"
    (record,) = plugin.mlc_read(connection, ObjectType.PAYMENT, [outcome.external_id])
    payment = plugin.mlc_map(connection, ObjectType.PAYMENT, dict(record.payload))
    assert isinstance(payment, Payment)
    assert (payment.movement, payment.amount) == (MoneyMovement.MOVED, Decimal("1049.50"))
    assert payment.source.source_id == outcome.external_id


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"bill_payment": {"amount": "1.00"}, "status": 4}, "payment of its own"),
        ({"status": 0}, "not approved"),
        ({"status": 6}, "not approved"),
    ],
)
def test_a_bill_that_cannot_be_marked_is_refused_before_anything_is_sent(
    tenant: Tenant, connection: ProcurifyConnection, changes: dict[str, Any], words: str
) -> None:
    tenant.handler = lambda request: answer({"data": load("bill.json") | changes})
    body = json.dumps({"bill_uuids": [BILL], "bill_group_ids": [], "payment_date": "2026-03-04"}).encode()
    outcome = push(connection, ObjectType.PAYMENT, Write("w", Operation.CREATE, body, "k"))
    assert isinstance(outcome, Rejected)
    assert words in outcome.reason
    assert [request.method for request in tenant.requests] == ["GET"]


@pytest.mark.parametrize(
    "values",
    [
        {"movement": MoneyMovement.PLANNED},
        {"payment_date": None},
        {"allocations": (PaymentAllocation(group="55"),)},
        {"allocations": ()},
    ],
)
def test_a_payment_that_cannot_be_said_is_not_rendered(connection: ProcurifyConnection, values: dict[str, Any]) -> None:
    with pytest.raises(MappingError):
        rendered(connection, paid(**values), Operation.CREATE)


# ---------------------------------------------------------------------- files


def files(tenant: Tenant, content: bytes) -> None:
    def handler(request: Request) -> Response:
        if request.url.path.startswith("/api/"):
            return answer({"data": load("bill.json")})
        return Response(200, content=content, headers={"Date": HTTP_DATE})

    tenant.handler = handler


def test_a_file_comes_from_a_fresh_link_with_its_checksum(tenant: Tenant, connection: ProcurifyConnection) -> None:
    files(tenant, b"hello")
    wanted = AttachmentRef(source_id="f1", filename="HP-2209.pdf", mime_type="application/pdf",
                           sha1="aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d")  # fmt: skip
    attachment = plugin.mlc_attachment(connection, BILL, wanted)
    try:
        assert attachment.path.read_bytes() == b"hello"
        assert (attachment.size, attachment.sha1) == (5, hashlib.sha1(b"hello").hexdigest())
    finally:
        attachment.path.unlink()
    assert tenant.requests[-1].url.query == b"signature=abc"
    assert "authorization" in tenant.requests[-1].headers


def test_a_wrong_checksum_is_transient(tenant: Tenant, connection: ProcurifyConnection) -> None:
    files(tenant, b"other")
    wanted = AttachmentRef(source_id="f1", sha1="aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d")
    with pytest.raises(TransientError, match="checksum"):
        plugin.mlc_attachment(connection, BILL, wanted)


def test_a_storage_host_must_be_allowed_and_gets_no_credentials(
    tenant: Tenant, connection: ProcurifyConnection
) -> None:
    files(tenant, b"hello")
    with pytest.raises(NotFoundError, match="attachment_hosts"):
        plugin.mlc_attachment(connection, BILL, AttachmentRef(source_id="f2"))
    allowed = tenant.connect(attachment_hosts=["files.example.com"])
    plugin.mlc_attachment(allowed, BILL, AttachmentRef(source_id="f2")).path.unlink()
    assert tenant.requests[-1].url.host == "files.example.com"
    assert "authorization" not in tenant.requests[-1].headers
    with pytest.raises(NotFoundError, match="no longer attached"):
        plugin.mlc_attachment(allowed, BILL, AttachmentRef(source_id="f3"))


# ---------------------------------------------------------------------- description and settings


def test_the_description_fits_what_is_implemented() -> None:
    system = plugin.mlc_describe()
    assert (system.name, system.concurrency) == ("procurify", 1)
    vendors = system.support(ObjectType.VENDOR)
    assert vendors is not None
    assert (vendors.strategy, vendors.has_change_filter) == (Strategy.SEARCH, False)
    settings = ProcurifySettings(subdomain="northwind", attachment_hosts=("files.example.com",))
    assert system.hosts(settings) == ("northwind.procurify.com", "files.example.com")


@pytest.mark.parametrize("subdomain", ["Acme", "acme.procurify.com", "https://acme", "a/b", "", "acme\n", "-acme"])
def test_a_wrong_subdomain_gets_a_sentence(subdomain: str) -> None:
    with pytest.raises(ValidationError, match="only the part before"):
        ProcurifySettings(subdomain=subdomain)


@pytest.mark.parametrize(
    "settings",
    [
        {"time_zone": "Mars/Base"},
        {"attachment_hosts": ["https://files.example.com/x"]},
        {"vendor_type": 5},
        {"bill_types": []},
        {"bill_link": "https://x/{nope}"},
        {"page_size": 0},
        {"surprise": 1},
    ],
)
def test_other_wrong_settings_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ProcurifySettings(**{"subdomain": "northwind", **settings})
