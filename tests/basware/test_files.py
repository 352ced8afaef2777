"""Pictures of invoices, from P2P and from the Network; and the Network's own calls."""

import hashlib
import json
import logging
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from mlc.errors import ConfigError, NotFoundError, RejectedError, TransientError
from mlc.records import AttachmentRef, ObjectType
from mlc_basware.network import read, send

from mlc_basware import plugin

from .conftest import INVOICE, INVOICE_ID, reply

PICTURE = f"/v1/accountingDocuments/{INVOICE_ID}/attachments/a1"
ONE = f"GET /v1/accountingDocuments/{INVOICE_ID}"
BUM = "3f2b6c1e-9a50-4c6e-8f11-0d2f6d9b7a10"
DOCUMENT = {
    "version": "1.0", "data": {"id": "HP-7781"}, "fileRefs": [
        {"refId": "d-1", "fileType": "dataFile"}, {"refId": "i-1", "fileType": "imageFile"}],
    "links": [{"rel": "file", "href": "https://api.basware.com/v2/files/i-1?v=2", "method": "GET"}],
}  # fmt: skip
LOGIN = {"client_id": "demo-client-id", "client_secret": "demo-client-secret", "username": "nw", "password": "nw-pass"}


def fetched(connection: Any, source_id: str, filename: str | None = "hp.pdf") -> Any:
    ref = AttachmentRef(source_id=source_id, filename=filename, is_image_of_document=True)
    return plugin.mlc_attachment(connection, INVOICE_ID, ref)


def picture(content: bytes = b"%PDF-1.4 x") -> Any:
    answer = reply(None, Content_Type="application/pdf;charset=utf-8")
    return lambda request: type(answer)(200, content=content, headers=answer.headers)


# -------------------------------------------------------------------- from P2P


def test_a_picture_is_downloaded_behind_its_redirect_without_credentials(api):
    connection = api.connect(redirect_hosts=["store.example.net"])
    api.on(ONE, dict(INVOICE))
    away = {"Location": "https://store.example.net/presigned/9?sig=abc"}
    api.answers[f"GET {PICTURE}"] = lambda request: reply(None, 302, **away)
    api.answers["GET /presigned/9"] = picture()
    found = fetched(connection, "a1")
    try:
        assert (found.filename, found.mime_type, found.size) == ("hp.pdf", "application/pdf", 10)
        assert found.path.read_bytes() == b"%PDF-1.4 x"
        assert found.sha1 == hashlib.sha1(b"%PDF-1.4 x").hexdigest()
    finally:
        found.path.unlink()
    (signed,), (free,) = api.asked(f"GET {PICTURE}"), api.asked("GET /presigned/9")
    assert signed.headers["authorization"] == "Bearer tok-1"
    assert "authorization" not in free.headers
    assert free.url.host == "store.example.net"


def test_a_storage_that_nobody_named_is_never_asked_and_named_with_the_setting(api, connection):
    api.on(ONE, dict(INVOICE))
    api.answers[f"GET {PICTURE}"] = lambda request: reply(None, 302, Location="https://far.example.net/x?sig=abc")
    with pytest.raises(TransientError) as refused:  # asked for again in later runs: by then a person may have added it
        fetched(connection, "a1")
    assert "far.example.net" in refused.value.sentence
    assert "redirect_hosts of p2p" in refused.value.sentence
    assert "sig" not in refused.value.sentence
    assert not [one for one in api.requests if one.url.host == "far.example.net"]


def test_a_list_behind_an_unknown_storage_is_told_the_same_way(api, connection):
    api.answers["GET /v1/accountingDocuments"] = lambda request: reply(None, 302, Location="https://far.example.net/x")
    with pytest.raises(ConfigError, match="redirect_hosts"):
        plugin.mlc_ping(connection)


@pytest.mark.parametrize("source_id", ["a2", "a3", "a9"])
def test_what_is_confidential_or_no_picture_is_never_asked_for(api, connection, source_id):
    api.on(ONE, dict(INVOICE))
    with pytest.raises(NotFoundError):
        fetched(connection, source_id)
    assert not [one for one in api.requests if "attachments" in one.url.path]


def test_a_picture_that_became_confidential_is_not_downloaded(api, connection):
    shown = [{**one, "isConfidential": True} for one in INVOICE["attachments"]]
    api.on(ONE, {**INVOICE, "attachments": shown})
    with pytest.raises(NotFoundError):
        fetched(connection, "a1")
    assert not api.asked(f"GET {PICTURE}")


def test_a_picture_that_is_too_large_leaves_nothing_behind(api, connection, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("mlc_basware.attachments.MOST_BYTES", 5)
    api.on(ONE, dict(INVOICE))
    api.answers[f"GET {PICTURE}"] = picture()
    with pytest.raises(RejectedError):
        fetched(connection, "a1")
    assert list(tmp_path.iterdir()) == []


# -------------------------------------------------------------------- from the Network


@pytest.fixture
def network(api):
    return api.connect(network=True, secrets=LOGIN)


def bill(connection: Any, **changes: Any) -> Any:
    row = json.dumps({**INVOICE, "bumid": BUM, **changes})
    return plugin.mlc_map(connection, ObjectType.BILL, json.loads(row, parse_float=Decimal))


def test_the_networks_picture_stands_in_where_p2p_has_none_at_all(api, connection, network):
    (named,) = bill(network, attachments=[]).attachments
    assert (named.source_id, named.is_image_of_document) == (f"network/{BUM}", True)
    assert [one.source_id for one in bill(network).attachments] == ["a1"], "P2P's own picture comes first"
    confidential = [{**INVOICE["attachments"][1]}]
    assert bill(network, attachments=confidential).attachments == (), "not by another door either"
    assert bill(connection, attachments=[]).attachments == (), "off by default"


def test_a_picture_of_the_network_is_fetched_with_its_own_login_and_a_new_id_each_time(api, network, caplog):
    api.on(ONE, {**INVOICE, "attachments": [], "bumid": BUM})
    api.on(f"GET /v1/invoices/{BUM}", DOCUMENT)
    api.answers["GET /v2/files/i-1"] = picture(b"%PDF-1.4 network")
    with caplog.at_level(logging.DEBUG):
        found = fetched(network, f"network/{BUM}", None)
    content = found.path.read_bytes()
    found.path.unlink()
    assert content == b"%PDF-1.4 network"
    asked = [*api.asked(f"GET /v1/invoices/{BUM}"), *api.asked("GET /v2/files/i-1")]
    assert {one.headers["authorization"] for one in asked} == {"Basic bnc6bnctcGFzcw=="}
    ids = [one.headers["x-bw-request-id"] for one in asked]
    assert len(set(ids)) == 2
    assert {UUID(one).version for one in ids} == {4}
    calls = [one.getMessage() for one in caplog.records if one.name == "mlc.http"]
    assert all(any(id in line and path in line for line in calls)
               for id, path in zip(ids, (f"/v1/invoices/{BUM}", "/v2/files/i-1"), strict=True))  # fmt: skip
    assert asked[1].url.params["v"] == "2"


@pytest.mark.parametrize("href", ["https://other.example/v2/files/i-1", "https://api.basware.com/v1/vendors/i-1", None])
def test_a_link_that_leads_elsewhere_is_not_followed(api, network, href):
    api.on(ONE, {**INVOICE, "attachments": [], "bumid": BUM})
    links = [] if href is None else [{"rel": "file", "href": href, "method": "GET"}]
    api.on(f"GET /v1/invoices/{BUM}", {**DOCUMENT, "links": links})
    api.answers["GET /v2/files/i-1"] = picture()
    fetched(network, f"network/{BUM}").path.unlink()
    assert {one.url.host for one in api.requests} == {"api.basware.com"}
    assert not api.asked("GET /v1/vendors/i-1")


def test_a_document_without_a_picture_says_so(api, network):
    api.on(ONE, {**INVOICE, "attachments": [], "bumid": BUM})
    api.on(f"GET /v1/invoices/{BUM}", {**DOCUMENT, "fileRefs": []})
    with pytest.raises(NotFoundError, match="no picture"):
        fetched(network, f"network/{BUM}")


def test_the_network_wants_a_login_of_its_own(api):
    with pytest.raises(ConfigError, match="username and password"):
        api.connect(network=True)


def test_a_refused_login_of_the_network_pauses_nothing_and_ping_names_it(api, network):
    path = "GET /v1/invoices/00000000-0000-4000-8000-000000000000"
    assert not [one for one in plugin.mlc_ping(network).permissions_missing if "Network" in one], "404: it answers"
    assert plugin.mlc_ping(network).details["network"] == "api.basware.com"
    api.on(path, reply({"message": "Unauthorized"}, 401))
    (told,) = [one for one in plugin.mlc_ping(network).permissions_missing if "Network" in one]
    assert "username and password" in told
    assert "network = false" in told
    with pytest.raises(RejectedError):
        read(network, "00000000-0000-4000-8000-000000000000")


def test_an_invoice_is_sent_with_its_token_in_the_body_and_a_refusal_names_its_field(api, network):
    token = UUID("7a0d3b51-1d0e-4d1b-9a55-0f6f1f0d9c11")
    api.on("POST /v1/invoices", reply({"bumId": BUM}), reply({"version": "1.0", "errors": {
        "id": "x", "type": "VALIDATION", "code": "Error.004.0002", "message": "Validation failed", "info": "",
        "validationErrors": [{"fieldId": "data.invoiceLine", "fieldMessage": "is required"}]}}, 400))  # fmt: skip
    with network.http.permit("w"):
        assert send(network, token, {"id": "S-1"}, [("i-1", "imageFile")]) == BUM
    with network.http.permit("w"), pytest.raises(RejectedError) as refused:
        send(network, token, {"id": "S-1"})
    assert "data.invoiceLine: is required" in refused.value.sentence
    assert (refused.value.field, refused.value.code) == ("data.invoiceLine", "Error.004.0002")
    first, second = api.asked("POST /v1/invoices")
    assert json.loads(first.content) == {
        "clientToken": str(token), "data": {"id": "S-1"}, "fileRefs": [{"refId": "i-1", "fileType": "imageFile"}],
    }  # fmt: skip
    assert first.headers["x-bw-request-id"] != second.headers["x-bw-request-id"]
