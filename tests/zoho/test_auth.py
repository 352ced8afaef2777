from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from mlc import Connection
from mlc.errors import AuthError, ConfigError, MlcError, RateLimitedError, TransientError
from mlc_zoho.auth import api_host, authorize_url, exchange, refresh
from mlc_zoho.books.description import system
from mlc_zoho.books.plugin import mlc_ping
from mlc_zoho.books.settings import SCOPES, BooksSettings
from mlc_zoho.datacentres import DATA_CENTRES, by_accounts_server, by_api_domain, by_code
from mlc_zoho.settings import ZohoSecrets, hosts
from pydantic import SecretStr

from .conftest import NOW, Script, live_token, plain_json, reply

Books = Connection[BooksSettings, ZohoSecrets]
Connect = Callable[..., Books]
SECRETS = ZohoSecrets(client_id=SecretStr("1000.CLIENT"), client_secret=SecretStr("s"))


def token_reply(**changes: Any) -> dict[str, Any]:
    return {
        "access_token": "1000.aa.bb", "refresh_token": "1000.ee.ff", "api_domain": "https://www.zohoapis.eu",
        "token_type": "Bearer", "expires_in": 3600, "scope": "ZohoBooks.bills.READ", **changes,
    }  # fmt: skip


def form_of(script: Script) -> Mapping[str, list[str]]:
    return parse_qs(script.asked("POST /oauth/v2/token")[-1].content.decode())


def test_every_data_centre_has_one_accounts_server_and_one_api_host() -> None:
    assert [centre.code for centre in DATA_CENTRES] == ["us", "eu", "in", "au", "jp", "ca", "cn", "sa", "uk", "ae"]
    canada = by_code("ca")
    assert canada is not None
    assert canada.hosts == ("accounts.zohocloud.ca", "www.zohoapis.ca")
    for centre in DATA_CENTRES:
        assert by_accounts_server(centre.accounts) is centre
        assert by_api_domain(centre.api) is centre


@pytest.mark.parametrize(
    "url",
    [
        "https://www.zohoapis.eu.evil.example", "http://www.zohoapis.eu", "https://api.zoho.eu", "https://www.zohoapis.eu/x",
        "https://user@www.zohoapis.eu", "", "https://www.zohoapis.eu?x=1",
    ],
)  # fmt: skip
def test_an_address_outside_the_table_is_none_of_ours(url: str) -> None:
    assert by_api_domain(url) is None


def test_hosts_are_those_of_the_configured_data_centre() -> None:
    assert hosts(BooksSettings(data_centre="in")) == ("accounts.zoho.in", "www.zohoapis.in")
    assert len(hosts(BooksSettings())) == 2 * len(DATA_CENTRES)


def test_the_consent_asks_for_offline_access() -> None:
    url = authorize_url(BooksSettings(), SECRETS, "http://localhost:8976/callback", "st4te", scopes=SCOPES)
    parts, query = urlsplit(url), parse_qs(urlsplit(url).query)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == "https://accounts.zoho.com/oauth/v2/auth"
    assert (query["access_type"], query["prompt"], query["state"]) == (["offline"], ["consent"], ["st4te"])
    assert "ZohoBooks.debitnotes.READ" in query["scope"][0].split(",")
    assert "secret" not in url


@pytest.mark.parametrize(
    ("settings", "start"),
    [
        (BooksSettings(data_centre="eu"), "https://accounts.zoho.com/"),
        (BooksSettings(data_centre="cn"), "https://accounts.zoho.com.cn/"),
        (BooksSettings(data_centre="uk"), "https://accounts.zoho.uk/"),
        (BooksSettings(endpoint="http://127.0.0.1:9"), "http://127.0.0.1:9/"),
    ],
)
def test_the_consent_starts_where_zoho_can_send_the_user_on(settings: BooksSettings, start: str) -> None:
    assert system().consent is not None
    assert authorize_url(settings, SECRETS, "http://localhost/cb", "s", scopes=SCOPES).startswith(start)


def test_the_callback_decides_the_data_centre(connect: Connect, script: Script) -> None:
    script.on("POST /oauth/v2/token", token_reply())
    connection = connect(without_token=True)
    callback = {"code": "1000.code", "location": "eu", "accounts-server": "https://accounts.zoho.eu", "state": "s"}
    token = exchange(connection, callback, "http://localhost:8976/callback")
    request = script.asked("POST /oauth/v2/token")[0]
    assert request.url.host == "accounts.zoho.eu"
    assert not request.url.query
    assert "authorization" not in request.headers
    assert form_of(script)["redirect_uri"] == ["http://localhost:8976/callback"]
    assert token.refresh is not None
    assert token.refresh.get_secret_value() == "1000.ee.ff"
    assert token.extra is not None
    assert token.extra["data_centre"] == "eu"
    assert (token.expires_at - NOW).total_seconds() == 3600
    connection.tokens.token = token  # type: ignore[attr-defined]
    assert api_host(connection) == "https://www.zohoapis.eu"


@pytest.mark.parametrize(
    "server", ["https://accounts.evil.example", "http://accounts.zoho.eu", "https://accounts.zoho.eu.evil.example"]
)
def test_a_foreign_accounts_server_gets_nothing(connect: Connect, script: Script, server: str) -> None:
    with pytest.raises(ConfigError):
        exchange(connect(without_token=True), {"code": "c", "location": "eu", "accounts-server": server}, None)
    assert script.requests == []


def test_the_callback_may_not_contradict_the_setting(connect: Connect, script: Script) -> None:
    with pytest.raises(ConfigError, match="lives in eu"):
        exchange(connect(data_centre="us"), {"code": "c", "accounts-server": "https://accounts.zoho.eu"}, None)
    assert script.requests == []


def test_an_api_domain_outside_the_table_is_replaced_by_the_tables(connect: Connect, script: Script) -> None:
    script.on("POST /oauth/v2/token", token_reply(api_domain="https://api.evil.example"))
    token = exchange(connect(data_centre="eu"), {"code": "c"}, None)
    assert token.extra is not None
    assert token.extra["api_domain"] == "https://www.zohoapis.eu"
    assert "redirect_uri" not in form_of(script)


def test_a_refresh_keeps_the_refresh_token(connect: Connect, script: Script) -> None:
    without = token_reply()
    del without["refresh_token"]
    script.on("POST /oauth/v2/token", without)
    token = refresh(connect(data_centre="eu"), live_token(data_centre="eu"))
    assert token.refresh is not None
    assert token.refresh.get_secret_value() == "1000.refresh"
    assert form_of(script)["grant_type"] == ["refresh_token"]


def test_a_refresh_token_from_the_secrets_stays_there(connect: Connect, script: Script) -> None:
    without = token_reply()
    del without["refresh_token"]
    script.on("POST /oauth/v2/token", without)
    connection = connect(without_token=True, data_centre="eu", secrets={"refresh_token": "1000.given"})
    assert refresh(connection, None).refresh is None
    assert form_of(script)["refresh_token"] == ["1000.given"]


def test_without_any_refresh_token_the_operator_is_told_to_connect(connect: Connect) -> None:
    with pytest.raises(AuthError, match="mlc connect"):
        refresh(connect(without_token=True), None)


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("invalid_code", AuthError),
        ("invalid_grant", AuthError),
        ("access_denied", AuthError),
        ("something_else", AuthError),
        ("invalid_client", AuthError),
        ("invalid_client_secret", AuthError),
        ("invalid_redirect_uri", ConfigError),
    ],
)
def test_a_token_error_is_classified_whatever_its_status(
    connect: Connect, script: Script, error: str, kind: type[MlcError], status: int
) -> None:
    script.on("POST /oauth/v2/token", {"error": error}, status=status)
    with pytest.raises(kind) as raised:
        refresh(connect(data_centre="us"), live_token())
    assert "1000.refresh" not in str(raised.value) + str(raised.value.detail)


def test_the_throttle_is_waited_out(connect: Connect, script: Script) -> None:
    told = "You have made too many requests continuously. Please try again after some time."
    script.on("POST /oauth/v2/token", {"error": "Access Denied", "error_description": told}, status=400)
    with pytest.raises(RateLimitedError) as raised:
        refresh(connect(data_centre="us"), live_token())
    assert raised.value.retry_after_s == 600


@pytest.mark.parametrize("body", [{"error": "internal"}, "<html>out of order</html>", ""])
def test_trouble_at_the_accounts_server_is_passing(connect: Connect, script: Script, body: Any) -> None:
    script.on("POST /oauth/v2/token", body, status=502)
    with pytest.raises(TransientError):
        refresh(connect(data_centre="us"), live_token())


def test_a_reply_without_a_token_is_passing(connect: Connect, script: Script) -> None:
    script.on("POST /oauth/v2/token", {"status": "success"})
    with pytest.raises(TransientError):
        refresh(connect(data_centre="us"), live_token())


def test_a_refusal_in_the_browser_says_so(connect: Connect) -> None:
    with pytest.raises(AuthError, match="accept"):
        exchange(connect(), {"error": "access_denied"}, "http://localhost/cb")


def test_a_dead_token_is_replaced_once(connect: Connect, script: Script) -> None:
    dead = {"code": 57, "message": "You are not authorized to perform this operation"}
    script.on("GET /books/v3/organizations", reply(dead, status=401), reply(plain_json("organizations")))
    script.on("POST /oauth/v2/token", token_reply())
    connection = connect(data_centre="us")
    assert system_ping(connection) == "Harbour Paper Ltd (700001234)"
    assert script.signatures == ["Zoho-oauthtoken 1000.live", "", "Zoho-oauthtoken 1000.aa.bb"]


def test_a_dead_token_inside_a_200_is_replaced_too(connect: Connect, script: Script) -> None:
    dead = reply('{"code": 14, "message": "Invalid value passed for authtoken"}')
    script.on("GET /books/v3/organizations", dead, reply(plain_json("organizations")))
    script.on("POST /oauth/v2/token", token_reply())
    assert system_ping(connect(data_centre="us")) == "Harbour Paper Ltd (700001234)"


def test_a_missing_permission_is_told_after_one_fresh_token(connect: Connect, script: Script) -> None:
    dead = {"code": 57, "message": "You are not authorized to perform this operation"}
    script.on("GET /books/v3/organizations", dead, status=401)
    script.on("POST /oauth/v2/token", token_reply())
    connection = connect(data_centre="us")
    with pytest.raises(AuthError, match="scope"):
        system_ping(connection)
    assert len(script.asked("POST /oauth/v2/token")) == 1
    assert len(script.asked("GET /books/v3/organizations")) == 2


def system_ping(connection: Books) -> str | None:
    return mlc_ping(connection=connection).organisation
