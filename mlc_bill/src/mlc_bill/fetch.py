"""Lists, page by page: changes since a watermark, or everything.

Where a list can be filtered by change it is, and every row is compared with the filter again. A cursor that leads to
itself ends the pass, since BILL's cursors are opaque.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from mlc import FetchMode, Page, SourceRecord
from mlc.errors import RejectedError, TransientError
from mlc.records import Deletion, DeletionKind, ObjectType

from mlc_bill.auth import BillConnection, no_api_token
from mlc_bill.client import BillClient, Listing
from mlc_bill.cursors import Position, read_position
from mlc_bill.entities import ENTITIES, KINDS, REIMBURSEMENTS, TRANSACTIONS, Entity
from mlc_bill.errors import NOT_PERMITTED
from mlc_bill.facts import payloads
from mlc_bill.filters import changed_since, from_day
from mlc_bill.schemas import Row, day, moment, text
from mlc_bill.versions import version_of


def fetch(connection: BillConnection, object_type: ObjectType, cursor: str | None, mode: FetchMode) -> Page:
    """One page. The last page of the last list of a type carries the watermark.

    Raises: AuthError, ConfigError, RateLimitedError, RejectedError, TransientError.
    """
    position = read_position(cursor)
    lists = lists_of(connection, object_type)
    entity = lists[position.part]
    since = position.since if mode is FetchMode.CHANGES else None
    listing = _listing(connection, entity, since, position)
    if listing.next is not None and listing.next == position.page:
        raise TransientError(
            f"BILL's list of {entity.what} leads back to the page it comes from; the pass starts again.",
            system=connection.system,
            connection=connection.name,
        )
    start = position.start or _start(connection, listing.at)
    found = tuple(records(connection, object_type, entity, _wanted(connection, entity, listing.rows, since)))
    if listing.next is not None:
        return Page(found, next_cursor=replace(position, start=start, page=listing.next).text())
    if position.part + 1 < len(lists):
        return Page(found, next_cursor=replace(position, start=start, part=position.part + 1, page=None).text())
    return Page(found, watermark=replace(position, start=start).watermark())


def lists_of(connection: BillConnection, object_type: ObjectType) -> Sequence[Entity]:
    """The lists that an object type is read from. Raises ConfigError for Spend & Expense without its token."""
    if object_type is ObjectType.DIMENSION:
        wanted = connection.settings.dimensions
        return [kind.entity for kind in KINDS if kind.list in wanted] or [KINDS[0].entity]
    if object_type is ObjectType.EXPENSE:
        if connection.secrets.api_token is None:
            raise no_api_token()
        return (TRANSACTIONS, REIMBURSEMENTS)
    return (ENTITIES[object_type],)


def records(
    connection: BillConnection, object_type: ObjectType, entity: Entity, found: Iterable[Row]
) -> Iterable[SourceRecord]:
    """Rows as source records, each id once."""
    seen: set[str] = set()
    for payload in payloads(connection, object_type, found, list=entity.path.rpartition("/")[2]):
        record_id = text(payload, entity.id) or text(payload, "id")
        if record_id is None or record_id in seen:
            continue
        seen.add(record_id)
        yield SourceRecord(
            id=record_id,
            version=version_of(payload),
            payload=payload,
            deleted=deletion_of(object_type, payload),
            modified_at=moment(payload, "updatedTime"),
        )


def deletion_of(object_type: ObjectType, row: Row) -> Deletion | None:
    """What is gone for good: an archived vendor credit cannot be restored, nor a deleted draft or reimbursement.

    Everything else that is archived can be restored, and is void or inactive.
    """
    credit = object_type is ObjectType.VENDOR_CREDIT and row.get("archived") is True
    states = {text(row, "recordStatus"), text(row, "status")}
    reimbursed = object_type is ObjectType.EXPENSE and "DELETED" in states
    if not credit and not reimbursed and "DRAFT_DELETED" not in states:
        return None
    return Deletion(kind=DeletionKind.ARCHIVED, evidence="status")


def _listing(connection: BillConnection, entity: Entity, since: datetime | None, position: Position) -> Listing:
    client = BillClient(connection)
    filters = sort = None
    if _has_changes(connection, entity):
        sort = "updatedTime:asc"
        filters = None if since is None else changed_since("updatedTime", since)
    elif entity.dated is not None:
        sort = f"{entity.dated}:asc"
        filters = None if since is None else from_day(entity.dated, _first_day(connection, since).date())
    try:
        return client.page(entity, filters=filters, sort=sort, cursor=position.page)
    except RejectedError as error:
        if not entity.path.startswith("classifications/") or error.code not in NOT_PERMITTED:
            raise
        return Listing([], None, position.start)  # the organisation has this list switched off


def _has_changes(connection: BillConnection, entity: Entity) -> bool:
    return entity.changes or (entity.path == "vendor-credits" and connection.settings.vendor_credit_filters)


def _first_day(connection: BillConnection, since: datetime) -> datetime:
    """Where a pass over Spend & Expense begins: its lists tell when something happened, not when it changed."""
    return since - timedelta(days=connection.settings.spend_lookback_days)


def _wanted(connection: BillConnection, entity: Entity, found: Iterable[Row], since: datetime | None) -> Iterable[Row]:
    """Rows that the filter should have given: BILL ignores parameters that it does not know."""
    for row in found:
        if since is not None and entity.dated is not None:
            on = day(row, entity.dated) if text(row, entity.dated) else None
            if on is not None and on < _first_day(connection, since).date():
                continue
        elif since is not None:
            at = moment(row, "updatedTime")
            if at is not None and at < since:
                continue
        yield row


def _start(connection: BillConnection, at: datetime | None) -> datetime | None:
    return None if at is None else at - timedelta(seconds=connection.settings.overlap_s)
