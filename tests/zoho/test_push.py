import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mlc import (
    Attachment,
    Connection,
    Created,
    NotSent,
    Operation,
    Outcome,
    RejectCause,
    Rejected,
    Unknown,
    Updated,
    Write,
)
from mlc.errors import AuthError, ConflictError, PluginError, RateLimitedError, TransientError
from mlc.records import Bill, DocumentStatus, ObjectType, Payment
from mlc_zoho.books import plugin
from mlc_zoho.books.settings import BooksSettings
from mlc_zoho.settings import ZohoSecrets

from .conftest import Script, load, plain_json
from .test_errors import DUPLICATE_BILL

Books = Connection[BooksSettings, ZohoSecrets]
Connect = Callable[..., Books]
BODY = json.dumps({"vendor_id": "1", "bill_number": "NB-20931", "line_items": []}).encode()
KEY = "procurify:b-77120"


def write(**fields: Any) -> Write:
    return Write(**({"key": "w1", "operation": Operation.CREATE, "payload": BODY, "record_key": KEY} | fields))


def push(connection: Books, *writes: Write, object_type: ObjectType = ObjectType.BILL) -> list[Outcome]:
    with connection.http.permit("w1"):
        return plugin.mlc_push(connection=connection, object_type=object_type, writes=list(writes))


def test_a_create_by_unique_field_is_an_upsert(connect: Connect, script: Script) -> None:
    script.on("PUT /books/v3/bills", plain_json("bill"), status=201)
    outcome = push(connect(), write(use_unique_field=True))[0]
    request = script.asked("PUT /books/v3/bills")[0]
    assert request.headers["x-unique-identifier-key"] == "cf_source_id"
    assert request.headers["x-unique-identifier-value"] == KEY
    assert request.headers["x-upsert"] == "true"
    assert request.headers["content-type"] == "application/json"
    assert request.content == BODY
    assert isinstance(outcome, Created)
    assert outcome.external_id == "4600000000333001"
    assert isinstance(outcome.seen, Bill)
    assert outcome.seen.external_key == KEY
    row = load("bills")["bills"][0]
    assert outcome.version is not None
    assert outcome.version.endswith("|open|2900.01")
    assert row["status"] == "overdue"


def test_without_the_unique_field_it_is_a_post(connect: Connect, script: Script) -> None:
    script.on("POST /books/v3/bills", plain_json("bill"), status=201)
    assert isinstance(push(connect(), write())[0], Created)
    assert "x-upsert" not in script.asked("POST /books/v3/bills")[0].headers


def test_a_given_order_number_leaves_out_automatic_numbering(connect: Connect, script: Script) -> None:
    script.on("POST /books/v3/purchaseorders", {"code": 0, "purchaseorder": {"purchaseorder_id": "5"}})
    connection = connect()
    push(connection, write(payload=b'{"purchaseorder_number":"PO-1"}'), object_type=ObjectType.PURCHASE_ORDER)
    push(connection, write(payload=b'{"vendor_id":"1"}'), object_type=ObjectType.PURCHASE_ORDER)
    asked = script.asked("POST /books/v3/purchaseorders")
    assert asked[0].url.params["ignore_auto_number_generation"] == "true"
    assert "ignore_auto_number_generation" not in asked[1].url.params


def test_a_flat_reply_of_a_payment_is_taken(connect: Connect, script: Script) -> None:
    script.on(
        "POST /books/v3/vendorpayments", {"code": 0, "message": "ok", "payment_id": "7", "amount": 5, "bills": []}
    )
    outcome = push(connect(), write(), object_type=ObjectType.PAYMENT)[0]
    assert isinstance(outcome, Created)
    assert outcome.external_id == "7"
    assert isinstance(outcome.seen, Payment)
    assert outcome.version is None


def test_a_reply_that_cannot_be_mapped_is_still_a_create(connect: Connect, script: Script) -> None:
    script.on("POST /books/v3/bills", {"code": 0, "bill": {"bill_id": "5", "total": "odd"}})
    outcome = push(connect(), write())[0]
    assert isinstance(outcome, Created)
    assert outcome.seen is None


def test_a_yes_without_an_id_is_unknown(connect: Connect, script: Script) -> None:
    script.on("POST /books/v3/bills", {"code": 0, "message": "success"})
    assert isinstance(push(connect(), write())[0], Unknown)


@pytest.mark.parametrize(
    ("status", "code", "message", "cause"),
    [
        (400, 36004, DUPLICATE_BILL, RejectCause.DUPLICATE),
        (400, 3062, "The contact Lake already exists.", RejectCause.DUPLICATE),
        (400, 110, "Transactions are locked on or before 31 Jan 2026.", RejectCause.CLOSED_PERIOD),
        (404, 1002, "Vendor does not exist.", RejectCause.REFERENCE_GONE),
        (400, 4, "Invalid value passed for rate", RejectCause.INVALID),
        (200, 15, "Please enter a valid date", RejectCause.INVALID),
    ],
)
def test_a_refusal_is_an_outcome_with_its_cause(
    connect: Connect, script: Script, status: int, code: int, message: str, cause: RejectCause
) -> None:
    script.on("POST /books/v3/bills", {"code": code, "message": message}, status=status)
    outcome = push(connect(), write())[0]
    assert isinstance(outcome, Rejected)
    assert (outcome.cause, outcome.code) == (cause, str(code))
    assert message in outcome.reason


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (429, {"code": 44, "message": "blocked"}, RateLimitedError),
        (500, {"code": 1000, "message": "Internal error"}, TransientError),
        (502, "<html>bad gateway</html>", TransientError),
        (400, {"code": 6041, "message": "not associated"}, AuthError),
    ],
)
def test_trouble_is_raised_and_the_write_is_not_repeated(
    connect: Connect, script: Script, status: int, body: Any, kind: type[Exception]
) -> None:
    script.on("POST /books/v3/bills", body, status=status)
    with pytest.raises(kind):
        push(connect(), write())
    assert len(script.asked("POST /books/v3/bills")) == 1


def test_a_full_update_reads_once_more_before_it_replaces_the_lines(connect: Connect, script: Script) -> None:
    bill = plain_json("bill")
    script.on("GET /books/v3/bills/4600000000333001", bill)
    script.on("PUT /books/v3/bills/4600000000333001", bill)
    connection = connect()
    change = write(
        operation=Operation.UPDATE, external_id="4600000000333001", expected_version="20260211T090000Z|open|2900.01"
    )
    assert isinstance(push(connection, change)[0], Updated)
    stale = write(
        operation=Operation.UPDATE, external_id="4600000000333001", expected_version="20260101T000000Z|open|1"
    )
    with pytest.raises(ConflictError):
        push(connection, stale)
    assert len(script.asked("PUT /books/v3/bills/4600000000333001")) == 1


def test_lines_that_were_replaced_in_the_very_second_of_the_last_reading_are_a_change(
    connect: Connect, script: Script
) -> None:
    """The version shows whole seconds, the total and the status: equal lines with other ids do not show in it."""
    bill = plain_json("bill")
    there = bill["bill"]["line_items"][0]["line_item_id"]
    script.on("GET /books/v3/bills/4600000000333001", bill)
    script.on("PUT /books/v3/bills/4600000000333001", bill)
    connection = connect()

    def change(*lines: str | None) -> Write:
        sent = [{"line_item_id": one} if one else {"rate": 5} for one in lines]
        return write(
            operation=Operation.UPDATE,
            external_id="4600000000333001",
            expected_version="20260211T090000Z|open|2900.01",
            payload=json.dumps({"line_items": sent}).encode(),
        )

    with pytest.raises(ConflictError):
        push(connection, change(there, "4600000000999999"))
    assert script.asked("PUT /books/v3/bills/4600000000333001") == []
    assert isinstance(push(connection, change(there, None))[0], Updated)


def test_an_update_of_something_gone_says_not_found(connect: Connect, script: Script) -> None:
    script.on("PUT /books/v3/bills/9", {"code": 1002, "message": "Bill does not exist."}, status=404)
    outcome = push(connect(), write(operation=Operation.UPDATE, external_id="9"))[0]
    assert isinstance(outcome, Rejected)
    assert outcome.cause is RejectCause.NOT_FOUND


@pytest.mark.parametrize(
    ("object_type", "action", "path"),
    [
        (ObjectType.BILL, "void", "bills/9/status/void"),
        (ObjectType.PURCHASE_ORDER, "open", "purchaseorders/9/status/open"),
        (ObjectType.PURCHASE_ORDER, "billed", "purchaseorders/9/status/billed"),
        (ObjectType.PURCHASE_ORDER, "cancelled", "purchaseorders/9/status/cancelled"),
        (ObjectType.VENDOR_CREDIT, "void", "vendorcredits/9/status/void"),
        (ObjectType.VENDOR, "inactive", "contacts/9/inactive"),
    ],
)
def test_actions_are_calls_of_their_own(
    connect: Connect, script: Script, object_type: ObjectType, action: str, path: str
) -> None:
    script.on(f"POST /books/v3/{path}", {"code": 0, "message": "done"})
    act = write(operation=Operation.UPDATE, payload=b"", action=action, parent_id="9")
    outcome = push(connect(), act, object_type=object_type)[0]
    assert outcome == Updated("w1", "9")


def test_after_an_action_the_record_is_looked_at(connect: Connect, script: Script) -> None:
    bill = plain_json("bill")
    bill["bill"]["status"] = "void"
    script.on("POST /books/v3/bills/9/status/void", {"code": 0, "message": "done"})
    script.on("GET /books/v3/bills/9", bill)
    outcome = push(connect(), write(operation=Operation.VOID, payload=b"", action="void", external_id="9"))[0]
    assert isinstance(outcome, Updated)
    assert isinstance(outcome.seen, Bill)
    assert outcome.seen.status is DocumentStatus.VOID
    assert outcome.version is not None


def test_custom_fields_alone_go_to_their_own_path(connect: Connect, script: Script) -> None:
    script.on("PUT /books/v3/bill/9/customfields", {"code": 0, "message": "Custom Fields Updated Successfully"})
    script.on("GET /books/v3/bills/9", plain_json("bill"))
    sent = b'[{"api_name":"cf_state","value":"approved"}]'
    act = write(operation=Operation.UPDATE, payload=sent, action="customfields", external_id="9")
    outcome = push(connect(), act)[0]
    (request,) = script.asked("PUT /books/v3/bill/9/customfields")
    assert request.content == sent
    assert isinstance(outcome, Updated)
    assert (outcome.external_id, isinstance(outcome.seen, Bill)) == ("9", True)


def test_an_unknown_action_sends_nothing(connect: Connect, script: Script) -> None:
    with pytest.raises(PluginError):
        push(connect(), write(action="approve", external_id="9"))
    assert all(request.method == "GET" for request in script.requests)


def attachment(path: Path, name: str = "NB.pdf") -> Attachment:
    path.write_bytes(b"%PDF-1.7 invented")
    return Attachment(name, "application/pdf", path, 17, hashlib.sha1(b"x", usedforsecurity=False).hexdigest())


def test_a_file_goes_up_as_multipart(connect: Connect, script: Script, tmp_path: Path) -> None:
    script.on("POST /books/v3/bills/9/attachment", {"code": 0, "message": "attached"}, status=201)
    image = write(payload=b"", action="attachment", parent_id="9", attachment=attachment(tmp_path / "a"))
    assert isinstance(push(connect(), image)[0], Created)
    request = script.asked("POST /books/v3/bills/9/attachment")[0]
    assert request.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert b'name="attachment"; filename="NB.pdf"' in request.content
    assert b"%PDF-1.7 invented" in request.content


def test_a_file_of_another_kind_stays_here(connect: Connect, script: Script, tmp_path: Path) -> None:
    image = write(payload=b"", action="attachment", parent_id="9", attachment=attachment(tmp_path / "a", "notes.docx"))
    assert isinstance(push(connect(), image)[0], Rejected)
    assert script.asked("POST /books/v3/bills/9/attachment") == []


def test_only_one_write_leaves_per_call(connect: Connect, script: Script) -> None:
    script.on("POST /books/v3/bills", plain_json("bill"))
    outcomes = push(connect(), write(), write(key="w2"))
    assert isinstance(outcomes[0], Created)
    assert isinstance(outcomes[1], NotSent)
    assert len(script.asked("POST /books/v3/bills")) == 1


def test_a_write_without_a_permit_does_not_leave(connect: Connect, script: Script) -> None:
    script.on("POST /books/v3/bills", plain_json("bill"))
    with pytest.raises(PluginError):
        plugin.mlc_push(connection=connect(), object_type=ObjectType.BILL, writes=[write()])
    assert script.asked("POST /books/v3/bills") == []
