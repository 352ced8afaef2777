"""Push notifications: who has subscribed to what, the tasks that tell it, and their signed deliveries."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from mlc_sandbox.basware.resources import Record
from mlc_sandbox.basware.wire import told_at
from mlc_sandbox.toolkit.webhooks import Hook, WebhookSender, deliver, hmac_base64, hmac_hex
from mlc_sandbox.toolkit.wirejson import dumps

if TYPE_CHECKING:
    from mlc_sandbox.basware.app import BaswareStandIn

SUBSCRIPTIONS: Final = "subscriptions"
TASKS: Final = "tasks"
SIGNATURE: Final = "x-bwapi-signature-256"
_STATUSES: Final = (
    "WaitingForPrebook", "WaitingForTransfer", "WaitingForPrebookCancelation", "WaitingToBeRemoved",
    "WaitingToBeReturned", "WaitingToBeCompleted", "All",
)  # fmt: skip
_EXPORTS: Final = ("WaitingForExport", "All")
SUB_TYPES: Final[dict[str, tuple[str, ...]]] = {
    "AccountingDocuments": _STATUSES,
    "ExportedPurchaseRequisitions": _EXPORTS,
    "ExportedPurchaseOrders": _EXPORTS,
    "RequestStatus": ("Error", "Success", "All"),
    "ExportedContracts": _EXPORTS,
    "ExportedContractSpends": _EXPORTS,
}
_UNDER_WAY: Final = "New"


class Pushes:
    """Tells subscribers; a delivery that nobody took is tried again, then its task has failed."""

    def __init__(self, standin: BaswareStandIn) -> None:
        self._standin = standin
        self.sender = WebhookSender(
            standin, retries_s=standin.switches["webhook_retries_s"], taken=lambda status: status == 200,
            ended=self._ended,
        )  # fmt: skip

    def tell(self, kind: str, sub_type: str, document_id: str) -> None:
        """Something has come into a status: a task and a delivery for every subscription to it."""
        standin = self._standin
        for row in standin.store.all(SUBSCRIPTIONS):
            if row["taskType"] != kind or row["taskSubType"] not in ("All", sub_type):
                continue
            task_id = standin.next_id("tasks")
            now = standin.clock.now()
            task = {
                "taskId": task_id, "taskStatus": _UNDER_WAY, "taskType": kind, "taskSubType": sub_type,
                "documentId": document_id, "lastUpdated": told_at(now),
                "expirationTime": told_at(now + timedelta(seconds=int(standin.switches["task_life_s"]))),
                "taskHistory": [{"action": "Created", "timeStamp": told_at(now), "messages": []}],
            }  # fmt: skip
            standin.store.put(TASKS, task_id, task, {"kind": "event"})
            self.sender.retries_s = tuple(float(one) for one in standin.switches["webhook_retries_s"])
            self.sender.send(self._hook(row, task))

    def test(self, row: Record) -> bool:
        """Whether the receiver of a subscription answers 200 to the test that comes first."""
        task = {
            "taskId": self._standin.next_id("tasks"), "taskStatus": _UNDER_WAY, "taskType": "ConnectionTest",
            "taskSubType": row["taskSubType"], "documentId": self._standin.next_id("test"),
            "expirationTime": told_at(self._standin.clock.now() + timedelta(minutes=5)),
        }  # fmt: skip
        return deliver(self._hook(row, task), callbacks=self._standin.callbacks) == 200

    def _hook(self, row: Record, task: Record) -> Hook:
        told = {name: value for name, value in task.items() if name not in ("lastUpdated", "taskHistory")}
        if self._standin.switches["misspelt_task_type"] and told["taskType"] == "AccountingDocuments":
            told["taskType"] = "AccoutingDocuments"
        body = dumps(told)
        secret = str(row["webhookAuthenticationToken"])
        written = {
            "hex": hmac_hex(secret, body),
            "prefixed": f"sha256={hmac_hex(secret, body)}",
            "base64": hmac_base64(secret, body),
        }[self._standin.switches["signature"]]
        headers = {"content-type": "application/json", SIGNATURE: written}
        return Hook(row["notificationWebhookURL"], body, headers, about=task["taskId"])

    def _ended(self, hook: Hook, taken: bool) -> None:
        """Called from the sending thread."""
        standin = self._standin
        with standin.lock:
            if standin.store.get(TASKS, hook.about) is None:
                return
            task = standin.store.edit(TASKS, hook.about)
            now = told_at(standin.clock.now())
            task |= {"taskStatus": "Completed" if taken else "Failed", "lastUpdated": now}
            messages = [] if taken else ["The webhook did not answer 200."]
            task["taskHistory"].append({"action": "Notification", "timeStamp": now, "messages": messages})
            standin.store.put(TASKS, hook.about, task, {"kind": "event"})
