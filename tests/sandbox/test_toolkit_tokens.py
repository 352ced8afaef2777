"""Token servers and sessions: every grant, by the stand-in's clock."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from mlc_sandbox.toolkit.clock import Clock
from mlc_sandbox.toolkit.http import Query, Request, Response
from mlc_sandbox.toolkit.oauth import basic, bearer
from mlc_sandbox.toolkit.sessions import SessionBook
from mlc_sandbox.toolkit.tokencalls import answer_consent, answer_revocation, answer_token
from mlc_sandbox.toolkit.tokenserver import TokenRefused, TokenRules, TokenServer

BACK = "http://127.0.0.1:9/back"
SCOPES = ("bills",)


@pytest.fixture
def clock() -> Clock:
    return Clock(frozen_at=datetime(2026, 3, 1, 12, tzinfo=UTC))


def server(clock: Clock, **rules: object) -> TokenServer:
    made = TokenServer(clock, clients={"app": "secret"}, rules=lambda: TokenRules(**rules))  # type: ignore[arg-type]
    made.enter("first", SCOPES)
    return made


def refused(work: object, *given: object, **named: object) -> str:
    with pytest.raises(TokenRefused) as raised:
        work(*given, **named)  # type: ignore[operator]
    return raised.value.error


def test_client_credentials_live_as_long_as_the_rules_say(clock: Clock) -> None:
    tokens = server(clock, access_life_s=60.0)
    minted = tokens.client_credentials(SCOPES, subject="app")
    assert (minted.life_s, minted.refresh) == (60.0, "")
    grant = tokens.good(minted.access)
    assert grant is not None
    assert (grant.subject, grant.claims["scopes"]) == ("app", SCOPES)
    clock.advance(60)
    assert tokens.good(minted.access) is None


def test_a_wrong_secret_is_told_from_an_unknown_client(clock: Clock) -> None:
    tokens = server(clock)
    assert refused(tokens.check_client, "other", "secret") == "invalid_client"
    assert refused(tokens.check_client, "app", "guess") == "no_secret"


def test_a_code_is_bound_to_its_redirect_spent_once_and_short_lived(clock: Clock) -> None:
    tokens = server(clock, code_life_s=30.0)
    code = tokens.consent(SCOPES, redirect_uri=BACK)
    assert refused(tokens.exchange, code, redirect_uri="http://other") == "redirect_uri_mismatch"
    minted = tokens.exchange(code, redirect_uri=BACK)
    assert tokens.refresh(minted.refresh).access != minted.access
    assert refused(tokens.exchange, code, redirect_uri=BACK) == "invalid_grant"
    late = tokens.consent(SCOPES, redirect_uri=BACK)
    clock.advance(30)
    assert refused(tokens.exchange, late, redirect_uri=BACK) == "invalid_grant"


def test_a_self_clients_code_needs_no_redirect_and_may_wait_for_ever(clock: Clock) -> None:
    tokens = server(clock, code_life_s=30.0)
    code = tokens.self_client(SCOPES, life_s=float("inf"))
    clock.advance(1e6)
    assert tokens.exchange(code).scopes == SCOPES


def test_a_code_may_buy_no_refresh_token(clock: Clock) -> None:
    tokens = server(clock)
    assert (
        tokens.exchange(tokens.consent(SCOPES, redirect_uri=BACK, refreshable=False), redirect_uri=BACK).refresh == ""
    )


def test_without_rotation_a_refresh_token_is_good_for_ever(clock: Clock) -> None:
    tokens = server(clock)
    assert tokens.refresh("first").refresh == ""
    assert tokens.refresh("first").access != ""
    assert refused(tokens.refresh, "invented") == "invalid_grant"


def test_a_spent_refresh_token_within_its_grace_gives_the_same_tokens(clock: Clock) -> None:
    tokens = server(clock, rotates=True, grace_s=30.0)
    minted = tokens.refresh("first")
    clock.advance(29)
    assert tokens.refresh("first") == minted
    assert tokens.refresh(minted.refresh).refresh not in ("", minted.refresh)


def test_without_grace_a_spent_refresh_token_ends_its_family(clock: Clock) -> None:
    tokens = server(clock, rotates=True)
    other = tokens.exchange(tokens.self_client(SCOPES))
    minted = tokens.refresh("first")
    assert refused(tokens.refresh, "first") == "spent"
    assert refused(tokens.refresh, minted.refresh) == "invalid_grant"
    assert tokens.good(minted.access) is None
    assert tokens.good(other.access) is not None


def test_reuse_may_be_forgiven_and_refresh_tokens_may_end(clock: Clock) -> None:
    tokens = server(clock, rotates=True, reuse_revokes=False, refresh_life_s=100.0)
    minted = tokens.refresh("first")
    assert refused(tokens.refresh, "first") == "spent"
    assert tokens.refresh(minted.refresh).refresh
    clock.advance(100)
    assert refused(tokens.refresh, minted.refresh) == "invalid_grant"


def test_one_token_too_many_kills_the_oldest(clock: Clock) -> None:
    tokens = server(clock, active_tokens=2, refresh_tokens=2)
    minted = [tokens.refresh("first").access for _ in range(3)]
    assert [tokens.good(token) is not None for token in minted] == [False, True, True]
    for _ in range(2):
        tokens.exchange(tokens.self_client(SCOPES))
    assert refused(tokens.refresh, "first") == "invalid_grant"
    assert tokens.good(minted[-1]) is None


def test_minting_is_throttled_and_trying_on_may_prolong_it(clock: Clock) -> None:
    tokens = server(clock, mints=2, mints_s=600.0, throttle_prolongs=True)
    assert [bool(tokens.refresh("first").access) for _ in range(2)] == [True, True]
    assert refused(tokens.refresh, "first") == "throttled"
    clock.advance(599)
    assert refused(tokens.refresh, "first") == "throttled"
    clock.advance(599)
    assert refused(tokens.refresh, "first") == "throttled"
    clock.advance(600)
    assert tokens.refresh("first").access


def test_an_open_limit_throttles_nobody(clock: Clock) -> None:
    rules = TokenRules(mints=1, grants_a_minute=1)
    tokens = TokenServer(clock, clients={}, rules=lambda: rules, throttled=lambda: False)
    tokens.enter("first", SCOPES)
    assert len({tokens.refresh("first").access for _ in range(3)}) == 3
    assert len({tokens.exchange(tokens.self_client(SCOPES)).access for _ in range(3)}) == 3


def test_codes_are_exchanged_so_often_a_minute(clock: Clock) -> None:
    tokens = server(clock, grants_a_minute=1)
    assert tokens.exchange(tokens.self_client(SCOPES)).refresh
    assert refused(tokens.exchange, tokens.self_client(SCOPES)) == "throttled"


def test_revocation_takes_what_was_minted_along(clock: Clock) -> None:
    tokens = server(clock)
    tokens.api_token("by-hand")
    minted = tokens.refresh("first")
    clock.advance(3000)
    assert tokens.revoke("first") is True
    assert tokens.good(minted.access) is None
    assert tokens.revoke("first") is False
    clock.advance(1e8)
    assert tokens.good("by-hand") is not None
    assert tokens.revoke_all(refresh=True) == 1
    assert tokens.good("by-hand") is None


# --- calls ----------------------------------------------------------------------------------------------------------


def post(body: dict[str, str], **headers: str) -> Request:
    return Request("POST", "/token", Query(""), headers, urlencode(body).encode(), 1)


def said(response: Response) -> tuple[int, dict[str, object]]:
    return response.status, json.loads(response.body)


def test_the_token_call_takes_forms_json_and_basic(clock: Clock) -> None:
    tokens = server(clock, rotates=True)
    wanted = {"grant_type": "refresh_token", "refresh_token": "first"}
    header = "Basic " + base64.b64encode(b"app:secret").decode()
    status, body = said(answer_token(tokens, post(wanted, authorization=header)))
    assert (status, body["token_type"], body["expires_in"], body["scope"]) == (200, "Bearer", 3600, "bills")
    sent = {"grant_type": "client_credentials", "client_id": "app", "client_secret": "secret", "scope": "a b"}
    as_json = Request("POST", "/token", Query(""), {"content-type": "application/json"}, json.dumps(sent).encode(), 2)
    assert said(answer_token(tokens, as_json))[1]["scope"] == "a b"
    assert said(answer_token(tokens, post(sent), grants=("refresh_token",)))[1] == {"error": "unsupported_grant_type"}


def test_refusals_are_spelled_as_the_standard_has_them(clock: Clock) -> None:
    tokens = server(clock, mints=0)
    sent = {"grant_type": "refresh_token", "refresh_token": "none", "client_id": "app", "client_secret": "secret"}
    assert said(answer_token(tokens, post(sent))) == (400, {"error": "invalid_grant"})
    assert said(answer_token(tokens, post({**sent, "client_secret": "no"}))) == (401, {"error": "invalid_client"})
    throttled = answer_token(tokens, post({**sent, "refresh_token": "first"}))
    assert (throttled.status, throttled.headers["retry-after"]) == (429, "600")
    garbage = Request("POST", "/token", Query(""), {"content-type": "application/json"}, b"[", 3)
    assert said(answer_token(tokens, garbage)) == (400, {"error": "invalid_request"})


def test_consent_sends_the_browser_back_with_code_and_state(clock: Clock) -> None:
    tokens = server(clock)

    def asked(*, granted: bool = True, **changes: str) -> Response:
        query = {"client_id": "app", "redirect_uri": BACK, "response_type": "code", "scope": "a,b", "state": "7"}
        return answer_consent(
            tokens, Request("GET", "/auth", Query(urlencode({**query, **changes})), {}, b"", 1), granted=granted
        )

    back = {name: found[0] for name, found in parse_qs(urlsplit(asked().headers["location"]).query).items()}
    assert back["state"] == "7"
    assert tokens.exchange(back["code"], redirect_uri=BACK).scopes == ("a", "b")
    assert asked(granted=False).headers["location"] == f"{BACK}?error=access_denied&state=7"
    assert "unsupported_response_type" in asked(response_type="token").headers["location"]
    assert asked(client_id="other").status == 400


def test_the_revocation_call_says_nothing_about_what_was_there(clock: Clock) -> None:
    tokens = server(clock)
    client = {"client_id": "app", "client_secret": "secret"}
    assert answer_revocation(tokens, post({"token": "first", **client})).status == 200
    assert refused(tokens.refresh, "first") == "invalid_grant"
    assert answer_revocation(tokens, post({"token": "unknown", **client})).status == 200
    assert answer_revocation(tokens, post({"token": "first"})).status == 401


def test_headers_that_are_no_credentials_are_none() -> None:
    def request(value: str) -> Request:
        return Request("GET", "/", Query(""), {"authorization": value}, b"", 1)

    assert basic(request("Basic %%%")) is None
    assert basic(request("Bearer x")) is None
    assert basic(request("Basic " + base64.b64encode(b"nocolon").decode())) is None
    assert (bearer(request("Bearer  t ")), bearer(request("Bearer"))) == ("t", None)


# --- sessions ----------------------------------------------------------------------------------------------------


def test_a_session_ends_when_idle_when_old_and_when_replaced(clock: Clock) -> None:
    book = SessionBook(clock, users={"ada": "pw"}, idle_s=100.0, life_s=250.0, most=1)
    assert book.open("ada", "wrong") is None
    assert book.open("bob", "pw") is None
    first = book.open("ada", "pw", organisation="o1")
    assert first is not None
    assert first.facts == {"organisation": "o1"}
    for _ in range(2):
        clock.advance(99)
        assert book.use(first.id) is first
    clock.advance(60)
    assert book.use(first.id) is None
    second = book.open("ada", "pw")
    assert second is not None
    clock.advance(100)
    assert book.use(second.id) is None
    third, fourth = book.open("ada", "pw"), book.open("ada", "pw")
    assert third is not None
    assert fourth is not None
    assert (book.use(third.id), book.use(fourth.id)) == (None, fourth)
    assert (book.close(), book.use(fourth.id), book.use(None)) == (1, None, None)
