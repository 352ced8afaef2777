import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from mlc import Connection, FetchMode
from mlc.errors import NotFoundError, PluginError, TransientError
from mlc.http import Response
from mlc.records import AttachmentRef, ObjectType
from mlc_zoho.books import plugin
from mlc_zoho.books.schemas import ORGANISATION
from mlc_zoho.books.settings import BooksSettings
from mlc_zoho.settings import ZohoSecrets

from .conftest import DATE, Script, plain_json, reply

Books = Connection[BooksSettings, ZohoSecrets]
Connect = Callable[..., Books]
BILLS = "GET /books/v3/bills"
CHANGES, SWEEP = FetchMode.CHANGES, FetchMode.SWEEP


def listed(*ids: int, page: int = 1, more: bool = False, at: str = "2026-02-11T10:00:00+0100") -> dict[str, Any]:
    rows = [{"bill_id": str(number), "status": "open", "balance": 1, "last_modified_time": at} for number in ids]
    return {"code": 0, "bills": rows, "page_context": {"page": page, "has_more_page": more}}


def test_a_first_pass_reads_every_status_in_order_of_creation(connect: Connect, script: Script) -> None:
    script.on(BILLS, plain_json("bills"))
    page = plugin.mlc_fetch(connection=connect(), object_type=ObjectType.BILL, cursor=None, mode=CHANGES)
    asked = script.asked(BILLS)[0].url.params
    assert (asked["filter_by"], asked["sort_column"], asked["sort_order"]) == ("Status.All", "created_time", "A")
    assert "last_modified_time" not in asked
    assert [record.id for record in page.records] == ["4600000000333001", "4600000000333002"]
    assert not page.records[0].complete
    assert page.records[0].modified_at == datetime(2026, 2, 11, 9, tzinfo=UTC)
    assert page.records[0].payload[ORGANISATION]["currency_code"] == "EUR"
    assert page.next_cursor is None
    assert page.watermark == "2026-02-12T08:58:00+00:00"


def test_a_later_pass_filters_in_the_organisations_zone_and_checks_every_row(connect: Connect, script: Script) -> None:
    script.on(BILLS, plain_json("bills"))
    page = plugin.mlc_fetch(
        connection=connect(), object_type=ObjectType.BILL, cursor="2026-02-01T00:00:00+00:00", mode=CHANGES
    )
    query = script.asked(BILLS)[0].url.query.decode()
    assert "last_modified_time=2026-02-01T05%3A30%3A00%2B0530" in query
    assert [record.id for record in page.records] == ["4600000000333001"]


def test_a_sweep_has_no_filter(connect: Connect, script: Script) -> None:
    script.on(BILLS, plain_json("bills"))
    page = plugin.mlc_fetch(
        connection=connect(), object_type=ObjectType.BILL, cursor="2026-02-01T00:00:00+00:00", mode=SWEEP
    )
    assert "last_modified_time" not in script.asked(BILLS)[0].url.params
    assert len(page.records) == 2


def test_pages_carry_the_clock_of_the_pass_start(connect: Connect, script: Script) -> None:
    later = reply(listed(3, page=2), headers={"Date": "Thu, 12 Feb 2026 11:00:00 GMT"})
    script.on(BILLS, reply(listed(1, 2, 2, more=True)), later)
    connection = connect()
    first = plugin.mlc_fetch(connection=connection, object_type=ObjectType.BILL, cursor=None, mode=CHANGES)
    assert [record.id for record in first.records] == ["1", "2"]
    assert first.watermark is None
    assert first.next_cursor is not None
    second = plugin.mlc_fetch(
        connection=connection, object_type=ObjectType.BILL, cursor=first.next_cursor, mode=CHANGES
    )
    assert script.asked(BILLS)[1].url.params["page"] == "2"
    assert (second.watermark, [record.id for record in second.records]) == ("2026-02-12T08:58:00+00:00", ["3"])


@pytest.mark.parametrize(
    "second", [listed(1, 2, page=2, more=True), listed(1, 5, page=1, more=True), listed(page=2, more=True)]
)
def test_a_list_that_goes_round_is_noticed(connect: Connect, script: Script, second: dict[str, Any]) -> None:
    script.on(BILLS, listed(1, 2, more=True), second)
    connection = connect()
    first = plugin.mlc_fetch(connection=connection, object_type=ObjectType.BILL, cursor=None, mode=CHANGES)
    with pytest.raises(TransientError, match="twice over"):
        plugin.mlc_fetch(connection=connection, object_type=ObjectType.BILL, cursor=first.next_cursor, mode=CHANGES)


def test_without_the_vendors_clock_the_next_pass_begins_where_this_one_did(connect: Connect, script: Script) -> None:
    script.answers[BILLS] = lambda request: Response(200, text=json.dumps(listed(1)))
    page = plugin.mlc_fetch(
        connection=connect(), object_type=ObjectType.BILL, cursor="2026-02-01T00:00:00+00:00", mode=CHANGES
    )
    assert page.watermark == "2026-02-01T00:00:00+00:00"


def test_a_foreign_cursor_is_refused(connect: Connect) -> None:
    with pytest.raises(PluginError):
        plugin.mlc_fetch(connection=connect(), object_type=ObjectType.BILL, cursor="nonsense", mode=CHANGES)


def test_contacts_of_the_other_kind_are_left_out_even_if_the_filter_is_ignored(
    connect: Connect, script: Script
) -> None:
    rows = [{"contact_id": "1", "contact_type": "vendor"}, {"contact_id": "2", "contact_type": "customer"}]
    script.on("GET /books/v3/contacts", {"code": 0, "contacts": rows})
    page = plugin.mlc_fetch(connection=connect(), object_type=ObjectType.VENDOR, cursor=None, mode=CHANGES)
    assert script.asked("GET /books/v3/contacts")[0].url.params["contact_type"] == "vendor"
    assert [record.id for record in page.records] == ["1"]


def test_bank_details_are_dropped_before_anything_is_kept(connect: Connect, script: Script) -> None:
    script.on("GET /books/v3/chartofaccounts", {"code": 0, "chartofaccounts": [plain_json("masterdata")["bank"]]})
    page = plugin.mlc_fetch(connection=connect(), object_type=ObjectType.ACCOUNT, cursor=None, mode=CHANGES)
    assert page.records[0].complete
    assert "1234567890" not in json.dumps(dict(page.records[0].payload))


def test_locations_and_tag_options_are_dimensions(connect: Connect, script: Script) -> None:
    data = plain_json("masterdata")
    script.on("GET /books/v3/locations", {"code": 0, "locations": [data["location"]]})
    script.on("GET /books/v3/reportingtags", {"reporting_tags": [data["tag"]]})
    script.on("GET /books/v3/reportingtags/4600000000038080/options/all", {"code": 0, "results": [data["option"]]})
    page = plugin.mlc_fetch(connection=connect(), object_type=ObjectType.DIMENSION, cursor=None, mode=CHANGES)
    assert [record.id for record in page.records] == ["4600000000055001", "4600000000038081"]
    assert page.watermark is not None


def test_terms_are_those_of_active_vendors_and_one_number_of_days_is_one(connect: Connect, script: Script) -> None:
    def vendor(key: str, days: int, label: str, **more: str) -> dict[str, object]:
        told = {"contact_id": key, "contact_name": key, "contact_type": "vendor", "status": "active"}
        return told | {"payment_terms": days, "payment_terms_label": label} | more

    found = [
        vendor("1", 30, "Net 30"),
        vendor("2", 30, "30 days"),
        vendor("3", 0, "Due on Receipt"),
        vendor("4", -3, "Due end of next month"),
        vendor("5", 60, "Net 60", status="inactive"),
        vendor("6", 15, "Net 15", contact_type="customer"),
    ]
    script.on("GET /books/v3/contacts", {"code": 0, "contacts": found})
    page = plugin.mlc_fetch(connection=connect(), object_type=ObjectType.PAYMENT_TERM, cursor=None, mode=CHANGES)
    terms = [
        plugin.mlc_map(connection=connect(), object_type=ObjectType.PAYMENT_TERM, payload=dict(one.payload))
        for one in page.records
    ]
    told = [(one.source.source_id, one.name, one.days) for one in terms]
    assert told == [
        ("0", "Due on Receipt", 0),
        ("30", "Net 30", 30),
        ("label:Due end of next month", "Due end of next month", None),
    ]
    read = plugin.mlc_read(connection=connect(), object_type=ObjectType.PAYMENT_TERM, ids=["30", "60"])
    assert [one.deleted is None for one in read] == [True, False]


def test_rates_are_the_dated_ones_of_each_foreign_currency(connect: Connect, script: Script) -> None:
    currencies = [
        {"currency_id": "1", "currency_code": "USD", "is_base_currency": True},
        {"currency_id": "2", "currency_code": "EUR", "is_base_currency": False, "exchange_rate": 1.1},
    ]
    dated = [{"effective_date": "2026-10-01", "rate": 1.15}, {"effective_date": "2026-09-01", "rate": 1.12}]
    script.on("GET /books/v3/settings/currencies", {"code": 0, "currencies": currencies})
    script.on("GET /books/v3/settings/currencies/2/exchangerates", {"code": 0, "exchange_rates": dated})
    connection = connect()
    page = plugin.mlc_fetch(connection=connection, object_type=ObjectType.EXCHANGE_RATE, cursor=None, mode=CHANGES)
    assert [one.id for one in page.records] == ["EUR@2026-09-01", "EUR@2026-10-01"]
    rate = plugin.mlc_map(
        connection=connection, object_type=ObjectType.EXCHANGE_RATE, payload=dict(page.records[1].payload)
    )
    assert (rate.from_currency, rate.to_currency, str(rate.rate), rate.valid_from.isoformat()) == (
        "EUR", page.records[1].payload["_organisation"]["currency_code"], "1.15", "2026-10-01",
    )  # fmt: skip
    read = plugin.mlc_read(connection=connection, object_type=ObjectType.EXCHANGE_RATE, ids=["EUR@2026-10-01", "X@1"])
    assert [one.deleted is None for one in read] == [True, False]


def test_an_organisation_without_locations_has_none(connect: Connect) -> None:
    page = plugin.mlc_fetch(connection=connect(), object_type=ObjectType.DIMENSION, cursor=None, mode=CHANGES)
    assert page.records == ()


def test_records_are_read_whole_and_gone_ones_are_told(connect: Connect, script: Script) -> None:
    script.on("GET /books/v3/bills/4600000000333001", plain_json("bill"))
    script.on("GET /books/v3/bills/9", {"code": 1002, "message": "Bill does not exist."}, status=404)
    found = plugin.mlc_read(connection=connect(), object_type=ObjectType.BILL, ids=["4600000000333001", "9"])
    assert found[0].complete
    assert "line_items" in found[0].payload
    gone = found[1].deleted
    assert gone is not None
    assert gone.evidence == "http_404"


def test_a_wrong_path_is_no_deletion(connect: Connect) -> None:
    with pytest.raises(Exception, match="Invalid URL"):
        plugin.mlc_read(connection=connect(), object_type=ObjectType.BILL, ids=["9"])


def test_a_payments_currency_is_filled_in(connect: Connect, script: Script) -> None:
    payment = {"payment_id": "7", "currency_id": "4600000000000101", "amount": 1, "bills": []}
    data = plain_json("masterdata")
    script.on("GET /books/v3/vendorpayments/7", {"code": 0, "vendorpayment": payment})
    script.on("GET /books/v3/settings/currencies", {"code": 0, "currencies": [data["currency"]]})
    found = plugin.mlc_read(connection=connect(), object_type=ObjectType.PAYMENT, ids=["7"])
    assert found[0].payload["currency_code"] == "NOK"


def test_a_documents_file_is_downloaded(connect: Connect, script: Script) -> None:
    script.answers["GET /books/v3/bills/333/attachment"] = lambda request: Response(
        200, content=b"%PDF-1.7", headers={"Content-Type": "application/pdf", "Date": DATE}
    )
    ref = AttachmentRef(source_id="444", filename="NB.pdf", url="/bills/333/attachment")
    file = plugin.mlc_attachment(connection=connect(), document_id="333", attachment=ref)
    try:
        assert (file.path.read_bytes(), file.mime_type, file.size) == (b"%PDF-1.7", "application/pdf", 8)
        assert script.requests[-1].url.params["organization_id"] == "700001234"
    finally:
        file.path.unlink()


@pytest.mark.parametrize(
    "path", ["https://evil.example/x", "/bills/../contacts/1/attachment", "/bills/333/status/void"]
)
def test_a_file_elsewhere_is_not_fetched(connect: Connect, script: Script, path: str) -> None:
    ref = AttachmentRef(source_id="444", url=path)
    with pytest.raises(NotFoundError):
        plugin.mlc_attachment(connection=connect(), document_id="333", attachment=ref)
    assert script.requests == []


def test_a_file_streams_from_a_real_socket(connect: Connect) -> None:
    class Books(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_file = self.path.startswith("/books/v3/bills/333/attachment")
            content = b"%PDF-1.7 real" if is_file else json.dumps(plain_json("organizations")).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/pdf" if is_file else "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Books)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        connection = connect(endpoint=f"http://127.0.0.1:{server.server_port}", real=True)
        ref = AttachmentRef(source_id="444", filename="NB.pdf", url="/bills/333/attachment")
        file = plugin.mlc_attachment(connection=connection, document_id="333", attachment=ref)
        assert file.path.read_bytes() == b"%PDF-1.7 real"
        file.path.unlink()
        connection.http.close()
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
