"""Deliveries over real HTTP: what is genuine is stored and answered as declared, nothing else is."""

import json
import socket
import time

import pytest
from mlc import hookimpl
from mlc.serve.counts import Outcome
from mlc.store.audit import read_events
from mlc.store.database import open_database
from mlc.store.schema import alerts, audit, inbox
from sqlalchemy import select, update

from .conftest import MAX_BYTES, OTHER, SECRET, Desk, Open, signature, tiny


def test_a_genuine_delivery_is_stored_and_gets_the_exact_status_of_its_system(desk: Desk) -> None:
    assert desk.post() == 202
    (row,) = desk.stored()
    assert (row.connection, row.object_type, row.external_id, row.event) == ("books", "bill", "1", "updated")
    assert row.read_at is None


def test_a_forged_delivery_is_refused_and_never_stored(desk: Desk) -> None:
    assert desk.post(secret="guessed") == 401
    assert desk.post(headers={"x-signature": ""}) == 401
    assert desk.stored() == []


def test_a_delivery_for_another_connection_is_refused(desk: Desk) -> None:
    assert desk.post(to="other") == 401
    assert desk.post(to="other", secret=OTHER) == 202
    assert [row.connection for row in desk.stored()] == ["other"]


def test_an_unknown_connection_is_not_found_whatever_is_sent(desk: Desk) -> None:
    assert [desk.post(to=name) for name in ("nobody", "..", "books%00", "a" * 4000)] == [404] * 4
    assert desk.stored() == []


def test_an_oversized_body_is_cut_off(desk: Desk) -> None:
    assert desk.post(b'{"id": "' + b"9" * MAX_BYTES + b'"}') == 413
    assert desk.stored() == []


def test_an_oversized_body_that_does_not_say_its_length_is_cut_off(desk: Desk) -> None:
    where = desk.served.url.removeprefix("http://").split(":")
    with socket.create_connection((where[0], int(where[1])), timeout=10) as raw:
        raw.sendall(b"POST /webhooks/books HTTP/1.1\r\nhost: here\r\ntransfer-encoding: chunked\r\n\r\n")
        raw.sendall(b"2000\r\n" + b"x" * 0x2000 + b"\r\n")
        assert raw.recv(100).startswith(b"HTTP/1.1 413")
    assert desk.stored() == []


def test_a_late_delivery_is_refused(desk: Desk) -> None:
    assert desk.post(at=time.time() - 600) == 401
    assert desk.post(at=time.time() + 600) == 401
    assert desk.stored() == []


def test_a_replayed_delivery_is_recognised_and_stored_once(desk: Desk) -> None:
    assert [desk.post() for _ in range(5)] == [202] * 5
    assert len(desk.stored()) == 1
    assert desk.served.receiver.counts.snapshot()["books", Outcome.REPEATED] == 4


def test_a_repeated_notice_counts_again_once_its_twin_was_read(desk: Desk) -> None:
    desk.post()
    with desk.database.write() as tx:
        tx.execute(update(inbox).values(read_at="2026-11-20T12:00:00.000000+00:00"))
    assert desk.post() == 202
    assert [row.read_at is None for row in desk.stored()] == [False, True]


def test_a_test_message_is_answered_and_leaves_nothing_to_read(desk: Desk) -> None:
    assert desk.post(b'{"hello": "there"}') == 202
    (row,) = desk.stored()
    assert (row.event, row.object_type) == ("test", "")
    assert row.read_at is not None


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"[]", b"null", b"{", b"[" * 4_000, b'{"id":' * 600])
def test_rubbish_with_a_good_signature_is_refused(desk: Desk, body: bytes) -> None:
    assert desk.post(body) == 401
    assert desk.stored() == []


def test_only_posts_are_taken(desk: Desk) -> None:
    assert {desk.post(method=method) for method in ("GET", "PUT", "DELETE", "PATCH")} == {405}


def test_the_inbox_is_capped_per_connection(opened: Open) -> None:
    with opened("[serve]\ninbox_limit = 3") as desk:
        sent = [desk.post(f'{{"id": "{number}"}}'.encode()) for number in range(5)]
        assert sent == [202, 202, 202, 503, 503]
        assert desk.post(to="other", secret=OTHER) == 202, "another connection has room of its own"
        assert len(desk.stored()) == 4


def test_a_full_inbox_says_when_to_come_again(opened: Open) -> None:
    with opened("[serve]\ninbox_limit = 1") as desk:
        desk.post()
        body = json.dumps({"id": "2"}).encode()
        moment = int(time.time())
        headers = {"x-signature": signature(SECRET, moment, body)}
        status, said, answer = desk.ask("POST", "/webhooks/books", body, headers)
        assert (status, said, answer["retry-after"]) == (503, b"", "30")


def test_a_flood_of_forgeries_is_counted_and_cannot_fill_the_audit(desk: Desk) -> None:
    for _ in range(60):
        desk.post(secret="guessed")
    assert desk.served.receiver.counts.snapshot()["books", Outcome.REFUSED] == 60
    with desk.database.read() as connection:
        events = connection.execute(select(audit.c.event).where(audit.c.event == "webhook_refused")).all()
        raised = connection.execute(select(alerts.c.code, alerts.c.cause, alerts.c.cleared_at)).all()
    assert len(events) == 1
    assert [tuple(row) for row in raised] == [("webhook_refused", "books", None)]
    assert desk.post() == 202
    with desk.database.read() as connection:
        assert connection.execute(select(alerts.c.cleared_at)).scalar_one() is not None


def test_what_was_refused_since_is_in_the_audit_when_the_receiver_ends(opened: Open) -> None:
    with opened() as desk:
        for _ in range(4):
            desk.post(secret="guessed")
    again = open_database(desk.config.database)
    counted = [event.detail["deliveries"] for event in read_events(again) if event.event == "webhook_refused"]
    again.close()
    assert counted == [1, 3]


def test_a_plugin_that_fails_does_not_take_the_receiver_with_it(opened: Open) -> None:
    @hookimpl
    def mlc_verify_webhook(connection: object, request: object) -> list[object]:
        raise KeyError("oops")

    with opened(plugin=tiny(mlc_verify_webhook=mlc_verify_webhook)) as desk:
        assert [desk.post(), desk.post()] == [500, 500]
        assert desk.ask("GET", "/health")[0] == 200


def test_whoever_waits_is_woken_after_the_commit(opened: Open) -> None:
    woken: list[int] = []
    with opened(wake=lambda: woken.append(1)) as desk:
        desk.post()
        assert woken
