"""Reading: retries, deadlines, redirects, hosts, counting; over real sockets."""

import gzip
import time
from decimal import Decimal

import pytest
from mlc.errors import NotFoundError, PluginError, RejectedError, TransientError
from mlc.http import Auth, MockTransport, Response, decode


class Signed(Auth):
    def auth_flow(self, request):
        request.headers["Authorization"] = "Bearer s3cret-token"
        yield request


def test_a_read_is_tried_again_after_a_5xx(serve, connect, url, answer):
    vendor = serve(lambda _: answer(503) if len(vendor.seen) < 3 else answer(200, b'{"n": 1.10}'))
    client = connect(vendor)
    assert decode(client.get(f"{url}/bills")) == {"n": Decimal("1.10")}
    assert client.calls.reads == 3
    assert client.calls.statuses == {503: 2, 200: 1}


def test_the_last_5xx_is_returned_for_the_plugin_to_read(serve, connect, url, answer):
    vendor = serve(lambda _: answer(500, b'{"why":"x"}'))
    assert connect(vendor).get(f"{url}/bills").status_code == 500
    assert len(vendor.seen) == 3


def test_a_rate_limited_read_is_not_tried_again(serve, connect, url, answer):
    vendor = serve(lambda _: answer(429))
    assert connect(vendor).get(f"{url}/bills").status_code == 429
    assert len(vendor.seen) == 1


def test_a_dropped_read_is_tried_three_times_and_then_transient(serve, connect, url):
    vendor = serve(lambda _: None)
    with pytest.raises(TransientError) as caught:
        connect(vendor).get(f"{url}/bills")
    assert len(vendor.seen) == 3
    assert (caught.value.connection, caught.value.system) == ("acme", "vendor")


def test_a_read_cut_short_is_tried_again(serve, connect, url, answer):
    def cut_once(incoming):
        if len(vendor.seen) == 1:
            incoming.peer.sendall(answer(200, b'{"a": 1}')[:-3])
            return None
        return answer(200, b'{"a": 1}')

    vendor = serve(cut_once)
    assert decode(connect(vendor).get(f"{url}/bills")) == {"a": 1}


def test_a_slow_drip_is_cut_at_the_total_deadline(serve, connect, url, answer):
    def drip(incoming):
        for byte in answer(200, b"x" * 500):
            incoming.peer.sendall(bytes([byte]))
            time.sleep(0.02)

    began = time.monotonic()
    with pytest.raises(TransientError):
        connect(serve(drip), deadline_s=0.3).get(f"{url}/bills")
    assert time.monotonic() - began < 1.0


def test_connections_are_kept_and_used_again(serve, connect, url, answer):
    vendor = serve(lambda _: answer())
    client = connect(vendor)
    for _ in range(5):
        client.get(f"{url}/bills")
    assert vendor.connections == 1


def test_a_connection_the_vendor_announces_to_close_is_not_used_again(serve, connect, url, answer):
    vendor = serve(lambda _: answer(200, b"{}", Connection="close"))
    client = connect(vendor)
    client.get(f"{url}/bills")
    client.get(f"{url}/bills")
    assert vendor.connections == 2


@pytest.mark.parametrize(
    "raw",
    [
        b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4;x=y\r\n{"a"\r\n3\r\n:1}\r\n0\r\nTrailer: x\r\n\r\n',
        b'HTTP/1.1 103 Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n{"a":1}',
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s"
        % (len(gzip.compress(b'{"a":1}')), gzip.compress(b'{"a":1}')),
    ],
    ids=["chunked", "interim", "gzip"],
)
def test_bodies_are_read_however_they_are_framed(serve, connect, url, raw):
    vendor = serve(lambda _: raw)
    client = connect(vendor)
    assert decode(client.get(f"{url}/bills")) == {"a": 1}
    assert decode(client.get(f"{url}/bills")) == {"a": 1}
    assert vendor.connections == 1


def test_a_body_that_ends_with_the_connection_is_read(serve, connect, url):
    def until_close(incoming):
        incoming.peer.sendall(b'HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n{"a":1}')

    assert decode(connect(serve(until_close)).get(f"{url}/bills")) == {"a": 1}


def test_what_is_not_http_is_transient(serve, connect, url):
    with pytest.raises(TransientError):
        connect(serve(lambda _: b"SSH-2.0-OpenSSH\r\n\r\n")).get(f"{url}/bills")


@pytest.mark.parametrize(
    ("body", "kind"),
    [(b"<html>maintenance</html>", "text/html"), (b"", "application/json"), (b'{"a": 1', "application/json"),
     (b'{"a": NaN}', "application/json"), (b"\xff\xfe{", "application/json")],
)  # fmt: skip
def test_bodies_that_are_not_json_are_transient_and_never_quoted(body, kind):
    with pytest.raises(TransientError) as caught:
        decode(Response(200, content=body, headers={"content-type": kind}))
    assert "maintenance" not in f"{caught.value} {caught.value.detail}"


def test_amounts_come_as_decimals():
    assert decode(Response(200, content=b'{"total": 0.10, "n": 3}')) == {"total": Decimal("0.10"), "n": 3}


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/x",
        "http://api.vendor.example/x",
        "https://api.vendor.example@evil.example/x",
        "https://evil.example\\@api.vendor.example/x",
        "https://api.vendor.example:8443/x",
        "https://api.vendor.example.evil.example/",
        "//api.vendor.example/x",
        "/bills",
        "https://api.vendor.example/x#y",
        "https://api.vendor.example/x y",
    ],
)
def test_hosts_that_the_system_did_not_declare_are_refused(connect, target):
    client = connect(None, transport=MockTransport(lambda _: pytest.fail("called")))
    with pytest.raises(PluginError):
        client.get(target)
    with pytest.raises(PluginError):
        client.mint("POST", target)


def test_the_endpoint_replaces_scheme_and_host_and_keeps_path_and_query(serve, connect, url, answer):
    vendor = serve(lambda _: answer())
    client = connect(vendor, endpoint=f"{vendor.endpoint}/books/")
    client.get(f"{url}/v3/bills?x=1", params={"page": 2})
    assert vendor.seen[0].target == "/books/v3/bills?x=1&page=2"


def test_redirects_of_reads_are_followed_on_the_same_host_with_credentials(serve, connect, url, answer):
    vendor = serve(lambda each: answer(302, Location="/new") if each.target == "/old" else answer(200, b'{"ok":1}'))
    response = connect(vendor, auth=Signed()).get(f"{url}/old")
    assert decode(response) == {"ok": 1}
    assert vendor.seen[1].headers["authorization"] == "Bearer s3cret-token"


def test_credentials_do_not_follow_a_redirect_to_another_host(connect, url):
    seen = []

    def vendor(request):
        seen.append(request)
        if request.url.host == "api.vendor.example":
            return Response(302, headers={"Location": "https://files.vendor.example/f?id=1"})
        return Response(200, json={})

    client = connect(
        None, hosts=("api.vendor.example", "files.vendor.example"), transport=MockTransport(vendor), auth=Signed()
    )
    client.get(f"{url}/file", headers={"X-Api-Key": "s3cret-key"})
    assert seen[0].headers["authorization"] == "Bearer s3cret-token"
    assert "authorization" not in seen[1].headers
    assert "x-api-key" not in seen[1].headers


@pytest.mark.parametrize(
    "location", ["https://evil.example/", "http://api.vendor.example/", "ftp://x/", "//evil.example/"]
)
def test_redirects_to_undeclared_hosts_are_not_followed(connect, url, location):
    seen = []

    def vendor(request):
        seen.append(request)
        return Response(302, headers={"Location": location})

    with pytest.raises(TransientError):
        connect(None, transport=MockTransport(vendor)).get(f"{url}/x")
    assert len(seen) == 1


def test_answers_that_led_to_the_last_one_can_be_asked_for_their_headers(serve, connect, url, answer):
    vendor = serve(
        lambda each: (
            answer(302, Location="/new", X_More="page-2") if each.target == "/old" else answer(200, b'{"ok":1}')
        )
    )
    response = connect(vendor).get(f"{url}/old")
    assert [one.headers["x-more"] for one in response.history] == ["page-2"]
    assert connect(vendor).get(f"{url}/new").history == []


def test_a_refused_redirect_names_its_host_and_nothing_else_of_it(connect, url):
    def vendor(request):
        return Response(302, headers={"Location": "https://store.vendor.example/f?signature=s3cret"})

    with pytest.raises(TransientError) as refused:
        connect(None, transport=MockTransport(vendor)).get(f"{url}/x")
    assert "store.vendor.example" in refused.value.sentence
    assert "s3cret" not in refused.value.sentence


def test_an_absolute_redirect_to_the_vendor_stays_at_the_endpoint(serve, connect, url, answer):
    vendor = serve(lambda each: answer(301, Location=f"{url}/new") if each.target == "/old" else answer())
    connect(vendor).get(f"{url}/old")
    assert [each.target for each in vendor.seen] == ["/old", "/new"]


def test_a_posted_query_does_not_follow_redirects(serve, connect, url, answer):
    vendor = serve(lambda _: answer(307, Location="/other"))
    assert connect(vendor).post(f"{url}/query", json={}, read=True).status_code == 307
    assert len(vendor.seen) == 1


def test_redirects_in_a_circle_end(serve, connect, url, answer):
    vendor = serve(lambda _: answer(302, Location="/again"))
    with pytest.raises(TransientError):
        connect(vendor).get(f"{url}/again")
    assert len(vendor.seen) == 5


def test_token_calls_are_unsigned_and_never_repeated(serve, connect, url, answer):
    vendor = serve(lambda _: answer(503))
    response = connect(vendor, auth=Signed()).mint("POST", f"{url}/token", data={"code": "c1"})
    assert response.status_code == 503
    assert "authorization" not in vendor.seen[0].headers
    assert vendor.seen[0].body == b"code=c1"
    assert len(vendor.seen) == 1


def test_an_auth_that_sends_requests_of_its_own_is_refused(serve, connect, url, answer):
    class Wandering(Auth):
        def auth_flow(self, request):
            yield type(request)("POST", request.url, headers={}, body={})

    vendor = serve(lambda _: answer())
    with pytest.raises(PluginError):
        connect(vendor, auth=Wandering()).get(f"{url}/bills")
    assert vendor.seen == []


def test_a_header_with_a_line_break_is_refused(serve, connect, url, answer):
    vendor = serve(lambda _: answer())
    with pytest.raises((TransientError, ValueError)):
        connect(vendor).get(f"{url}/bills", headers={"X-A": "b\r\nX-C: d"})
    assert vendor.seen == []


def test_a_download_is_written_only_when_whole(serve, connect, url, answer, tmp_path):
    vendor = serve(lambda _: answer(200, b"x" * 300_000, Content_Disposition="attachment"))
    into = tmp_path / "bill.pdf"
    headers = connect(vendor).download(f"{url}/file", into=into, max_bytes=1_000_000)
    assert into.read_bytes() == b"x" * 300_000
    assert headers["content-disposition"] == "attachment"
    assert list(tmp_path.iterdir()) == [into]


def test_a_download_that_is_too_large_leaves_nothing(serve, connect, url, answer, tmp_path):
    vendor = serve(lambda _: answer(200, b"x" * 300_000))
    with pytest.raises(RejectedError, match="larger than the 1000 bytes"):
        connect(vendor).download(f"{url}/file", into=tmp_path / "bill.pdf", max_bytes=1000)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("status", "error"), [(404, NotFoundError), (410, NotFoundError), (403, TransientError)])
def test_a_missing_download_is_an_error_with_its_status(serve, connect, url, answer, tmp_path, status, error):
    vendor = serve(lambda _: answer(status))
    with pytest.raises(error) as caught:
        connect(vendor).download(f"{url}/file", into=tmp_path / "bill.pdf", max_bytes=1000)
    assert caught.value.status == status


def test_an_unsigned_download_carries_no_credentials(serve, connect, url, answer, tmp_path):
    vendor = serve(lambda _: answer(200, b"x"))
    connect(vendor, auth=Signed()).download(f"{url}/file", into=tmp_path / "f", max_bytes=1000, authenticated=False)
    assert "authorization" not in vendor.seen[0].headers


def test_files_are_uploaded_whole(serve, connect, url, answer, tmp_path):
    path = tmp_path / "bill.pdf"
    path.write_bytes(b"%PDF" + b"y" * 400_000)
    vendor = serve(lambda _: answer(201))
    client = connect(vendor)
    with path.open("rb") as file, client.permit("w1"):
        client.post(f"{url}/attach", files={"attachment": ("bill.pdf", file, "application/pdf")})
    assert b"y" * 400_000 in vendor.seen[0].body


def test_calls_between_two_moments_can_be_counted(serve, connect, url, answer):
    client = connect(serve(lambda _: answer()))
    client.get(f"{url}/a")
    before = client.calls.snapshot()
    client.get(f"{url}/b")
    with client.permit("w"):
        client.post(f"{url}/c", content=b"{}")
    spent = client.calls.snapshot() - before
    assert (spent.reads, spent.writes, spent.total, spent.statuses) == (1, 1, 2, {200: 2})
