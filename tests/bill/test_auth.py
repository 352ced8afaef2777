"""Logins, sessions and what their refusals mean for the operator."""

import json

import pytest
from mlc import FetchMode
from mlc.errors import AuthError, ConfigError, RateLimitedError, TransientError
from mlc.http import Response
from mlc.records import ObjectType
from mlc.testing import open_test_connection

from mlc_bill import plugin

from .conftest import BILL_ROW, NOW, SECRETS, page, problem, reply


def read(connection, kind=ObjectType.VENDOR):
    return plugin.mlc_fetch(connection, kind, None, FetchMode.CHANGES)


def test_the_developer_key_goes_into_the_body_of_a_login_and_into_headers_afterwards(gateway, connection):
    gateway.on("GET vendors", page())
    read(connection)
    login, listed = gateway.requests
    assert json.loads(login.content) == {
        "devKey": "01DEMODEVKEY", "username": "ap-sync", "password": "tok_demo_1",
        "organizationId": "00801DEMOORGANIZATN1",
    }  # fmt: skip
    assert "devKey" not in login.headers
    assert (listed.headers["sessionId"], listed.headers["devKey"]) == ("session-1", "01DEMODEVKEY")
    assert str(listed.url).startswith("https://gateway.prod.bill.com/connect/v3/vendors?")


def test_the_sandbox_is_another_gateway(gateway):
    gateway.on("GET vendors", page())
    read(gateway.connect(environment="sandbox"))
    assert {request.url.host for request in gateway.requests} == {"gateway.stage.bill.com"}


@pytest.mark.parametrize(
    ("status", "code", "message"),
    [(401, "BDC_1109", "Session is invalid.  Please log in."), (422, "BDC_1109", "Session is invalid."),
     (403, "BDC_1361", "Session expired."), (401, None, "")],
)  # fmt: skip
def test_a_dead_session_costs_one_login_and_one_repeat(gateway, connection, status, code, message):
    dead = reply(problem(code, message) if code else {}, status)
    gateway.on("GET vendors", dead, page())
    read(connection)
    assert (gateway.logins, len(gateway.asked("GET vendors"))) == (2, 2)


def test_a_session_lives_as_long_as_its_kind(gateway):
    for login, seconds in (("sync_token", 48 * 3600), ("user", 35 * 60)):
        connection = gateway.connect(login=login)
        gateway.on("GET vendors", page())
        read(connection)
        assert (connection.tokens.current().expires_at - NOW).total_seconds() == seconds
    connection = gateway.connect(session_idle_s=600)
    read(connection)
    assert (connection.tokens.current().expires_at - NOW).total_seconds() == 600


@pytest.mark.parametrize(
    ("settings", "status", "code", "words"),
    [
        ({"login": "user"}, 401, "BDC_1101", "the password was changed"),
        ({}, 401, "BDC_1101", "no longer accepts the sync token: it was revoked"),
        ({}, 401, None, "no longer accepts the sync token"),
        ({}, 400, "BDC_1102", "does not know this developer key in this environment"),
        ({}, 403, "BDC_1103", "has deactivated this developer key"),
        ({}, 422, "BDC_1110", "locked this login"),
        ({"login": "user"}, 403, "BDC_1361", "second factor (MFA)"),
    ],
)
def test_a_refused_login_says_what_to_do(gateway, settings, status, code, words):
    said = "Session is untrusted." if code == "BDC_1361" else "No."
    gateway.on("POST login", problem(code, said) if code else {}, status=status)
    with pytest.raises(AuthError) as refused:
        read(gateway.connect(**settings))
    assert words in refused.value.sentence
    assert len(gateway.asked("POST login")) == 1
    assert not gateway.asked("GET vendors")
    assert "tok_demo_1" not in refused.value.sentence + str(refused.value.detail)


@pytest.mark.parametrize("status", [400, 403, 422])
def test_a_login_refused_unreadably_says_nothing_of_the_credentials(gateway, status):
    gateway.on("POST login", Response(status, html="<html>Blocked</html>"))
    with pytest.raises(TransientError, match="nothing that can be read"):
        read(gateway.connect())


def test_the_hours_logins_used_up_wait_for_the_next_full_hour(gateway, connection):
    gateway.on("POST login", problem("BDC_1144"), status=422)
    with pytest.raises(RateLimitedError) as refused:
        read(connection)
    assert refused.value.window == "mint"
    assert 2400 <= refused.value.retry_after_s <= 2402


def test_a_login_to_another_organisation_is_not_used(gateway, connection):
    gateway.on("POST login", {"sessionId": "s", "organizationId": "00801SOMEBODYELSES"})
    with pytest.raises(ConfigError, match="not to 00801DEMOORGANIZATN1"):
        read(connection)


def test_a_trusted_login_carries_what_makes_it_so(gateway):
    gateway.on("GET vendors", page())
    read(gateway.connect(login="user", device="mlc", secrets={"remember_me_id": "rm-1"}))
    body = gateway.sent("POST login")
    assert (body["rememberMeId"], body["device"]) == ("rm-1", "mlc")
    with pytest.raises(ConfigError, match="needs device"):
        read(gateway.connect(login="user", secrets={"remember_me_id": "rm-1"}))


def test_spend_and_expense_has_its_token_and_no_session(gateway):
    gateway.on("GET spend/transactions", page())
    read(gateway.connect(secrets={"api_token": "se_demo_1"}), ObjectType.EXPENSE)
    (asked,) = gateway.requests
    assert asked.headers["apiToken"] == "se_demo_1"
    assert "sessionId" not in asked.headers
    with pytest.raises(ConfigError, match="api_token"):
        read(gateway.connect(), ObjectType.EXPENSE)


def test_a_dead_spend_token_says_whose_it_is(gateway):
    gateway.on("GET spend/transactions", problem("BDC_1109"), status=401)
    with pytest.raises(AuthError, match="Spend & Expense no longer accepts the API token"):
        read(gateway.connect(secrets={"api_token": "se_demo_1"}), ObjectType.EXPENSE)
    assert gateway.logins == 0


def test_limits_of_one_developer_key_are_shared_and_of_another_are_not():
    shared = plugin.mlc_describe().shared
    settings = [
        open_test_connection(plugin, settings={"organization_id": f"00801{name}", **more}, secrets=SECRETS).settings
        for name, more in (
            ("AAAAA", {}),
            ("BBBBB", {}),
            ("BBBBB", {"key_name": "other"}),
            ("AAAAA", {"environment": "sandbox"}),
        )
    ]
    apps = [shared(one)["app"] for one in settings]
    assert apps[0] == apps[1]
    assert len(set(apps)) == 3
    assert len({shared(one)["tenant"] for one in settings}) == 4


def test_nothing_secret_shows(gateway):
    connection = gateway.connect(secrets={"api_token": "se_demo_1"})
    gateway.on("GET bills", page(BILL_ROW))
    gateway.on("GET vendors", page())
    read(connection, ObjectType.BILL)
    shown = repr(connection) + repr(connection.http)
    assert not [value for value in (*SECRETS.values(), "se_demo_1", "session-1") if value in shown]
