from __future__ import annotations

import base64
import hashlib
import hmac
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from mlc_sandbox.toolkit.webhooks import hmac_base64
from mlc_sandbox.toolkit.wirejson import loads

PUBLIC = "https://hooks.example"
EVENTS = ("bill.created", "bill.updated", "bill.archived", "vendor.created", "vendor.updated", "payment.updated")


def body(url: str = f"{PUBLIC}/webhooks/bill", **changes: Any) -> dict[str, Any]:
    events = [{"type": name, "version": "1"} for name in EVENTS]
    return {"name": "mlc", "status": {"enabled": True}, "events": events, "notificationUrl": url, **changes}


def told(reply: Any) -> tuple[int, str | None]:
    return reply.status_code, reply.json()[0].get("code")


@pytest.fixture
def subscribed(bill: Any, receiver: Any) -> Any:
    """A subscription whose public URL lies on this machine; ``key`` and ``id`` are at hand."""
    bill.control("POST", "callbacks", {PUBLIC: receiver.url})
    made = bill.events("POST", "/subscriptions", body()).json()
    bill.key, bill.id = made["securityKey"], made["id"]
    bill.arrived = lambda: (bill.standin.events.sender.flush(), receiver.told)[1]
    return bill


def test_the_signature_is_base64_over_the_raw_body() -> None:
    fox = b"The quick brown fox jumps over the lazy dog"
    assert hmac_base64("key", fox) == "97yD9DBThCSxMpjmqm+xQ+9NWaFJRhdZl0edvC0aPNg="
    shaped = (
        b'{"metadata":{"eventId":"3b0c9f1e-6a52-4b0e-9d1f-0a4f4b1c7e11","subscriptionId":"7a1d2c3e-1111-4222-8333-'
        b'944455566677","organizationId":"00801DEMOORGANIZATN1","eventType":"bill.created","version":"1"},"bill":{"id":'
        b'"00n01DEMOBILLAAAAAA1","vendorId":"00901DEMOVENDORAAAA1","amount":228.99,"archived":false}}'
    )
    assert hmac_base64("sk_demo_4f1c9a", shaped) == "uM5Se57fdHNMmWjIe0V8YpoeJYRCc2tnCisE1v324Qc="


def test_what_the_api_does_and_what_people_do_fires_signed_events(subscribed: Any, receiver: Any) -> None:
    vendor = subscribed.vendor(accountNumber="4711")
    made = subscribed.bill(vendor["id"])
    subscribed.screen("bills", id=made["id"], dueDate="2026-05-02")
    subscribed.screen("payments", bills=[{"billId": made["id"]}], action="fund")
    events = subscribed.arrived()
    assert [event["metadata"]["eventType"] for event in events] == [
        "vendor.created",
        "bill.created",
        "bill.updated",
        "bill.updated",  # scheduled
        "payment.updated",
        "bill.updated",  # in process
    ]
    headers, raw = receiver.got[1]
    key = subscribed.key.encode()
    assert headers["x-bill-sha-signature"] == base64.b64encode(hmac.new(key, raw, hashlib.sha256).digest()).decode()
    assert b" " not in raw.replace(b"Nordic Bearings", b"").replace(b"Sales tax", b"")
    assert events[0]["vendor"]["accountNumber"] == 4711
    assert events[1]["bill"]["invoice"]["invoiceDate"] == "2026-03-10T00:00:00.000Z"
    assert not {"billLineItems", "approvalStatus", "dueAmount"} & set(events[1]["bill"])
    assert events[0]["metadata"]["organizationId"] == subscribed.us
    assert len({event["metadata"]["eventId"] for event in events}) == 6


def test_a_vendor_tells_only_of_a_fixed_set_of_changes(subscribed: Any) -> None:
    vendor = subscribed.vendor()
    subscribed.call("PATCH", f"/vendors/{vendor['id']}", {"email": "quiet@n.example"})
    subscribed.switch(vendor_updated_partial=True)
    subscribed.call("PATCH", f"/vendors/{vendor['id']}", {"name": "Nordic"})
    events = subscribed.arrived()
    assert [event["metadata"]["eventType"] for event in events] == ["vendor.created", "vendor.updated"]
    assert set(events[1]["vendor"]) == {"id", "name", "updatedTime"} or set(events[1]["vendor"]) == {"id", "name"}


def test_other_organisations_are_told_nothing(subscribed: Any) -> None:
    subscribed.login(organizationId=subscribed.eu)
    subscribed.vendor()
    assert subscribed.arrived() == []
    assert subscribed.events("GET", "/subscriptions").json() == {"results": []}


def test_the_key_is_told_once_and_rotates(subscribed: Any, receiver: Any) -> None:
    assert "securityKey" not in subscribed.events("GET", f"/subscriptions/{subscribed.id}").json()
    for path in ("security_key", "security-key"):
        new = subscribed.events("POST", f"/subscriptions/{subscribed.id}/{path}").json()["securityKey"]
        assert new != subscribed.key
    subscribed.vendor()
    subscribed.arrived()
    headers, raw = receiver.got[0]
    assert headers["x-bill-sha-signature"] == hmac_base64(new, raw)


def test_creating_needs_a_uuid_and_repeats_the_answer_for_a_day(bill: Any) -> None:
    assert told(bill.events("POST", "/subscriptions", body(), key="again"))[0] == 400
    key = str(uuid4())
    first = bill.events("POST", "/subscriptions", body(), key=key)
    assert (first.status_code, first.json()["securityKey"][:3]) == (200, "sk_")
    assert bill.events("POST", "/subscriptions", body(), key=key).json() == first.json()
    assert told(bill.events("POST", "/subscriptions", body()))[0] == 400  # the same events and URL
    bill.advance(86_400)
    assert told(bill.events("POST", "/subscriptions", body(), key=key))[0] == 400
    bill.control("POST", "faults", {"match": "*", "kind": "forget_replay_keys"})


def test_ten_subscriptions_and_no_more(bill: Any) -> None:
    for number in range(10):
        assert bill.events("POST", "/subscriptions", body(f"{PUBLIC}/{number}")).status_code == 200
    refused = bill.events("POST", "/subscriptions", body(f"{PUBLIC}/11"))
    assert told(refused) == (400, "BDC_1143")
    ids = [row["id"] for row in bill.events("GET", "/subscriptions").json()["results"]]
    assert bill.events("DELETE", f"/subscriptions/{ids[0]}").status_code == 200
    assert bill.events("POST", "/subscriptions", body(f"{PUBLIC}/11")).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"notificationUrl": "http://hooks.example/x"},
        {"events": []},
        {"events": [{"type": "customer.created", "version": "1"}]},
        {"events": [{"type": "bill.created", "version": "2"}]},
        {"name": ""},
        {"status": None},
        {"events": [{"type": "spend.reimbursement.created", "version": "1"}]},  # another family, another token
    ],
)
def test_a_subscription_with_something_wrong_is_refused(bill: Any, changes: dict[str, Any]) -> None:
    assert told(bill.events("POST", "/subscriptions", body(**changes)))[0] == 400


def test_missing_credentials_are_400_and_wrong_ones_401(bill: Any) -> None:
    assert bill.http.get("/connect-events/v3/subscriptions").status_code == 400
    headers = {"sessionId": "bogus", "devKey": "01DEMODEVKEY"}
    assert bill.http.get("/connect-events/v3/subscriptions", headers=headers).status_code == 401
    catalog = bill.events("GET", "/events/catalog").json()
    assert {"type": "bill.created", "versions": ["1"]} in catalog
    spend = bill.http.get("/connect-events/v3/events/catalog", headers={"apiToken": "se_demo_1"}).json()
    assert {row["type"].split(".")[0] for row in spend} == {"spend"}


def test_what_is_not_answered_with_200_is_sent_five_times_more_then_disabled(subscribed: Any, receiver: Any) -> None:
    subscribed.switch(webhook_retries_s=[0.01] * 5)
    receiver.statuses = [202, 204, 500, 404, 200]
    subscribed.vendor()
    assert len(subscribed.arrived()) == 5
    receiver.statuses = [500] * 18
    receiver.got.clear()
    for number in range(3):
        subscribed.vendor(f"Vendor {number}")
        subscribed.standin.events.sender.flush()
    assert len(receiver.got) == 18
    shown = subscribed.events("GET", f"/subscriptions/{subscribed.id}").json()
    assert shown["status"] == {"enabled": False}
    subscribed.vendor("Unheard")
    assert len(subscribed.arrived()) == 18
    again = {"status": {"enabled": True}}
    assert subscribed.events("PATCH", f"/subscriptions/{subscribed.id}", again).json()["status"]["enabled"] is True
    subscribed.vendor("Heard")
    assert subscribed.arrived()[-1]["vendor"]["name"] == "Heard"
    subscribed.screen("subscriptions", id=subscribed.id, action="retry_parked")
    assert len(subscribed.arrived()) == 18 + 1 + 3


def test_the_history_keeps_what_was_lost_and_sends_it_again(subscribed: Any) -> None:
    subscribed.fault("POST /webhooks", "webhook_lost")
    vendor = subscribed.vendor()
    assert subscribed.arrived() == []
    history = subscribed.events("GET", f"/events/subscription/{subscribed.id}?entityId={vendor['id']}").json()
    event = history["results"][0]
    assert isinstance(event["payload"], str)
    assert loads(event["payload"])["vendor"]["name"] == "Nordic Bearings"
    subscribed.events("POST", f"/events/subscription/{subscribed.id}/event/{event['id']}")
    assert subscribed.arrived()[0]["metadata"]["eventId"] == event["id"]
    late = subscribed.events("GET", f"/events/subscription/{subscribed.id}?createdTimeFrom=2026-03-17")
    assert late.json()["results"] == []
    subscribed.advance(181 * 86_400)
    subscribed.login()
    assert subscribed.events("GET", f"/events/subscription/{subscribed.id}").json()["results"] == []


def test_deliveries_are_doubled_and_reordered_on_request(subscribed: Any) -> None:
    subscribed.fault("POST /webhooks", "webhook_reorder")
    subscribed.fault("POST /webhooks", "webhook_duplicate", after=1)
    for name in ("held", "next", "double"):
        subscribed.vendor(name)
    names = [event["vendor"]["name"] for event in subscribed.arrived()]
    assert names == ["next", "held", "double", "double"]


def test_a_test_event_and_a_body_that_is_a_string(subscribed: Any) -> None:
    answer = subscribed.events("POST", f"/subscriptions/{subscribed.id}/test", {"eventType": "bill.created"}).json()
    assert isinstance(answer["payload"], str)
    subscribed.switch(payload_as_string=True)
    subscribed.vendor()
    plain, text = subscribed.arrived()
    assert plain["metadata"]["eventType"] == "bill.created"
    assert isinstance(text, str)
    assert loads(text)["vendor"]["name"] == "Nordic Bearings"


def test_spend_events_need_the_api_token_and_production(bill: Any, receiver: Any) -> None:
    bill.control("POST", "callbacks", {PUBLIC: receiver.url})
    events = [{"type": "spend.transaction.updated", "version": "1"}]
    headers = {"apiToken": "se_demo_1", "X-Idempotent-Key": str(uuid4())}
    made = bill.http.post("/connect-events/v3/subscriptions", json=body(events=events), headers=headers)
    assert made.status_code == 200
    bill.screen("spend_transactions", amount=Decimal("12.50"), merchantName="Corner Cafe")
    bill.switch(environment="sandbox")
    bill.screen("spend_transactions", amount=Decimal("13.50"), merchantName="Corner Cafe")
    bill.standin.events.sender.flush()
    assert [event["transaction"]["amount"] for event in receiver.told] == [Decimal("12.50")]


def test_nothing_is_ever_sent_to_an_address_outside(bill: Any) -> None:
    bill.switch(webhook_retries_s=[])
    bill.events("POST", "/subscriptions", body())
    bill.vendor()
    bill.standin.events.sender.flush()
    assert [sent.status for sent in bill.standin.events.sender.sent] == [0]
