"""Deliveries in both forms: verified over the raw bytes, of our company alone."""

import json

import pytest
from mlc import WebhookRequest
from mlc.errors import WebhookRejectedError
from mlc.records import ObjectType
from mlc_quickbooks.webhooks import HEADER, signature, verify
from mlc_quickbooks.webhooksteps import setup_steps

from tests.quickbooks_connector.conftest import NOW, REALM

VERIFIER = "verifier-token-demo-1"


def delivery(body, key=VERIFIER):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {HEADER: signature(key, raw).decode(), "content-type": "application/cloudevents+json"}
    return WebhookRequest("POST", (), headers, raw, NOW)


@pytest.fixture
def receiver(books):
    return books.connect(secrets={"webhook_verifier": VERIFIER})


def legacy(*notifications):
    return {
        "eventNotifications": [
            {"realmId": realm, "dataChangeEvent": {"entities": list(entities)}} for realm, entities in notifications
        ]
    }


def cloud(kind="qbo.vendor.updated.v1", realm=REALM, **own):
    return {"specversion": "1.0", "id": "0b9f1d5e-1", "source": "intuit.x", "type": kind, "data": {},
            "time": "2026-05-04T16:00:10.179851517Z", "intuitentityid": "56", "intuitaccountid": realm,
            **own}  # fmt: skip


VENDOR_EVENT = {"name": "Vendor", "id": "56", "operation": "Update", "lastUpdated": "2026-05-04T16:00:10.000Z"}


def test_the_older_form_names_records_of_our_company_only(receiver):
    other = {"name": "Bill", "id": "145", "operation": "Delete", "lastUpdated": "2026-05-04T09:00:00-0700"}
    body = legacy(("77", [VENDOR_EVENT]), (REALM, [VENDOR_EVENT, other, {"name": "Estimate", "id": "1"}]))
    notices = verify(receiver, delivery(body))
    assert [(one.object_type, one.external_id, one.event) for one in notices] == [
        (ObjectType.VENDOR, "56", "update"), (ObjectType.BILL, "145", "delete"),
    ]  # fmt: skip
    assert notices[1].occurred_at.isoformat() == "2026-05-04T16:00:00+00:00"


def test_cloud_events_carry_ids_of_their_own(receiver):
    (notice,) = verify(receiver, delivery([cloud(), cloud(realm="77"), "odd", cloud("other.vendor.updated.v1")]))
    assert (notice.object_type, notice.external_id, notice.delivery_id) == (ObjectType.VENDOR, "56", "0b9f1d5e-1")
    (notice,) = verify(receiver, delivery([cloud("qbo.billpayment.void.v1", intuitentityid="236")]))
    assert (notice.object_type, notice.event) == (ObjectType.PAYMENT, "void")
    (notice,) = verify(receiver, delivery([cloud("qbo.class.created.v1", intuitentityid="5")]))
    assert (notice.object_type, notice.external_id) == (ObjectType.DIMENSION, "C5")


def test_a_merge_names_both(receiver):
    merged = {**VENDOR_EVENT, "operation": "Merge", "deletedId": "58"}
    assert [one.external_id for one in verify(receiver, delivery(legacy((REALM, [merged]))))] == ["56", "58"]
    found = verify(receiver, delivery([cloud("qbo.vendor.merged.v1", data={"deletedid": "58"})]))
    assert [(one.external_id, one.moved_to) for one in found] == [("56", None), ("58", "56")]
    assert len({one.delivery_id for one in found}) == 2


def test_the_same_event_again_is_the_same(receiver):
    body = delivery(legacy((REALM, [VENDOR_EVENT])))
    later = {**VENDOR_EVENT, "lastUpdated": "2026-05-04T16:00:11.000Z"}
    (one,), (two,) = verify(receiver, body), verify(receiver, body)
    (other,) = verify(receiver, delivery(legacy((REALM, [later]))))
    assert one == two
    assert other.delivery_id != one.delivery_id


def test_a_genuine_delivery_of_others_names_nothing(receiver):
    assert verify(receiver, delivery(legacy(("77", [VENDOR_EVENT])))) == []
    assert verify(receiver, delivery([])) == []


@pytest.mark.parametrize("body", [b"", b"null", b"{", b'{"a": 1}', b'"text"', b"7"])
def test_rubbish_is_refused_even_when_it_is_signed(receiver, body):
    with pytest.raises(WebhookRejectedError):
        verify(receiver, delivery(body))


def test_nothing_unsigned_is_believed(receiver, books):
    body = legacy((REALM, [VENDOR_EVENT]))
    with pytest.raises(WebhookRejectedError, match="signature"):
        verify(receiver, delivery(body, key="another"))
    with pytest.raises(WebhookRejectedError, match="webhook_verifier"):
        verify(books.connect(), delivery(body))
    with pytest.raises(WebhookRejectedError, match="larger"):
        verify(receiver, delivery(b" " * 2_000_000))
    assert books.requests == []


def test_without_a_known_company_nothing_is_ours(books):
    connection = books.connect(realm_id=None, secrets={"webhook_verifier": VERIFIER})
    assert verify(connection, delivery([cloud()])) == []


def test_a_person_is_told_where_to_subscribe(receiver):
    steps = setup_steps(receiver.settings, "https://mlc.example/hooks/books")
    assert any("https://mlc.example/hooks/books" in step for step in steps)
    assert any("verifier token" in step and "webhook_verifier" in step for step in steps)
