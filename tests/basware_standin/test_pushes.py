from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

import pytest

SECRET = "ad65rujltr9093ijhdköijhsa76"


def subscription(receiver: Any, kind: str = "AccountingDocuments", **fields: Any) -> dict[str, Any]:
    return {
        "taskType": kind,
        "subscriptionType": "Webhook",
        "notificationWebhookURL": f"{receiver.url}/push",
        "webhookAuthenticationToken": SECRET,
        **fields,
    }


def subscribe(basware: Any, receiver: Any, kind: str = "AccountingDocuments", **fields: Any) -> None:
    reply = basware.raw("POST", "/v1/subscriptions", [subscription(receiver, kind, **fields)])
    assert reply.status_code == 200, reply.text
    receiver.got.clear()


def test_a_receiver_has_to_pass_the_connection_test(basware: Any, receiver: Any) -> None:
    receiver.statuses = [500]
    reply = basware.raw("POST", "/v1/subscriptions", [subscription(receiver)])
    assert (reply.status_code, reply.json()["hasError"]) == (400, True)
    assert basware.raw("GET", "/v1/subscriptions").json() == {"detail": "Not Found"}
    reply = basware.raw("POST", "/v1/subscriptions", [subscription(receiver)])
    assert reply.json()[0]["taskSubType"] == "All"
    assert [one["taskType"] for one in receiver.told] == ["ConnectionTest", "ConnectionTest"]


@pytest.mark.parametrize("changes", [{"taskType": "Vendors"}, {"taskSubType": "Error"}, {"extra": 1},
                                     {"subscriptionType": "Polling"}, {"webhookAuthenticationToken": ""}])  # fmt: skip
def test_a_subscription_that_makes_no_sense_is_refused(basware: Any, receiver: Any, changes: Any) -> None:
    reply = basware.raw("POST", "/v1/subscriptions", [subscription(receiver) | changes])
    assert (reply.status_code, reply.json()["errorMessages"][0]["code"]) == (400, "SCHEMA_VALIDATION_ERROR")
    assert receiver.got == []


@pytest.mark.parametrize("form", ["hex", "prefixed", "base64"])
def test_an_approved_invoice_is_told_signed_and_thin(basware: Any, receiver: Any, form: str) -> None:
    basware.switch(signature=form)
    subscribe(basware, receiver, taskSubType="WaitingForTransfer")
    id = basware.invoice()
    basware.standin.pushes.sender.flush()
    (headers, body), told = receiver.got[0], receiver.told[0]
    digest = hmac.new(SECRET.encode(), body, hashlib.sha256)
    expected = {"hex": digest.hexdigest(), "prefixed": f"sha256={digest.hexdigest()}",
                "base64": base64.b64encode(digest.digest()).decode()}  # fmt: skip
    assert headers["x-bwapi-signature-256"] == expected[form]
    assert (told["taskType"], told["taskSubType"], told["documentId"], told["taskStatus"]) == (
        "AccountingDocuments",
        "WaitingForTransfer",
        id,
        "New",
    )
    assert set(told) == {"taskId", "taskStatus", "taskType", "taskSubType", "documentId", "expirationTime"}
    task = basware.get(f"/v1/tasks/{told['taskId']}")["taskStatus"][0]
    assert (task["taskStatus"], len(task["taskHistory"])) == ("Completed", 2)


def test_errors_of_the_second_phase_are_told_and_successes_only_when_asked_for(basware: Any, receiver: Any) -> None:
    subscribe(basware, receiver, "RequestStatus")
    basware.outcome(basware.post("/v1/vendors", basware.vendor()))
    bad = basware.post("/v1/accounts", basware.account(taxCode="VAT99"))
    basware.outcome(bad)
    basware.standin.pushes.sender.flush()
    assert [(one["taskSubType"], one["documentId"]) for one in receiver.told] == [("Error", bad)]


def test_deliveries_are_lost_doubled_and_late_and_the_history_says_what_failed(basware: Any, receiver: Any) -> None:
    subscribe(basware, receiver)
    for kind in ("webhook_lost", "webhook_duplicate", "webhook_reorder"):
        basware.fault("POST /push", kind, after={"webhook_lost": 0, "webhook_duplicate": 0, "webhook_reorder": 0}[kind])
    ids = [basware.invoice(f"W-{number}") for number in range(4)]
    basware.standin.pushes.sender.flush()
    told = [one["documentId"] for one in receiver.told]
    assert ids[0] not in told
    assert sorted(told.count(id) for id in ids[1:]) == [1, 1, 2]
    basware.switch(webhook_retries_s=[])
    receiver.statuses = [503]
    last = basware.invoice("W-9")
    basware.standin.pushes.sender.flush()
    failed = basware.get("/v1/tasks", taskStatus="Failed")["taskStatus"]
    assert [one["documentId"] for one in failed] == [last]
    assert basware.raw("GET", "/v1/tasks", params={"documentId": "none"}).json() == {"detail": "Not Found"}


def test_subscriptions_are_taken_away_by_type(basware: Any, receiver: Any) -> None:
    subscribe(basware, receiver)
    assert basware.raw("DELETE", "/v1/subscriptions").status_code == 422
    asked = {"taskType": "All", "taskSubType": "All", "lastUpdated": "2001-01-01T00:00:00Z"}
    told = basware.raw("DELETE", "/v1/subscriptions", params=asked).json()
    assert told == {"status": "Deleted successfully", "numberOfRecordsDeleted": 1}
    basware.invoice()
    basware.standin.pushes.sender.flush()
    assert receiver.got == []
