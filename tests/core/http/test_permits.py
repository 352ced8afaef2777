"""What may be believed about a write: the permit and its verdict (R1, R2, R3), over real sockets."""

import socket
import threading
import time

import pytest
from mlc.errors import PluginError, TransientError
from mlc.http import Auth, LateError, PermitState, Verdict, boottime


def push(client, url, **options):
    with client.permit("w1", **options) as permit:
        try:
            response = client.post(f"{url}/bills", content=b'{"a":1}')
        except TransientError:
            response = None
    return permit, response


def test_a_write_outside_a_permit_never_reaches_the_network(serve, connect, url, answer):
    vendor = serve(lambda _: answer())
    client = connect(vendor)
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        with pytest.raises(PluginError):
            client.send(method, f"{url}/bills")
    assert vendor.seen == []
    assert client.calls.writes == 0


def test_a_second_write_in_one_permit_never_reaches_the_network(serve, connect, url, answer):
    vendor = serve(lambda _: answer())
    client = connect(vendor)
    with client.permit("w1") as permit:
        client.post(f"{url}/bills", content=b"{}")
        with pytest.raises(PluginError):
            client.put(f"{url}/bills/1", content=b"{}")
    assert [each.method for each in vendor.seen] == ["POST"]
    assert permit.verdict() is Verdict.ANSWERED_2XX


def test_reads_are_free_inside_a_permit_also_posted_ones(serve, connect, url, answer):
    vendor = serve(lambda _: answer())
    client = connect(vendor)
    with client.permit("w1") as permit:
        client.get(f"{url}/bills/1")
        client.post(f"{url}/query", json={"q": 1}, read=True)
        assert permit.state is PermitState.NOT_STARTED
        client.post(f"{url}/bills", content=b"{}")
    assert (client.calls.reads, client.calls.writes) == (2, 1)


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, Verdict.ANSWERED_2XX),
        (201, Verdict.ANSWERED_2XX),
        (400, Verdict.ANSWERED_4XX),
        (422, Verdict.ANSWERED_4XX),
        (429, Verdict.ANSWERED_4XX),
        (500, Verdict.UNCERTAIN),
        (503, Verdict.UNCERTAIN),
        (301, Verdict.UNCERTAIN),
        (302, Verdict.UNCERTAIN),
        (303, Verdict.UNCERTAIN),
        (307, Verdict.UNCERTAIN),
        (308, Verdict.UNCERTAIN),
    ],
)
def test_the_verdict_follows_the_status(serve, connect, url, answer, status, verdict):
    vendor = serve(lambda _: answer(status, Location=f"{url}/elsewhere"))
    permit, response = push(connect(vendor), url)
    assert permit.verdict() is verdict
    assert response.status_code == status
    assert len(vendor.seen) == 1, "a write is never repeated and its redirect never followed"


def test_a_refused_connection_is_surely_not_sent(connect, url):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    permit, _ = push(connect(None, endpoint=f"http://127.0.0.1:{port}"), url)
    assert permit.state is PermitState.NOT_STARTED
    assert permit.verdict() is Verdict.SURELY_NOT_SENT


def test_a_connection_dropped_after_the_request_is_uncertain(serve, connect, url):
    vendor = serve(lambda _: None)
    permit, _ = push(connect(vendor), url)
    assert permit.state is PermitState.STARTED
    assert permit.verdict() is Verdict.UNCERTAIN
    assert len(vendor.seen) == 1, "a write is never tried again"


@pytest.mark.parametrize("status", [200, 400])
def test_an_answer_cut_short_is_uncertain_whatever_its_status(serve, connect, url, answer, status):
    def cut(incoming):
        incoming.peer.sendall(answer(status, b'{"id": 1234567}')[:-5])

    permit, response = push(connect(serve(cut)), url)
    assert response is None
    assert (permit.status, permit.complete) == (status, False)
    assert permit.verdict() is Verdict.UNCERTAIN


def test_a_chunked_answer_without_its_end_is_uncertain(serve, connect, url):
    def cut(incoming):
        incoming.peer.sendall(b'HTTP/1.1 201 X\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"a":\r\n')

    permit, _ = push(connect(serve(cut)), url)
    assert permit.verdict() is Verdict.UNCERTAIN


def test_a_slow_drip_is_cut_at_the_total_deadline(serve, connect, url, answer):
    def drip(incoming):
        for byte in answer(200, b"x" * 200):
            incoming.peer.sendall(bytes([byte]))
            time.sleep(0.02)

    client = connect(serve(drip), deadline_s=0.4)
    began = time.monotonic()
    permit, _ = push(client, url)
    assert time.monotonic() - began < 1.0
    assert permit.verdict() is Verdict.UNCERTAIN


def test_a_late_write_is_not_sent(serve, connect, url, answer):
    vendor = serve(lambda _: answer())
    client = connect(vendor)
    with pytest.raises(LateError), client.permit("w1", not_after_boottime=boottime() - 0.001) as permit:
        client.post(f"{url}/bills", content=b"{}")
    assert permit.verdict() is Verdict.SURELY_NOT_SENT
    assert vendor.seen == []
    assert client.calls.total == 0


def test_a_write_held_up_while_connecting_is_late(serve, connect, url, answer, monkeypatch):
    vendor = serve(lambda _: answer())
    really = socket.create_connection

    def slowly(*arguments):
        time.sleep(0.1)
        return really(*arguments)

    monkeypatch.setattr(socket, "create_connection", slowly)
    client = connect(vendor)
    with pytest.raises(LateError), client.permit("w1", not_after_boottime=boottime() + 0.05) as permit:
        client.post(f"{url}/bills", content=b"{}")
    assert permit.verdict() is Verdict.SURELY_NOT_SENT
    assert vendor.seen == []


class Twice(Auth):
    """Sends again after whatever is in ``after``."""

    def __init__(self, *after, times=1):
        self.after = after
        self.times = times

    def auth_flow(self, request):
        request.headers["Authorization"] = "Bearer one"
        response = yield request
        for _ in range(self.times):
            if response.status_code in self.after:
                request.headers["Authorization"] = "Bearer two"
                response = yield request


def test_auth_may_send_a_write_again_after_a_complete_401(serve, connect, url, answer):
    vendor = serve(lambda each: answer(201 if each.headers["authorization"] == "Bearer two" else 401))
    client = connect(vendor, auth=Twice(401))
    permit, response = push(client, url)
    assert response.status_code == 201
    assert permit.verdict() is Verdict.ANSWERED_2XX
    assert permit.sent == 2
    assert vendor.seen[0].body == vendor.seen[1].body == b'{"a":1}'


@pytest.mark.parametrize("status", [200, 403, 500, 302])
def test_auth_may_not_send_a_write_again_after_anything_else(serve, connect, url, answer, status):
    vendor = serve(lambda _: answer(status))
    client = connect(vendor, auth=Twice(status))
    with pytest.raises(PluginError), client.permit("w1"):
        client.post(f"{url}/bills", content=b"{}")
    assert len(vendor.seen) == 1


def test_auth_may_not_send_a_third_time(serve, connect, url, answer):
    vendor = serve(lambda _: answer(401))
    client = connect(vendor, auth=Twice(401, times=2))
    with pytest.raises(PluginError), client.permit("w1") as permit:
        client.post(f"{url}/bills", content=b"{}")
    assert len(vendor.seen) == 2
    assert permit.verdict() is Verdict.ANSWERED_4XX


def test_a_second_send_that_is_late_leaves_the_write_surely_unsent(serve, connect, url, answer):
    def slow_refusal(_):
        time.sleep(0.15)
        return answer(401)

    vendor = serve(slow_refusal)
    client = connect(vendor, auth=Twice(401))
    with pytest.raises(LateError), client.permit("w1", not_after_boottime=boottime() + 0.1) as permit:
        client.post(f"{url}/bills", content=b"{}")
    assert len(vendor.seen) == 1
    assert permit.verdict() is Verdict.SURELY_NOT_SENT


def test_a_connection_the_vendor_closed_meanwhile_is_not_used_for_a_write(serve, connect, url, answer):
    vendor = serve(lambda _: answer())
    client = connect(vendor)
    client.get(f"{url}/bills")
    vendor.drop_connections()
    time.sleep(0.05)
    permit, _ = push(client, url)
    assert permit.verdict() is Verdict.ANSWERED_2XX
    assert vendor.connections == 2


def test_token_calls_inside_a_permit_do_not_count_as_its_write(serve, connect, url, answer):
    vendor = serve(lambda _: answer())
    client = connect(vendor)
    with client.permit("w1") as permit:
        client.mint("POST", f"{url}/token", data={"grant_type": "x"})
        assert permit.state is PermitState.NOT_STARTED
        client.post(f"{url}/bills", content=b"{}")
    assert (client.calls.mints, client.calls.writes) == (1, 1)


def test_permits_of_several_threads_do_not_meet(serve, connect, url, answer):
    vendor = serve(lambda _: answer())
    client = connect(vendor)
    ready = threading.Barrier(8)
    verdicts = []

    def write():
        with client.permit("w") as permit:
            ready.wait(5)
            client.post(f"{url}/bills", content=b"{}")
        verdicts.append(permit.verdict())

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert verdicts == [Verdict.ANSWERED_2XX] * 8
    assert client.calls.writes == len(vendor.seen) == 8


def test_an_interrupt_after_the_first_byte_leaves_the_write_uncertain(serve, connect, url, monkeypatch):
    vendor = serve(lambda _: None)
    client = connect(vendor)

    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("mlc.http.wire.Wire.read_head", interrupt)
    with pytest.raises(KeyboardInterrupt), client.permit("w1") as permit:
        client.post(f"{url}/bills", content=b"{}")
    assert permit.verdict() is Verdict.UNCERTAIN


def test_other_bytes_than_the_stored_ones_never_leave(serve, connect, url, answer):
    vendor = serve(lambda _: answer())
    client = connect(vendor)
    with client.permit("w1", payload=b'{"a":1}') as permit:
        with pytest.raises(PluginError, match="other bytes"):
            client.post(f"{url}/bills", content=b'{"a":2}')
        client.post(f"{url}/bills", content=b'{"a":1}')
    assert [each.body for each in vendor.seen] == [b'{"a":1}']
    assert permit.verdict() is Verdict.ANSWERED_2XX


def test_permits_do_not_nest(connect):
    client = connect(None)
    with client.permit("w1"), pytest.raises(PluginError), client.permit("w2"):
        pass
    assert client.current_permit is None
