from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest


def told(reply: Any) -> tuple[int, str | None]:
    return reply.status_code, reply.json()[0].get("code")


def test_a_session_is_one_organisation_and_one_developer_key(bill: Any) -> None:
    told = bill.get("/login/session")
    assert told["organizationId"] == bill.us
    assert bill.refused("GET", "/vendors", headers={"devKey": "01OTHER"})[:2] == (401, "BDC_1109")
    vendor = bill.vendor()
    assert bill.login(organizationId=bill.eu).json()["organizationId"] == bill.eu
    assert bill.refused("GET", f"/vendors/{vendor['id']}")[:2] == (404, "BDC_1120")
    assert bill.get("/vendors")["results"] == []
    assert {row["id"] for row in bill.get("/login/organizations")["results"]} == {bill.us, bill.eu}


def test_an_expired_session_is_told_in_the_vendors_words(bill: Any) -> None:
    reply = bill.raw("GET", "/vendors", headers={"sessionId": "sess_bogus"})
    assert reply.status_code == 401
    assert reply.json() == [
        {
            "timestamp": "2026-03-16T09:30:00.000+00:00",
            "code": "BDC_1109",
            "severity": "ERROR",
            "category": "DOWNSTREAM",
            "message": "Session is invalid.  Please log in.",
        }
    ]


def test_a_token_session_lasts_48_hours_of_silence_and_a_users_35_minutes(bill: Any) -> None:
    bill.advance(48 * 3600 - 1)
    bill.get("/vendors")
    bill.advance(48 * 3600)
    assert bill.refused("GET", "/vendors")[:2] == (401, "BDC_1109")
    bill.login("ap@harbour.example", "Harbour-4711")
    for _ in range(3):
        bill.advance(35 * 60 - 1)
        bill.get("/vendors")
    bill.advance(35 * 60)
    assert bill.refused("GET", "/vendors")[:2] == (401, "BDC_1109")
    bill.switch(expired_session=[403, "BDC_1361"])
    assert bill.refused("GET", "/vendors")[:2] == (403, "BDC_1361")


def test_logging_out_ends_the_session_at_once(bill: Any) -> None:
    assert bill.raw("POST", "/logout").content == b""
    assert bill.refused("GET", "/vendors")[:2] == (401, "BDC_1109")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"password": "wrong"}, (401, "BDC_1101")),
        ({"username": "nobody"}, (401, "BDC_1101")),
        ({"devKey": "01WRONG"}, (401, "BDC_1102")),
        ({"organizationId": "00801NOWHERE"}, (400, "BDC_1123")),
        ({"organizationId": None}, (400, None)),
        ({"devKey": None}, (400, None)),
    ],
)
def test_a_login_that_lacks_something_is_refused(bill: Any, changes: dict[str, Any], expected: Any) -> None:
    assert told(bill.login(**changes)) == expected


def test_wrong_passwords_in_a_row_lock_the_login(bill: Any) -> None:
    for _ in range(5):
        assert told(bill.login(password="wrong"))[1] == "BDC_1101"
    assert told(bill.login())[1] == "BDC_1110"
    bill.screen("users", username="mlc-sync", action="unlock")
    assert bill.login().status_code == 200


def test_a_rotated_password_and_a_revoked_token_end_their_sessions(bill: Any) -> None:
    bill.screen("users", username="mlc-sync", action="password", password="tok_new")
    assert bill.refused("GET", "/vendors")[:2] == (401, "BDC_1109")
    assert told(bill.login())[1] == "BDC_1101"
    assert bill.login(password="tok_new").status_code == 200
    bill.screen("tokens", username="mlc-sync", action="revoke")
    assert bill.refused("GET", "/vendors")[:2] == (401, "BDC_1109")
    assert told(bill.login(password="tok_new"))[1] == "BDC_1101"


def test_the_fault_token_revoked_ends_sessions_and_with_login_the_token(bill: Any) -> None:
    bill.fault("GET /vendors", "token_revoked")
    assert bill.refused("GET", "/vendors")[:2] == (401, "BDC_1109")
    assert bill.login().status_code == 200
    bill.fault("GET /vendors", "token_revoked", body={"login": True})
    assert bill.refused("GET", "/vendors")[:2] == (401, "BDC_1109")
    assert told(bill.login())[1] == "BDC_1101"


def test_a_locked_organisation_and_one_without_api_say_so(bill: Any) -> None:
    bill.screen("organizations", id=bill.us, action="lock")
    assert bill.refused("GET", "/vendors")[:2] == (423, "BDC_1107")
    bill.screen("organizations", id=bill.us, action="unlock")
    bill.screen("organizations", id=bill.us, action="api_off")
    assert bill.refused("GET", "/vendors")[:2] == (403, "BDC_1105")


def test_paying_needs_a_session_that_has_passed_mfa(bill: Any) -> None:
    made = bill.bill(bill.vendor()["id"])
    pay = {"billId": made["id"], "amount": made["amount"], "processDate": "2026-04-01"}
    assert bill.refused("POST", "/payments", pay)[:2] == (403, "BDC_1145")  # a sync token never may
    assert bill.login("ap@harbour.example", "Harbour-4711").json()["trusted"] is False
    assert bill.refused("POST", "/payments", pay)[:2] == (403, "BDC_1361")
    challenge = bill.call("POST", "/mfa/challenge")["challengeId"]
    answer = {"challengeId": challenge, "token": "123456", "machineName": "mlc", "rememberMe": True}
    assert bill.refused("POST", "/mfa/challenge/validate", {**answer, "device": "d" * 49})[:2] == (400, "BDC_1143")
    assert bill.refused("POST", "/mfa/challenge/validate", {**answer, "device": "mlc", "token": "0"})[1] == "BDC_1356"
    remembered = bill.call("POST", "/mfa/challenge/validate", {**answer, "device": "mlc"})["rememberMeId"]
    assert bill.call("POST", "/payments", pay)["singleStatus"] == "SCHEDULED"
    again = bill.login("ap@harbour.example", "Harbour-4711", rememberMeId=remembered, device="mlc")
    assert again.json()["trusted"] is True
    assert (
        bill.login("ap@harbour.example", "Harbour-4711", rememberMeId=remembered, device="x").json()["trusted"] is False
    )


def test_an_organisation_may_demand_mfa_for_everything(bill: Any) -> None:
    bill.switch(mfa_for="everything")
    bill.login("ap@harbour.example", "Harbour-4711")
    assert bill.refused("GET", "/vendors")[:2] == (403, "BDC_1361")
    assert bill.get("/login/session")["organizationId"] == bill.us


def test_logins_have_a_budget_that_all_organisations_of_a_key_share(bill: Any) -> None:
    bill.control("POST", "limits", {"logins_per_hour": 3})
    assert [bill.login(organizationId=org).status_code for org in (bill.us, bill.eu)] == [200, 200]
    full = bill.login()
    assert (full.status_code, full.json()[0]["code"]) == (422, "BDC_1144")
    assert full.json()[0]["message"] == "Max number of allowed requests per hour reached: 3."
    bill.advance(30 * 60)  # 10:00: the next hour begins
    assert bill.login().status_code == 200


def test_the_hour_is_a_fixed_window_and_its_status_a_switch(bill: Any) -> None:
    bill.control("POST", "limits", {"per_hour": 3})
    assert [bill.raw("GET", "/vendors").status_code for _ in range(3)] == [200, 200, 422]
    bill.switch(throttle_status=429)
    status, reason, message = bill.refused("GET", "/vendors")
    assert (status, reason) == (429, "BDC_1144")
    assert message == "Max number of allowed requests per hour reached: 3."
    bill.advance(29 * 60)
    assert bill.raw("GET", "/vendors").status_code == 429
    bill.advance(60)
    assert bill.raw("GET", "/vendors").status_code == 200


def test_a_fourth_request_in_flight_is_refused(bill: Any) -> None:
    bill.fault("GET /vendors", "delay", seconds=0.4, times=None)
    with ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda _: bill.raw("GET", "/vendors"), range(4)))
    assert sorted(reply.status_code for reply in replies) == [200, 200, 200, 422]
    refused = next(reply for reply in replies if reply.status_code == 422).json()[0]
    assert refused["code"] == "BDC_1322"
    assert refused["message"] == "Max number of concurrent requests per organization reached."
    assert bill.standin.quotas.peaks["01DEMODEVKEY", bill.us] == 4
    assert bill.raw("GET", "/vendors").status_code == 200


def test_the_fault_rate_limit_says_either_told(bill: Any) -> None:
    bill.fault("GET /vendors", "rate_limit", body={"code": "BDC_1322"})
    assert bill.refused("GET", "/vendors")[:2] == (422, "BDC_1322")
    bill.fault("GET /vendors", "rate_limit")
    assert bill.refused("GET", "/vendors")[:2] == (422, "BDC_1144")


def test_paths_that_do_not_exist_are_not_supported(bill: Any) -> None:
    for method, path in (("GET", "/purchase-orders"), ("GET", "/session"), ("DELETE", "/bills/00n01X")):
        assert bill.refused(method, path)[:2] == (404, "BDC_1121")
