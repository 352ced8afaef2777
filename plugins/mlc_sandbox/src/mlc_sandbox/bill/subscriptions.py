"""Webhook subscriptions and the events they are told of."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from mlc_sandbox.bill import spend, vendors
from mlc_sandbox.bill.wire import Cause, Record, make_uuid, shown
from mlc_sandbox.toolkit.webhooks import Hook, WebhookSender, hmac_base64
from mlc_sandbox.toolkit.wirejson import dumps

if TYPE_CHECKING:
    from mlc_sandbox.bill.app import BillStandIn

SIGNATURE: Final = "x-bill-sha-signature"
MOST_SUBSCRIPTIONS: Final = 10
TIMEOUT_S: Final = 10.0
KEPT: Final = timedelta(days=180)
_CHANGES: Final = ("created", "updated", "archived", "restored")
AP_EVENTS: Final = (
    *(f"vendor.{word}" for word in _CHANGES),
    "autopay.failed",
    *(f"bill.{word}" for word in _CHANGES),
    "payment.updated",
    "payment.failed",
    *(f"invoice.{word}" for word in _CHANGES),
    "bank-account.created",
    "bank-account.updated",
    "card-account.created",
    "card-account.updated",
    "risk-verification.updated",
)
SPEND_EVENTS: Final = (
    "spend.transaction.updated",
    "spend.reimbursement.created",
    "spend.reimbursement.updated",
    "spend.reimbursement.deleted",
    "spend.three-ds-challenge.created",
)
#: kind of record → event family, key of the record in the payload
FAMILIES: Final = {
    "vendors": ("vendor", "vendor"),
    "bills": ("bill", "bill"),
    "payments": ("payment", "payment"),
    "invoices": ("invoice", "invoice"),
    spend.TRANSACTIONS: ("spend.transaction", "transaction"),
    spend.REIMBURSEMENTS: ("spend.reimbursement", "reimbursement"),
}
_NOT_TOLD: Final = frozenset({"billLineItems", "approvalStatus", "dueAmount", "approvers", "invoiceLineItems"})


@dataclass(slots=True)
class Secrets:
    """The keys of one subscription, which no call ever shows again, and how its deliveries went."""

    key: str
    gaveup: int = 0
    parked: list[str] = field(default_factory=list)


class Events:
    """Fires events at subscriptions, signed; gives up after the documented tries and disables what keeps failing."""

    def __init__(self, standin: BillStandIn) -> None:
        self._standin = standin
        self.secrets: dict[str, Secrets] = {}
        self._numbers = 0
        self._of_hook: dict[str, tuple[str, str]] = {}
        self.sender = WebhookSender(
            standin,
            retries_s=standin.switches["webhook_retries_s"],
            taken=lambda status: status == 200,
            timeout_s=TIMEOUT_S,
            ended=self._ended,
        )

    def saved(self, kind: str, event: str, before: Record | None, after: Record, cause: Cause) -> None:
        """A record was saved: tell who subscribed to that."""
        if kind not in FAMILIES or cause.get("kind") == "seed":
            return
        name = f"{FAMILIES[kind][0]}.{event}"
        if name == "vendor.updated" and before is not None and not vendors.tells(self._standin, before, after):
            return
        if kind == spend.TRANSACTIONS:
            name = "spend.transaction.updated"
        if kind in (spend.TRANSACTIONS, spend.REIMBURSEMENTS) and self._standin.switches["environment"] != "production":
            return
        self.fire(name, kind, before, after)

    def fire(
        self, name: str, kind: str, before: Record | None, after: Record, *, only: Record | None = None
    ) -> list[Record]:
        """Write the event down for each subscription to it and send it; returns what was written down."""
        told = []
        rows = [only] if only is not None else self._standin.registers.all("subscriptions", after["organizationId"])
        for subscription in rows:
            wanted = only is not None or any(one["type"] == name for one in subscription["events"])
            enabled = subscription["status"]["enabled"]
            if wanted and (enabled or self._standin.switches["history_while_disabled"]):
                record = self._record(subscription, name, kind, before, after)
                told.append(record)
                if enabled:
                    self.deliver(subscription, record)
        return told

    def _record(self, subscription: Record, name: str, kind: str, before: Record | None, after: Record) -> Record:
        self._numbers += 1
        event_id = make_uuid("event", self._numbers)
        payload = {
            "metadata": {
                "eventId": event_id,
                "subscriptionId": subscription["id"],
                "organizationId": subscription["organizationId"],
                "eventType": name,
                "version": "1",
            },
            FAMILIES[kind][1]: payload_of(self._standin, name, kind, before, after),
        }
        record = {
            "id": event_id,
            "subscriptionId": subscription["id"],
            "eventType": name,
            "entityId": after["id"],
            "payload": dumps(payload).decode(),
        }
        return self._standin.registers.create("events", subscription["organizationId"], record, {"kind": "event"})

    def deliver(self, subscription: Record, event: Record) -> None:
        """Send an event, minified and signed over exactly the bytes sent."""
        text = event["payload"]
        body = dumps(text) if self._standin.switches["payload_as_string"] else text.encode("ascii")
        key = self.secrets[subscription["id"]].key
        headers = {"content-type": "application/json", SIGNATURE: hmac_base64(key, body)}
        self._of_hook[event["id"]] = (subscription["id"], event["id"])
        self.sender.retries_s = tuple(float(one) for one in self._standin.switches["webhook_retries_s"])
        self.sender.send(Hook(subscription["notificationUrl"], body, headers, about=event["id"]))

    def _ended(self, hook: Hook, taken: bool) -> None:
        """Called from the sending thread when a delivery was taken or given up."""
        with self._standin.lock:
            subscription_id, event_id = self._of_hook.get(hook.about, ("", ""))
            kept = self.secrets.get(subscription_id)
            subscription = self._standin.store.get("subscriptions", subscription_id)
            if kept is None or subscription is None:
                return
            if taken:
                kept.gaveup = 0
                return
            kept.gaveup += 1
            kept.parked.append(event_id)
            if kept.gaveup >= int(self._standin.switches["disable_after"]) and subscription["status"]["enabled"]:
                changes = {"status": {"enabled": False}}
                self._standin.registers.change("subscriptions", subscription, changes, {"kind": "disabled"})

    def history(self, subscription: Record) -> list[Record]:
        """The events of a subscription of the last 180 days, oldest first."""
        since = self._standin.clock.now() - KEPT
        rows = self._standin.registers.all("events", subscription["organizationId"])
        mine = [row for row in rows if row["subscriptionId"] == subscription["id"]]
        return [row for row in mine if row["createdTime"] >= since.isoformat(timespec="milliseconds")]

    def retry_parked(self, subscription: Record) -> int:
        """What was given up is tried once more; returns how many."""
        kept = self.secrets[subscription["id"]]
        parked, kept.parked = kept.parked, []
        for event_id in parked:
            event = self._standin.store.get("events", event_id)
            if event is not None:
                self.deliver(subscription, event)
        return len(parked)


def payload_of(standin: BillStandIn, name: str, kind: str, before: Record | None, after: Record) -> Record:
    """The record as an event tells it: less than the API tells, and some of it in another form."""
    told: dict[str, Any] = {key: value for key, value in shown(after).items() if key not in _NOT_TOLD}
    if kind == "bills":
        day = after["invoice"]["invoiceDate"]
        told["invoice"] = {**after["invoice"], "invoiceDate": f"{day}T00:00:00.000Z"}
    if kind == "vendors":
        number = str(after.get("accountNumber") or "")
        if number.isdigit() and not number.startswith("0"):
            told["accountNumber"] = int(number)
        if name == "vendor.updated" and before is not None and standin.switches["vendor_updated_partial"]:
            old = shown(before)
            told = {"id": after["id"], **{key: value for key, value in told.items() if old.get(key) != value}}
    if name == "payment.failed":
        bills = [{"id": part["billId"], "amount": part["amount"]} for part in after["billPayments"]]
        return {"vendorId": after["vendorId"], "bills": bills, "errors": [{"message": after["singleStatus"]}]}
    return told
