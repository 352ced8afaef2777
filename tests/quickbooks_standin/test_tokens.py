from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from mlc_sandbox.quickbooks.tokens import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN

from .conftest import Company

DAY = 86_400
BACK = "https://app.example/back"


def authorize(qbo: Company, **changes: str) -> dict[str, list[str]]:
    asked = {"client_id": CLIENT_ID, "response_type": "code", "redirect_uri": BACK, "state": "s1"}
    asked |= {"scope": "com.intuit.quickbooks.accounting", **changes}
    reply = qbo.http.get("/connect/oauth2", params=asked)
    assert reply.status_code == 302, reply.text
    return parse_qs(urlsplit(reply.headers["location"]).query)


@pytest.mark.parametrize("path", ["openid_configuration", "openid_sandbox_configuration/"])
def test_discovery_names_every_endpoint(qbo: Company, path: str) -> None:
    told = qbo.http.get(f"/.well-known/{path}").json()
    assert told["token_endpoint"] == f"{qbo.server.url}/oauth2/v1/tokens/bearer"
    assert told["revocation_endpoint"].endswith("/v2/oauth2/tokens/revoke")
    assert "com.intuit.quickbooks.accounting" not in told["scopes_supported"]


def test_consent_brings_a_code_and_the_company(qbo: Company) -> None:
    back = authorize(qbo)
    assert back["realmId"] == [qbo.realm]
    assert back["state"] == ["s1"]
    sent = {"grant_type": "authorization_code", "code": back["code"][0], "redirect_uri": BACK}
    assert qbo.mint(**{**sent, "redirect_uri": "https://app.example/other"}).json()["error"] == "invalid_grant"
    assert qbo.mint(**sent).status_code == 200
    assert qbo.call("GET", f"/companyinfo/{qbo.realm}")["CompanyInfo"]["Country"] == "US"
    assert qbo.mint(**sent).status_code == 400  # twice: and what came of it is dead
    assert qbo.raw("GET", "/preferences").status_code == 401


def test_a_person_consents_on_a_screen(qbo: Company) -> None:
    qbo.switch(consent="ask")
    asked = {"client_id": CLIENT_ID, "response_type": "code", "redirect_uri": BACK, "scope": "openid"}
    assert qbo.http.get("/connect/oauth2", params=asked).status_code == 200
    assert qbo.screen("consents", action="deny")["location"] == f"{BACK}?error=access_denied"
    other = qbo.screen("companies", name="Harbour Paper Ltd", country="GB", currency="GBP")["realmId"]
    qbo.http.get("/connect/oauth2", params=asked)
    assert f"realmId={other}" in qbo.screen("consents", action="grant", realmId=other)["location"]


def test_redirects_are_those_that_were_registered(qbo: Company) -> None:
    qbo.switch(redirect_uris=[BACK], redirect_https=True)
    asked = {"client_id": CLIENT_ID, "response_type": "code", "scope": "x"}
    for uri, status in ((BACK, 302), (BACK + "/", 400), ("http://app.example/back", 400), ("https://10.0.0.1/", 400)):
        assert qbo.http.get("/connect/oauth2", params={**asked, "redirect_uri": uri}).status_code == status


def test_the_value_changes_once_a_day(qbo: Company) -> None:
    assert qbo.refresh_token == REFRESH_TOKEN
    qbo.advance(DAY + 1)
    told = qbo.mint().json()
    assert told["refresh_token"] != REFRESH_TOKEN
    assert told["x_refresh_token_expires_in"] == 100 * DAY
    assert "x_refresh_token_hard_expires_in" not in told
    assert qbo.mint().json()["refresh_token"] == told["refresh_token"]
    assert qbo.mint(refresh_token=REFRESH_TOKEN).json() == {
        "error": "invalid_grant",
        "error_description": "Token invalid",
    }
    assert qbo.mint().status_code == 400  # an old value kills the chain
    assert qbo.raw("GET", "/preferences").status_code == 401


def test_without_grace_every_refresh_rotates(qbo: Company) -> None:
    qbo.switch(every_refresh_rotates=True)
    first = qbo.refresh_token
    assert qbo.mint().json()["refresh_token"] != first
    assert qbo.mint(refresh_token=first).status_code == 400
    assert qbo.mint().status_code == 400


def test_both_clocks_end_a_chain(qbo: Company) -> None:
    headers = {"x-include-refresh-token-hard-expires-in": "true"}
    form = {"grant_type": "refresh_token", "refresh_token": qbo.refresh_token}
    told: Any = qbo.http.post(
        "/oauth2/v1/tokens/bearer", data=form, auth=(CLIENT_ID, CLIENT_SECRET), headers=headers
    ).json()
    assert told["x_refresh_token_hard_expires_in"] == 157_680_000
    for _ in range(18):
        qbo.advance(99 * DAY)
        assert qbo.mint().status_code == 200
    left = qbo.mint().json()["x_refresh_token_expires_in"]
    assert left == (1825 - 18 * 99) * DAY  # nearer than a hundred days: the five years
    qbo.advance(left)
    assert qbo.mint().json()["error"] == "invalid_grant"


def test_a_hundred_days_without_a_refresh(qbo: Company) -> None:
    qbo.advance(100 * DAY)
    assert qbo.mint().json()["error"] == "invalid_grant"


def test_two_refreshes_at_once_kill_the_chain(qbo: Company) -> None:
    qbo.fault("POST /oauth2/v1/tokens/bearer", "delay", times=2, seconds=0.15)
    form = {"grant_type": "refresh_token", "refresh_token": qbo.refresh_token}

    def refresh(_: int) -> int:
        url = f"{qbo.server.url}/oauth2/v1/tokens/bearer"
        return httpx.post(url, data=form, auth=(CLIENT_ID, CLIENT_SECRET)).status_code

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(refresh, range(2))) == [200, 400]
    assert qbo.raw("GET", "/preferences").status_code == 401
    assert qbo.mint().json()["error"] == "invalid_grant"


def test_bad_clients_and_revocation(qbo: Company) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": qbo.refresh_token}
    bad = qbo.http.post("/oauth2/v1/tokens/bearer", data=form, auth=(CLIENT_ID, "no"))
    assert (bad.status_code, bad.json()) == (401, {"error": "invalid_client"})
    assert bad.headers["intuit_tid"]
    sent = {"json": {"token": qbo.token}, "auth": (CLIENT_ID, CLIENT_SECRET)}
    gone = qbo.http.post("/v2/oauth2/tokens/revoke", **sent)
    assert (gone.status_code, gone.content) == (200, b"")
    assert qbo.http.post("/v2/oauth2/tokens/revoke", **sent).status_code == 400
    assert qbo.mint().json()["error"] == "invalid_grant"


def test_the_gateway_speaks_in_lower_case(qbo: Company) -> None:
    qbo.advance(3600)
    told = qbo.raw("GET", "/preferences")
    error = told.json()["fault"]["error"][0]
    assert (told.status_code, error["code"]) == (401, "3200")
    assert isinstance(told.json()["time"], int)
    qbo.token = "short"
    assert "Malformed bearer token" in qbo.raw("GET", "/preferences").json()["fault"]["error"][0]["detail"]
    qbo.mint()
    foreign = qbo.raw("GET", "/preferences", realm="9130000000000009")
    assert (foreign.status_code, foreign.json()["fault"]["error"][0]["code"]) == (403, "3100")


def test_an_administrator_who_is_none_any_more(qbo: Company) -> None:
    qbo.screen("connections", action="demote")
    reply = qbo.raw("GET", "/preferences")
    assert (reply.status_code, reply.json()["fault"]["error"][0]["code"]) == (401, "120")
    qbo.screen("connections", action="promote")
    assert qbo.raw("GET", "/preferences").status_code == 200


def test_a_fault_ends_access_or_everything(qbo: Company) -> None:
    qbo.fault("READ /preferences", "token_revoked", times=1)
    assert qbo.raw("GET", "/preferences").status_code == 401
    assert qbo.mint().status_code == 200
    qbo.fault("READ /preferences", "token_revoked", times=1, body={"refresh": True})
    assert qbo.raw("GET", "/preferences").status_code == 401
    assert qbo.mint().status_code == 400
