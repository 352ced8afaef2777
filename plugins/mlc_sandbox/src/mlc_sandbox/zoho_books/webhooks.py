"""Webhooks: which are registered, how one is signed, and what they tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, urlsplit

from mlc_sandbox.toolkit.webhooks import Hook, WebhookSender, hmac_hex
from mlc_sandbox.toolkit.wirejson import dumps
from mlc_sandbox.zoho_books.collections import Cause, Record

if TYPE_CHECKING:
    from mlc_sandbox.zoho_books.app import ZohoBooksStandIn

SIGNATURE: Final = "X-Zoho-Webhook-Signature"
MOST_A_DAY: Final = 1000
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
    return hmac_hex(secret, pairs.encode() + body)


class BooksWebhooks:
    """Sends what registered webhooks want to know, once each; at most 1,000 a day, and lost beyond that."""

    def __init__(self, standin: ZohoBooksStandIn) -> None:
        self._standin = standin
        self.sender = WebhookSender(standin, most_a_day=MOST_A_DAY)

    def saved(self, kind: str, record: Record, cause: Cause) -> None:
        """Fires the webhooks of a record's kind."""
        books = self._standin.books
        if kind not in ENTITIES or not len(books["webhooks"]):
            return
        for hook in books["webhooks"].all():
            if hook["entity"] in ("", ENTITIES[kind]):
                self._fire(hook, kind, record)

    def _fire(self, hook: Record, kind: str, record: Record) -> None:
        body = dumps({ENTITIES[kind]: record})
        headers = {"Content-Type": "application/json"}
        if hook["secret"]:
            headers[SIGNATURE] = signature(hook["secret"], urlsplit(hook["url"]).query, body)
        self.sender.send(Hook(hook["url"], body, headers, hook["method"]))
