"""The tiny service answers as its description says, and goes wrong when asked to."""

import http.client
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import pytest
from mlc.testing import Service, Vendor, service_delivery


@pytest.fixture
def service() -> Iterator[Service]:
    rows = {"vendors": [{"name": f"Vendor {number}"} for number in range(5)], "bills": []}
    with Service(rows, page_size=2) as served:
        yield served


def ask(
    service: Service, method: str, path: str, body: Any = None, *, token: str | None = "demo-token", **headers: str
) -> tuple[int, Any]:
    connection = http.client.HTTPConnection(urlsplit(service.url).netloc, timeout=10)
    signed = {} if token is None else {"Authorization": f"Bearer {token}"}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        connection.request(method, path, None if body is None else json.dumps(body), {**signed, **named})
        reply = connection.getresponse()
        text = reply.read()
    finally:
        connection.close()
    return reply.status, json.loads(text, parse_float=Decimal) if text else None


def test_a_list_has_pages_with_a_link_to_the_next(service: Service) -> None:
    names, page = [], 1
    while True:
        _, answer = ask(service, "GET", f"/v1/vendors?page={page}")
        names += [row["name"] for row in answer["data"]]
        if answer["next"] is None:
            break
        page += 1
    assert names == [f"Vendor {number}" for number in range(5)]
    assert answer["total"] == 5


def test_without_a_good_token_nothing_is_told(service: Service) -> None:
    for token in (None, "another"):
        status, answer = ask(service, "GET", "/v1/vendors", token=token)
        assert (status, answer["error"]["code"]) == (401, "unauthorised")


def test_a_refresh_token_is_good_once_and_access_tokens_stay_good(service: Service) -> None:
    known = {"client_id": "demo-client", "client_secret": "demo-secret"}
    _, first = ask(service, "POST", "/oauth/token", known, token=None)
    _, second = ask(service, "POST", "/oauth/token", {**known, "refresh_token": first["refresh_token"]}, token=None)
    status, _ = ask(service, "POST", "/oauth/token", {**known, "refresh_token": first["refresh_token"]}, token=None)
    assert status == 401
    for token in (first["access_token"], second["access_token"]):
        assert ask(service, "GET", "/v1/me", token=token)[0] == 200


def test_amounts_keep_their_digits(service: Service) -> None:
    ask(service, "POST", "/v1/bills", {"number": "1", "total": 10})
    connection = http.client.HTTPConnection(urlsplit(service.url).netloc, timeout=10)
    headers = {"Authorization": "Bearer demo-token"}
    connection.request("POST", "/v1/bills", '{"number": "2", "total": 10.10}', headers)
    assert b'"total": 10.10' in connection.getresponse().read()
    connection.close()


def test_the_same_external_key_is_a_duplicate_and_the_same_idempotency_key_the_first_answer(service: Service) -> None:
    bill = {"number": "1", "external_key": "k-1"}
    _, made = ask(service, "POST", "/v1/bills", bill, Idempotency_Key="one")
    _, again = ask(service, "POST", "/v1/bills", bill, Idempotency_Key="one")
    status, refused = ask(service, "POST", "/v1/bills", bill)
    assert made == again
    assert (status, refused["error"]["code"], refused["error"]["id"]) == (409, "duplicate", made["data"]["id"])
    assert len(service.rows("bills")) == 1


def test_an_old_version_is_a_conflict(service: Service) -> None:
    row = service.rows("vendors")[0]
    path = f"/v1/vendors/{row['id']}"
    assert ask(service, "PUT", path, {"name": "New"}, If_Match=str(row["version"]))[0] == 200
    assert ask(service, "PUT", path, {"name": "Newer"}, If_Match=str(row["version"]))[0] == 412


def test_a_deleted_row_is_gone_and_shows_among_the_changes(service: Service) -> None:
    row = service.rows("vendors")[0]
    assert ask(service, "DELETE", f"/v1/vendors/{row['id']}")[0] == 204
    assert ask(service, "GET", f"/v1/vendors/{row['id']}")[0] == 404
    since = row["updated_at"].replace("+", "%2B")
    _, changes = ask(service, "GET", f"/v1/vendors?updated_since={since}&page=3")
    assert {"id": row["id"], "deleted": True}.items() <= changes["data"][-1].items()


def test_a_write_may_be_done_and_its_answer_lost(service: Service) -> None:
    service.fault("POST /v1/bills", "commit_then_drop")
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        ask(service, "POST", "/v1/bills", {"number": "1"})
    assert [row["number"] for row in service.rows("bills")] == ["1"]
    assert ask(service, "POST", "/v1/bills", {"number": "2"})[0] == 201


def test_faults_come_as_often_as_asked(service: Service) -> None:
    service.fault("GET /v1/me", "status", status=503, times=2, after=1)
    assert [ask(service, "GET", "/v1/me")[0] for _ in range(4)] == [200, 503, 503, 200]


def test_its_control_calls_are_those_of_a_stand_in(service: Service) -> None:
    vendor = Vendor(service.url)
    made = vendor.post("objects/bills", {"number": "7"})
    assert vendor.get("objects/bills")[0]["id"] == made["id"]
    before = service.shelf.now()
    assert vendor.advance(3600)
    assert (service.shelf.now() - before).total_seconds() >= 3600
    assert vendor.created() == 1


def test_a_delivery_is_signed_for_its_moment() -> None:
    delivery = service_delivery("secret", b"{}", datetime(2026, 1, 1, tzinfo=UTC))
    assert delivery.headers["x-signature"].startswith("t=1767225600,v1=")
