"""Tasks that got lost with an answer: what requestStatus knows such a write by, from our key of its record alone."""

from collections.abc import Sequence
from datetime import UTC, datetime

from mlc import Task
from mlc.records import ObjectType

from mlc_basware.auth import BaswareConnection
from mlc_basware.client import BaswareClient
from mlc_basware.codes import code_of
from mlc_basware.entities import MASTER, ORDER_LINES, ORDERS, REQUISITIONS, Resource, list_of, resources_of
from mlc_basware.push_reports import entity_of
from mlc_basware.render_orders import LINES
from mlc_basware.render_reports import ACKNOWLEDGE, ACKNOWLEDGE_ORDER
from mlc_basware.schemas import Row, moment, text
from mlc_basware.settings import prefix_of
from mlc_basware.tasks import TaskName

#: A newer version of the record came within a second.
SUPERSEDED = "RecordExpired"


def name_of_lost(connection: BaswareConnection, task: Task) -> TaskName | None:
    """The name without its request; None where no later answer comes.

    Raises: AuthError, RateLimitedError, TransientError.
    """
    if task.object_type is ObjectType.DOCUMENT_REPORT:
        acknowledged = task.action in (ACKNOWLEDGE, ACKNOWLEDGE_ORDER)
        return None if acknowledged else TaskName("", task.record_key, entity_of(task.action))
    client = BaswareClient(connection)
    code = code_of(prefix_of(connection.settings), task.record_key)
    if task.object_type is ObjectType.DIMENSION:
        lists = resources_of(connection.settings, task.object_type)
        there = next((one for one in lists if client.maybe(one, code) is not None), None)
        return TaskName("", code, "" if there is None else there.entity, path="" if there is None else there.path)
    if task.action == LINES:  # they are sent together: each of them leads to the request
        lines = client.every(ORDER_LINES, {"orderExternalCode": code})
        first = next((text(one, "externalCode") for one in lines), None)
        return TaskName("", first or code, ORDER_LINES.entity, task.external_id or "", ORDER_LINES.path)
    resource = resource_of(connection, task, "")
    return TaskName("", code, "" if resource is None else resource.entity)


def resource_of(connection: BaswareConnection, task: Task, path: str) -> Resource | None:
    """Where a task's record was written to; an entry of a list says so itself."""
    if task.object_type in MASTER:
        return MASTER[task.object_type]
    if task.object_type is ObjectType.PURCHASE_ORDER:
        return REQUISITIONS if connection.settings.po_mode == "requisition" else ORDERS
    return list_of(path.removeprefix("lists/"), connection.settings.list_code_column) if path else None


def written_at(connection: BaswareConnection, task: Task, name: TaskName) -> datetime | None:
    """When the API took the record last, by its own clock: a word from before is not about that."""
    resource = ORDER_LINES if name.path == ORDER_LINES.path else resource_of(connection, task, name.path)
    row = None if resource is None else BaswareClient(connection).maybe(resource, name.code)
    return None if row is None else moment(row, "lastUpdated")


def last_word(named: Sequence[tuple[Row, list[Row]]], written: datetime | None) -> list[Row]:
    """The items of the last request, of those that name the record, since it was written; one that was overtaken only
    where there is no other."""

    def told_at(one: tuple[Row, list[Row]]) -> datetime:
        return moment(one[0], "lastUpdated") or datetime.min.replace(tzinfo=UTC)

    since = [one for one in named if written is None or told_at(one) >= written]
    told = [one for one in since if any(text(item, "status") != SUPERSEDED for item in one[1])] or since
    return max(told, key=told_at)[1] if told else []
