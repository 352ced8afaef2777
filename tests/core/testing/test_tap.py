"""A test's connection sees every request, and the tap in it does what it is asked for."""

import pytest
from mlc.errors import TransientError
from mlc.http import CallKind, Request, Response, Verdict, decode
from mlc.testing import Fault, Trouble, open_test_connection
from mlc.testing.connecting import tap_of, tokens_of

from .acme import SECRETS, Acme


@pytest.fixture
def seen() -> list[str]:
    return []


@pytest.fixture
def connection(seen: list[str]):
    def respond(request: Request) -> Response:
        seen.append(f"{request.method} {request.url.path}")
        if request.url.path == "/token":
            return Response(200, json={"access_token": f"access-{len(seen)}", "expires_in": 3600})
        return Response(200, json={"data": [1]})

    opened = open_test_connection(Acme(), settings={"account": "demo"}, secrets=SECRETS, respond=respond)
    yield opened
    opened.http.close()


URL = "https://api.acme.example/v1/things"


def test_calls_are_told_apart(connection, seen) -> None:
    connection.http.get(URL)
    with connection.http.permit("w"):
        connection.http.post(URL, json={})
    assert [call.kind for call in tap_of(connection).calls] == [CallKind.MINT, CallKind.READ, CallKind.WRITE]
    assert len(tokens_of(connection).minted) == 1


def test_a_lost_answer_leaves_the_write_done_and_uncertain(connection, seen) -> None:
    tap_of(connection).add(Trouble(Fault.DROP_AFTER, kind=CallKind.WRITE))
    with connection.http.permit("w") as permit, pytest.raises(TransientError):
        connection.http.post(URL, json={})
    assert permit.verdict() is Verdict.UNCERTAIN
    assert seen[-1] == "POST /v1/things"


def test_a_refused_connection_leaves_nothing_sent(connection, seen) -> None:
    connection.http.get(URL)
    before = list(seen)
    tap_of(connection).add(Trouble(Fault.DROP_BEFORE, kind=CallKind.WRITE))
    with connection.http.permit("w") as permit, pytest.raises(TransientError):
        connection.http.post(URL, json={})
    assert permit.verdict() is Verdict.SURELY_NOT_SENT
    assert seen == before


def test_an_answer_in_between_never_reaches_the_vendor(connection, seen) -> None:
    tap_of(connection).add(Trouble(Fault.ANSWER, response=lambda: Response(404, json={})))
    assert connection.http.get(URL).status_code == 404
    assert "GET /v1/things" not in seen


def test_a_repeated_and_a_rewritten_answer(connection) -> None:
    tap = tap_of(connection)
    first = decode(connection.http.get(URL))
    tap.add(Trouble(Fault.REPEAT))
    assert decode(connection.http.get(URL)) == first
    tap.add(Trouble(Fault.REWRITE, change=lambda body: {**body, "more": True}))
    assert decode(connection.http.get(URL)) == {"data": [1], "more": True}


def test_a_kept_token_that_is_over_is_renewed_once(connection) -> None:
    connection.http.get(URL)
    tokens_of(connection).expire()
    connection.http.get(URL)
    connection.http.get(URL)
    assert len(tokens_of(connection).minted) == 2
    assert tap_of(connection).of(CallKind.READ)[-1].kept == tokens_of(connection).minted[-1].access.get_secret_value()


def test_without_anything_that_answers_every_call_is_unreachable() -> None:
    opened = open_test_connection(Acme(), settings={"account": "demo"}, secrets=SECRETS)
    with pytest.raises(TransientError):
        opened.http.get(URL)
    opened.http.close()
