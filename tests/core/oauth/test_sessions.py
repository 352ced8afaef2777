"""Sessions that die when nobody uses them: one for all workers, prolonged by use, never kept alive for its own sake."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from mlc.connection import Token
from mlc.errors import AuthError
from mlc.http import MockTransport, Request, Response, VendorClient
from mlc.oauth import SessionAuth
from mlc.oauth.tokens import StoredTokens
from mlc.store.credentials import Credentials, Keys
from pydantic import SecretStr

URL = "https://api.vendor.example/v3/bills"
IDLE_S = 2100.0


class Vendor:
    """Sessions that end after ``IDLE_S`` without a call, on the test's clock."""

    def __init__(self, clock) -> None:
        self.clock = clock
        self.seen: dict[str, object] = {}
        self.logins = 0
        self.calls: list[tuple[str, int]] = []
        self.dead_status = 401

    def __call__(self, request: Request) -> Response:
        if request.url.path == "/login":
            self.logins += 1
            self.seen[f"session-{self.logins}"] = self.clock.now()
            return Response(200, json={"session": f"session-{self.logins}"})
        session = request.headers.get("session", "")
        last = self.seen.get(session)
        alive = last is not None and self.clock.now() - last < timedelta(seconds=IDLE_S)
        self.calls.append((session, 200 if alive else self.dead_status))
        if not alive:
            return Response(self.dead_status, json=[{"code": "dead"}])
        self.seen[session] = self.clock.now()
        return Response(200, json={})


@pytest.fixture
def vendor(clock) -> Vendor:
    return Vendor(clock)


@pytest.fixture
def worker(vendor, database, clock) -> Iterator[Callable[[], VendorClient]]:
    """Each call is another process with the same connection."""
    made: list[VendorClient] = []

    def start() -> VendorClient:
        client = VendorClient("acme", "vendor", hosts=["api.vendor.example"], transport=MockTransport(vendor))
        credentials = Credentials(database, Keys(b"k" * 32), now=clock.now)
        tokens = StoredTokens("acme", "vendor", credentials=credentials, client=client, clock=clock)

        def login(stored: Token | None) -> Token:
            reply = client.mint("POST", "https://api.vendor.example/login", json={"user": "u"})
            return Token(SecretStr(reply.json()["session"]), clock.now() + timedelta(seconds=IDLE_S))

        client.use(
            SessionAuth(
                tokens,
                login,
                sign=lambda token: {"session": token.access.get_secret_value()},
                idle_s=IDLE_S,
                is_dead=lambda response: b"dead" in response.content,
            )
        )
        made.append(client)
        return client

    yield start
    for client in made:
        client.close()


def test_workers_share_one_session(worker, vendor):
    for client in [worker(), worker(), worker()]:
        assert client.get(URL).status_code == 200
    assert vendor.logins == 1


def test_use_prolongs_a_session_for_everybody(worker, vendor, clock):
    one, other = worker(), worker()
    for _ in range(10):
        clock.ahead += timedelta(seconds=1000)
        assert one.get(URL).status_code == 200
    assert other.get(URL).status_code == 200
    assert vendor.logins == 1, "hours after the login it still lives, because it was used"


def test_a_session_that_lay_unused_is_replaced_without_a_refused_call(worker, vendor, clock):
    client = worker()
    client.get(URL)
    clock.ahead += timedelta(seconds=IDLE_S + 1)
    client.get(URL)
    assert vendor.logins == 2
    assert [status for _, status in vendor.calls] == [200, 200]


def test_no_call_is_made_only_to_keep_it_alive(worker, vendor, clock):
    client = worker()
    client.get(URL)
    clock.ahead += timedelta(seconds=100 * IDLE_S)
    assert (len(vendor.calls), vendor.logins) == (1, 1)


def test_a_session_killed_early_costs_one_login_and_one_repeat(worker, vendor):
    client = worker()
    client.get(URL)
    vendor.seen.clear()
    assert client.get(URL).status_code == 200
    assert vendor.logins == 2
    assert [status for _, status in vendor.calls] == [200, 401, 200]


def test_a_write_is_sent_again_only_after_a_401(worker, vendor):
    client = worker()
    client.get(URL)
    vendor.seen.clear()
    with client.permit("one"):
        assert client.post(URL, content=b"{}").status_code == 200
    vendor.seen.clear()
    vendor.dead_status = 422
    with client.permit("two"):
        assert client.post(URL, content=b"{}").status_code == 422
    assert vendor.logins == 3, "the dead session was replaced, the write was left to the engine"
    with client.permit("three"):
        assert client.post(URL, content=b"{}").status_code == 200


def test_a_prolonged_session_says_nothing_of_its_successor(worker, vendor, clock):
    one, other = worker(), worker()
    one.get(URL)
    clock.ahead += timedelta(seconds=1000)
    one.get(URL)
    vendor.seen.clear()
    other.get(URL)
    assert vendor.logins == 2
    clock.ahead += timedelta(seconds=IDLE_S - 100)
    assert other.get(URL).status_code == 200
    assert one.get(URL).status_code == 200
    assert vendor.logins == 2


def test_the_session_does_not_show(worker, database):
    client = worker()
    client.get(URL)
    assert client.redact("say session-1") == "say ***"
    assert "session-1" not in repr(client)


def test_a_refused_login_pauses_the_connection(vendor, database, clock):
    client = VendorClient("acme", "vendor", hosts=["api.vendor.example"], transport=MockTransport(vendor))
    tokens = StoredTokens(
        "acme", "vendor", credentials=Credentials(database, Keys(b"k" * 32), now=clock.now), client=client, clock=clock
    )

    def refused(stored: Token | None) -> Token:
        raise AuthError("The password is wrong.")

    auth = SessionAuth(tokens, refused, sign=lambda token: {}, idle_s=IDLE_S, is_dead=lambda response: False)
    client.use(auth)
    for _ in range(2):
        with pytest.raises(AuthError):
            client.get(URL)
    assert not vendor.calls
