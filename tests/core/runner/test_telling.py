"""Alerts: one per change of state, told from the database at least once each, in nobody's way."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from mlc.errors import ConfigError
from mlc.operating import AlertsConfig
from mlc.plugins import Plugins
from mlc.runner.alertsinks import AlertNews, NotToldError, Sink, make_sinks, signed_headers, webhook_key
from mlc.runner.telling import GIVEN_UP, Teller, telling
from mlc.store.alerts import raise_in, take_back_in
from mlc.store.audit import AuditGroup
from mlc.store.database import Database, open_database
from pydantic import SecretStr

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


class Time:
    def __init__(self) -> None:
        self.moment = NOON

    def __call__(self) -> datetime:
        return self.moment


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    where = str(tmp_path / "mlc.db") if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    opened = open_database(where)
    yield opened
    opened.close()


@pytest.fixture
def now() -> Time:
    return Time()


def raise_one(database: Database, cause: str = "books", code: str = "credentials") -> bool:
    with database.write() as tx:
        audit = AuditGroup()
        new = raise_in(tx, audit, code=code, cause=cause, sentence=f"{cause} is refused.", now=NOON, pairing="main")
        audit.write(tx, NOON)
    return new


def clear_one(database: Database, cause: str = "books", code: str = "credentials") -> None:
    with database.write() as tx:
        take_back_in(tx, code, [cause], NOON)


class Ear:
    """A sink that remembers, and refuses while told to."""

    def __init__(self) -> None:
        self.heard: list[AlertNews] = []
        self.deaf = False

    def __call__(self, news: AlertNews) -> None:
        if self.deaf:
            raise NotToldError("It is deaf.")
        self.heard.append(news)

    @property
    def sink(self) -> Sink:
        return Sink("ear", self)

    @property
    def said(self) -> list[tuple[str, str]]:
        return [(news.cause, news.kind.value) for news in self.heard]


def test_an_alert_is_told_once_however_often_it_is_raised_and_once_more_when_it_is_over(
    database: Database, now: Time
) -> None:
    ear = Ear()
    teller = Teller(database, [ear.sink], now=now)
    assert [raise_one(database) for _ in range(3)] == [True, False, False]
    teller.tell()
    clear_one(database)
    clear_one(database)
    raise_one(database)
    for _ in range(3):
        teller.tell()
    assert ear.said == [("books", "raised"), ("books", "cleared"), ("books", "raised")]


def test_what_a_sink_did_not_take_is_told_again_in_order_with_the_same_id(database: Database, now: Time) -> None:
    ear, other = Ear(), Ear()
    teller = Teller(database, [ear.sink, Sink("other", other)], now=now)
    raise_one(database)
    raise_one(database, "ledger")
    ear.deaf = True
    teller.tell()
    assert other.said == [("books", "raised"), ("ledger", "raised")], "one deaf sink is nobody else's matter"
    ear.deaf = False
    teller.tell()
    assert ear.said == [], "not before its pause is over"
    now.moment += timedelta(seconds=6)
    teller.tell()
    assert ear.said == other.said
    assert [news.id for news in ear.heard] == [news.id for news in other.heard]


def test_a_process_that_dies_between_telling_and_noting_tells_again(database: Database, now: Time) -> None:
    heard: list[str] = []

    def dies(news: AlertNews) -> None:
        heard.append(news.id)
        if len(heard) == 1:
            raise KeyboardInterrupt

    teller = Teller(database, [Sink("ear", dies)], now=now)
    raise_one(database)
    with pytest.raises(KeyboardInterrupt):
        teller.tell()
    again = Teller(database, [Sink("ear", dies)], now=now)
    again.tell()
    assert len(heard) == 1, "somebody else may still be telling it"
    now.moment += timedelta(seconds=61)
    again.tell()
    again.tell()
    assert heard == [heard[0]] * 2


def test_what_nobody_takes_for_days_is_left_out_so_that_newer_ones_arrive(database: Database, now: Time) -> None:
    ear = Ear()
    ear.deaf = True
    teller = Teller(database, [ear.sink], now=now)
    raise_one(database)
    teller.tell()
    now.moment += GIVEN_UP + timedelta(hours=1)
    teller.tell()
    ear.deaf = False
    raise_one(database, "ledger")
    teller.tell()
    assert ear.said == [("ledger", "raised")]


def test_a_sink_that_is_new_is_not_told_of_the_past(database: Database, now: Time) -> None:
    raise_one(database)
    ear = Ear()
    teller = Teller(database, [ear.sink], now=now)
    teller.tell()
    raise_one(database, "ledger")
    teller.tell()
    assert ear.said == [("ledger", "raised")]


def test_two_processes_tell_a_sink_once(database: Database, now: Time) -> None:
    ear = Ear()
    tellers = [Teller(database, [ear.sink], now=now) for _ in range(2)]
    for number in range(10):
        raise_one(database, f"cause {number}")
    threads = [threading.Thread(target=teller.tell) for teller in tellers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for teller in tellers:
        teller.tell()
    assert ear.said == [(f"cause {number}", "raised") for number in range(10)]


def test_a_run_is_not_held_up_by_a_slow_sink(database: Database, now: Time) -> None:
    entered, leave = threading.Event(), threading.Event()

    def slow(_news: AlertNews) -> None:
        entered.set()
        assert leave.wait(10)

    with telling(Teller(database, [Sink("slow", slow)], now=now)):
        raise_one(database)
        assert entered.wait(10)
        assert raise_one(database, "ledger"), "the run goes on writing meanwhile"
        leave.set()


# ------------------------------------------------------------------ the webhook


@pytest.fixture
def listener() -> Iterator[Any]:
    """An address that takes alerts and answers with ``status``."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            server.got.append((self.path, dict(self.headers.items()), body))  # type: ignore[attr-defined]
            self.send_response(server.status)  # type: ignore[attr-defined]
            self.end_headers()

        def log_message(self, *_args: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.got, server.status = [], 204  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def sinks(url: str, now: Callable[[], datetime]) -> list[Sink]:
    config = AlertsConfig(webhook=url, secret=SecretStr(SECRET))
    return make_sinks(config, plugins=Plugins([]), now=now)


def test_the_webhook_is_signed_as_standard_webhooks_has_it(database: Database, now: Time, listener: Any) -> None:
    teller = Teller(database, sinks(f"http://127.0.0.1:{listener.server_port}/ops?team=ap", now), now=now)
    raise_one(database)
    teller.tell()
    ((path, headers, body),) = listener.got
    assert path == "/ops?team=ap"
    told = json.loads(body)
    assert (told["type"], told["data"]["code"], told["data"]["sentence"]) == (
        "alert.raised",
        "credentials",
        "books is refused.",
    )
    named = {name.lower(): value for name, value in headers.items()}
    signed = f"{named['webhook-id']}.{named['webhook-timestamp']}.".encode() + body
    digest = hmac.digest(b"k" * 32, signed, hashlib.sha256)
    assert named["webhook-signature"] == "v1," + base64.b64encode(digest).decode()
    assert named["webhook-timestamp"] == str(int(NOON.timestamp()))


def test_the_signature_is_that_of_the_standards_own_example() -> None:
    key = webhook_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    moment = datetime.fromtimestamp(1614265330, UTC)
    headers = signed_headers(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", moment, b'{"test": 2432232314}')
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_webhook_that_answers_badly_is_told_again(database: Database, now: Time, listener: Any) -> None:
    teller = Teller(database, sinks(f"http://127.0.0.1:{listener.server_port}/", now), now=now)
    raise_one(database)
    listener.status = 500
    teller.tell()
    listener.status = 200
    now.moment += timedelta(seconds=6)
    teller.tell()
    teller.tell()
    assert len(listener.got) == 2
    assert listener.got[0][2] == listener.got[1][2]


@pytest.mark.parametrize("secret", ["", "plain", "whsec_", "whsec_c2hvcnQ=", "whsec_!!!!"])
def test_a_secret_of_another_form_is_refused_without_being_shown(secret: str) -> None:
    with pytest.raises(ConfigError) as caught:
        webhook_key(secret)
    assert not secret or secret in ("whsec_",) or secret not in caught.value.sentence
