"""The second phase: what was taken by the API layer reaches P2P later, and requestStatus tells what became of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from mlc_sandbox.basware.resources import Record
from mlc_sandbox.basware.wire import make_uuid, told_at
from mlc_sandbox.toolkit.wirejson import copy_of, dumps

if TYPE_CHECKING:
    from mlc_sandbox.basware.app import BaswareStandIn

STATUSES: Final = "requestStatus"
FEEDBACKS: Final = "errorFeedbacks"
SYSTEM: Final = "P2P"
ENDED: Final = frozenset({"NotProcessed", "Warning", "Success", "Error", "RecordExpired", "Unpublished"})


@dataclass(slots=True)
class Item:
    """One record of a request, and what became of it."""

    code: str
    record: Record
    parent: str | None = None
    unchanged: bool = False
    status: str = "InProgress"
    errors: list[Record] = field(default_factory=list)
    planned: Record | None = None
    undo: Callable[[], None] | None = None
    """What the API layer does when P2P refuses it."""

    def fail(self, message: str, *, category: str = "DataValidation") -> None:
        """P2P does not take it."""
        self.status = "Error"
        self.errors.append({"type": "Error", "message": message, "category": category})

    def warn(self, message: str) -> None:
        """P2P takes it, but not all of it."""
        self.status = "Warning"
        self.errors.append({"type": "Warning", "message": message, "category": "DataValidation"})

    def as_json(self) -> Record:
        """The form of the wire."""
        told = {"externalCode": self.code, "parentExternalCode": self.parent, "status": self.status}
        return {**told, "errors": copy_of(self.errors)}


@dataclass(slots=True)
class Job:
    """One request on its way to P2P. ``carry`` does it: it is given the items that are to be taken."""

    request_id: str
    entity: str
    key: str
    number: int
    posted: datetime
    due: datetime
    items: Sequence[Item]
    carry: Callable[[Sequence[Item]], None]


class Distribution:
    """The queue between the API layer and P2P, by the stand-in's clock."""

    def __init__(self, standin: BaswareStandIn) -> None:
        self._standin = standin
        self._jobs: list[Job] = []
        self._versions: dict[tuple[str, str], list[tuple[int, datetime]]] = {}
        self._numbers = 0
        self.plan: list[Record] = []
        """What is to become of coming records: ``entityType``, ``externalCode``, ``status``, ``message``, ``times``."""

    def accept(
        self,
        request_id: str,
        entity: str,
        operation: str,
        items: Sequence[Item],
        carry: Callable[[Sequence[Item]], None],
        *,
        list_key: str | None = None,
        version: int = 1,
        wait_s: float | None = None,
    ) -> None:
        """Write a request down as InProgress; it reaches P2P after ``wait_s``, or what the switch says."""
        standin = self._standin
        now = standin.clock.now()
        self._numbers += 1
        wait = float(standin.switches["settle_s"]) if wait_s is None else wait_s
        for item in items:
            item.planned = self._planned(entity, item.code)
            if item.planned is not None and "settle_s" in item.planned:
                wait = float(item.planned["settle_s"])
            if not item.unchanged:
                key = (entity, f"{list_key or ''}/{item.parent or ''}/{item.code}")
                self._versions.setdefault(key, []).append((self._numbers, now))
        job = Job(
            request_id, entity, list_key or "", self._numbers, now, now + timedelta(seconds=wait), items, carry
        )  # fmt: skip
        self._jobs.append(job)
        row = {
            "requestId": request_id, "entityType": entity, "entityVersion": f"{entity}V{version}",
            "requestStatus": "InProgress", "changedBy": standin.caller, "operationType": operation,
            "genericListKey": list_key, "lastUpdated": told_at(now),
            "systems": [{"system": SYSTEM, "module": "IA", "systemStatus": "InProgress", "lastUpdated": told_at(now),
                         "items": [item.as_json() for item in items]}],
        }  # fmt: skip
        standin.store.put(STATUSES, request_id, row, {"kind": "layer"})
        if wait <= 0:
            self.settle()

    def _planned(self, entity: str, code: str) -> Record | None:
        for one in self.plan:
            if one.get("entityType") in (None, entity) and one.get("externalCode") in (None, code) and one["times"] > 0:
                one["times"] -= 1
                return one
        return None

    @property
    def waiting(self) -> int:
        """How many requests have not reached P2P yet."""
        return len(self._jobs)

    def settle(self, *, at_once: bool = False) -> None:
        """Carry out what is due; ``at_once``: everything, the oldest first."""
        while True:
            now = self._standin.clock.now()
            due = [job for job in self._jobs if at_once or job.due <= now]
            if not due:
                return
            job = min(due, key=lambda one: (one.due, one.number))
            self._jobs.remove(job)
            self._carry_out(job)

    def _carry_out(self, job: Job) -> None:
        taken = []
        for item in job.items:
            if item.unchanged:
                item.status = "NotProcessed"
            elif self._superseded(job, item) or (item.planned or {}).get("status") == "RecordExpired":
                item.status = "RecordExpired"
                text = "A newer version of the record has been received."
                item.errors.append({"type": "RecordExpired", "message": text, "category": "Technical"})
            elif (item.planned or {}).get("status") == "Error":
                planned = item.planned or {}
                item.fail(planned.get("message", "Record skipped."), category=planned.get("category", "Technical"))
            else:
                taken.append(item)
        if taken:
            job.carry(taken)
        for item in taken:
            if item.status == "InProgress":
                item.status = "Success"
            if (item.planned or {}).get("status") == "Warning" and item.status == "Success":
                item.warn((item.planned or {}).get("message", "Some fields were not saved."))
        for item in job.items:
            if item.status == "Error" and item.undo is not None:
                item.undo()
        self._note(job)

    def _superseded(self, job: Job, item: Item) -> bool:
        window = timedelta(seconds=float(self._standin.switches["expire_window_s"]))
        versions = self._versions.get((job.entity, f"{job.key}/{item.parent or ''}/{item.code}"), ())
        return any(number > job.number and at - job.posted <= window for number, at in versions)

    def _note(self, job: Job) -> None:
        """Tell in requestStatus and errorFeedbacks what became of a request, and push it."""
        standin = self._standin
        now = told_at(standin.clock.now())
        bad = {"Error"} | ({"RecordExpired"} if standin.switches["expired_counts_as"] == "Error" else set())
        status = "Error" if any(item.status in bad for item in job.items) else "Success"
        row = standin.store.edit(STATUSES, job.request_id)
        row["requestStatus"] = status
        row["lastUpdated"] = now
        items = [item.as_json() for item in job.items]
        row["systems"][0] |= {"systemStatus": status, "lastUpdated": now, "items": items}
        standin.store.put(STATUSES, job.request_id, row, {"kind": "distribution"})
        for place, item in enumerate(job.items):
            if item.status == "Error":
                id = make_uuid(f"feedback:{job.request_id}", place)
                told = {
                    "id": id, "requestId": job.request_id, "externalCode": item.code,
                    "errorEntity": dumps(item.record).decode(), "entityType": job.entity, "errorStamp": now,
                    "errors": [error["message"] for error in item.errors], "targetSystem": SYSTEM,
                }  # fmt: skip
                standin.store.put(FEEDBACKS, id, told, {"kind": "distribution"})
        standin.pushes.tell("RequestStatus", status, job.request_id)
