from __future__ import annotations

from typing import Any

import pytest

from .conftest import BASIC


def test_a_token_has_the_scopes_asked_for_and_lives_as_long_as_it_says(basware: Any) -> None:
    told = basware.mint("vendors.read vendors.write").json()
    assert (told["scope"], told["expires_in"], told["token_type"]) == ("vendors.read vendors.write", 3600, "Bearer")
    assert told["access_token"].count(".") == 2
    basware.token = told["access_token"]
    assert basware.raw("GET", "/v1/vendors").status_code == 404
    assert basware.raw("GET", "/v1/accounts").status_code == 403
    basware.advance(3601)
    reply = basware.raw("GET", "/v1/vendors")
    assert (reply.status_code, reply.content) == (401, b"")


@pytest.mark.parametrize(
    ("form", "body"),
    [
        ({"grant_type": ""}, {"error": "invalid_request", "error_description": "grant_type field required"}),
        ({"scope": " "}, {"error": "invalid_request", "error_description": "scope field required"}),
    ],
)
def test_a_token_request_that_lacks_a_field_is_refused(basware: Any, form: Any, body: Any) -> None:
    reply = basware.mint("x", **form) if "grant_type" in form else basware.mint(**form)
    assert (reply.status_code, reply.json()) == (400, body)


def test_a_client_that_nobody_knows_gets_no_token(basware: Any) -> None:
    reply = basware.mint(auth=("demo-client", "wrong"))
    assert (reply.status_code, reply.json()) == (401, {"error": "invalid_client"})
    in_body = {"client_id": "demo-client", "client_secret": "demo-secret"}
    assert basware.mint(auth=None, **in_body).status_code == 422
    reply = basware.http.post("/v1/tokens", json={"grant_type": "client_credentials"}, auth=("demo-client", "x"))
    assert [one["loc"] for one in reply.json()["detail"]] == [["body", "grant_type"], ["body", "scope"]]


def test_a_scope_that_the_client_lacks_is_left_out_silently(basware: Any) -> None:
    basware.screen("tokens", client_id="narrow", client_secret="n", scopes=["vendors.read"])
    told = basware.mint("vendors.read vendors.write", auth=("narrow", "n")).json()
    assert told["scope"] == "vendors.read"
    basware.switch(foreign_scope="refuse")
    assert basware.mint("vendors.read vendors.write", auth=("narrow", "n")).status_code == 400


def test_basic_opens_every_resource(basware: Any) -> None:
    assert basware.http.get("/v1/vendors", auth=BASIC).status_code == 404
    assert basware.http.get("/v1/vendors", auth=(BASIC[0], "wrong")).status_code == 401


def test_a_token_of_another_host_is_not_known(basware: Any) -> None:
    from mlc_sandbox.basware.app import BaswareStandIn
    from mlc_sandbox.toolkit.server import Server

    with Server(BaswareStandIn()) as other:
        reply = basware.http.get(f"{other.url}/v1/vendors", headers={"Authorization": f"Bearer {basware.token}"})
    assert reply.status_code == 401


def test_every_answer_names_its_request(basware: Any) -> None:
    ids = {basware.raw("GET", path).headers["x-amzn-RequestId"] for path in ("/v1/vendors", "/nowhere", "/v1/tasks")}
    assert len(ids) == 3


def test_a_full_quota_says_how_long_to_wait_or_does_not(basware: Any) -> None:
    basware.fault("GET /v1/vendors", "rate_limit", seconds=7)
    assert basware.raw("GET", "/v1/vendors").headers["retry-after"] == "7"
    basware.fault("GET /v1/vendors", "rate_limit")
    reply = basware.raw("GET", "/v1/vendors")
    assert reply.status_code == 429
    assert "retry-after" not in reply.headers


def test_revoked_tokens_open_nothing(basware: Any) -> None:
    basware.fault("/v1/vendors", "token_revoked")
    assert basware.raw("GET", "/v1/vendors").status_code == 401
    basware.token = basware.mint().json()["access_token"]
    assert basware.raw("GET", "/v1/vendors").status_code == 404
