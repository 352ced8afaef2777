"""Downloading invoice files: fresh links, hosts, checksums."""

import hashlib

import pytest
from mlc import (
    Probe,
)
from mlc.errors import NotFoundError, TransientError
from mlc.http import Request, Response
from mlc.records import (
    AttachmentRef,
    SourceMeta,
)
from mlc_procurify.auth import ProcurifyConnection

from mlc_procurify import plugin

from .conftest import HTTP_DATE, Tenant, answer, load

BILL = "5d1c9a40e3b74f0fa1c2b4d6e8f00112"
PROBE = Probe(extra={"currency:CAD": "3"})
SOURCE = SourceMeta(system="books", source_id="900")


def files(tenant: Tenant, content: bytes) -> None:
    def handler(request: Request) -> Response:
        if request.url.path.startswith("/api/"):
            return answer({"data": load("bill.json")})
        return Response(200, content=content, headers={"Date": HTTP_DATE})

    tenant.handler = handler


def test_a_file_comes_from_a_fresh_link_with_its_checksum(tenant: Tenant, connection: ProcurifyConnection) -> None:
    files(tenant, b"hello")
    wanted = AttachmentRef(source_id="f1", filename="HP-2209.pdf", mime_type="application/pdf",
                           sha1="aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d")  # fmt: skip
    attachment = plugin.mlc_attachment(connection, BILL, wanted)
    try:
        assert attachment.path.read_bytes() == b"hello"
        assert (attachment.size, attachment.sha1) == (5, hashlib.sha1(b"hello").hexdigest())
    finally:
        attachment.path.unlink()
    assert tenant.requests[-1].url.query == b"signature=abc"
    assert "authorization" in tenant.requests[-1].headers


def test_a_wrong_checksum_is_transient(tenant: Tenant, connection: ProcurifyConnection) -> None:
    files(tenant, b"other")
    wanted = AttachmentRef(source_id="f1", sha1="aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d")
    with pytest.raises(TransientError, match="checksum"):
        plugin.mlc_attachment(connection, BILL, wanted)


def test_a_storage_host_must_be_allowed_and_gets_no_credentials(
    tenant: Tenant, connection: ProcurifyConnection
) -> None:
    files(tenant, b"hello")
    with pytest.raises(NotFoundError, match="attachment_hosts"):
        plugin.mlc_attachment(connection, BILL, AttachmentRef(source_id="f2"))
    allowed = tenant.connect(attachment_hosts=["files.example.com"])
    plugin.mlc_attachment(allowed, BILL, AttachmentRef(source_id="f2")).path.unlink()
    assert tenant.requests[-1].url.host == "files.example.com"
    assert "authorization" not in tenant.requests[-1].headers
    with pytest.raises(NotFoundError, match="no longer attached"):
        plugin.mlc_attachment(allowed, BILL, AttachmentRef(source_id="f3"))
