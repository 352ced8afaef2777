"""Webhooks: which are registered, how one is signed, and sending them from a thread of its own."""

from __future__ import annotations

import hashlib
import hmac
import queue
import threading
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlsplit

from mlc_sandbox.toolkit.faults import Fault
from mlc_sandbox.toolkit.http import Query, Request
from mlc_sandbox.toolkit.wirejson import dumps
from mlc_sandbox.zoho_books.collections import Cause, Record

if TYPE_CHECKING:
    from mlc_sandbox.zoho_books.app import ZohoBooksStandIn

SIGNATURE: Final = "X-Zoho-Webhook-Signature"
MOST_A_DAY: Final = 1000
TIMEOUT_S: Final = 5
ENTITIES: Final = {
    "contacts": "contact",
    "bills": "bill",
    "purchaseorders": "purchaseorder",
    "vendorcredits": "vendor_credit",
    "vendorpayments": "vendorpayment",
    "expenses": "expense",
    "invoices": "invoice",
    "customerpayments": "payment",
    "items": "item",
}


def signature(secret: str, query: str, body: bytes) -> str:
    """HMAC-SHA256 in hex over the sorted query pairs, names and values run together, then the raw body."""
    pairs = "".join(name + value for name, value in sorted(parse_qsl(query, keep_blank_values=True)))
    return hmac.new(secret.encode(), pairs.encode() + body, hashlib.sha256).hexdigest()


class WebhookSender:
    """Sends what registered webhooks want to know; at most 1,000 a day, and lost beyond that."""

    def __init__(self, standin: ZohoBooksStandIn) -> None:
        self._standin = standin
        self._queue: queue.SimpleQueue[tuple[str, str, bytes, dict[str, str]]] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._day = ""
        self._fired = 0
        self._held: list[tuple[str, str, bytes, dict[str, str]]] = []
        self.sent: list[tuple[str, int]] = []

    def saved(self, kind: str, record: Record, cause: Cause) -> None:
        """Fires the webhooks of a record's kind."""
        books = self._standin.books
        if kind not in ENTITIES or not len(books["webhooks"]):
            return
        for hook in books["webhooks"].all():
            if hook["entity"] in ("", ENTITIES[kind]) and self._may_fire():
                self._fire(hook, kind, record)

    def _may_fire(self) -> bool:
        today = self._standin.books.today()
        if today != self._day:
            self._day, self._fired = today, 0
        self._fired += 1
        return self._fired <= MOST_A_DAY

    def _fire(self, hook: Record, kind: str, record: Record) -> None:
        body = dumps({ENTITIES[kind]: record})
        headers = {"Content-Type": "application/json"}
        if hook["secret"]:
            headers[SIGNATURE] = signature(hook["secret"], urlsplit(hook["url"]).query, body)
        delivery = (hook["method"], hook["url"], body, headers)
        if self._fault("webhook_lost", hook) is not None:
            return
        if self._fault("webhook_reorder", hook) is not None:
            self._held.append(delivery)
            return
        copies = 2 if self._fault("webhook_duplicate", hook) is not None else 1
        for late in (*[delivery] * copies, *self._held):
            self._queue.put(late)
        self._held.clear()
        self._start()

    def _fault(self, kind: str, hook: Record) -> Fault | None:
        request = Request(hook["method"], urlsplit(hook["url"]).path, Query(""), {}, b"", 0)
        return self._standin.faults.active(kind, request)

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="sandbox-webhooks", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while True:
            method, url, body, headers = self._queue.get()
            self.sent.append((url, _send(method, url, body, headers)))


def _send(method: str, url: str, body: bytes, headers: dict[str, Any]) -> int:
    """The receiver's status, 0 when it could not be reached; nothing is sent again."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port or 80, timeout=TIMEOUT_S)
    try:
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request(method, target, body, headers)
        return connection.getresponse().status
    except (OSError, HTTPException):
        return 0
    finally:
        connection.close()
