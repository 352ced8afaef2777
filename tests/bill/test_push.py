"""Writes: one request each, what became of them, and what is never sent."""

import hashlib
import json
from pathlib import Path

import pytest
from mlc import Attachment, Created, NotSent, Operation, Rejected, Unknown, Updated, Write
from mlc.errors import ConflictError, PluginError, RateLimitedError, TransientError
from mlc.http import Response
from mlc.records import ObjectType
from mlc_bill.versions import version_of

from mlc_bill import plugin

from .conftest import BILL, BILL_ROW, VENDOR, VENDOR_ROW, page, problem, reply


def write(operation=Operation.CREATE, payload=b"{}", **options):
    return Write("w1", operation, payload, "books:bill:17", **options)


def push(connection, one, kind=ObjectType.BILL):
    with connection.http.permit(one.key):
        (outcome,) = plugin.mlc_push(connection, kind, [one])
    return outcome


@pytest.fixture
def vendors(gateway):
    gateway.on("GET vendors", page(VENDOR_ROW))
    return gateway


def test_a_bill_is_created_with_the_bytes_that_were_stored(vendors, connection):
    vendors.on("POST bills", BILL_ROW, status=201)
    outcome = push(connection, write(payload=b'{"vendorId":"x","a":1.10}'))
    assert isinstance(outcome, Created)
    assert (outcome.external_id, outcome.seen.currency, outcome.version) == (BILL, "USD", version_of(BILL_ROW))
    (sent,) = vendors.asked("POST bills")
    assert sent.content == b'{"vendorId":"x","a":1.10}'


def test_a_number_that_is_there_is_a_question(vendors, connection):
    vendors.on("POST bills", problem("BDC_1171", "Invoice number already exists."), status=422)
    outcome = push(connection, write())
    assert (outcome.cause, outcome.code) == ("duplicate", "BDC_1171")


def test_a_vendor_without_address_is_refused_with_the_field(vendors, connection):
    vendors.on("POST vendors", [{"message": "address: must not be null", "severity": "ERROR"}], status=400)
    outcome = push(connection, write(), ObjectType.VENDOR)
    assert isinstance(outcome, Rejected)
    assert (outcome.field, outcome.cause) == ("address", "invalid")


def test_limits_are_raised_and_say_how_long(vendors, connection):
    vendors.on("POST bills", problem("BDC_1144"), status=422)
    with pytest.raises(RateLimitedError) as refused:
        push(connection, write())
    assert refused.value.window == "hour"


def test_a_write_refused_by_a_dead_session_without_a_401_was_not_done(vendors, connection):
    vendors.on("POST bills", problem("BDC_1109"), status=422)
    outcome = push(connection, write())
    assert isinstance(outcome, NotSent)
    assert (len(vendors.asked("POST bills")), vendors.logins) == (1, 2)


def test_a_write_after_a_401_goes_once_more(vendors, connection):
    vendors.on("POST bills", reply(problem("BDC_1109"), 401), reply(BILL_ROW, 201))
    assert isinstance(push(connection, write()), Created)
    assert (len(vendors.asked("POST bills")), vendors.logins) == (2, 2)


def test_an_answer_that_proves_nothing_claims_nothing(vendors, connection):
    vendors.on("POST bills", {"ok": True}, status=201)
    assert isinstance(push(connection, write()), Unknown)
    for answer in (reply(None), reply([], 201), reply({}, 503)):
        vendors.on("POST bills", answer)
        with pytest.raises(TransientError):
            push(connection, write())


def test_a_refusal_that_cannot_be_read_leaves_a_write_uncertain(vendors, connection):
    for answer in (Response(422, content=b"\xff\xfe ]]"), reply([], 400), Response(403, html="<html>Blocked</html>")):
        vendors.on("POST bills", answer)
        with pytest.raises(TransientError) as refused:
            push(connection, write())
        assert refused.value.code is None


def test_a_change_reads_once_more_and_stops_when_somebody_was_there(vendors, connection):
    vendors.on(f"GET bills/{BILL}", BILL_ROW)
    vendors.on(f"PATCH bills/{BILL}", {**BILL_ROW, "description": "b", "updatedTime": "2026-04-30T10:00:00.000+00:00"})
    change = write(Operation.UPDATE, b'{"description":"b"}', external_id=BILL, expected_version=version_of(BILL_ROW))
    outcome = push(connection, change)
    assert isinstance(outcome, Updated)
    assert outcome.version != version_of(BILL_ROW)
    with pytest.raises(ConflictError):
        push(connection, write(Operation.UPDATE, b"{}", external_id=BILL, expected_version="other"))
    assert len(vendors.asked(f"PATCH bills/{BILL}")) == 1


def test_a_replacement_is_a_put_and_a_void_an_archive(vendors, connection):
    vendors.on(f"PUT bills/{BILL}", BILL_ROW)
    vendors.on(f"POST bills/{BILL}/archive", {**BILL_ROW, "archived": True, "recordStatus": "INACTIVE"})
    push(connection, write(Operation.UPDATE, b"{}", external_id=BILL, action="replace"))
    outcome = push(connection, write(Operation.VOID, b"", external_id=BILL, action="archive"))
    assert outcome.seen.status == "void"
    with pytest.raises(PluginError, match="no action pay"):
        push(connection, write(Operation.UPDATE, b"{}", external_id=BILL, action="pay"))


def test_a_vendor_that_joined_the_network_keeps_its_name(vendors, connection):
    vendors.on(f"GET vendors/{VENDOR}", {**VENDOR_ROW, "networkStatus": "CONNECTED"})
    vendors.on(f"PATCH vendors/{VENDOR}", VENDOR_ROW)
    refused = push(connection, write(Operation.UPDATE, b'{"name":"X"}', external_id=VENDOR), ObjectType.VENDOR)
    assert (refused.cause, refused.field) == ("not_permitted", "name")
    assert "keeps its own name" in refused.reason
    allowed = push(connection, write(Operation.UPDATE, b'{"accountNumber":"A"}', external_id=VENDOR), ObjectType.VENDOR)
    assert isinstance(allowed, Updated)
    assert len(vendors.asked(f"PATCH vendors/{VENDOR}")) == 1


def test_a_payment_is_recorded_and_one_that_may_not_be_says_what_to_do(vendors, connection):
    row = {"id": "stp1", "vendorId": VENDOR, "amount": 70, "onlinePayment": False, "status": "PAID"}
    vendors.on("POST bills/record-payment", row)
    outcome = push(connection, write(action="record"), ObjectType.PAYMENT)
    assert (outcome.external_id, outcome.seen.category) == ("stp1", "recorded")
    vendors.on("POST bills/record-payment", problem("BDC_1361", "Session is untrusted."), status=403)
    refused = push(connection, write(action="record"), ObjectType.PAYMENT)
    assert refused.cause == "not_permitted"
    assert "second factor (MFA)" in refused.reason


def test_nothing_that_pays_can_be_reached():
    paths = "".join(path.read_text() for path in Path(plugin.__file__).parent.glob("*.py"))
    for forbidden in ("payments/bulk", '"payments/', "/cancel", "/void", "bill-approvals/actions", "bank-account"):
        assert forbidden not in paths


def test_values_go_to_the_list_they_belong_to(vendors, connection):
    vendors.on("POST classifications/locations", {"id": "loc1", "name": "Oakland"}, status=201)
    outcome = push(connection, write(action="list:locations"), ObjectType.DIMENSION)
    assert (outcome.external_id, outcome.seen.kind) == ("loc1", "location")
    with pytest.raises(PluginError):
        push(connection, write(action="list:banks"), ObjectType.DIMENSION)


def test_a_file_goes_to_its_bill_as_it_is(vendors, connection, tmp_path):
    path = tmp_path / "b.pdf"
    path.write_bytes(b"%PDF-1.4")
    digest = hashlib.sha1(b"%PDF-1.4", usedforsecurity=False).hexdigest()
    vendors.on(f"POST documents/bills/{BILL}", {"id": "0du1", "name": "b.pdf"})
    image = write(
        payload=b"", action="attachment", parent_id=BILL, part="image",
        attachment=Attachment("b & c.pdf", "application/pdf", path, 8, digest),
    )  # fmt: skip
    assert push(connection, image).external_id == "0du1"
    (sent,) = vendors.asked(f"POST documents/bills/{BILL}")
    assert (sent.content, sent.headers["content-type"]) == (b"%PDF-1.4", "application/pdf")
    assert sent.url.params["name"] == "b & c.pdf"
    large = write(payload=b"", action="attachment", parent_id=BILL,
                  attachment=Attachment("b.pdf", "application/pdf", path, 7_000_000, digest))  # fmt: skip
    assert "up to 6 MB" in push(connection, large).reason


def reimbursement(tmp_path):
    path = tmp_path / "lunch.png"
    path.write_bytes(b"\x89PNG")
    file = Attachment("lunch.png", "image/png", path, 4, hashlib.sha1(b"\x89PNG").hexdigest())
    return write(payload=b'{"amount":1,"receipts":[]}', attachment=file)


def test_a_reimbursement_goes_under_the_spend_token_with_its_receipt_uploaded(gateway, tmp_path):
    connection = gateway.connect(secrets={"api_token": "se_demo_1"}, upload_hosts=["files.example.com"])
    gateway.on("POST spend/reimbursements", {"id": "b64", "uuid": "rmb_1", "amount": 42.5, "status": "CREATED"})
    gateway.on("POST spend/reimbursements/image-upload-url", {"url": "https://files.example.com/v3/put?sign=1"})
    gateway.on("PUT put", None)
    outcome = push(connection, reimbursement(tmp_path), ObjectType.EXPENSE)
    assert (outcome.external_id, outcome.seen.category) == ("rmb_1", "reimbursement")
    (sent,) = gateway.asked("POST spend/reimbursements")
    assert (sent.headers["apiToken"], "sessionId" in sent.headers) == ("se_demo_1", False)
    named = {"url": "https://files.example.com/v3/put?sign=1", "filename": "lunch.png"}
    assert json.loads(sent.content) == {"amount": 1, "receipts": [named]}
    (put,) = gateway.asked("PUT put")
    assert (put.content, put.headers["content-type"]) == (b"\x89PNG", "image/png")
    assert not {"apitoken", "sessionid", "devkey", "x-mlc-unsigned"} & {name.lower() for name in put.headers}


def test_a_receipt_goes_to_no_host_that_nobody_allowed(gateway, tmp_path):
    connection = gateway.connect(secrets={"api_token": "se_demo_1"})
    gateway.on("POST spend/reimbursements/image-upload-url", {"url": "https://files.example.com/v3/put?sign=1"})
    outcome = push(connection, reimbursement(tmp_path), ObjectType.EXPENSE)
    assert isinstance(outcome, Rejected)
    assert "Add the host to upload_hosts" in outcome.reason
    assert not gateway.asked("POST spend/reimbursements")


def test_no_reimbursement_without_its_receipt(gateway):
    connection = gateway.connect(secrets={"api_token": "se_demo_1"})
    outcome = push(connection, write(payload=b'{"amount":1,"receipts":[]}'), ObjectType.EXPENSE)
    assert outcome.reason == "A reimbursement needs its receipt."
    assert not gateway.requests


def test_one_call_carries_one_record(vendors, connection):
    vendors.on("POST bills", BILL_ROW, status=201)
    with connection.http.permit("w1"):
        outcomes = plugin.mlc_push(
            connection, ObjectType.BILL, [write(), Write("w2", Operation.CREATE, b"{}", "books:bill:18")]
        )
    assert [type(one) for one in outcomes] == [Created, NotSent]
