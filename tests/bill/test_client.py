"""Lists, single records and look-ups: what is asked, and what is made of the answers."""

from datetime import datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from mlc import FetchMode, FindKey
from mlc.errors import RejectedError, TransientError
from mlc.http import Response
from mlc.records import ObjectType

from mlc_bill import plugin

from .conftest import BILL, BILL_ROW, NOW, VENDOR, VENDOR_ROW, page, problem, reply

CREDIT = {"id": "vcr1", "vendorId": VENDOR, "referenceNumber": "C-1", "amount": 5, "archived": False,
          "updatedTime": "2026-04-30T09:15:02.114+00:00"}  # fmt: skip


def fetch(connection, kind=ObjectType.BILL, cursor=None, mode=FetchMode.CHANGES):
    return plugin.mlc_fetch(connection, kind, cursor, mode)


def find(connection, kind, **key):
    (found,) = plugin.mlc_find(connection, kind, [FindKey("key-1", **key)])
    return [row.id for row in found]


def query(request):
    return {name: values[0] for name, values in parse_qs(urlsplit(str(request.url)).query).items()}


def test_changes_are_asked_for_oldest_first_with_quoted_moments(gateway, connection):
    gateway.on("GET bills", page())
    fetch(connection, cursor="2026-04-01T00:00:00+00:00")
    assert query(gateway.asked("GET bills")[0]) == {
        "max": "100", "sort": "updatedTime:asc", "filters": 'updatedTime:gte:"2026-04-01T00:00:00.000Z"',
    }  # fmt: skip
    fetch(connection, cursor="2026-04-01T00:00:00+00:00", mode=FetchMode.SWEEP)
    assert "filters" not in query(gateway.asked("GET bills")[1])


def test_the_next_pass_starts_where_bills_clock_stood_less_the_overlap(gateway, connection):
    gateway.on("GET bills", page(following="p2"), page())
    gateway.on("GET vendors", page(VENDOR_ROW))
    first = fetch(connection)
    assert (first.watermark, query(gateway.asked("GET bills")[0]).get("page")) == (None, None)
    last = fetch(connection, cursor=first.next_cursor)
    assert query(gateway.asked("GET bills")[1])["page"] == "p2"
    assert datetime.fromisoformat(last.watermark) == NOW.replace(minute=15)


def test_a_list_that_leads_back_to_itself_ends_the_pass(gateway, connection):
    gateway.on("GET vendors", page(VENDOR_ROW, following="p2"))
    first = fetch(connection, ObjectType.VENDOR)
    with pytest.raises(TransientError, match="leads back"):
        fetch(connection, ObjectType.VENDOR, cursor=first.next_cursor)


def test_rows_older_than_the_filter_are_left_out(gateway, connection):
    gateway.on("GET vendors", page(VENDOR_ROW))
    assert fetch(connection, ObjectType.VENDOR, cursor="2026-04-10T00:00:00+00:00").records == ()
    assert len(fetch(connection, ObjectType.VENDOR, cursor="2026-04-01T00:00:00+00:00").records) == 1


def test_the_currency_of_bills_is_their_vendors_and_asked_for_once(gateway, connection):
    gateway.on("GET bills", page(BILL_ROW, {**BILL_ROW, "id": "00nOTHER"}))
    gateway.on("GET vendors", page({**VENDOR_ROW, "billCurrency": "EUR"}))
    for _ in range(2):
        (row, other) = fetch(connection).records
        assert plugin.mlc_map(connection, ObjectType.BILL, dict(row.payload)).currency == "EUR"
        assert plugin.mlc_map(connection, ObjectType.BILL, dict(other.payload)).currency == "EUR"
    (asked,) = gateway.asked("GET vendors")
    assert query(asked)["filters"] == f'id:in:"{VENDOR}"'


def test_an_archived_credit_is_gone_and_an_archived_bill_is_void(gateway, connection):
    gateway.on("GET vendors", page(VENDOR_ROW))
    gateway.on("GET vendor-credits", page({**CREDIT, "archived": True}))
    gateway.on("GET bills", page({**BILL_ROW, "archived": True, "recordStatus": "INACTIVE"}))
    (credit,) = fetch(connection, ObjectType.VENDOR_CREDIT).records
    assert (credit.deleted.kind, credit.deleted.evidence) == ("archived", "status")
    (bill,) = fetch(connection).records
    assert bill.deleted is None


def test_vendor_credits_are_read_whole_unless_the_setting_says_otherwise(gateway):
    gateway.on("GET vendor-credits", page())
    fetch(gateway.connect(), ObjectType.VENDOR_CREDIT, cursor="2026-04-01T00:00:00+00:00")
    fetch(gateway.connect(vendor_credit_filters=True), ObjectType.VENDOR_CREDIT, cursor="2026-04-01T00:00:00+00:00")
    plain, filtered = (query(one) for one in gateway.asked("GET vendor-credits"))
    assert "filters" not in plain
    assert filtered["filters"].startswith("updatedTime:gte:")


def test_values_are_read_list_after_list_and_a_list_switched_off_is_empty(gateway, connection):
    gateway.on("GET classifications/departments", page({"id": "0de1", "name": "Plant"}))
    gateway.on("GET classifications/accounting-classes", problem("BDC_1145"), status=403)
    gateway.on("GET classifications/locations", page({"id": "loc1", "name": "Oakland"}))
    found, cursor = [], None
    while True:
        part = fetch(connection, ObjectType.DIMENSION, cursor)
        found += [plugin.mlc_map(connection, ObjectType.DIMENSION, dict(row.payload)) for row in part.records]
        cursor = part.next_cursor
        if cursor is None:
            break
    assert [(one.kind, one.name) for one in found] == [("department", "Plant"), ("location", "Oakland")]
    assert part.watermark is not None


def test_spend_lists_take_their_cursor_as_next_page_and_days_only(gateway):
    connection = gateway.connect(secrets={"api_token": "se_demo_1"})
    gateway.on("GET spend/transactions", page(following="t2"), page())
    gateway.on("GET spend/reimbursements", page())
    first = fetch(connection, ObjectType.EXPENSE, cursor="2026-04-30T00:00:00+00:00")
    second = fetch(connection, ObjectType.EXPENSE, cursor=first.next_cursor)
    one, two = (query(request) for request in gateway.asked("GET spend/transactions"))
    assert one == {"max": "50", "sort": "occurredTime:asc", "filters": "occurredTime:gte:2026-03-31"}
    assert (two["nextPage"], "page" in two) == ("t2", False)
    last = fetch(connection, ObjectType.EXPENSE, cursor=second.next_cursor)
    assert query(gateway.asked("GET spend/reimbursements")[0])["max"] == "100"
    assert last.watermark is not None


def test_a_record_read_by_id_brings_a_bills_files(gateway, connection):
    gateway.on(f"GET bills/{BILL}", BILL_ROW)
    gateway.on("GET vendors", page(VENDOR_ROW))
    gateway.on(f"GET documents/bills/{BILL}", page({"id": "00h1", "name": "b.pdf", "downloadLink": "https://x"}))
    (row,) = plugin.mlc_read(connection, ObjectType.BILL, [BILL])
    record = plugin.mlc_map(connection, ObjectType.BILL, dict(row.payload))
    assert [(one.filename, one.is_image_of_document) for one in record.attachments] == [("b.pdf", True)]
    assert "downloadLink" not in str(row.payload)


def test_files_that_may_not_be_seen_leave_the_bill_readable(gateway, connection):
    gateway.on(f"GET bills/{BILL}", BILL_ROW)
    gateway.on("GET vendors", page(VENDOR_ROW))
    gateway.on(f"GET documents/bills/{BILL}", problem("BDC_1145"), status=403)
    (row,) = plugin.mlc_read(connection, ObjectType.BILL, [BILL])
    assert "documents" not in row.payload


@pytest.mark.parametrize(("status", "code"), [(404, "BDC_1120"), (404, None), (400, "BDC_1119"), (422, "BDC_1120")])
def test_an_unknown_id_is_gone_however_bill_says_so(gateway, connection, status, code):
    gateway.on("GET vendors/x", problem(code) if code else [], status=status)
    (row,) = plugin.mlc_read(connection, ObjectType.VENDOR, ["x"])
    assert row.deleted.evidence == "http_404"


def test_a_read_that_is_refused_is_not_taken_for_gone(gateway, connection):
    gateway.on("GET vendors/x", problem("BDC_1145"), status=403)
    with pytest.raises(RejectedError, match="refuses this to the connected user"):
        plugin.mlc_read(connection, ObjectType.VENDOR, ["x"])


@pytest.mark.parametrize("status", [400, 404, 422])
def test_an_answer_that_cannot_be_read_is_not_taken_for_gone(gateway, connection, status):
    gateway.on("GET vendors/x", Response(status, content=b"\xff\xfe ]]"))
    with pytest.raises(TransientError):
        plugin.mlc_read(connection, ObjectType.VENDOR, ["x"])


def test_a_bill_is_found_among_all_of_its_vendor(gateway, connection):
    other = {**BILL_ROW, "id": "00nOTHER", "invoice": {"invoiceNumber": "NW-2208"}}
    gateway.on("GET bills", page(other, following="p2"), page(BILL_ROW))
    gateway.on("GET vendors", page(VENDOR_ROW))
    assert find(connection, ObjectType.BILL, number="nw-2207", party_id=VENDOR) == [BILL]
    first, second = (query(one) for one in gateway.asked("GET bills"))
    assert (first["filters"], second["page"]) == (f"vendorId:eq:{VENDOR}", "p2")


def test_the_undocumented_filter_by_number_is_used_only_when_set(gateway):
    gateway.on("GET bills", page())
    find(gateway.connect(invoice_number_filter=True), ObjectType.BILL, number="NW:1")
    assert query(gateway.asked("GET bills")[0])["filters"] == 'invoice.invoiceNumber:eq:"NW:1"'


def test_two_vendors_of_one_name_are_both_candidates(gateway, connection):
    gateway.on(
        "GET vendors",
        page(VENDOR_ROW, {**VENDOR_ROW, "id": "009B"}, {**VENDOR_ROW, "id": "009C", "name": "Northwind Supply Co"}),
    )
    assert find(connection, ObjectType.VENDOR, name="northwind  SUPPLY") == [VENDOR, "009B"]
    assert query(gateway.asked("GET vendors")[0])["filters"] == 'name:sw:"northwind  SUPPLY"'


def test_a_quote_in_a_name_ends_the_prefix_that_is_asked_for(gateway, connection):
    gateway.on("GET vendors", page({**VENDOR_ROW, "name": 'Bar "Zur Post"'}))
    assert find(connection, ObjectType.VENDOR, name='Bar "Zur Post"') == [VENDOR]
    assert query(gateway.asked("GET vendors")[0])["filters"] == 'name:sw:"Bar "'


def test_a_recorded_payment_is_found_by_what_it_is_not_by_a_reference_it_lacks(gateway, connection):
    row = {"id": "stp1", "vendorId": VENDOR, "processDate": "2026-05-20", "amount": 70, "onlinePayment": False}
    gateway.on("GET payments", page(row, {**row, "id": "stp2", "onlinePayment": True, "confirmationNumber": "P9"}))
    gateway.on("GET vendors", page(VENDOR_ROW))
    on = NOW.date().replace(month=5, day=20)
    assert find(connection, ObjectType.PAYMENT, party_id=VENDOR, amount="70.00", on=on, reference="7") == ["stp1"]
    assert find(connection, ObjectType.PAYMENT, reference="7") == []


def test_a_list_that_never_ends_concludes_nothing(gateway, connection):
    gateway.on("GET bills", page(following="p2"))
    with pytest.raises(TransientError, match="does not end"):
        find(connection, ObjectType.BILL, number="1", party_id=VENDOR)


def test_an_answer_that_is_no_list_is_a_passing_trouble(gateway, connection):
    for body in ([], {"rows": []}, {"results": None}, "text"):
        gateway.on("GET vendors", reply(body))
        with pytest.raises(TransientError):
            fetch(connection, ObjectType.VENDOR)
