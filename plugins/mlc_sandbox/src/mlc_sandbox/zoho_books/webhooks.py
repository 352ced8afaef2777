"""Webhooks: an action of a workflow rule; what one sends, how it is signed, and what became of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

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
EVENTS: Final = {
    "created": frozenset({"created"}),
    "edited": frozenset({"edited"}),
    "created_or_edited": frozenset({"created", "edited"}),
    "deleted": frozenset({"deleted"}),
    "any": frozenset({"created", "edited", "deleted"}),
}
_PLACEHOLDER: Final = re.compile(r"\$\{(\w+)\.(\w+)\}")


def signature(secret: str, query: str, body: bytes, *, form: str = "") -> str:
    """HMAC-SHA256 in hex over the sorted query and form pairs, names and values run together, then the raw body."""
    sent = parse_qsl(query, keep_blank_values=True) + parse_qsl(form, keep_blank_values=True)
    pairs = "".join(name + value for name, value in sorted(sent))
    return hmac_hex(secret, pairs.encode() + body)


@dataclass(slots=True)
class Firing:
    """One firing of a webhook, as the workflow logs have it."""

    history_id: str
    webhook_id: str
    entity: str
    entity_id: str
    event: str
    hook: Hook
    status: str = "pending"
    tries: int = field(default=0)

    def as_json(self) -> dict[str, Any]:
        """One row of the histories."""
        told = {"history_id": self.history_id, "webhook_id": self.webhook_id, "entity": self.entity}
        return {**told, "entity_id": self.entity_id, "event": self.event, "status": self.status}


class BooksWebhooks:
    """Fires the webhooks of the active rules that a change fits; at most 1,000 a day, and lost beyond that."""

    def __init__(self, standin: ZohoBooksStandIn) -> None:
        self._standin = standin
        self.histories: dict[str, Firing] = {}
        self.sender = WebhookSender(standin, most_a_day=MOST_A_DAY, ended=self._ended)

    def saved(self, kind: str, event: str, record: Record, cause: Cause) -> None:
        """A record was created, edited or deleted."""
        books = self._standin.books
        if kind not in ENTITIES or cause.get("kind") == "seed" or not len(books["webhooks"]):
            return
        for hook in self._wanted(ENTITIES[kind], event):
            self._fire(hook, kind, event, record)

    def _wanted(self, entity: str, event: str) -> list[Record]:
        books = self._standin.books
        if not self._standin.switches["webhook_needs_rule"]:
            return [hook for hook in books["webhooks"].all() if hook["entity"] in ("", entity)]
        fits = [
            rule["webhook_id"]
            for rule in books["workflows"].all()
            if rule["is_active"] and rule["entity"] == entity and event in EVENTS[rule["rule_event"]]
        ]
        hooks = [books["webhooks"].get(key) for key in fits]
        return [hook for hook in hooks if hook is not None]

    def _fire(self, hook: Record, kind: str, event: str, record: Record) -> None:
        entity = ENTITIES[kind]
        key = str(record[self._standin.books[kind].id_key])
        history_id = self._standin.books.next_id()
        made = Firing(
            history_id, hook["webhook_id"], entity, key, event, self._message(hook, entity, record, history_id)
        )
        self.histories[history_id] = made
        self.send(made)

    def send(self, firing: Firing) -> None:
        """Send it, for the first time or again."""
        firing.status = "pending"
        self.sender.retries_s = tuple(float(one) for one in self._standin.switches["webhook_retries_s"])
        self.sender.send(firing.hook)

    def _message(self, hook: Record, entity: str, record: Record, about: str) -> Hook:
        url = hook["url"]
        added = [(one["param_name"], one["param_value"]) for one in hook["query_parameters"]]
        if added:
            url += ("&" if urlsplit(url).query else "?") + urlencode(added)
        body, form, kind = self._body(hook, entity, record)
        headers = {"Content-Type": kind, **{one["param_name"]: one["param_value"] for one in hook["headers"]}}
        if hook["secret"]:
            signed = b"" if form else body
            headers[SIGNATURE] = signature(hook["secret"], urlsplit(url).query, signed, form=form)
        return Hook(url, body, headers, hook["method"], about=about)

    def _body(self, hook: Record, entity: str, record: Record) -> tuple[bytes, str, str]:
        """(bytes, the form they are, content type)."""
        if hook["raw_data"]:
            text = _PLACEHOLDER.sub(lambda found: str(record.get(found.group(2).lower(), "")), hook["raw_data"])
            return text.encode(), "", "application/json"
        told = dumps({entity: record})
        if self._standin.switches["webhook_form"]:
            form = urlencode({"JSONString": told.decode()})
            return form.encode(), form, "application/x-www-form-urlencoded"
        return told, "", "application/json"

    def _ended(self, hook: Hook, taken: bool) -> None:
        """Called from the sending thread when a firing was taken, or was given up."""
        with self._standin.lock:
            firing = self.histories.get(hook.about)
            if firing is not None:
                firing.tries += 1
                firing.status = "success" if taken else "failure"
