"""Consent, rotating tokens, two clocks, the description of the endpoints."""

import base64
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from mlc import FetchMode, Token
from mlc.errors import AuthError, ConfigError, RateLimitedError, TransientError
from mlc.records import ObjectType
from mlc.testing.connecting import tokens_of
from mlc_quickbooks.auth import authorize_url, ends, exchange, realm_of, refresh, warnings
from mlc_quickbooks.fetch import fetch
from pydantic import SecretStr

from tests.quickbooks_connector.conftest import NOW, REALM, gateway_fault, later, reply

TOKENS = "POST /oauth2/v1/tokens/bearer"
DESCRIPTION = "GET /.well-known/openid_configuration"


def test_the_browser_is_sent_to_intuit_with_everything_it_needs(books):
    connection = books.connect()
    url = urlsplit(authorize_url(connection.settings, connection.secrets, "https://me.example/back", "state-1"))
    assert (url.netloc, url.path) == ("appcenter.intuit.com", "/connect/oauth2")
    assert parse_qs(url.query) == {
        "client_id": ["ABClientDEMO"], "response_type": ["code"], "state": ["state-1"],
        "scope": ["com.intuit.quickbooks.accounting"], "redirect_uri": ["https://me.example/back"],
    }  # fmt: skip


def test_a_stand_in_takes_consent_too(books):
    connection = books.connect(endpoint="http://127.0.0.1:8900")
    url = authorize_url(connection.settings, connection.secrets, "http://localhost:8976/callback", "s")
    assert url.startswith("http://127.0.0.1:8900/connect/oauth2?")


def test_the_company_is_kept_with_its_tokens(books):
    connection = books.connect(realm_id=None)
    token = exchange(connection, {"code": "C1", "realmId": REALM}, "https://me.example/back")
    assert token.extra["realm_id"] == REALM
    assert token.refresh.get_secret_value() == "RT1-refreshed-1"
    (asked,) = books.asked(TOKENS)
    pair = base64.b64encode(b"ABClientDEMO:demo-secret-1").decode()
    assert asked.headers["authorization"] == f"Basic {pair}"
    form = parse_qs(asked.content.decode())
    assert form == {"grant_type": ["authorization_code"], "code": ["C1"], "redirect_uri": ["https://me.example/back"]}


@pytest.mark.parametrize(
    ("callback", "said"),
    [
        ({"error": "access_denied"}, "refused"),
        ({"code": "C1"}, "realmId"),
        ({"realmId": REALM}, "realmId"),
        ({"code": "C1", "realmId": "../1"}, "realmId"),
        ({"code": "C1", "realmId": "77"}, "realm_id is 9130000000000001"),
    ],
)
def test_an_answer_that_is_not_ours_makes_no_token(books, callback, said):
    connection = books.connect()
    with pytest.raises((AuthError, ConfigError), match=said):
        exchange(connection, callback, None)
    assert books.asked(TOKENS) == []


def test_both_clocks_are_kept_and_the_nearer_one_counts(books):
    hard = 40 * 86_400
    books.on(TOKENS, {"access_token": "a", "expires_in": 3600, "refresh_token": "r2",
                      "x_refresh_token_expires_in": 8640000, "x_refresh_token_hard_expires_in": hard})  # fmt: skip
    token = refresh(books.connect(), None)
    assert token.refresh_expires_at == NOW + timedelta(seconds=hard)
    assert ends(token) == NOW + timedelta(seconds=hard)
    assert token.expires_at == NOW + timedelta(hours=1)
    (asked,) = books.asked(TOKENS)
    assert asked.headers["x-include-refresh-token-hard-expires-in"] == "true"


def test_where_intuit_states_no_end_five_years_count_from_the_consent(books):
    connection = books.connect()
    token = exchange(connection, {"code": "C1", "realmId": REALM}, None)
    assert ends(token) == NOW + timedelta(days=5 * 365)
    later_one = refresh(books.connect(now=later(days=90)), token)
    assert ends(later_one) == ends(token)
    assert later_one.refresh_expires_at == later(days=90 + 101)


def test_a_person_is_warned_in_time_of_both_clocks():
    token = Token(SecretStr("a"), NOW, SecretStr("r"), later(days=100), {"ends_at": later(days=900).isoformat()})
    assert warnings(token, NOW) == []
    assert "dies on 2026-08-12" in warnings(token, later(days=90))[0]
    assert "ends for good on" in warnings(token, later(days=850))[0]
    assert warnings(None, NOW) == []


def test_a_token_without_a_new_refresh_token_keeps_the_old_one(books):
    books.on(TOKENS, {"access_token": "a", "expires_in": 3600})
    stored = Token(SecretStr("x"), NOW, SecretStr("RT-old"), None, {"realm_id": REALM})
    assert refresh(books.connect(), stored).refresh.get_secret_value() == "RT-old"


@pytest.mark.parametrize(
    ("status", "body", "error", "said"),
    [
        (400, {"error": "invalid_grant"}, AuthError, "no longer accepts"),
        (401, {"error": "invalid_client"}, AuthError, "client_secret"),
        (400, {"error": "something_new", "error_description": "Bearer secret"}, AuthError, "refused the authorisation"),
        (429, {}, RateLimitedError, "no more calls"),
        (503, {}, TransientError, "out of order"),
        (200, {"nothing": 1}, TransientError, "no access token"),
        (409, {}, TransientError, "no answer"),
    ],
)
def test_refusals_of_the_token_endpoint_say_what_to_do(books, status, body, error, said):
    books.on(TOKENS, body, status=status)
    with pytest.raises(error, match=said):
        refresh(books.connect(), None)
    assert len(books.asked(TOKENS)) == 1


def test_a_dead_token_is_renewed_once_and_the_call_goes_on(books):
    books.on("query Vendor", reply(gateway_fault("3200", 401), 401), {"QueryResponse": {}})
    connection = books.connect()
    fetch(connection, ObjectType.VENDOR, None, FetchMode.CHANGES)
    assert books.tokens == 2
    assert [one.headers["authorization"] for one in books.asked("query Vendor")] == [
        "Bearer access-token-1", "Bearer access-token-2",
    ]  # fmt: skip
    assert tokens_of(connection).current().refresh.get_secret_value() == "RT1-refreshed-2"


def test_a_lost_right_is_not_mended_by_a_fresh_token(books):
    books.on("query Vendor", gateway_fault("120", 401), status=401)
    with pytest.raises(AuthError, match="no longer an administrator"):
        fetch(books.connect(), ObjectType.VENDOR, None, FetchMode.CHANGES)
    assert books.tokens == 1


def test_the_endpoints_are_looked_up_once_and_only_followed_to_intuit(books):
    books.on(DESCRIPTION, {"token_endpoint": "https://oauth.platform.intuit.com/oauth2/v2/tokens"})
    books.on("POST /oauth2/v2/tokens", {"access_token": "a", "expires_in": 3600, "refresh_token": "r"})
    connection = books.connect()
    refresh(connection, None)
    refresh(connection, None)
    assert len(books.asked(DESCRIPTION)) == 1
    assert len(books.asked("POST /oauth2/v2/tokens")) == 2
    assert "authorization" not in books.asked(DESCRIPTION)[0].headers
    books.on(DESCRIPTION, {"token_endpoint": "https://evil.example/oauth2/v1/tokens/bearer"})
    refresh(books.connect(), None)
    assert len(books.asked(TOKENS)) == 1
    assert {one.url.host for one in books.requests} <= {"oauth.platform.intuit.com", "developer.api.intuit.com"}


def test_without_its_description_intuit_is_called_as_documented(books):
    books.on(DESCRIPTION, reply({}, 503))
    assert refresh(books.connect(), None).access.get_secret_value() == "access-token-1"


def test_a_sandbox_has_a_description_of_its_own(books):
    refresh(books.connect(environment="sandbox"), None)
    assert len(books.asked("GET /.well-known/openid_sandbox_configuration")) == 1


def test_the_company_has_to_be_known_and_one(books):
    connection = books.connect(realm_id=None)
    with pytest.raises(ConfigError, match="company is not known"):
        realm_of(connection)
    tokens_of(connection)._token = Token(SecretStr("a"), later(hours=1), None, None, {"realm_id": "5"})
    assert realm_of(connection) == "5"
    other = books.connect()
    tokens_of(other)._token = Token(SecretStr("a"), later(hours=1), None, None, {"realm_id": "5"})
    with pytest.raises(ConfigError, match="authorised for the company 5"):
        realm_of(other)
