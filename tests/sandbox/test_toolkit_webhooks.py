"""Webhooks: signatures, tries, and what goes wrong on the way."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from mlc_sandbox.toolkit.clock import Clock
from mlc_sandbox.toolkit.standin import StandIn
from mlc_sandbox.toolkit.webhooks import (
    Hook,
    WebhookSender,
    hmac_base64,
    hmac_hex,
    local_url,
    signed,
    signed_with_time,
)


class Receiver:
    """Takes deliveries; answers with the next of ``statuses``, then 204."""

    def __init__(self) -> None:
        self.got: list[tuple[str, bytes]] = []
        self.statuses: list[int] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.got.append((self.headers.get("X-Sign", ""), body))
                self.send_response(outer.statuses.pop(0) if outer.statuses else 204)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                """Quiet."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/in?tenant=1"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


@pytest.fixture
def standin() -> StandIn:
    return StandIn(clock=Clock(frozen_at=datetime(2026, 3, 1, tzinfo=UTC)))


def bodies(receiver: Receiver) -> list[bytes]:
    return [body for _sign, body in receiver.got]


def test_signatures_are_what_any_receiver_computes() -> None:
    # RFC 4231, test case 2
    assert hmac_hex("Jefe", b"what do ya want for nothing?").startswith("5bdcc146bf60754e6a042426089575c7")
    assert hmac_base64("Jefe", b"what do ya want for nothing?").startswith("W9zBRr9gdU5qBCQmCJV1x1oAP")
    assert signed("X-Sign", "k", b"b", prefix="sha256=") == {"X-Sign": "sha256=" + hmac_hex("k", b"b")}
    assert signed("X-Sign", "k", b"b", write=hmac_base64) == {"X-Sign": hmac_base64("k", b"b")}
    assert signed_with_time("X-Sign", "k", b"b", at_s=7) == {"X-Sign": "t=7,v1=" + hmac_hex("k", b"7.b")}


def test_messages_arrive_signed_and_in_order(receiver: Receiver, standin: StandIn) -> None:
    sender = WebhookSender(standin)
    for body in (b"1", b"2", b"3"):
        sender.send(Hook(receiver.url, body, signed("X-Sign", "k", body)))
    sender.flush()
    assert receiver.got == [(hmac_hex("k", body), body) for body in (b"1", b"2", b"3")]
    assert [sent.status for sent in sender.sent] == [204, 204, 204]


def test_what_nobody_takes_is_sent_again_so_often(receiver: Receiver, standin: StandIn) -> None:
    sender = WebhookSender(standin, retries_s=(0.01, 0.01))
    receiver.statuses = [500, 503]
    sender.send(Hook(receiver.url, b"1"))
    sender.flush()
    assert [(sent.status, sent.attempt) for sent in sender.sent] == [(500, 1), (503, 2), (204, 3)]
    sender.send(Hook("http://127.0.0.1:1/nobody", b"2"))
    sender.flush()
    assert [sent.status for sent in sender.sent[3:]] == [0, 0, 0]


def test_faults_lose_double_and_reorder(receiver: Receiver, standin: StandIn) -> None:
    sender = WebhookSender(standin)
    standin.faults.ask("POST /in", "webhook_lost")
    standin.faults.ask("POST /in", "webhook_reorder", after=1)
    standin.faults.ask("POST /in", "webhook_duplicate", after=1)
    for body in (b"lost", b"2", b"held", b"double", b"5"):
        sender.send(Hook(receiver.url, body))
    sender.flush()
    assert bodies(receiver) == [b"2", b"double", b"double", b"held", b"5"]


def test_a_message_held_back_last_still_leaves(receiver: Receiver, standin: StandIn) -> None:
    sender = WebhookSender(standin)
    standin.faults.ask("*", "webhook_reorder")
    sender.send(Hook(receiver.url, b"1"))
    sender.stop()
    assert bodies(receiver) == []
    sender.flush()
    assert bodies(receiver) == [b"1"]
    sender.send(Hook(receiver.url, b"2"))
    sender.flush()
    assert bodies(receiver) == [b"1", b"2"]


def test_a_day_holds_so_many(receiver: Receiver, standin: StandIn) -> None:
    sender = WebhookSender(standin, most_a_day=1)
    for body in (b"1", b"2"):
        sender.send(Hook(receiver.url, body))
    standin.clock.advance(86_400)
    sender.send(Hook(receiver.url, b"3"))
    sender.flush()
    assert bodies(receiver) == [b"1", b"3"]


def test_a_public_root_lies_on_this_machine(receiver: Receiver, standin: StandIn) -> None:
    root = receiver.url.removesuffix("/in?tenant=1")
    standin.callbacks["https://hooks.example"] = root
    sender = WebhookSender(standin)
    sender.send(Hook("https://hooks.example/in?tenant=1", b"1"))
    sender.send(Hook("https://hooks.example.evil/in", b"2"))
    sender.flush()
    assert bodies(receiver) == [b"1"]
    assert [sent.status for sent in sender.sent] == [204, 0]
    longer = {"https://a.example": "http://127.0.0.1:1", "https://a.example/deep": "http://127.0.0.1:2/x"}
    assert local_url("https://a.example/deep/in?b=1", longer) == "http://127.0.0.1:2/x/in?b=1"
    assert local_url("https://a.example?b=1", longer) == "http://127.0.0.1:1?b=1"


def test_what_waits_for_its_next_try_holds_nobody_up(receiver: Receiver, standin: StandIn) -> None:
    ends: list[tuple[bytes, bool]] = []
    sender = WebhookSender(standin, retries_s=(0.2,), ended=lambda hook, taken: ends.append((hook.body, taken)))
    receiver.statuses = [500]
    for body in (b"slow", b"2", b"3"):
        sender.send(Hook(receiver.url, body))
    sender.flush()
    assert bodies(receiver) == [b"slow", b"2", b"3", b"slow"]
    assert ends == [(b"2", True), (b"3", True), (b"slow", True)]


def test_taken_is_what_the_vendor_says_it_is(receiver: Receiver, standin: StandIn) -> None:
    ends: list[bool] = []
    sender = WebhookSender(standin, taken=lambda status: status == 200, ended=lambda hook, taken: ends.append(taken))
    receiver.statuses = [200, 202]
    for body in (b"1", b"2"):
        sender.send(Hook(receiver.url, body))
    sender.flush()
    assert ends == [True, False]
