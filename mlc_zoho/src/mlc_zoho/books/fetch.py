"""Lists, page by page: changes since a watermark, or everything.

The filter by modification time is sent where the field accepts it and checked again on every row, since Zoho ignores
parameters it does not know. Rows move between pages while data changes: the order is by creation, oldest first, and
what comes twice is dropped.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from mlc import FetchMode, Page, SourceRecord
from mlc.errors import PluginError, TransientError
from mlc.records import ObjectType

from mlc_zoho.books import derived, persons
from mlc_zoho.books.client import BooksClient, BooksConnection
from mlc_zoho.books.dimensions import dimension_rows
from mlc_zoho.books.entities import ENTITIES, Entity
from mlc_zoho.books.organisation import Organisation, currency_code, organisation
from mlc_zoho.books.schemas import ORGANISATION, Row, moment, text, without_secrets
from mlc_zoho.books.versions import version_of

OVERLAP = timedelta(minutes=2)
#: Whose list shows what has none of its own.
_LIVES_IN = {ObjectType.CONTACT: ObjectType.CUSTOMER, ObjectType.PAYMENT_TERM: ObjectType.VENDOR}


@dataclass(frozen=True, slots=True)
class Position:
    """Where a pass stands. ``since``: the filter; ``start``: where the next begins; ``last``: the page before."""

    since: datetime | None = None
    start: datetime | None = None
    page: int = 1
    last: str | None = None

    def text(self) -> str:
        """As an opaque cursor."""
        return json.dumps(
            {
                "since": self.since.isoformat() if self.since else None,
                "start": self.start.isoformat() if self.start else None,
                "page": self.page,
                "last": self.last,
            },
            separators=(",", ":"),
        )


def read_position(cursor: str | None) -> Position:
    """The inverse of ``Position.text``; a watermark is a plain moment."""
    if cursor is None:
        return Position()
    try:
        if not cursor.startswith("{"):
            return Position(since=datetime.fromisoformat(cursor))
        stored = json.loads(cursor)
        return Position(_moment(stored["since"]), _moment(stored["start"]), int(stored["page"]), stored["last"])
    except (ValueError, KeyError, TypeError) as error:
        raise PluginError("The stored cursor is not one of Zoho Books'.", str(error)) from error


def fetch(connection: BooksConnection, object_type: ObjectType, cursor: str | None, mode: FetchMode) -> Page:
    """One page of an object type."""
    home = organisation(connection)
    client = BooksClient(connection, home.id)
    position = read_position(cursor)
    if object_type is ObjectType.DIMENSION:
        return _dimensions(connection, client, home)
    if object_type is ObjectType.EXCHANGE_RATE:
        return derived.rates(connection, client, home)
    people = object_type is ObjectType.CONTACT
    entity = ENTITIES[_LIVES_IN.get(object_type, object_type)]
    since = position.since if mode is FetchMode.CHANGES and entity.filtered else None
    listing = client.page(entity, list_params(entity, home, since), page=position.page)
    digest = _digest(entity, listing.rows)
    if listing.more and (not listing.rows or digest == position.last or listing.page not in (None, position.page)):
        raise TransientError(
            f"Zoho Books sent page {position.page} of {entity.path} twice over; the pass starts again.",
            system=connection.system,
            connection=connection.name,
        )
    start = position.start or _start(listing.at, position.since)
    page = Page(tuple(_records(connection, entity, home, listing.rows, since)))
    if object_type is ObjectType.PAYMENT_TERM:
        page = Page(derived.terms([row for row in listing.rows if not _is_older(row, since)], home))
    if people:
        changed = {record.id for record in page.records}
        listing = replace(listing, rows=[row for row in listing.rows if text(row, entity.id) in changed])
        page = persons.page_of(connection, client, home, listing)
    if listing.more:
        following = replace(position, start=start, page=position.page + 1, last=digest)
        return replace(page, next_cursor=following.text())
    return replace(page, watermark=start.isoformat())


def list_params(entity: Entity, home: Organisation, since: datetime | None) -> dict[str, str]:
    """A list's parameters: every status, steadiest order, changes only."""
    params = dict(entity.params)
    if entity.filter_by is not None:
        params["filter_by"] = entity.filter_by
    if entity.sort is not None:
        params |= {"sort_column": entity.sort, "sort_order": "A"}
    if since is not None:
        params["last_modified_time"] = home.stamp(since)
    return params


def source_record(
    connection: BooksConnection, entity: Entity, home: Organisation, row: Row, *, complete: bool
) -> SourceRecord | None:
    """A row as core keeps it: without secrets, with its version; None for a row without an id."""
    record_id = text(row, entity.id)
    if record_id is None:
        return None
    payload = payload_of(connection, home, row, complete=complete)
    return SourceRecord(
        id=record_id,
        version=version_of(entity, row),
        payload=payload,
        complete=complete,
        modified_at=moment(row, "last_modified_time"),
    )


def payload_of(connection: BooksConnection, home: Organisation, row: Row, *, complete: bool) -> dict[str, Any]:
    """The row without secrets, with the facts of its organisation that map needs."""
    payload = without_secrets(row)
    payload[ORGANISATION] = home.mark()
    named = text(row, "currency_id")
    if complete and named is not None and not row.get("currency_code"):
        payload["currency_code"] = currency_code(connection, named)
    return payload


def is_kind(entity: Entity, row: Row) -> bool:
    """False for a contact of the other kind: the list's filter may have been ignored."""
    wanted = entity.params.get("contact_type")
    return wanted is None or row.get("contact_type", wanted) == wanted


def _records(
    connection: BooksConnection, entity: Entity, home: Organisation, found: Iterable[Row], since: datetime | None
) -> Iterable[SourceRecord]:
    seen: set[str] = set()
    for row in found:
        if not is_kind(entity, row):
            continue
        record = source_record(connection, entity, home, row, complete=entity.complete)
        if record is None or record.id in seen:
            continue
        if _is_older(row, since):
            continue
        seen.add(record.id)
        yield record


def _is_older(row: Row, since: datetime | None) -> bool:
    """Whether a row was changed before a pass began: the filter may have been ignored."""
    changed = moment(row, "last_modified_time")
    return since is not None and changed is not None and changed < since


def _dimensions(connection: BooksConnection, client: BooksClient, home: Organisation) -> Page:
    """Locations and tags have neither pages nor a filter: one page holds them all."""
    start = _start(None, connection.now())
    records = []
    for record_id, version, row in dimension_rows(client):
        records.append(SourceRecord(record_id, version, {**row, ORGANISATION: home.mark()}))
    return Page(tuple(records), watermark=start.isoformat())


def _start(at: datetime | None, since: datetime | None) -> datetime:
    """Where the next pass begins: Zoho's clock less the overlap; without its clock, where this one did."""
    if at is not None:
        return at - OVERLAP
    return since or datetime(2000, 1, 1, tzinfo=UTC)


def _digest(entity: Entity, found: list[Row]) -> str:
    return hashlib.sha256(" ".join(str(row.get(entity.id)) for row in found).encode()).hexdigest()[:16]


def _moment(stored: str | None) -> datetime | None:
    return datetime.fromisoformat(stored) if stored else None
