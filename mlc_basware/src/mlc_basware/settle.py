"""What became of accepted writes, by requestStatus; by errorFeedbacks where the tenant has only those (R9).

Only an item of ours with ``Success`` or ``Warning`` confirms. ``NotProcessed`` says that the record equals the one
before: then what became of that one decides. ``RecordExpired``: a newer version came within a second; it is looked up.

Vendor doc: P2P OpenAPI 26.06, requestStatus, errorFeedbacks; https://developer.basware.com/en/api/p2p/manual#usage5
"""

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import quote

from mlc import Created, Outcome, Rejected, Task, Unknown, Updated
from mlc.errors import NotFoundError
from mlc.records import ObjectType

from mlc_basware.auth import BaswareConnection
from mlc_basware.client import BaswareClient
from mlc_basware.entities import ORDER_LINES, ORDERS
from mlc_basware.fetch import id_of, stamp
from mlc_basware.losttasks import SUPERSEDED, last_word, name_of_lost, resource_of, written_at
from mlc_basware.mapping import to_record
from mlc_basware.parts import MapContext
from mlc_basware.reading import by_code
from mlc_basware.schemas import Row, moment, rows, text
from mlc_basware.tasks import TaskName, read_task
from mlc_basware.versions import version_of

logger = logging.getLogger("mlc.basware")

#: Words of a refusal → the setting that it is about.
SETTINGS_OF = (
    ("company code", "company_codes"),
    ("organization", "organization_element"),
    ("organisation", "organization_element"),
)

DONE = frozenset({"Success", "Warning"})
FAILED = "Error"
SAME = "NotProcessed"
STATUSES = ("Success", "Error", "AcknowledgedSuccess", "AcknowledgedError", "InProgress")
#: How far back an unchanged record's own version is looked for: mostly it was sent a moment before.
LOOK_BACK = (timedelta(hours=1), timedelta(days=1), timedelta(days=30))
#: Requests are many and small: as many a page as Basware gives, whatever a page of records holds.
PAGE_SIZE = 500
#: Clocks differ: what was decided so long before the request left is not about it.
SKEW = timedelta(seconds=60)
LISTED_MAX = 20
#: So many requests of a kind, each with an id of its own, are looked for in the list of those that went well first.
TOGETHER = 5


def settle(connection: BaswareConnection, tasks: Sequence[Task], context: MapContext) -> list[Outcome]:
    """Outcomes by task key; none for those that are still under way.

    Raises: AuthError, RateLimitedError, TransientError.
    """
    settler = _Settler(connection, context)
    if connection.settings.confirm_by != "error_feedbacks":
        settler.look_together(tasks)
    found = [settler.outcome(task) for task in tasks]
    return [one for one in found if one is not None]


class _Settler:
    """Asks once per call, however many writes it carried."""

    def __init__(self, connection: BaswareConnection, context: MapContext) -> None:
        self._connection = connection
        self._context = context
        self._client = BaswareClient(connection)
        self._asked: dict[str, list[Row]] = {}

    def look_together(self, tasks: Sequence[Task]) -> None:
        """Read what went well as one list; what is not on it is asked for by its id."""
        wanted: dict[str, dict[str, datetime]] = {}
        for task in tasks:
            name = read_task(task.task)
            if name is not None and name.request_id:
                wanted.setdefault(name.entity, {})[name.request_id] = task.sent_at
        for entity, sent in wanted.items():
            if len(sent) >= TOGETHER:
                self._take_listed(entity, sent)

    def _take_listed(self, entity: str, sent: Mapping[str, datetime]) -> None:
        params = {
            "status": "Success",
            "entityType": entity,
            "lastUpdated": stamp(min(sent.values()) - SKEW),
            "pageSize": str(min(self._connection.settings.page_size, 500)),
        }
        for row in self._client.page("v1/requestStatus", "requestStatus", params).rows:
            request_id = text(row, "requestId")
            if request_id is not None and request_id in sent:
                self._asked.setdefault(request_id, []).append(row)

    def outcome(self, task: Task) -> Outcome | None:
        name = read_task(task.task) or name_of_lost(self._connection, task)
        if name is None:
            return Created(task.key, task.record_key)  # nothing comes after the answer to an acknowledgement
        if self._connection.settings.confirm_by == "error_feedbacks":
            return self._by_feedback(task, name)
        item = self._item(task, name)
        if item is None:
            return None
        status = text(item, "status")
        if status == SAME:
            return self._of_the_same(task, name)
        if status == SUPERSEDED:
            return Unknown(task.key, "a newer version of the record came within a second")
        return self._decided(task, name, item)

    # ------------------------------------------------------------------ requestStatus

    def _decided(self, task: Task, name: TaskName, item: Row) -> Outcome | None:
        status = text(item, "status")
        if status in DONE:
            if status == "Warning":
                logger.warning("%s: Basware saved %s in part: %s", self._connection.name, name.code, said(item))
            return self._confirmed(task, name)
        if status == FAILED:
            categories = {text(one, "category") for one in rows(item, "errors")} - {None}
            code = ", ".join(sorted(str(one) for one in categories)) or "Error"
            return self._rejected(task, name, self._refused(said(item)), code)
        return None

    def _item(self, task: Task, name: TaskName) -> Row | None:
        """The item of this record; the worst where several systems have one, and of all lines of an order."""
        if name.request_id:
            items = [item for request in self._request(name.request_id) for item in _items(request, name)]
        else:  # the last request that names it and was not overtaken
            named = [(request, found) for request in self._listed(task, name) if (found := _items(request, name))]
            items = last_word(named, written_at(self._connection, task, name))
        order = (FAILED, "InProgress", SUPERSEDED, "Warning", "Success", SAME)
        ranked = [item for item in items if text(item, "status") in order]
        return min(ranked, key=lambda item: order.index(text(item, "status") or ""), default=None)

    def _request(self, request_id: str) -> list[Row]:
        if request_id not in self._asked:
            try:
                body = self._client.get(f"v1/requestStatus/{quote(request_id, safe='')}")
            except NotFoundError:
                body = {}
            found = body if isinstance(body, dict) else {}
            self._asked[request_id] = [
                row for row in rows(found, "requestStatus") if text(row, "requestId") in (None, request_id)
            ]
        return self._asked[request_id]

    def _listed(self, task: Task, name: TaskName, since: datetime | None = None) -> Iterator[Row]:
        """Requests about records of this kind since it was sent: the id of ours got lost."""
        begins = task.sent_at - SKEW if since is None else since
        for status in STATUSES:
            token = None
            for _ in range(LISTED_MAX):
                params = {
                    "status": status,
                    "entityType": name.entity,
                    "lastUpdated": stamp(begins),
                    "pageSize": str(PAGE_SIZE),
                }
                listing = self._client.page("v1/requestStatus", "requestStatus", params, token=token)
                for row in listing.rows:
                    at = moment(row, "lastUpdated")
                    if at is not None and at > begins:
                        yield row
                if listing.next is None or listing.next == token:
                    break
                token = listing.next

    def _of_the_same(self, task: Task, name: TaskName) -> Outcome | None:
        """Nothing was passed on, because the record did not differ from the one before: what became of that?"""
        for back in LOOK_BACK:
            told = [
                (at, item)
                for request in self._listed(task, name, task.sent_at - back)
                for item in _items(request, name)
                if text(item, "status") in {*DONE, FAILED, "InProgress"}
                and (at := moment(request, "lastUpdated")) is not None
            ]
            if told:
                return self._decided(task, name, max(told, key=lambda one: one[0])[1])
        reason = "Basware saw no change in it and passed nothing on; send it again, and it will differ."
        return Rejected(task.key, reason, code=SAME, request_id=name.request_id)

    def _rejected(self, task: Task, name: TaskName, words: str, code: str) -> Rejected:
        """Refused by P2P; the API layer goes on showing what it took, which core has to know."""
        resource = (
            None if task.object_type is ObjectType.DOCUMENT_REPORT else resource_of(self._connection, task, name.path)
        )
        row = None if resource is None or name.path == ORDER_LINES.path else self._client.maybe(resource, name.code)
        outcome = Rejected(task.key, words, code=code, request_id=name.request_id or None)
        if row is None or resource is None:
            return outcome
        return replace(outcome, external_id=id_of(resource, row), version=version_of(row))

    def _refused(self, words: str) -> str:
        """Basware's words, with the setting they are about where one is."""
        named = [setting for part, setting in SETTINGS_OF if part in words.lower()]
        hint = f" (check {' and '.join(named)} of {self._connection.name})" if named else ""
        return f"Basware refused it later: {words}{hint}"

    # ------------------------------------------------------------------ errorFeedbacks

    def _by_feedback(self, task: Task, name: TaskName) -> Outcome | None:
        """Errors are told, successes are not: silence for long enough has to do."""
        entity = name.entity
        try:
            if name.request_id:
                body = self._client.get(f"v1/errorFeedbacks/{quote(name.request_id, safe='')}")
            else:
                body = self._client.get(f"v1/errorFeedbacks/{entity}/{quote(name.code, safe='')}")
        except NotFoundError:
            body = {}
        for row in rows(body if isinstance(body, dict) else {}, "errorList"):
            at = moment(row, "errorStamp")
            if _feedback_code(row) not in (None, name.code) or (at is not None and at < task.sent_at - SKEW):
                continue
            errors = row.get("errors")
            told = "; ".join(str(one) for one in errors) if isinstance(errors, list) else ""
            return self._rejected(task, name, self._refused(told or "no word"), "Error")
        age = (self._connection.now() - task.sent_at).total_seconds()
        return self._confirmed(task, name) if age >= self._connection.settings.feedback_quiet_s else None

    # ------------------------------------------------------------------ what stands there now

    def _confirmed(self, task: Task, name: TaskName) -> Outcome | None:
        if task.object_type is ObjectType.DOCUMENT_REPORT:
            return Created(task.key, name.code, request_id=name.request_id or None)
        resource = resource_of(self._connection, task, name.path)
        code = name.code
        if resource is None:
            return Unknown(task.key, "it is not known where it was written to")
        if name.path == ORDER_LINES.path:
            return self._order_of_lines(task, name)
        record = by_code(self._connection, resource, code)
        if record is None:
            return Unknown(task.key, "Basware took it, and its API does not show it")
        seen = to_record(task.object_type, dict(record.payload), self._context)
        made = Created if task.external_id is None else Updated
        return made(task.key, record.id, record.version, seen, name.request_id or None)

    def _order_of_lines(self, task: Task, name: TaskName) -> Outcome:
        """Lines change their order: it is read whole."""
        line = self._client.maybe(ORDER_LINES, name.code)
        record = None if line is None else by_code(self._connection, ORDERS, text(line, "orderExternalCode") or "")
        if record is None:
            return Unknown(task.key, "Basware took its lines, and its API does not show the order")
        seen = to_record(task.object_type, dict(record.payload), self._context)
        return Updated(task.key, record.id, record.version, seen, name.request_id or None)


def said(item: Row) -> str:
    """Basware's own words."""
    words = [message for one in rows(item, "errors") if (message := text(one, "message")) is not None]
    return "; ".join(dict.fromkeys(words)) or "no word"


def _items(request: Row, name: TaskName) -> list[Row]:
    """What a request says of a record; of an order's lines, which are sent together, what it says of each."""
    items = [item for system in rows(request, "systems") for item in rows(system, "items")]
    mine = [item for item in items if text(item, "externalCode") == name.code]
    return items if mine and name.path == ORDER_LINES.path else mine


def _feedback_code(row: Row) -> str | None:
    """The record an error is about: its own field, else inside the entity, which is JSON in a text."""
    stated = text(row, "externalCode")
    if stated is not None:
        return stated
    try:
        entity = json.loads(text(row, "errorEntity") or "null")
    except ValueError:
        return None
    return text(entity, "externalCode") if isinstance(entity, dict) else None
