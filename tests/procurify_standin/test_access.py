"""Tokens, headers, slashes, quotas, suspension, tenants."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from mlc_sandbox.procurify.app import ProcurifyStandIn

TOKEN_REQUEST = {
    "client_id": "demo-client",
    "client_secret": "demo-secret",
    "audience": "https://api.procurify.com/",
    "grant_type": "client_credentials",
}
ME = "/api/v3/users/me/"


def test_a_token_lives_for_a_day_of_the_stand_ins_clock(http: httpx.Client) -> None:
    assert http.get(ME).json()["data"]["email"] == "integration@demo.example"
    http.post("/_sandbox/clock", json={"advance_s": 86_300})
    assert http.get(ME).status_code == 200
    http.post("/_sandbox/clock", json={"advance_s": 200})
    reply = http.get(ME)
    assert (reply.status_code, reply.json()) == (401, {"detail": "Token has expired."})


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"audience": "https://elsewhere.example/"}, 403, "access_denied"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
def test_a_wrong_token_request_is_refused(bare: httpx.Client, change: dict[str, str], status: int, error: str) -> None:
    good = bare.post("/oauth/token", json=TOKEN_REQUEST).json()
    assert (good["token_type"], good["expires_in"]) == ("Bearer", 86_400)
    assert good["scope"].startswith("urn:procurify-api:domain:demo ")
    reply = bare.post("/oauth/token", json=TOKEN_REQUEST | change)
    assert (reply.status_code, reply.json()["error"]) == (status, error)
    assert bare.post("/oauth/token", data=TOKEN_REQUEST).status_code == 400


def test_both_headers_are_required(http: httpx.Client, switch: Callable[..., None]) -> None:
    assert http.get(ME, headers={"authorization": ""}).status_code == 401
    assert http.get(ME, headers={"authorization": "Bearer invented"}).status_code == 401
    assert http.get(ME, headers={"x-procurify-client": "web"}).status_code == 403
    switch(missing_client_header=401)
    assert http.get(ME, headers={"x-procurify-client": "web"}).status_code == 401


def test_a_revoked_token_is_refused_until_a_new_one_is_fetched(http: httpx.Client) -> None:
    http.post("/_sandbox/faults", json={"match": "GET /api", "kind": "token_revoked"})
    assert http.get(ME).status_code == 401
    assert http.get(ME).status_code == 401
    token = http.post("/oauth/token", json=TOKEN_REQUEST).json()["access_token"]
    assert http.get(ME, headers={"authorization": f"Bearer {token}"}).status_code == 200


def test_a_read_without_its_slash_is_redirected_and_a_write_is_lost(http: httpx.Client) -> None:
    reply = http.get("/api/v3/vendors/all?page_size=2")
    assert (reply.status_code, reply.headers["location"]) == (301, "/api/v3/vendors/all/?page_size=2")
    assert http.post("/api/v3/vendors", json={}).status_code == 404
    assert http.get("/api/v3/nothing").status_code == 404


def test_the_quota_is_600_a_minute_until_it_is_changed_or_opened(http: httpx.Client) -> None:
    http.post("/_sandbox/limits", json={"per_minute": 3})
    statuses = [http.get(ME).status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    refused = http.get(ME)
    assert "throttled" in refused.json()["detail"]
    assert int(refused.headers["retry-after"]) > 50
    http.post("/_sandbox/clock", json={"advance_s": 61})
    assert http.get(ME).status_code == 200
    http.post("/_sandbox/limits", json={"enabled": False})
    assert {http.get(ME).status_code for _ in range(10)} == {200}


def test_a_suspension_closes_everything_but_the_token_server(http: httpx.Client, switch: Callable[..., None]) -> None:
    switch(suspended=403)
    assert http.get(ME).status_code == 403
    assert http.get("/api/v3/ap/bills/").status_code == 403
    assert http.post("/oauth/token", json=TOKEN_REQUEST).status_code == 200
    switch(suspended=401)
    assert http.get(ME).status_code == 401


def test_a_role_may_lack_a_permission(http: httpx.Client, switch: Callable[..., None]) -> None:
    switch(forbidden=["^POST /api/v3/vendors/"])
    assert http.post("/api/v3/vendors/", json={}).status_code == 403
    assert http.get("/api/v3/vendors/all/").status_code == 200


def test_a_shrunken_permission_hides_records_in_lists_and_details(http: httpx.Client) -> None:
    before = http.get("/api/v3/vendors/all/?page_size=200").json()
    http.post("/_sandbox/faults", json={"match": "/api/v3/vendors", "kind": "permission_shrink", "body": {"hide": [1]}})
    after = http.get("/api/v3/vendors/all/?page_size=200").json()
    assert after["metadata"]["pagination"]["count"] == before["metadata"]["pagination"]["count"] - 1
    assert http.get("/api/v3/vendors/1/").status_code == 404
    assert http.get("/api/v3/vendors/2/").status_code == 200


def test_a_second_tenant_lives_under_its_prefix(
    http: httpx.Client, ui: Callable[..., Any], standin: ProcurifyStandIn
) -> None:
    ui("tenants", name="south")
    south = {**TOKEN_REQUEST}
    token = http.post("/south/oauth/token", json=south).json()["access_token"]
    headers = {"authorization": f"Bearer {token}"}
    assert http.get("/api/v3/users/me/", headers=headers).status_code == 401
    assert http.get("/south/api/v3/users/me/", headers=headers).json()["data"]["email"].endswith("@south.example")
    assert http.get("/south/api/v3/ap/bills/", headers=headers).json()["data"] == []
    assert http.get("/south/_sandbox/objects").json() == {}


def test_every_reply_carries_a_request_id(http: httpx.Client) -> None:
    first, second = (http.get(ME).headers["x-request-id"] for _ in range(2))
    assert first != second


def test_the_wrong_method_is_405_and_says_which_are_right(http: httpx.Client) -> None:
    reply = http.delete("/api/v3/vendors/1/")
    assert (reply.status_code, reply.headers["allow"]) == (405, "GET, PATCH, PUT")
    assert http.post("/api/v3/ap/bills/", json={}).status_code == 405
