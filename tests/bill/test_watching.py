"""Our subscriptions: made once, looked at, repaired, ended; strangers' never touched."""

import json
import uuid

import pytest
from mlc import Watch, WatchChange
from mlc.errors import ConfigError, RateLimitedError, RejectedError
from mlc_bill.watching import PAYABLES, SPEND
from pydantic import SecretStr

from mlc_bill import plugin

from .conftest import NOW, problem, reply

URL = "https://hooks.example/webhooks/payables"


def row(record_id="s1", *, url=URL, enabled=True, events=PAYABLES.events, name="ml-connector"):
    return {
        "id": record_id, "name": name, "status": {"enabled": enabled}, "notificationUrl": url,
        "events": [{"type": event, "version": "1"} for event in events], "createdTime": "2026-04-01T00:00:00.000Z",
    }  # fmt: skip


STRANGER = row("x1", url="https://other.example/", events=("bill.created",), name="Other")
KEPT = Watch("s1", SecretStr("key-1"))


def watch(connection, *kept, url=URL):
    with connection.http.permit("watch"):
        return plugin.mlc_watch(connection, url, kept, NOW)


def keys(standing):
    return {one.id: one.secret and one.secret.get_secret_value() for one in standing.watches}


def changed(gateway):
    return [f"{one.method} {one.url.path.partition('/v3/')[2]}" for one in gateway.requests if one.method != "GET"][1:]


def test_a_subscription_is_made_once_and_its_key_handed_over(gateway, connection):
    gateway.on("GET subscriptions", {"results": [STRANGER]})
    gateway.on("POST subscriptions", {**row("s1"), "securityKey": "key-1"})
    standing = watch(connection)
    assert (standing.change, keys(standing)) == (WatchChange.MADE, {"s1": "key-1"})
    (sent,) = gateway.asked("POST subscriptions")
    assert str(sent.url) == "https://gateway.prod.bill.com/connect-events/v3/subscriptions"
    assert uuid.UUID(sent.headers["X-Idempotent-Key"]).version == 4
    body = json.loads(sent.content)
    assert (body["notificationUrl"], body["status"]) == (URL, {"enabled": True})
    assert {"type": "bill.updated", "version": "1"} in body["events"]
    gateway.on("GET subscriptions", {"results": [STRANGER, row("s1")]})
    assert watch(connection, *standing.watches).change is None
    assert changed(gateway) == ["POST subscriptions"]


def test_one_that_bill_switched_off_is_switched_on_again(gateway, connection):
    gateway.on("GET subscriptions", [row(enabled=False), STRANGER])
    gateway.on("PATCH subscriptions/s1", row())
    standing = watch(connection, KEPT)
    assert (standing.change, keys(standing)) == (WatchChange.REPAIRED, {"s1": "key-1"})
    assert gateway.sent("PATCH subscriptions/s1")["status"] == {"enabled": True}


def test_one_that_points_elsewhere_is_pointed_here(gateway, connection):
    gateway.on("GET subscriptions", {"results": [row(url="https://old.example/")]})
    gateway.on("PATCH subscriptions/s1", row())
    assert watch(connection, KEPT).change is WatchChange.REPAIRED
    assert gateway.sent("PATCH subscriptions/s1")["notificationUrl"] == URL


def test_one_without_our_events_gets_them(gateway, connection):
    gateway.on("GET subscriptions", {"results": [row(events=("bill.created",))]})
    gateway.on("PUT subscriptions/s1", row())
    assert watch(connection, KEPT).change is WatchChange.REPAIRED


def test_one_whose_key_is_lost_gets_a_new_one(gateway):
    gateway.on("GET subscriptions", {"results": [row()]})
    gateway.on("POST subscriptions/s1/security_key", {"securityKey": "key-2"})
    standing = watch(gateway.connect())
    assert (standing.change, keys(standing)) == (WatchChange.REPAIRED, {"s1": "key-2"})
    gateway.on("POST subscriptions/s1/security-key", {"securityKey": "key-3"})
    assert keys(watch(gateway.connect(security_key_path="security-key"))) == {"s1": "key-3"}


def test_a_double_is_ended_and_the_one_with_its_key_stays(gateway, connection):
    gateway.on("GET subscriptions", {"results": [row("s0"), row("s1"), STRANGER]})
    gateway.on("DELETE subscriptions/s0", reply(None))
    standing = watch(connection, KEPT)
    assert (standing.change, keys(standing)) == (WatchChange.REMOVED, {"s1": "key-1"})


def test_without_an_address_ours_are_ended_one_by_one_and_strangers_stay(gateway, connection):
    gateway.on("GET subscriptions", {"results": [row(), STRANGER]}, {"results": [STRANGER]})
    gateway.on("DELETE subscriptions/s1", reply(None))
    standing = watch(connection, KEPT, url=None)
    assert (standing.change, standing.watches) == (WatchChange.REMOVED, ())
    assert watch(connection, KEPT, url=None).change is None
    assert changed(gateway) == ["DELETE subscriptions/s1"]


def test_ten_of_others_leave_no_room_and_that_is_said(gateway, connection):
    others = [{**STRANGER, "id": f"x{number}", "name": f"Other {number}"} for number in range(10)]
    gateway.on("GET subscriptions", {"results": others})
    with pytest.raises(RejectedError) as refused:
        watch(connection)
    assert "BILL allows 10 webhook subscriptions per organisation, and all are taken by others (Other 0" in str(
        refused.value
    )
    assert "found by polling" in str(refused.value)
    assert changed(gateway) == []


def test_spend_and_expense_has_one_of_its_own_under_its_token(gateway):
    connection = gateway.connect(secrets={"api_token": "se_demo_1"})
    gateway.on("GET subscriptions", {"results": [row()]})
    gateway.on("POST subscriptions", {**row("s2", events=SPEND.events), "securityKey": "key-2"})
    standing = watch(connection, KEPT)
    assert (standing.change, keys(standing)) == (WatchChange.MADE, {"s1": "key-1", "s2": "key-2"})
    (sent,) = gateway.asked("POST subscriptions")
    assert (sent.headers["apiToken"], "sessionId" in sent.headers) == ("se_demo_1", False)
    assert {one["type"] for one in json.loads(sent.content)["events"]} == set(SPEND.events)


def test_the_sandbox_has_no_spend_events(gateway):
    connection = gateway.connect(environment="sandbox", secrets={"api_token": "se_demo_1"})
    gateway.on("GET subscriptions", {"results": [row()]})
    assert watch(connection, KEPT).change is None


def test_deliveries_go_to_https_only(connection):
    with pytest.raises(ConfigError, match="https"):
        watch(connection, url="http://hooks.example/")


def test_a_call_under_way_with_the_same_key_waits(gateway, connection):
    gateway.on("GET subscriptions", {"results": []})
    gateway.on("POST subscriptions", problem("BDC_9999"), status=429)
    with pytest.raises(RateLimitedError):
        watch(connection)
