"""Nothing that prints, logs or raises shows a credential."""

import logging
import traceback

import pytest
from httpx import ReadError
from mlc.errors import TransientError
from mlc.http import Auth, MockTransport, redact

SECRET = "1000.aabbccdd.eeff0011"


class Signed(Auth):
    def auth_flow(self, request):
        request.headers["Authorization"] = f"Bearer {SECRET}"
        request.headers["sessionId"] = SECRET
        yield request


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Bearer {SECRET}",
        f"{{'Authorization': 'Some-oauthtoken {SECRET}'}}",
        f"Bearer {SECRET}",
        f"x-oauthtoken {SECRET}",
        f'{{"access_token":"{SECRET}","n":1}}',
        f"{{'refresh_token': '{SECRET}'}}",
        f"https://x.example/callback?code={SECRET}&state=abcd",
        f"grant_type=refresh_token&refresh_token={SECRET}",
        f"apiToken: {SECRET}",
        f"?devKey={SECRET}",
        f'{{"password": "a\\"{SECRET}"}}',
    ],
)
def test_credentials_are_masked_wherever_they_stand(text):
    assert SECRET not in redact(text)
    assert "***" in redact(text)


def test_ordinary_text_is_left_alone():
    text = "Bill INV-4711 of 2026-05-04 was answered 400 (code 1002): vendor_id is missing"
    assert redact(text) == text


def test_a_json_web_token_is_masked():
    assert "eyJ" not in redact("token was eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl end")


def test_a_connections_own_secrets_are_masked_in_any_text(connect):
    client = connect(None, secrets=["hunter2hunter2"])
    client.hide("token", ["opaque-value"])
    assert client.redact("it said hunter2hunter2 and opaque-value") == "it said *** and ***"


def test_no_log_error_or_repr_shows_a_token_or_a_query(serve, connect, url, answer, caplog):
    caplog.set_level(logging.DEBUG)
    vendor = serve(lambda each: answer() if each.target.startswith("/ok") else None)
    client = connect(vendor, auth=Signed(), secrets=[SECRET])
    response = client.get(f"{url}/ok?token={SECRET}", params={"x": SECRET})
    with pytest.raises(TransientError) as caught, client.permit("w1") as permit:
        client.post(f"{url}/drop?token={SECRET}", content=SECRET.encode())
    shown = [
        caplog.text,
        "".join(traceback.format_exception(caught.value)),
        repr(caught.value.__dict__),
        repr([client, permit, response, response.request, response.request.headers, vars(client.calls)]),
        str(response.request.headers),
    ]
    assert vendor.seen[0].headers["sessionid"] == SECRET
    assert not [text for text in shown if SECRET in text]
    assert "/ok" in caplog.text


def test_an_error_that_quotes_a_token_is_masked(connect, url):
    def fail(_):
        raise ReadError(f"proxy said: Authorization: Bearer {SECRET}")

    client = connect(None, transport=MockTransport(fail))
    with pytest.raises(TransientError) as caught:
        client.get(f"{url}/x")
    assert SECRET not in f"{caught.value} {caught.value.detail}"
    assert SECRET not in "".join(traceback.format_exception(caught.value))
