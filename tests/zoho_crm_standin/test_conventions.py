from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest


def test_token_that_is_unknown_expired_or_of_another_form_is_refused(crm: Any) -> None:
    assert crm.refused("GET", "/org", headers={"Authorization": "Zoho-oauthtoken x"})[:2] == (401, "INVALID_TOKEN")
    assert crm.refused("GET", "/org", headers={"Authorization": "Basic x"})[:2] == (401, "AUTHENTICATION_FAILURE")
    crm.later(3600)
    assert crm.refused("GET", "/org")[1] == "INVALID_TOKEN"


def test_scope_covers_a_module_an_operation_or_all(crm: Any) -> None:
    code = crm.screen("codes", scope="ZohoCRM.modules.contacts.READ,ZohoCRM.modules.accounts.CREATE")["code"]
    crm.mint(grant_type="authorization_code", code=code)
    assert crm.raw("GET", "/Contacts", params={"fields": "id"}).status_code == 204
    assert crm.refused("POST", "/Contacts", {"data": [{"Last_Name": "x"}]})[:2] == (401, "OAUTH_SCOPE_MISMATCH")
    assert crm.account()
    assert crm.refused("POST", "/Accounts/upsert", {"data": [{"Account_Name": "x"}]})[1] == "OAUTH_SCOPE_MISMATCH"
    assert crm.refused("GET", "/Contacts/search", params={"word": "x"})[1] == "OAUTH_SCOPE_MISMATCH"


def test_user_without_api_access_is_told_which_permission_is_missing(crm: Any) -> None:
    crm.control("POST", "faults", {"match": "/org", "kind": "permission_shrink", "status": 403})
    told = crm.refused("GET", "/org")
    assert told == (403, "NO_PERMISSION", {"permissions": ["Crm_Implied_Api_Access"]})


def test_paths_and_methods_that_do_not_exist(crm: Any) -> None:
    assert crm.refused("GET", "/Contacts/1/2/3/4")[:2] == (404, "INVALID_URL_PATTERN")
    assert crm.refused("PATCH", "/org", {})[1] == "INVALID_REQUEST_METHOD"
    assert crm.refused("GET", "/Nonsense", params={"fields": "id"})[1] == "INVALID_MODULE"
    assert crm.refused("POST", "/Contacts", None)[1] == "INVALID_DATA"
    assert crm.refused("POST", "/Contacts", {})[1] == "MANDATORY_NOT_FOUND"


@pytest.mark.parametrize(
    ("edition", "users", "newer", "credits", "at_once"),
    [
        ("free", 3, False, 5_000, 5),
        ("standard", 10, False, 52_500, 10),
        ("standard", 1000, False, 100_000, 10),
        ("professional", 5000, False, 1_000_000, 15),
        ("professional", 50_000, True, 3_000_000, 15),
        ("enterprise", 10, False, 60_000, 20),
        ("ultimate", 2000, False, 4_050_000, 25),
    ],
)
def test_edition_brings_credits_and_requests_at_once(
    crm: Any, edition: str, users: int, newer: bool, credits: int, at_once: int
) -> None:
    crm.switch(edition=edition, users=users, newer_maxima=newer)
    told = crm.control("GET", "limits")
    assert (told["credits"], told["at_once"]) == (credits, at_once)
    licence = crm.get("/org")["org"][0]["license_details"]
    assert (licence["paid_type"], licence["users_license_purchased"]) == (edition, users)


def test_edition_without_inventory_has_no_invoices(crm: Any) -> None:
    crm.switch(edition="standard")
    assert crm.refused("GET", "/Invoices", params={"fields": "id"})[1] == "INVALID_MODULE"
    assert "Invoices" not in {one["api_name"] for one in crm.get("/settings/modules")["modules"]}
    crm.switch(missing_module="FEATURE_NOT_SUPPORTED", missing_module_listed=True)
    assert crm.refused("GET", "/Invoices", params={"fields": "id"})[1] == "FEATURE_NOT_SUPPORTED"
    listed = {one["api_name"]: one["api_supported"] for one in crm.get("/settings/modules")["modules"]}
    assert (listed["Invoices"], listed["Contacts"]) == (False, True)
    crm.switch(edition="professional")
    assert crm.raw("GET", "/Invoices", params={"fields": "id"}).status_code == 204


def test_organisation_with_one_currency_has_no_currency_fields(crm: Any) -> None:
    assert crm.get("/org/currencies")["currencies"][0]["is_base"] is True
    crm.switch(multi_currency=False)
    assert crm.get("/org")["org"][0]["mc_status"] is False
    names = {one["api_name"] for one in crm.get("/settings/fields", module="Invoices")["fields"]}
    assert not names & {"Currency", "Exchange_Rate"}


def test_credits_run_out_and_come_back_a_day_later(crm: Any) -> None:
    crm.control("POST", "limits", {"enabled": True, "credits": 10})
    for _ in range(4):
        assert "X-API-CREDITS-REMAINING" not in crm.raw("GET", "/org").headers
    assert crm.raw("GET", "/org").headers["X-API-CREDITS-REMAINING"] == "5"
    query = {"select_query": "select id from Contacts where id = '1' limit 2000"}
    crm.call("POST", "/coql", query)
    assert crm.refused("POST", "/coql", query)[:2] == (429, "TOO_MANY_REQUESTS")
    crm.add("Contacts", *({"Last_Name": str(number)} for number in range(11)))
    response = crm.raw("GET", "/org")
    assert (response.status_code, response.headers["X-API-CREDITS-REMAINING"]) == (429, "0")
    crm.switch(credits_refusal="LIMIT_EXCEEDED", credits_status=400)
    crm.control("POST", "limits", {"credits": 10})
    assert crm.refused("GET", "/org")[:2] == (400, "LIMIT_EXCEEDED")
    crm.later(86_400)
    crm.mint()
    assert crm.raw("GET", "/org").status_code == 200


def test_count_costs_fifty_credits(crm: Any) -> None:
    crm.control("POST", "limits", {"enabled": True, "credits": 60})
    assert crm.get("/Contacts/actions/count") == {"count": 0}
    assert crm.refused("GET", "/Contacts/actions/count")[0] == 429


def test_more_requests_at_once_than_the_edition_has_are_refused(crm: Any) -> None:
    crm.control("POST", "limits", {"enabled": True, "at_once": 2})
    crm.control("POST", "faults", {"match": "/org", "kind": "delay", "seconds": 0.4, "times": 4})
    with ThreadPoolExecutor(4) as pool:
        statuses = sorted(pool.map(lambda _: crm.raw("GET", "/org").status_code, range(4)))
    assert set(statuses) == {200, 429}
    assert crm.raw("GET", "/org").status_code == 200


def test_sorted_lists_have_a_narrower_limit_of_their_own(crm: Any) -> None:
    crm.control("POST", "limits", {"enabled": True, "heavy_at_once": 1})
    crm.control("POST", "faults", {"match": "/Contacts", "kind": "delay", "seconds": 0.4, "times": 2})
    asked = {"fields": "id", "sort_by": "Modified_Time"}
    with ThreadPoolExecutor(2) as pool:
        statuses = set(pool.map(lambda _: crm.raw("GET", "/Contacts", params=asked).status_code, range(2)))
    assert 429 in statuses
    assert crm.raw("GET", "/Contacts", params=asked).status_code == 204


def test_faults_of_the_toolkit_work_here(crm: Any) -> None:
    first, second = crm.contact("A"), crm.contact("B")
    crm.control(
        "POST", "faults", {"match": "GET /Contacts", "kind": "rows_missing", "body": {"ids": [first]}, "times": 1}
    )
    assert [row["id"] for row in crm.get("/Contacts", fields="id")["data"]] == [second]
    crm.control("POST", "faults", {"match": "POST /Contacts", "kind": "batch_partial", "times": 1})
    told = crm.call("POST", "/Contacts", {"data": [{"Last_Name": "C"}, {"Last_Name": "D"}]})
    assert len(told["data"]) == 1
    crm.control("POST", "faults", {"match": "/org", "kind": "rate_limit", "times": 1})
    assert crm.refused("GET", "/org")[:2] == (429, "TOO_MANY_REQUESTS")
    crm.control("POST", "faults", {"match": "/org", "kind": "token_revoked", "times": 1})
    assert crm.refused("GET", "/org")[1] == "INVALID_TOKEN"


def test_consent_and_serverinfo_are_those_of_the_shared_accounts_server(crm: Any) -> None:
    crm.switch(data_centre="eu")
    assert crm.mint()["api_domain"] == "https://www.zohoapis.eu"
    located = crm.http.get("/oauth/serverinfo").json()["locations"]
    assert located["eu"] == "https://accounts.zoho.eu"


def test_access_says_how_to_connect(crm: Any) -> None:
    access = crm.standin.access()
    assert access.settings == {}
    assert set(access.secrets) == {"client_id", "client_secret", "refresh_token"}
