"""Consent: loopback callback, pasted address, self-client code, proof key."""

import socket
import threading
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from types import SimpleNamespace

import pytest
from mlc.connection import Token
from mlc.errors import AuthError, ConfigError
from mlc.oauth import Pkce
from mlc.oauth.consent import Callback, accept, invite, read_callback
from mlc.system import Consent
from pydantic import SecretStr

STATE = "st-4711"


def consent(exchange=lambda *_: None):
    return Consent(
        authorize_url=lambda settings, secrets, uri, state: f"https://accounts.example/auth?to={uri}&state={state}",
        exchange=exchange,
    )


def test_every_invitation_has_a_state_of_its_own_that_no_repr_shows():
    connection = SimpleNamespace(settings=None, secrets=None)
    one, two = invite(connection, consent()), invite(connection, consent())
    assert one.state != two.state
    assert one.url.endswith(f"to=http://localhost:8976/callback&state={one.state}")
    assert one.state not in repr(one)


@pytest.mark.parametrize(
    "pasted",
    [
        f"http://localhost:8976/callback?code=c1&location=eu&state={STATE}",
        f"  'http://localhost:8976/callback?state={STATE}&code=c1&location=eu'\n",
        f"?code=c1&location=eu&state={STATE}",
        f"code=c1&location=eu&state={STATE}",
    ],
)
def test_a_pasted_address_gives_all_its_parameters_but_the_state(pasted):
    assert read_callback(pasted, state=STATE) == {"code": "c1", "location": "eu"}


@pytest.mark.parametrize(
    ("pasted", "why"),
    [
        ("http://localhost/callback?code=c1&state=other", "does not belong"),
        ("http://localhost/callback?code=c1", "does not belong"),
        (f"http://localhost/callback?state={STATE}", "no code"),
        (f"http://localhost/callback?error=access_denied&state={STATE}", "access_denied"),
        ("nonsense", "does not belong"),
    ],
)
def test_a_wrong_address_is_refused_with_a_reason(pasted, why):
    with pytest.raises(AuthError, match=why):
        read_callback(pasted, state=STATE)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def visit(port, *targets):
    answers = []

    def browse():
        for target in targets:
            connection = HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", target)
            reply = connection.getresponse()
            answers.append((reply.status, reply.read()))
            connection.close()

    thread = threading.Thread(target=browse)
    thread.start()
    return thread, answers


def test_the_callback_waits_past_strangers_and_takes_our_answer():
    uri = f"http://localhost:{free_port()}/callback"
    with Callback(uri, state=STATE) as callback:
        thread, answers = visit(
            callback.port,
            "/favicon.ico",
            "/callback?code=evil&state=guess",
            f"/callback?code=c1&realmId=9&state={STATE}",
        )
        assert callback.wait(timeout_s=5) == {"code": "c1", "realmId": "9"}
        thread.join(5)
    assert [status for status, _ in answers] == [404, 400, 200]
    assert not any(b"c1" in page or b"evil" in page for _, page in answers)


def test_a_refusal_in_the_browser_ends_the_wait():
    with Callback(f"http://127.0.0.1:{free_port()}/callback", state=STATE) as callback:
        thread, _ = visit(callback.port, f"/callback?error=access_denied&state={STATE}")
        with pytest.raises(AuthError, match="access_denied"):
            callback.wait(timeout_s=5)
        thread.join(5)


def test_nobody_coming_is_said_so():
    with (
        Callback(f"http://127.0.0.1:{free_port()}/callback", state=STATE) as callback,
        pytest.raises(AuthError, match=r"Nobody gave consent within .* --paste"),
    ):
        callback.wait(timeout_s=0.05)


def test_a_taken_port_and_a_foreign_address_are_refused():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(ConfigError, match="taken"):
            Callback(f"http://localhost:{port}/callback", state=STATE)
    with pytest.raises(ConfigError, match="paste"):
        Callback("https://app.example/callback", state=STATE)


def test_a_self_client_code_is_exchanged_and_kept(custody):
    asked = []
    token = Token(SecretStr("fresh"), datetime.now(UTC) + timedelta(hours=1), SecretStr("r"))

    def exchange(connection, callback, redirect_uri):
        asked.append((callback, redirect_uri))
        return token

    accept(SimpleNamespace(), consent(exchange), custody.tokens, callback={"code": "c1"}, redirect_uri=None)
    assert asked == [({"code": "c1"}, None)]
    assert custody.obtain() == "fresh"


def test_the_proof_key_is_the_one_of_the_standard():
    """The example of RFC 7636, appendix B."""
    proof = Pkce.of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    assert proof.challenge == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    assert 43 <= len(Pkce.new().verifier) <= 128
    assert proof.verifier not in repr(proof)
