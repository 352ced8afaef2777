"""The stand-in of docs/standins.md, as it stands there, over real HTTP."""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from mlc_sandbox.company import make_company
from mlc_sandbox.toolkit.clock import Clock
from mlc_sandbox.toolkit.server import Server

from .conftest import blocks

CLIENT = {"client_id": "tide-app", "client_secret": "tide-secret"}
SUPPLIER = {"name": "Harbour Paper Ltd", "currency": "GBP", "website": "https://paper.example"}


class Caller:
    """A client of Tidewater that has a token."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http
        self.refresh_token = "tide-refresh"
        self.access = ""

    def refresh(self, token: str | None = None) -> httpx.Response:
        form = {"grant_type": "refresh_token", "refresh_token": token or self.refresh_token, **CLIENT}
        reply = self.http.post("/oauth/token", data=form)
        if reply.status_code == 200:
            self.access, self.refresh_token = reply.json()["access_token"], reply.json()["refresh_token"]
        return reply

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.access}", **options.pop("headers", {})}
        return self.http.request(method, path, headers=headers, **options)


@pytest.fixture
def standin(harbour: Path) -> Iterator[Any]:
    made = import_module("harbour.tidewater_standin").TidewaterStandIn(clock=Clock(), company=make_company(3, 20))
    yield made
    made.webhooks.stop()
    assert made.crashes == []


@pytest.fixture
def tide(standin: Any) -> Iterator[Caller]:
    with Server(standin) as server, httpx.Client(base_url=server.url, timeout=5) as client:
        caller = Caller(client)
        assert caller.refresh().status_code == 200
        yield caller


def test_it_is_small_and_the_page_names_every_module_of_the_toolkit() -> None:
    assert len(blocks("python")[0].splitlines()) <= 170
    folder = Path(import_module("mlc_sandbox.toolkit").__file__ or "").parent
    text = (Path(__file__).parents[2] / "docs" / "standins.md").read_text(encoding="utf-8")
    shown = {path.stem for path in folder.glob("*.py")} - {"__init__", "connection", "replies"}
    assert sorted(name for name in shown if f"`{name}`" not in text) == []


def test_pages_follow_their_links_to_the_end(tide: Caller, standin: Any) -> None:
    found, url = [], "/v1/suppliers?page_size=7"
    while url:
        page = tide.call("GET", url).json()
        found += [row["id"] for row in page["items"]]
        url = page["next"]
    assert len(found) == len(set(found)) == page["total"] == standin.store.count("suppliers") > 14
    assert tide.call("GET", "/v1/suppliers?page=none").status_code == 400


def test_refresh_tokens_rotate_with_a_grace_and_a_late_one_ends_the_family(tide: Caller, standin: Any) -> None:
    first = "tide-refresh"
    assert tide.refresh(first).json()["access_token"] == tide.access
    standin.clock.advance(31)
    assert tide.call("GET", "/v1/suppliers").status_code == 200
    assert (tide.refresh(first).status_code, tide.refresh(first).json()) == (400, {"error": "invalid_grant"})
    assert tide.call("GET", "/v1/suppliers").status_code == 401


def test_an_access_token_ends_by_the_stand_ins_clock(tide: Caller, standin: Any) -> None:
    standin.clock.advance(900)
    assert tide.call("GET", "/v1/suppliers").json() == {"fault": "not_aboard"}
    tide.refresh()
    assert tide.call("GET", "/v1/suppliers").status_code == 200


def test_a_browser_gets_a_code_that_buys_tokens(tide: Caller) -> None:
    asked = {"response_type": "code", "client_id": "tide-app", "redirect_uri": "http://127.0.0.1:9/back", "state": "s"}
    back = tide.http.get("/oauth/authorize", params=asked).headers["location"]
    answer = {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}
    form = {"grant_type": "authorization_code", "code": answer["code"], "redirect_uri": "http://127.0.0.1:9/back"}
    assert answer["state"] == "s"
    assert "refresh_token" in tide.http.post("/oauth/token", data={**form, **CLIENT}).json()
    assert tide.http.post("/oauth/token", data={**form, **CLIENT}).json() == {"error": "invalid_grant"}


def test_the_quota_answers_in_the_vendors_words_and_opens_with_the_clock(tide: Caller, standin: Any) -> None:
    tide.http.post("/_sandbox/limits", json={"per_minute": 2})
    assert [tide.call("GET", "/v1/suppliers").status_code for _ in range(3)] == [200, 200, 429]
    refused = tide.call("GET", "/v1/suppliers")
    assert refused.json()["fault"] == "tide_is_high"
    standin.clock.advance(int(refused.headers["retry-after"]))
    assert tide.call("GET", "/v1/suppliers").status_code == 200


def test_commit_then_drop_loses_the_answer_and_not_the_record(tide: Caller, standin: Any) -> None:
    tide.http.post("/_sandbox/faults", json={"match": "POST /v1/suppliers", "kind": "commit_then_drop"})
    with pytest.raises(httpx.RemoteProtocolError):
        tide.call("POST", "/v1/suppliers", json=SUPPLIER)
    assert tide.call("GET", "/v1/suppliers", params={"name": "harbour paper ltd"}).json()["total"] == 1
    assert tide.call("POST", "/v1/suppliers", json=SUPPLIER).json() == {"fault": "name_taken"}
    log = tide.http.get("/_sandbox/log", params={"cause": "request"}).json()
    assert [(entry["op"], entry["after"]["name"]) for entry in log] == [("create", SUPPLIER["name"])]


def test_a_change_on_an_old_etag_is_refused(tide: Caller) -> None:
    made = tide.call("POST", "/v1/suppliers", json=SUPPLIER)
    path, old = f"/v1/suppliers/{made.json()['id']}", made.headers["etag"]
    change = {"json": {"website": "https://other.example"}}
    assert tide.call("PATCH", path, **change).status_code == 428
    assert tide.call("PATCH", path, headers={"if-match": old}, **change).status_code == 200
    assert tide.call("PATCH", path, headers={"if-match": old}, **change).status_code == 412


def test_a_person_changes_a_supplier_and_a_signed_webhook_tells(tide: Caller, standin: Any) -> None:
    got: list[tuple[str, bytes]] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append((self.headers["X-Tide-Signature"], self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet."""

    with HTTPServer(("127.0.0.1", 0), Receiver) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        tide.http.post("/_sandbox/switches", json={"webhook_url": f"http://127.0.0.1:{server.server_address[1]}/in"})
        assert tide.http.post("/_sandbox/objects/suppliers", json={"name": "By hand"}).status_code == 200
        standin.webhooks.flush()
        server.shutdown()
    ((signature, body),) = got
    assert signature == "sha256=" + hmac.new(b"hook-secret", body, hashlib.sha256).hexdigest()
    assert b'"By hand"' in body
