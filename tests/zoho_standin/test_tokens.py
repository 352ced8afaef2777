from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

CONSENT = {
    "response_type": "code",
    "client_id": "1000.DEMO",
    "scope": "ZohoBooks.bills.READ,ZohoBooks.settings.READ",
    "redirect_uri": "http://127.0.0.1:9/callback",
    "access_type": "offline",
    "state": "s1",
}


def consent(books: Any, **changes: str) -> dict[str, str]:
    response = books.http.get("/oauth/v2/auth", params={**CONSENT, **changes})
    assert response.status_code == 302
    return {name: values[0] for name, values in parse_qs(urlsplit(response.headers["location"]).query).items()}


def test_consent_comes_back_with_code_location_accounts_server_and_state(books: Any) -> None:
    back = consent(books)
    assert back["location"] == "us"
    assert back["accounts-server"] == "https://accounts.zoho.com"
    assert back["state"] == "s1"
    granted = books.mint(grant_type="authorization_code", code=back["code"], redirect_uri=CONSENT["redirect_uri"])
    assert granted["expires_in"] == 3600
    assert granted["api_domain"] == "https://www.zohoapis.com"
    assert granted["refresh_token"].startswith("1000.")
    assert granted["scope"] == "ZohoBooks.bills.READ ZohoBooks.settings.READ"


def test_refused_consent_comes_back_as_access_denied(books: Any) -> None:
    books.switch(consent="denied")
    assert consent(books) == {"error": "access_denied", "state": "s1"}


def test_second_consent_gives_no_refresh_token_unless_the_prompt_is_asked_for(books: Any) -> None:
    def exchanged(**changes: str) -> dict[str, Any]:
        code = consent(books, **changes)["code"]
        return books.mint(grant_type="authorization_code", code=code, redirect_uri=CONSENT["redirect_uri"])

    assert "refresh_token" in exchanged()
    assert "refresh_token" not in exchanged()
    assert "refresh_token" in exchanged(prompt="consent")
    assert "refresh_token" not in exchanged(prompt="consent", access_type="online")


def test_code_is_spent_by_its_exchange_and_lives_a_minute(books: Any) -> None:
    code = consent(books)["code"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CONSENT["redirect_uri"]}
    assert books.mint(**{**form, "redirect_uri": "http://other"}) == {"error": "invalid_redirect_uri"}
    books.mint(**form)
    assert books.mint(**form) == {"error": "invalid_code"}
    form["code"] = consent(books)["code"]
    books.control("POST", "clock", {"advance_s": 61})
    assert books.mint(**form) == {"error": "invalid_code"}


def test_self_client_code_needs_no_redirect_and_works_once(books: Any) -> None:
    form = {"grant_type": "authorization_code", "code": "1000.demo.code"}
    assert "refresh_token" in books.mint(**form)
    assert books.mint(**form) == {"error": "invalid_code"}
    form["code"] = books.control("POST", "objects/codes", {"scope": "ZohoBooks.bills.READ"})["code"]
    assert books.mint(**form)["scope"] == "ZohoBooks.bills.READ"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"client_id": "1000.OTHER"}, "invalid_client"),
        ({"client_secret": "wrong"}, "invalid_client_secret"),
        ({"refresh_token": "1000.x.y"}, "invalid_code"),
        ({"grant_type": "client_credentials"}, "missing_org_info"),
    ],
)
def test_token_failures_arrive_with_status_200(books: Any, change: dict[str, str], error: str) -> None:
    form = {"grant_type": "refresh_token", "client_id": "1000.DEMO", "client_secret": "demo-secret"}
    response = books.http.post("/oauth/v2/token", params={**form, "refresh_token": "1000.demo.refresh", **change})
    assert response.status_code == 200
    assert response.json() == {"error": error}


def test_eleventh_mint_in_ten_minutes_is_throttled_and_retrying_prolongs_it(books: Any) -> None:
    books.control("POST", "limits", {"enabled": True})
    for _ in range(10):
        assert "access_token" in books.mint()
    refusal = books.http.post("/oauth/v2/token", data=form_of_refresh())
    assert refusal.status_code == 400
    assert refusal.json()["error"] == "Access Denied"
    books.control("POST", "clock", {"advance_s": 599})
    assert books.mint()["error"] == "Access Denied"
    books.control("POST", "clock", {"advance_s": 599})
    assert books.mint()["error"] == "Access Denied"
    books.control("POST", "clock", {"advance_s": 600})
    assert "access_token" in books.mint()


def form_of_refresh() -> dict[str, str]:
    return {
        "grant_type": "refresh_token",
        "client_id": "1000.DEMO",
        "client_secret": "demo-secret",
        "refresh_token": "1000.demo.refresh",
    }


def test_eleventh_active_token_kills_the_oldest(books: Any) -> None:
    tokens = [books.mint()["access_token"] for _ in range(11)]
    books.token = tokens[0]
    assert books.refused("GET", "/bills")[:2] == (401, 57)
    books.token = tokens[1]
    assert books.get("/bills")["code"] == 0


def test_twenty_first_refresh_token_evicts_the_oldest_in_use_or_not(books: Any) -> None:
    for _ in range(20):
        code = books.control("POST", "objects/codes", {})["code"]
        books.mint(grant_type="authorization_code", code=code)
    assert books.mint() == {"error": "invalid_code"}


def test_revoking_a_refresh_token_kills_its_access_tokens_on_both_pages(books: Any) -> None:
    code = books.control("POST", "objects/codes", {})["code"]
    second = books.mint(grant_type="authorization_code", code=code)["refresh_token"]
    reply = books.http.post(
        "/oauth/v2/revoke/token", auth=("1000.DEMO", "demo-secret"), data={"token": second, "token_type": "x"}
    )
    assert reply.json() == {"status": "success"}
    assert books.refused("GET", "/bills")[1] == 57
    books.mint()
    books.http.post("/oauth/v2/token/revoke", params={"token": "1000.demo.refresh"})
    assert books.refused("GET", "/bills")[1] == 57
    assert books.mint() == {"error": "invalid_code"}


def test_server_info_maps_locations_to_accounts_servers_without_china(books: Any) -> None:
    told = books.http.get("/oauth/serverinfo").json()
    assert told["result"] == "success"
    assert told["locations"]["ca"] == "https://accounts.zohocloud.ca"
    assert "cn" not in told["locations"]
