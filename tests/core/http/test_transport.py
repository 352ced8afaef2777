"""The socket transport on its own: TLS, pooling, deadlines while connecting."""

import ipaddress
import socket
import ssl
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from mlc.errors import TransientError
from mlc.http import Verdict, boottime
from mlc.http.transport import SocketTransport


@pytest.fixture
def certificate(tmp_path):
    """A certificate for 127.0.0.1 that only we trust."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "vendor")])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(1))
        .not_valid_after(now + timedelta(1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "vendor.pem"
    path.write_bytes(
        built.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return path


@pytest.fixture
def tls_vendor(certificate):
    """Answers every request on a TLS connection with an empty object; its port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                raw, _ = listener.accept()
            except OSError:
                return
            try:
                with context.wrap_socket(raw, server_side=True) as peer:
                    while peer.recv(65536):
                        peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
            except OSError:
                raw.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(5)


def test_tls_with_a_trusted_certificate_is_pooled(connect, url, tls_vendor, certificate):
    transport = SocketTransport(tls=lambda: ssl.create_default_context(cafile=str(certificate)))
    client = connect(None, endpoint=f"https://127.0.0.1:{tls_vendor}", transport=transport)
    for _ in range(3):
        assert client.get(f"{url}/x").status_code == 200
    with client.permit("w1") as permit:
        client.post(f"{url}/x", content=b"{}")
    assert permit.verdict() is Verdict.ANSWERED_2XX
    assert sum(len(wires) for wires in transport._idle.values()) == 1
    client.close()


def test_a_certificate_nobody_vouches_for_is_refused_before_any_byte(connect, url, tls_vendor):
    client = connect(None, endpoint=f"https://127.0.0.1:{tls_vendor}")
    with pytest.raises(TransientError) as caught, client.permit("w1") as permit:
        client.post(f"{url}/x", content=b"{}")
    assert permit.verdict() is Verdict.SURELY_NOT_SENT
    assert "TLS" in caught.value.detail


def test_a_handshake_that_never_ends_is_cut_and_nothing_was_sent(connect, url):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = connect(None, endpoint=f"https://127.0.0.1:{listener.getsockname()[1]}", deadline_s=0.2)
        began = time.monotonic()
        with pytest.raises(TransientError), client.permit("w1") as permit:
            client.post(f"{url}/x", content=b"{}")
        assert time.monotonic() - began < 2
    assert permit.verdict() is Verdict.SURELY_NOT_SENT


def test_a_connection_idle_for_long_is_not_used_for_a_write(serve, connect, url, answer):
    vendor = serve(lambda _: answer())
    transport = SocketTransport()
    client = connect(vendor, transport=transport)
    client.get(f"{url}/x")
    [[wire]] = transport._idle.values()
    wire.idle_since = boottime() - 5
    client.get(f"{url}/x")
    assert vendor.connections == 1
    wire.idle_since = boottime() - 5
    with client.permit("w1"):
        client.post(f"{url}/x", content=b"{}")
    assert vendor.connections == 2


def test_bytes_nobody_asked_for_do_not_become_the_next_answer(serve, connect, url, answer):
    def chatty(incoming):
        return answer(200, b'{"n":1}') + (answer(200, b'{"stolen":1}') if len(vendor.seen) == 1 else b"")

    vendor = serve(chatty)
    client = connect(vendor)
    client.get(f"{url}/x")
    time.sleep(0.02)
    assert client.get(f"{url}/x").content == b'{"n":1}'
    assert vendor.connections == 2


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}",
        b"HTTP/1.1 2x0 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20_000 + b"\r\n",
    ],
)
def test_malformed_answers_leave_a_write_uncertain(serve, connect, url, head):
    client = connect(serve(lambda _: head))
    with pytest.raises(TransientError), client.permit("w1") as permit:
        client.post(f"{url}/x", content=b"{}")
    assert permit.verdict() is Verdict.UNCERTAIN
