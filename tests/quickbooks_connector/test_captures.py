"""Metered reads are shared and kept: one change data capture per pass, company facts and tax codes by their age."""

from dataclasses import replace
from datetime import timedelta

import pytest
from mlc import FetchMode, Operation, Write
from mlc.connection import AnyConnection
from mlc.records import ObjectType
from mlc_quickbooks.fetch import fetch
from mlc_quickbooks.probe import ping, probe
from mlc_quickbooks.push import push

from tests.quickbooks_connector.conftest import (
    BILL as SHOWN_BILL,
)
from tests.quickbooks_connector.conftest import (
    CONTEXT,
    INFO,
    META,
    NOW,
    REALM,
    answered,
    cdc,
    fault,
    later,
)
from tests.quickbooks_connector.conftest import (
    VENDOR as SHOWN_VENDOR,
)

CHANGES, SWEEP = FetchMode.CHANGES, FetchMode.SWEEP
LISTS = (ObjectType.VENDOR, ObjectType.BILL, ObjectType.DIMENSION)
LATER = "2026-05-04T09:30:00.000-07:00"
FRESH = {"MetaData": {"CreateTime": "2026-05-04T09:18:00-07:00", "LastUpdatedTime": "2026-05-04T09:18:00-07:00"}}
BILL, VENDOR = {**SHOWN_BILL, **FRESH}, {**SHOWN_VENDOR, **FRESH}


def at(connection: AnyConnection, **delta: float) -> AnyConnection:
    """The same connection, opened later in the same process."""
    return replace(connection, now=lambda: later(**delta))


def whole(connection: AnyConnection, object_type: ObjectType) -> str:
    """Read a list to its end; its watermark."""
    page = fetch(connection, object_type, None, CHANGES)
    while page.next_cursor is not None:
        page = fetch(connection, object_type, page.next_cursor, CHANGES)
    assert page.watermark is not None
    return page.watermark


@pytest.fixture
def marks(books, connection) -> dict[ObjectType, str]:
    """A first pass was made: watermarks by list. The next one begins."""
    probe(connection)
    found = {kind: whole(connection, kind) for kind in LISTS}
    probe(connection)
    return found


def test_all_lists_of_a_pass_are_asked_for_in_one_call(books, connection, marks):
    stub = {"Id": "9", "status": "Deleted", "MetaData": {"LastUpdatedTime": META["LastUpdatedTime"]}}
    office = {"Id": "1", "SyncToken": "0", "Name": "Office", "Active": True, **FRESH}
    blocks = {"Vendor": [VENDOR]}, {"Bill": [BILL, stub]}, {"Department": [office]}, {}
    books.on("GET cdc", cdc(*blocks, time=LATER))
    pages = {kind: fetch(connection, kind, marks[kind], CHANGES) for kind in LISTS}
    shown = {kind: [record.id for record in page.records] for kind, page in pages.items()}
    assert shown == {ObjectType.VENDOR: ["56"], ObjectType.BILL: ["145", "9"], ObjectType.DIMENSION: ["D1"]}
    assert [record.deleted is not None for record in pages[ObjectType.BILL].records] == [False, True]
    (asked,) = books.asked("GET cdc")
    assert asked.url.params["entities"].split(",") == ["Bill", "Department", "Class", "Vendor"]
    assert {page.watermark for page in pages.values()} == {"2026-05-04T16:25:00+00:00"}, "its clock less the overlap"


def test_a_list_that_is_looked_at_again_in_the_pass_is_asked_for_anew_and_alone(books, connection, marks):
    books.on("GET cdc", cdc({}), cdc({"Bill": [BILL]}))
    for kind in LISTS:
        assert fetch(connection, kind, marks[kind], CHANGES).records == ()
    assert [one.id for one in fetch(connection, ObjectType.BILL, marks[ObjectType.BILL], CHANGES).records] == ["145"]
    assert [one.url.params["entities"] for one in books.asked("GET cdc")][1:] == ["Bill"]


def test_what_came_a_minute_ago_is_no_answer_any_more(books, connection, marks):
    books.on("GET cdc", cdc({"Bill": [BILL]}), cdc({}))
    fetch(connection, ObjectType.VENDOR, marks[ObjectType.VENDOR], CHANGES)
    soon = fetch(at(connection, seconds=60), ObjectType.BILL, marks[ObjectType.BILL], CHANGES)
    assert ([one.id for one in soon.records], len(books.asked("GET cdc"))) == (["145"], 1)
    fetch(at(connection, seconds=61), ObjectType.DIMENSION, marks[ObjectType.DIMENSION], CHANGES)
    assert len(books.asked("GET cdc")) == 2


def test_a_new_pass_gets_nothing_that_was_asked_for_before_it(books, connection, marks):
    books.on("GET cdc", cdc({}), cdc({"Bill": [BILL]}))
    fetch(connection, ObjectType.VENDOR, marks[ObjectType.VENDOR], CHANGES)
    probe(connection)
    assert [one.id for one in fetch(connection, ObjectType.BILL, marks[ObjectType.BILL], CHANGES).records] == ["145"]


def test_a_list_that_goes_on_from_an_earlier_moment_is_asked_for_from_there(books, connection, marks):
    earlier = (NOW - timedelta(minutes=30)).isoformat()
    books.on("GET cdc", cdc({}))
    fetch(connection, ObjectType.VENDOR, marks[ObjectType.VENDOR], CHANGES)
    fetch(connection, ObjectType.BILL, earlier, CHANGES)
    asked = [(one.url.params["entities"], one.url.params["changedSince"]) for one in books.asked("GET cdc")]
    assert asked[1:] == [("Bill", earlier)], "another pairing of the same company, say"


def test_lists_that_are_hours_apart_are_asked_for_one_by_one(books, connection, marks):
    books.on("GET cdc", cdc({}))
    fetch(connection, ObjectType.BILL, (NOW - timedelta(hours=2)).isoformat(), CHANGES)
    assert [one.url.params["entities"] for one in books.asked("GET cdc")] == ["Bill"]


def test_an_answer_that_is_full_is_not_believed_of_any_list(books, connection, marks):
    full = [VENDOR | {"Id": str(number)} for number in range(1000)]
    books.on("GET cdc", cdc({"Vendor": full}), cdc({}), cdc({"Bill": [BILL]}))
    assert fetch(connection, ObjectType.VENDOR, marks[ObjectType.VENDOR], CHANGES).records == ()
    assert [one.id for one in fetch(connection, ObjectType.BILL, marks[ObjectType.BILL], CHANGES).records] == ["145"]
    assert [one.url.params["entities"] for one in books.asked("GET cdc")][1:] == ["Vendor", "Bill"]


def test_each_run_reads_preferences_and_an_hour_later_the_company_and_its_payables(books, connection):
    probe(connection)
    seldom = (f"GET companyinfo/{REALM}", "query Account")
    probe(at(connection, minutes=59))
    fetch(at(connection, minutes=59), ObjectType.VENDOR, None, CHANGES)
    assert [len(books.asked(key)) for key in (*seldom, "GET preferences")] == [1, 1, 2]
    probe(at(connection, minutes=61))
    assert [len(books.asked(key)) for key in (*seldom, "GET preferences")] == [2, 2, 3]


def test_ping_believes_nothing_that_was_kept(books, connection):
    probe(connection)
    books.on(f"GET companyinfo/{REALM}", {"CompanyInfo": {**INFO, "CompanyName": "Renamed"}})
    assert ping(connection).account == "Renamed"


def test_after_a_refused_write_the_next_run_reads_all_of_the_company_and_its_tax_codes(books, connection):
    probe(connection)
    books.on("query TaxCode", answered("TaxCode", {"Id": "4", "SyncToken": "0", "Name": "20% S", "Active": True}))
    fetch(connection, ObjectType.TAX_RATE, None, CHANGES)
    books.on("POST vendor", fault("2500", "Invalid Reference Id"), status=400)
    write = Write(key="k", record_key="k", operation=Operation.CREATE, payload=b"{}", replay_key="k")
    before = len(books.requests)
    with connection.http.permit("k"):
        push(connection, ObjectType.VENDOR, [write], CONTEXT)
    assert len(books.requests) - before == 1, "a refusal costs no read by itself"
    probe(connection)
    fetch(connection, ObjectType.TAX_RATE, None, CHANGES)
    asked = (f"GET companyinfo/{REALM}", "query Account", "GET preferences", "query TaxCode")
    assert [len(books.asked(key)) for key in asked] == [2, 2, 2, 2]


def test_tax_codes_are_read_once_an_hour_and_by_every_sweep(books, connection):
    books.on("query TaxCode", answered("TaxCode", {"Id": "4", "SyncToken": "0", "Name": "20% S", "Active": True}))
    first = fetch(connection, ObjectType.TAX_RATE, None, CHANGES)
    again = fetch(at(connection, minutes=59), ObjectType.TAX_RATE, first.watermark, CHANGES)
    assert [record.id for record in again.records] == ["4"], "a list without a filter of changes is always whole"
    assert len(books.asked("query TaxCode")) == 1
    fetch(at(connection, minutes=59), ObjectType.TAX_RATE, first.watermark, SWEEP)
    fetch(at(connection, minutes=61), ObjectType.TAX_RATE, first.watermark, CHANGES)
    assert len(books.asked("query TaxCode")) == 2, "the sweep's is two minutes old"
