"""Deliveries: verified over their raw bytes, then read."""

import json
from dataclasses import replace

import pytest
from mlc import Watch, WebhookRequest
from mlc.errors import WebhookRejectedError
from mlc_bill.webhooks import HEADER, signature
from pydantic import SecretStr

from mlc_bill import plugin

from .conftest import NOW, ORGANISATION

KEY = "sk_demo_4f1c9a"
#: As the vendor's documentation shapes it, minified; its signature under ``KEY`` is known.
BODY = (
    b'{"metadata":{"eventId":"3b0c9f1e-6a52-4b0e-9d1f-0a4f4b1c7e11","subscriptionId":"7a1d2c3e-1111-4222-8333-944455566677",'
    b'"organizationId":"00801DEMOORGANIZATN1","eventType":"bill.created","version":"1"},"bill":{"id":"00n01DEMOBILLAAAAAA1",'
    b'"vendorId":"00901DEMOVENDORAAAA1","amount":228.99,"archived":false}}'
)
SIGNED = "uM5Se57fdHNMmWjIe0V8YpoeJYRCc2tnCisE1v324Qc="


def delivery(body=BODY, *, signed=None, keys=(KEY,), **headers):
    stated = signature(KEY.encode(), body).decode() if signed is None else signed
    watches = tuple(Watch(f"w{number}", SecretStr(key)) for number, key in enumerate(keys))
    return WebhookRequest("POST", (), {HEADER: stated, **headers}, body, NOW, watches)


def event(kind, entity, *, organisation=ORGANISATION, **fields):
    metadata = {"eventId": "e1", "organizationId": organisation, "eventType": kind, "version": "1"}
    return json.dumps({"metadata": metadata, entity: fields}, separators=(",", ":")).encode()


def notices(connection, body):
    found = plugin.mlc_verify_webhook(connection, delivery(body))
    return [(one.object_type, one.external_id, one.delivery_id) for one in found]


def test_the_documented_vectors():
    fox = b"The quick brown fox jumps over the lazy dog"
    assert signature(b"key", fox) == b"97yD9DBThCSxMpjmqm+xQ+9NWaFJRhdZl0edvC0aPNg="
    assert signature(KEY.encode(), BODY).decode() == SIGNED


def test_a_good_delivery_names_its_record(connection):
    (notice,) = plugin.mlc_verify_webhook(connection, delivery(signed=SIGNED))
    assert (notice.object_type, notice.external_id, notice.event) == ("bill", "00n01DEMOBILLAAAAAA1", "bill.created")
    assert notice.delivery_id == "3b0c9f1e-6a52-4b0e-9d1f-0a4f4b1c7e11"


def test_any_of_our_keys_may_have_signed_it_a_replaced_one_too(gateway):
    assert plugin.mlc_verify_webhook(gateway.connect(), delivery(keys=("new", KEY)))
    assert plugin.mlc_verify_webhook(gateway.connect(secrets={"webhook_key": KEY}), delivery(keys=()))
    with pytest.raises(WebhookRejectedError, match="does not match"):
        plugin.mlc_verify_webhook(gateway.connect(), delivery(keys=("new", "old")))
    with pytest.raises(WebhookRejectedError, match="No webhook key is known"):
        plugin.mlc_verify_webhook(gateway.connect(), delivery(keys=()))


@pytest.mark.parametrize("signed", ["", SIGNED[:-1], SIGNED.lower(), " ", "ü", SIGNED + "=", "a" * 10_000])
def test_a_wrong_signature_is_refused(connection, signed):
    with pytest.raises(WebhookRejectedError):
        plugin.mlc_verify_webhook(connection, delivery(signed=signed))


def test_a_body_written_anew_is_another_body(connection):
    spaced = json.dumps(json.loads(BODY)).encode()
    with pytest.raises(WebhookRejectedError):
        plugin.mlc_verify_webhook(connection, delivery(spaced, signed=SIGNED))


def test_a_payload_inside_a_json_text_is_read_too(connection):
    text = json.dumps(BODY.decode()).encode()
    assert notices(connection, text)[0][:2] == ("bill", "00n01DEMOBILLAAAAAA1")


@pytest.mark.parametrize(
    ("kind", "entity", "fields", "expected"),
    [
        ("vendor.updated", "vendor", {"id": "009A", "accountNumber": 12}, [("vendor", "009A", "e1")]),
        ("payment.updated", "payment", {"id": "stp1"}, [("payment", "stp1", "e1")]),
        ("invoice.archived", "invoice", {"id": "00e1"}, [("invoice", "00e1", "e1")]),
        ("payment.failed", "payment", {"bills": [{"id": "00nA"}, {"billId": "00nB"}], "errors": []},
         [("bill", "00nA", "e1"), ("bill", "00nB", "e1:1")]),
        ("spend.transaction.updated", "transaction", {"id": "b64", "uuid": "trx_1"}, [("expense", "trx_1", "e1")]),
        ("spend.reimbursement.deleted", "reimbursement", {"uuid": "rmb_1"}, [("expense", "rmb_1", "e1")]),
        ("bank-account.created", "bankAccount", {"id": "bac1"}, []),
        ("autopay.failed", "vendor", {"id": "009A"}, []),
        ("something.new", "thing", {"id": "1"}, []),
    ],
)  # fmt: skip
def test_events_and_what_they_name(connection, kind, entity, fields, expected):
    assert notices(connection, event(kind, entity, **fields)) == expected


def test_a_delivery_of_another_organisation_is_refused(connection):
    with pytest.raises(WebhookRejectedError, match="of organisation 008OTHER"):
        notices(connection, event("bill.created", "bill", organisation="008OTHER", id="00nA"))
    spend = event("spend.transaction.updated", "transaction", organisation="another tenant", uuid="trx_1")
    assert notices(connection, spend)


def test_a_huge_body_is_refused_unread(connection):
    with pytest.raises(WebhookRejectedError, match="larger"):
        plugin.mlc_verify_webhook(connection, delivery(b"[" * 2_000_000))


def test_no_key_shows_in_an_error(connection):
    with pytest.raises(WebhookRejectedError) as refused:
        plugin.mlc_verify_webhook(connection, replace(delivery(), body=b"x"))
    assert KEY not in str(refused.value) + repr(refused.value)
