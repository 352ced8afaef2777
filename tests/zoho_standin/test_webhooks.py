"""Webhooks of Books: fired by workflow rules, signed over pairs and body, lost, doubled, resent."""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from mlc_sandbox.toolkit.wirejson import loads
from mlc_sandbox.zoho_books.webhooks import signature

SECRET = "abcdef123456"
PUBLIC = "https://hooks.example"


class Receiver:
    """Takes deliveries; answers with the next of ``statuses``, then 200."""

    def __init__(self) -> None:
        self.got: list[tuple[str, str, str, bytes]] = []
        self.statuses: list[int] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                signed = self.headers.get("X-Zoho-Webhook-Signature", "")
                outer.got.append((self.command, urlsplit(self.path).query, signed, body))
                self.send_response(outer.statuses.pop(0) if outer.statuses else 200)
                self.end_headers()

            do_PUT = do_POST

            def log_message(self, format: str, *args: Any) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture
def hooked(books: Any) -> Iterator[Any]:
    """A webhook for bills that are created or edited, in the hands of ``books.receiver``."""
    receiver = books.receiver = Receiver()
    thread = threading.Thread(target=receiver.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    books.control("POST", "callbacks", {PUBLIC: receiver.url})
    hook = {"webhook_name": "bills", "entity": "bill", "url": f"{PUBLIC}/hook?k=v", "secret": SECRET}
    books.hook = books.call("POST", "/settings/webhooks", hook)["webhook"]
    books.rule = books.control("POST", "objects/workflows", {"entity": "bill", "webhook_id": books.hook["webhook_id"]})
    books.arrived = lambda: (books.standin.webhooks.sender.flush(), receiver.got)[1]
    yield books
    receiver.server.shutdown()
    thread.join()
    receiver.server.server_close()


def test_signature_covers_sorted_parameters_then_the_raw_body() -> None:
    expected = hmac.new(b"abcdefabcdef", b'namebasicsubscription_id903{"a":"1"}', hashlib.sha256).hexdigest()
    assert signature("abcdefabcdef", "subscription_id=903&name=basic", b'{"a":"1"}') == expected


def test_what_the_api_does_and_what_people_do_fires_signed_messages(hooked: Any) -> None:
    vendor = hooked.vendor()  # a contact: no rule is about it
    made = hooked.bill(vendor, "B-1")
    hooked.control("POST", f"objects/bills/{made['bill_id']}", {"notes": "typed by hand"})
    first, second = hooked.arrived()
    assert (first[0], first[1]) == ("POST", "k=v")
    for _, query, signed, body in (first, second):
        assert signed == signature(SECRET, query, body)
    assert loads(first[3])["bill"]["bill_number"] == "B-1"
    assert loads(second[3])["bill"]["notes"] == "typed by hand"


def test_a_webhook_alone_never_fires(hooked: Any) -> None:
    hooked.control("POST", f"objects/workflows/{hooked.rule['workflow_id']}", {"action": "deactivate"})
    hooked.bill(hooked.vendor(), "B-1")
    assert hooked.arrived() == []
    hooked.switch(webhook_needs_rule=False)
    hooked.bill(hooked.vendor("Other"), "B-2")
    assert len(hooked.arrived()) == 1


def test_rules_tell_of_creation_editing_or_deletion(hooked: Any) -> None:
    hooked.control("POST", f"objects/workflows/{hooked.rule['workflow_id']}", {"action": "delete"})
    asked = {"entity": "bill", "webhook_id": hooked.hook["webhook_id"], "rule_event": "deleted"}
    hooked.control("POST", "objects/workflows", asked)
    made = hooked.bill(hooked.vendor(), "B-1")
    assert hooked.arrived() == []
    hooked.call("DELETE", f"/bills/{made['bill_id']}")
    assert [loads(one[3])["bill"]["bill_id"] for one in hooked.arrived()] == [made["bill_id"]]


def test_ten_rules_of_a_module_and_only_on_plans_that_have_them(hooked: Any) -> None:
    asked = {"entity": "bill", "webhook_id": hooked.hook["webhook_id"]}
    for _ in range(9):
        hooked.control("POST", "objects/workflows", asked)
    refused = hooked.http.post("/_sandbox/objects/workflows", json=asked)
    assert refused.status_code == 400
    organisation = f"objects/organizations/{hooked.organization_id}"
    hooked.control("POST", organisation, {"plan_name": "STANDARD"})
    refused = hooked.http.post("/_sandbox/objects/workflows", json={**asked, "entity": "contact"})
    assert "not available in your plan" in refused.text


def test_messages_are_lost_doubled_and_reordered_on_request(hooked: Any) -> None:
    vendor = hooked.vendor()
    for kind, after in (("webhook_lost", 0), ("webhook_reorder", 0), ("webhook_duplicate", 1)):
        hooked.control("POST", "faults", {"match": "/hook", "kind": kind, "after": after})
    for number in range(4):
        hooked.bill(vendor, f"B-{number}")
    numbers = [loads(one[3])["bill"]["bill_number"] for one in hooked.arrived()]
    assert numbers == ["B-2", "B-1", "B-3", "B-3"]


def test_nothing_is_sent_again_unless_an_administrator_says_so(hooked: Any) -> None:
    hooked.receiver.statuses = [500]
    made = hooked.bill(hooked.vendor(), "B-1")
    assert len(hooked.arrived()) == 1
    row = hooked.call("GET", "/settings/webhooks/histories")["webhook_histories"][0]
    assert (row["entity_id"], row["status"]) == (made["bill_id"], "failure")
    hooked.call("POST", f"/settings/webhooks/histories/{row['history_id']}/resend")
    assert len(hooked.arrived()) == 2
    assert (
        hooked.call("GET", f"/settings/webhooks/histories/{row['history_id']}")["webhook_history"]["status"]
        == "success"
    )
    hooked.receiver.statuses = [500]
    hooked.switch(webhook_retries_s=[0.01])
    hooked.bill(hooked.vendor("Other"), "B-2")
    assert len(hooked.arrived()) == 4
    ids = ",".join(str(number) for number in range(11))
    refused = hooked.refused("POST", "/settings/webhooks/histories/bulkresend", params={"history_ids": ids})
    assert refused[0] == 400


def test_a_thousand_a_day(hooked: Any) -> None:
    vendor = hooked.vendor()
    hooked.standin.webhooks.sender._fired = 999
    hooked.standin.webhooks.sender._day = "2026-03-16"
    hooked.bill(vendor, "B-1")
    hooked.bill(vendor, "B-2")
    assert len(hooked.arrived()) == 1


def test_a_raw_body_of_ids_and_a_form_are_signed_as_they_are_sent(hooked: Any) -> None:
    path = f"/settings/webhooks/{hooked.hook['webhook_id']}"
    raw = '{"entity":"bill","id":"${BILL.BILL_ID}"}'
    parameters = [{"param_name": "org", "param_value": "7"}]
    hooked.call(
        "PUT", path, {"url": f"{PUBLIC}/hook", "raw_data": raw, "query_parameters": parameters, "method": "PUT"}
    )
    made = hooked.bill(hooked.vendor(), "B-1")
    method, query, signed, body = hooked.arrived()[0]
    assert (method, query, body.decode()) == ("PUT", "org=7", f'{{"entity":"bill","id":"{made["bill_id"]}"}}')
    assert signed == hmac.new(SECRET.encode(), b"org7" + body, hashlib.sha256).hexdigest()
    hooked.switch(webhook_form=True)
    hooked.call("PUT", path, {"raw_data": "", "query_parameters": []})
    hooked.bill(made["vendor_id"], "B-2")
    _, _, signed, body = hooked.arrived()[1]
    name, text = parse_qsl(body.decode())[0]
    assert (name, loads(text)["bill"]["bill_number"]) == ("JSONString", "B-2")
    assert signed == hmac.new(SECRET.encode(), (name + text).encode(), hashlib.sha256).hexdigest()


@pytest.mark.parametrize("secret", ["short", "x" * 51, "abcdef-123456"])
def test_a_secret_has_12_to_50_letters_and_digits(books: Any, secret: str) -> None:
    hook = {"webhook_name": "w", "entity": "bill", "url": "https://hooks.example/x", "secret": secret}
    assert books.refused("POST", "/settings/webhooks", hook)[0] == 400
