"""The server: keep-alive, faults around the handler, control calls."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import httpx
import pytest
from mlc_sandbox.toolkit.faults import Fault
from mlc_sandbox.toolkit.http import Request, Response, json_response
from mlc_sandbox.toolkit.routing import route
from mlc_sandbox.toolkit.server import Server
from mlc_sandbox.toolkit.standin import StandIn, UnknownChange


class Shelf(StandIn):
    """A stand-in with one kind of thing."""

    name = "shelf"
    title = "Shelf"
    SWITCHES = {"shouts": False}

    def __init__(self) -> None:
        super().__init__()
        self.router.collect(Shelf)

    @route("GET", "/things/{id}")
    def read(self, request: Request, id: str) -> Response:
        thing = self.store.get("things", id)
        return json_response(404 if thing is None else 200, thing)

    @route("POST", "/things")
    def create(self, request: Request) -> Response:
        body = request.json()
        self.store.put("things", body["id"], body, request.cause())
        return json_response(201, body)

    @route("GET", "/broken")
    def broken(self, request: Request) -> Response:
        raise RuntimeError("a bug of the stand-in")

    def ui_change(self, type: str, change: dict[str, Any]) -> dict[str, Any]:
        if type != "things":
            raise UnknownChange("no such screen")
        return self.store.put("things", change["id"], change, {"kind": "ui"})


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    standin = Shelf()
    yield standin
    assert standin.crashes == []


@pytest.fixture
def http(shelf: Shelf) -> Iterator[httpx.Client]:
    with Server(shelf) as server, httpx.Client(base_url=server.url, timeout=5) as client:
        yield client


def test_decimals_travel_digit_by_digit(http: httpx.Client) -> None:
    reply = http.post("/things", content=b'{"id": 1, "price": 12.500}')
    assert (reply.status_code, reply.content) == (201, b'{"id":1,"price":12.500}')
    assert http.get("/things/1").text == '{"id":1,"price":12.500}'


def test_the_log_names_the_request_that_caused_a_change(http: httpx.Client) -> None:
    http.get("/things/1")
    http.post("/things", json={"id": 1})
    entry = http.get("/_sandbox/log").json()[0]
    assert entry["op"] == "create"
    assert entry["before"] is None
    assert entry["cause"] == {"kind": "request", "request": 2, "method": "POST", "path": "/things"}


def test_calls_are_counted_by_template_and_control_calls_are_not(http: httpx.Client) -> None:
    http.get("/things/1")
    http.get("/things/2")
    http.post("/things", json={"id": 1})
    http.get("/nowhere")
    counted = http.get("/_sandbox/calls").json()
    assert counted["calls"]["GET /things/{id}"] == {"count": 2, "statuses": {"404": 2}}
    assert (counted["reads"], counted["writes"], counted["total"]) == (3, 1, 4)
    assert http.delete("/_sandbox/calls").json()["total"] == 0


def test_requests_sent_in_one_piece_are_answered_in_order(http: httpx.Client, shelf: Shelf) -> None:
    shelf.store.put("things", 7, {"id": 7}, {"kind": "seed"})
    shelf.faults.ask("/things/7", "delay", seconds=0.05)
    with socket.create_connection(("127.0.0.1", int(http.base_url.port or 0)), timeout=5) as raw:
        raw.sendall(
            b"GET /things/7 HTTP/1.1\r\nHost: x\r\n\r\nGET /things/8 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        )
        said = b""
        while piece := raw.recv(4096):
            said += piece
    assert said.index(b"200 OK") < said.index(b"404 Not Found")


def test_a_handler_that_crashes_answers_500_and_is_told(http: httpx.Client, shelf: Shelf) -> None:
    assert http.get("/broken").status_code == 500
    assert "a bug of the stand-in" in http.get("/_sandbox/crashes").json()[0]
    shelf.crashes.clear()


def ask(http: httpx.Client, **fault: Any) -> None:
    assert http.post("/_sandbox/faults", json=fault).status_code == 200


def test_drop_cuts_before_the_handler_runs(http: httpx.Client, shelf: Shelf) -> None:
    ask(http, match="POST /things", kind="drop")
    with pytest.raises(httpx.RemoteProtocolError):
        http.post("/things", json={"id": 1})
    assert shelf.store.get("things", 1) is None
    assert http.post("/things", json={"id": 1}).status_code == 201


def test_commit_then_drop_runs_the_handler_as_often_as_asked(http: httpx.Client, shelf: Shelf) -> None:
    ask(http, match="WRITE /things", kind="commit_then_drop", times=2)
    for id in (1, 2):
        with pytest.raises(httpx.RemoteProtocolError):
            http.post("/things", json={"id": id})
    assert http.post("/things", json={"id": 3}).status_code == 201
    assert shelf.store.ids("things") == ["1", "2", "3"]
    assert http.get("/_sandbox/calls").json()["calls"]["POST /things"]["statuses"] == {"0": 2, "201": 1}


def test_commit_then_500_says_no_but_did(http: httpx.Client, shelf: Shelf) -> None:
    ask(http, match="POST /things", kind="commit_then_500")
    assert http.post("/things", json={"id": 1}).status_code == 500
    assert shelf.store.count("things") == 1


def test_commit_late_runs_the_handler_after_the_connection_is_gone(http: httpx.Client, shelf: Shelf) -> None:
    ask(http, match="POST /things", kind="commit_late", seconds=0.2)
    with pytest.raises(httpx.RemoteProtocolError):
        http.post("/things", json={"id": 1})
    assert shelf.store.get("things", 1) is None
    until = time.monotonic() + 5
    while shelf.store.get("things", 1) is None and time.monotonic() < until:
        time.sleep(0.02)
    assert shelf.log.entries()[0].cause["late"] is True


def test_commit_late_runs_when_the_clock_is_moved_on(http: httpx.Client, shelf: Shelf) -> None:
    ask(http, match="POST /things", kind="commit_late", seconds=600)
    with pytest.raises(httpx.RemoteProtocolError):
        http.post("/things", json={"id": 1})
    http.post("/_sandbox/clock", json={"advance_s": 590})
    assert shelf.store.get("things", 1) is None
    http.post("/_sandbox/clock", json={"advance_s": 11})
    assert shelf.store.get("things", 1) is not None


def test_truncate_and_garbled_replies_follow_a_commit(http: httpx.Client, shelf: Shelf) -> None:
    ask(http, match="POST /things", kind="truncate")
    with pytest.raises(httpx.RemoteProtocolError):
        http.post("/things", json={"id": 1})
    ask(http, match="POST /things", kind="reply_garbled")
    reply = http.post("/things", json={"id": 2})
    with pytest.raises(ValueError):
        reply.json()
    assert shelf.store.count("things") == 2


def test_redirect_write_sends_the_client_elsewhere(http: httpx.Client, shelf: Shelf) -> None:
    ask(http, match="POST /things", kind="redirect_write", status=308)
    reply = http.post("/things", json={"id": 1})
    assert (reply.status_code, reply.headers["location"]) == (
        308,
        f"{http.base_url}/things".replace("//things", "/things"),
    )
    assert shelf.store.count("things") == 0


def test_slow_drip_and_delay_take_their_time(http: httpx.Client, shelf: Shelf) -> None:
    shelf.store.put("things", 1, {"id": 1, "text": "x" * 100}, {"kind": "seed"})
    ask(http, match="/things/1", kind="slow_drip", seconds=0.2)
    started = time.monotonic()
    assert http.get("/things/1").json()["id"] == 1
    assert time.monotonic() - started >= 0.19
    ask(http, match="/things/1", kind="delay", seconds=0.05, seconds_per_row=0.001)
    started = time.monotonic()
    assert http.get("/things/1?page_size=50").status_code == 200
    assert time.monotonic() - started >= 0.09


def test_status_and_html_answer_without_the_handler(http: httpx.Client, shelf: Shelf) -> None:
    ask(http, match="POST /things", kind="status", status=503, body={"detail": "busy"}, headers={"retry-after": "3"})
    reply = http.post("/things", json={"id": 1})
    assert (reply.status_code, reply.json(), reply.headers["retry-after"]) == (503, {"detail": "busy"}, "3")
    ask(http, match="*", kind="html")
    assert http.get("/things/1").headers["content-type"].startswith("text/html")
    assert shelf.store.count("things") == 0


def test_every_reply_tells_the_stand_ins_time(http: httpx.Client) -> None:
    http.post("/_sandbox/clock", json={"set": "2026-03-01T00:00:00Z", "freeze": True})
    assert http.get("/things/1").headers["date"] == "Sun, 01 Mar 2026 00:00:00 GMT"


def test_a_human_acts_between_two_requests(http: httpx.Client, shelf: Shelf) -> None:
    ask(http, match="GET /things/1", kind="human", body={"type": "things", "id": 1, "text": "typed"})
    assert http.get("/things/1").json() == {"id": 1, "text": "typed"}
    assert shelf.log.entries()[0].cause == {"kind": "ui"}


def test_after_and_probability_choose_who_is_struck() -> None:
    fault = Fault.from_json({"match": "GET /a$", "kind": "status", "after": 2, "times": 1})
    assert [fault.strikes("GET", "/a") for _ in range(4)] == [False, False, True, False]
    assert not fault.strikes("POST", "/a")
    draws = [Fault.from_json({"kind": "drop", "times": None, "probability": 0.5, "seed": 3}) for _ in range(2)]
    first, second = ([fault.strikes("GET", "/") for _ in range(50)] for fault in draws)
    assert first == second
    assert 10 < sum(first) < 40


@pytest.mark.parametrize("fault", [{"kind": "no_such"}, {"kind": "drop", "wat": 1}, {"match": "*"}])
def test_a_fault_that_makes_no_sense_is_refused(http: httpx.Client, fault: dict[str, Any]) -> None:
    assert http.post("/_sandbox/faults", json=fault).status_code == 400
    assert http.get("/_sandbox/faults").json() == []


def test_the_clock_can_be_moved_set_and_frozen(http: httpx.Client, shelf: Shelf) -> None:
    assert http.post("/_sandbox/clock", json={"set": "2026-03-01T00:00:00Z", "freeze": True}).json()["frozen"]
    http.post("/_sandbox/clock", json={"advance_s": 3600})
    assert shelf.clock.now().isoformat().startswith("2026-03-01T01:00:00")
    assert shelf.clock.stamp() < shelf.clock.stamp()
    assert http.post("/_sandbox/clock", json={"set": "2026-03-01T00:00:00"}).status_code == 400


def test_switches_are_known_by_name_and_restored(http: httpx.Client, shelf: Shelf) -> None:
    assert http.post("/_sandbox/switches", json={"shouts": True}).json() == {"shouts": True}
    assert http.post("/_sandbox/switches", json={"whispers": True}).status_code == 400
    assert http.delete("/_sandbox/switches").json() == {"shouts": False}


def test_objects_are_shown_and_changed_as_on_screens(http: httpx.Client) -> None:
    assert http.post("/_sandbox/objects/things", json={"id": 4, "a": 1.10}).json() == {"id": 4, "a": 1.1}
    assert http.get("/_sandbox/objects").json() == {"things": 1}
    assert http.get("/_sandbox/objects/things/4").json()["id"] == 4
    assert http.post("/_sandbox/objects/others", json={"id": 4}).status_code == 400
    assert http.get("/_sandbox/nothing").status_code == 404


def test_limits_can_be_opened(http: httpx.Client, shelf: Shelf) -> None:
    assert http.post("/_sandbox/limits", json={"enabled": False}).json() == {"enabled": False}
    assert shelf.limits_enabled is False
    assert http.post("/_sandbox/limits", json={"per_minute": 1}).status_code == 400


def test_one_connection_carries_thousands_of_requests(http: httpx.Client, shelf: Shelf) -> None:
    shelf.store.put("things", 1, {"id": 1, "price": Decimal("1.00")}, {"kind": "seed"})
    with socket.create_connection(("127.0.0.1", int(http.base_url.port or 0)), timeout=5) as raw:
        for _ in range(2000):
            raw.sendall(b"GET /things/1 HTTP/1.1\r\nHost: x\r\n\r\n")
            assert raw.recv(4096).endswith(b"}")
