"""What the documents say of QuickBooks' own behaviour, against its stand-in."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from mlc import FetchMode, FindKey, Operation, RejectCause, Rejected, Write
from mlc.errors import AuthError
from mlc.records import ObjectType
from mlc.testing import Vendor, open_test_connection
from mlc.testing.connecting import tokens_of
from mlc.testing.vendor import serve_stand_in
from mlc_quickbooks.conformance import QuickBooksConformance

from mlc_quickbooks import plugin

DAY = 86_400.0
#: The stand-in's first company, in the United States.
SUPPLIED = {
    "settings": {**QuickBooksConformance.settings, "realm_id": "9130000000000001"},
    "secrets": {**QuickBooksConformance.secrets, "refresh_token": "RT1-demo-refresh"},
}


@pytest.fixture(scope="module")
def url():
    with serve_stand_in("quickbooks", seed=7, records=20) as served:
        yield served


@pytest.fixture
def connect(url):
    """Opens connections that are closed afterwards."""
    opened = []

    def one(**options):
        opened.append(open_test_connection(plugin, url=url, **SUPPLIED, **options))
        return opened[-1]

    yield one
    for connection in opened:
        connection.http.close()


def push(connection, kind, body, operation=Operation.CREATE, **own):
    payload = json.dumps(body).encode()
    with connection.http.permit("w"):
        (outcome,) = plugin.mlc_push(
            connection=connection, object_type=kind, writes=[Write("w", operation, payload, "r", **own)]
        )
    return outcome


def test_deleted_bills_are_told_by_changes_and_names_are_taken_by_anybody(url, connect):
    connection, desk = connect(), Vendor(url)
    *_, last = _pass(connection, ObjectType.BILL, None)
    unpaid = next(bill for bill in desk.get("objects/Bill") if bill["Balance"] == bill["TotalAmt"])
    desk.post("objects/Bill", {"id": unpaid["Id"], "action": "delete"})
    told = {row.id: row.deleted for page in _pass(connection, ObjectType.BILL, last.watermark) for row in page.records}
    assert told[unpaid["Id"]].evidence == "cdc"
    desk.post("objects/Employee", {"DisplayName": "Robin Clerk", "GivenName": "Robin", "FamilyName": "Clerk"})
    refused = push(connection, ObjectType.VENDOR, {"DisplayName": "Robin Clerk"})
    assert isinstance(refused, Rejected)
    assert (refused.cause, refused.code) == (RejectCause.DUPLICATE, "6240")
    assert plugin.mlc_find(
        connection=connection, object_type=ObjectType.VENDOR, keys=[FindKey("r", name="Robin Clerk")]
    ) == [[]], "an employee is no vendor"


def test_closed_books_take_nothing(url, connect):
    connection = connect()
    closed = plugin.mlc_probe(connection=connection).locks["books"]
    vendor = next(one for one in Vendor(url).get("objects/Vendor") if one["CurrencyRef"]["value"] == "USD")
    bill = Vendor(url).get("objects/Bill")[0]
    body = {"VendorRef": {"value": vendor["Id"]}, "CurrencyRef": {"value": "USD"}, "TxnDate": closed.isoformat(),
            "DocNumber": "CL-1", "Line": [{**bill["Line"][0], "Id": None, "Amount": 1}]}  # fmt: skip
    del body["Line"][0]["Id"]
    refused = push(connection, ObjectType.BILL, json.loads(json.dumps(body, default=str)))
    assert isinstance(refused, Rejected)
    assert refused.cause is RejectCause.CLOSED_PERIOD


def test_a_refresh_token_changes_its_value_and_the_old_one_ends_all(url, connect):
    desk = Vendor(url)
    first = connect()
    plugin.mlc_ping(connection=first)
    before = tokens_of(first).current().refresh.get_secret_value()
    desk.advance(2 * DAY)
    tokens_of(first).expire()
    plugin.mlc_ping(connection=first)
    assert tokens_of(first).current().refresh.get_secret_value() != before
    with pytest.raises(AuthError, match="no longer accepts"):
        plugin.mlc_ping(connection=connect(now=lambda: datetime.now(UTC) + timedelta(days=2)))


def _pass(connection, kind, cursor):
    while True:
        page = plugin.mlc_fetch(connection=connection, object_type=kind, cursor=cursor, mode=FetchMode.CHANGES)
        yield page
        cursor = page.next_cursor
        if cursor is None:
            return
