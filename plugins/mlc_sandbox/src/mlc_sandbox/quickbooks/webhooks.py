"""Webhooks: one URL for the app, events of every connected company, in the old form or as CloudEvents."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import NAMESPACE_URL, uuid5

from mlc_sandbox.quickbooks.schema import LISTS
from mlc_sandbox.quickbooks.wire import Cause, Record
from mlc_sandbox.toolkit.webhooks import Hook, WebhookSender, hmac_base64
from mlc_sandbox.toolkit.wirejson import dumps

if TYPE_CHECKING:
    from mlc_sandbox.quickbooks.app import QuickBooksStandIn

HEADER: Final = "intuit-signature"
VERIFIER: Final = "demo-verifier-token"
ANSWER_S: Final = 3.0
#: Entities that tell; attachables, tax codes and the company itself do not.
TOLD: Final = (
    "Account", "Bill", "BillPayment", "Class", "Customer", "Department", "Employee", "Item", "JournalEntry",
    "Preferences", "PurchaseOrder", "Term", "Vendor", "VendorCredit",
)  # fmt: skip
_WORDS: Final = {"Create": "created", "Update": "updated", "Delete": "deleted", "Merge": "merged", "Void": "void"}


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened; ``gone`` is the id that a merge took away."""

    number: int
    realm: str
    kind: str
    operation: str
    id: str
    at: datetime
    gone: str = ""


class Notices:
    """Collects events and sends them, signed. ``sender.sent`` tells what became of each try."""

    def __init__(self, standin: QuickBooksStandIn) -> None:
        self._standin = standin
        self.url = ""
        self.verifier = VERIFIER
        self.form = "cloudevents"
        self.entities: tuple[str, ...] = TOLD
        self.waiting: list[Event] = []
        self._numbered = 0
        self.sender = WebhookSender(standin, taken=lambda status: status == 200, timeout_s=ANSWER_S)

    def register(self, change: dict[str, Any]) -> Record:
        """What the developer portal takes: ``url``, ``verifier``, ``format`` (legacy or cloudevents), ``entities``."""
        form = str(change.get("format", self.form))
        entities = tuple(change.get("entities", self.entities))
        if form not in ("legacy", "cloudevents") or set(entities) - set(TOLD):
            raise KeyError("format legacy or cloudevents, and entities that have webhooks")
        self.url = str(change.get("url", self.url))
        self.verifier = str(change.get("verifier", self.verifier))
        self.form, self.entities = form, entities
        return {"url": self.url, "verifier": self.verifier, "format": form, "entities": list(entities)}

    def happened(self, realm: str, kind: str, event: str, id: str, cause: Cause, gone: str) -> None:
        """A listener of the books."""
        standin = self._standin
        if not self.url or kind not in self.entities or not standin.tokens.connected(realm):
            return
        if event == "Update" and kind in LISTS and self._deactivated(realm, kind, id):
            event = str(standin.switches["deactivation_event"])
        self._numbered += 1
        self.waiting.append(Event(self._numbered, realm, kind, event, id, standin.clock.now(), gone))
        if not standin.switches["webhook_hold"]:
            self.release()

    def release(self) -> int:
        """Send everything that waits as one delivery; returns how many events it holds."""
        events, self.waiting = self.waiting, []
        if events:
            body = dumps(self._legacy(events) if self.form == "legacy" else self._cloud(events))
            kind = "application/json" if self.form == "legacy" else "application/cloudevents+json"
            headers = {"Content-Type": kind, HEADER: hmac_base64(self.verifier, body)}
            self.sender.retries_s = tuple(float(one) for one in self._standin.switches["webhook_retries_s"])
            self.sender.send(Hook(self.url, body, headers, about=f"{events[0].number}-{events[-1].number}"))
        return len(events)

    def _deactivated(self, realm: str, kind: str, id: str) -> bool:
        books = self._standin.books
        before = books.store.previous(kind, books.key(realm, id)) or {}
        return bool(before.get("Active")) and not (books.get(realm, kind, id) or {}).get("Active", True)

    def _legacy(self, events: list[Event]) -> dict[str, Any]:
        by_realm: dict[str, list[dict[str, str]]] = {}
        for event in events:
            told = {"name": event.kind, "id": event.id, "operation": event.operation, "lastUpdated": self._when(event)}
            if event.gone:
                told["deletedId"] = event.gone
            by_realm.setdefault(event.realm, []).append(told)
        told_all = [{"realmId": realm, "dataChangeEvent": {"entities": rows}} for realm, rows in by_realm.items()]
        return {"eventNotifications": told_all}

    def _when(self, event: Event) -> str:
        at = event.at.astimezone(UTC)
        if self._standin.switches["webhook_offset_form"]:
            return at.strftime("%Y-%m-%dT%H:%M:%S+0000")
        return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"

    def _cloud(self, events: list[Event]) -> list[dict[str, Any]]:
        return [
            {
                "specversion": "1.0",
                "id": str(uuid5(NAMESPACE_URL, f"{event.realm}/{event.number}")),
                "source": f"intuit.{base64.b64encode(event.realm.encode()).decode()}",
                "type": f"qbo.{event.kind.lower()}.{_WORDS[event.operation]}.v1",
                "datacontenttype": "application/json",
                "time": f"{event.at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}000Z",
                "intuitentityid": event.id,
                "intuitaccountid": event.realm,
                "data": {"deletedid": event.gone} if event.gone else {},
            }
            for event in events
        ]
