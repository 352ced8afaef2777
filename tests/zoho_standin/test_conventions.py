from __future__ import annotations

from typing import Any


def test_missing_token_is_401_code_57_and_expired_token_code_14(books: Any) -> None:
    books.token, kept = "unknown", books.token
    assert books.refused("GET", "/bills") == (401, 57, "You are not authorized to perform this operation")
    books.token = kept
    books.control("POST", "clock", {"advance_s": 3601})
    assert books.refused("GET", "/bills") == (401, 14, "Invalid value passed for authtoken")
    books.switch(expired_token_code=57)
    assert books.refused("GET", "/bills")[:2] == (401, 57)


def test_bearer_is_accepted_too(books: Any) -> None:
    headers = {"Authorization": f"Bearer {books.token}"}
    assert books.call("GET", "/bills", headers=headers)["code"] == 0


def test_missing_scope_is_401_code_57(books: Any) -> None:
    code = books.control("POST", "objects/codes", {"scope": "ZohoBooks.bills.READ"})["code"]
    books.mint(grant_type="authorization_code", code=code)
    assert books.get("/bills")["code"] == 0
    assert books.refused("GET", "/vendorcredits")[:2] == (401, 57)
    assert books.refused("POST", "/bills", {})[:2] == (401, 57)


def test_organisation_is_needed_everywhere_but_on_organizations(books: Any) -> None:
    right = books.organization_id
    books.organization_id = "999"
    assert books.refused("GET", "/bills") == (
        400,
        6041,
        "This user is not associated with the CompanyID/CompanyName:999.",
    )
    assert books.get("/organizations")["organizations"][0]["organization_id"] == right
    assert "plan_name" not in books.get(f"/organizations/{right}")["organization"]


def test_unknown_path_wrong_method_and_broken_json_have_their_codes(books: Any) -> None:
    assert books.refused("GET", "/nonsense") == (404, 5, "Invalid URL Passed")
    assert books.refused("DELETE", "/bills")[:2] == (405, 37)
    response = books.raw("POST", "/bills", content=b'{"vendor_id": ', headers={"Content-Type": "application/json"})
    assert (response.status_code, response.json()["code"]) == (400, 1038)
    assert books.raw("POST", "/bills", data={"other": "x"}).json()["code"] == 1038


def test_form_field_json_string_is_still_taken(books: Any) -> None:
    reply = books.raw("POST", "/contacts", data={"JSONString": '{"contact_name":"Old Client Ltd"}'}).json()
    assert reply["message"] == "The contact has been created"


def test_per_minute_limit_answers_429_code_44_and_opens_after_a_minute(books: Any) -> None:
    books.control("POST", "limits", {"enabled": True})
    first = books.raw("GET", "/bills")
    assert first.headers["X-Rate-Limit-Limit"] == "5000"
    assert first.headers["X-Rate-Limit-Remaining"] == "4999"
    for _ in range(99):
        assert books.raw("GET", "/bills").status_code == 200
    assert books.refused("GET", "/bills")[:2] == (429, 44)
    books.control("POST", "clock", {"advance_s": 60})
    assert books.raw("GET", "/bills").status_code == 200


def test_daily_limit_answers_429_code_45_with_the_plans_number_until_midnight(books: Any) -> None:
    books.control("POST", "limits", {"enabled": True, "per_day": 3})
    for _ in range(3):
        last = books.raw("GET", "/bills")
    refusal = books.refused("GET", "/bills")
    assert refusal[:2] == (429, 45)
    assert refusal[2].endswith("maximum call rate limit of 3.")
    books.control("POST", "clock", {"advance_s": int(last.headers["X-Rate-Limit-Reset"]) + 1})
    books.mint()
    assert books.get("/bills")["code"] == 0


def test_calls_in_process_beyond_the_plan_answer_1070(books: Any) -> None:
    books.control("POST", "limits", {"enabled": True})
    books.switch(in_process_s=5)
    for _ in range(10):
        assert books.get("/bills")["code"] == 0
    assert books.refused("GET", "/bills")[:2] == (429, 1070)


def test_faults_revoke_tokens_and_answer_rate_limits(books: Any) -> None:
    books.control("POST", "faults", {"match": "GET /bills", "kind": "rate_limit", "times": 1})
    assert books.refused("GET", "/bills")[:2] == (429, 44)
    books.control("POST", "faults", {"match": "GET /bills", "kind": "rate_limit", "body": {"code": 45}})
    assert books.refused("GET", "/bills")[:2] == (429, 45)
    books.control("POST", "faults", {"match": "GET /bills", "kind": "token_revoked"})
    assert books.refused("GET", "/bills")[:2] == (401, 57)
    books.mint()
    assert books.get("/bills")["code"] == 0
    books.control("POST", "faults", {"match": "GET /bills", "kind": "token_revoked", "body": {"refresh": True}})
    assert books.refused("GET", "/bills")[:2] == (401, 57)
    assert books.mint() == {"error": "invalid_code"}
