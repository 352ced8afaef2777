"""Lists, page by page: changes since a watermark with what was deleted since, or everything.

Pages follow the order of ids and each other's token, so that nothing falls between two of them. Beyond the 100,000 rows
that tokens reach, a query goes on behind the last id.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from mlc import FetchMode, Page, SourceRecord
from mlc.errors import PluginError, RejectedError, TransientError
from mlc.records import Deletion, DeletionKind, ObjectType

from mlc_zoho.crm.client import PER_PAGE, CrmClient, CrmConnection, Listing
from mlc_zoho.crm.errors import STALE_TOKEN
from mlc_zoho.crm.mapping import CUSTOM
from mlc_zoho.crm.modules import Module, module_of
from mlc_zoho.crm.notes import TITLE
from mlc_zoho.crm.queries import behind
from mlc_zoho.crm.schemas import Row, moment, text
from mlc_zoho.crm.settings import NOTES
from mlc_zoho.crm.tenant import custom_fields, read_fields
from mlc_zoho.crm.versions import version_of

OVERLAP = timedelta(minutes=2)
GONE_VERSION = "gone"
#: Pages that are reached by number, rows that are reached by token.
BY_PAGE = 10
BY_TOKEN = 100_000


@dataclass(frozen=True, slots=True)
class Position:
    """Where a pass stands.

    Attributes:
        since: what is asked for; None: everything. ``start``: where the next pass begins.
        token: of the page before. ``after``: the last id, once tokens reach no further. ``last``: digest of the page
            before. ``gone``: the list is read, what was deleted is next.
    """

    since: datetime | None = None
    start: datetime | None = None
    page: int = 1
    token: str | None = None
    after: str | None = None
    last: str | None = None
    gone: bool = False

    def text(self) -> str:
        """As an opaque cursor."""
        told = {
            "since": self.since.isoformat() if self.since else None,
            "start": self.start.isoformat() if self.start else None,
            "page": self.page,
            "token": self.token,
            "after": self.after,
            "last": self.last,
            "gone": self.gone,
        }
        return json.dumps(told, separators=(",", ":"))


def read_position(cursor: str | None) -> Position:
    """The inverse of ``Position.text``; a watermark is a plain moment."""
    if cursor is None:
        return Position()
    try:
        if not cursor.startswith("{"):
            return Position(since=datetime.fromisoformat(cursor))
        stored = json.loads(cursor)
        return Position(
            since=_moment(stored["since"]),
            start=_moment(stored["start"]),
            page=int(stored["page"]),
            token=stored["token"],
            after=stored["after"],
            last=stored["last"],
            gone=stored["gone"] is True,
        )
    except (ValueError, KeyError, TypeError) as error:
        raise PluginError("The stored cursor is not one of Zoho CRM's.", str(error)) from error


def fetch(connection: CrmConnection, object_type: ObjectType, cursor: str | None, mode: FetchMode) -> Page:
    """One page of an object type, or of what was deleted of it."""
    module = module_of(connection.settings, object_type)
    position = read_position(cursor)
    if mode is FetchMode.SWEEP:
        position = replace(position, since=None)
    if position.gone and position.since is not None:
        return _deleted(connection, module, position, position.since)
    try:
        listing = _listing(connection, module, position)
    except RejectedError as error:
        if position.token is None or (error.code not in STALE_TOKEN and error.field != "page_token"):
            raise
        position = Position(position.since, position.start)  # from its beginning: what is known is dropped by version
        listing = _listing(connection, module, position)
    digest = _digest(listing.rows)
    if listing.more and (not listing.rows or digest == position.last):
        raise TransientError(
            f"Zoho CRM sent a page of {module.api_name} twice over; the pass starts again.",
            system=connection.system,
            connection=connection.name,
        )
    position = replace(position, start=position.start or _start(listing.at, position.since))
    records = tuple(_records(connection, module, listing.rows, position.since))
    if listing.more:
        return Page(records, next_cursor=_next(position, listing, digest).text())
    if position.since is not None:
        return Page(records, next_cursor=Position(position.since, position.start, gone=True).text())
    return Page(records, watermark=_watermark(position))


def source_record(connection: CrmConnection, module: Module, row: Row) -> SourceRecord | None:
    """A row as core keeps it; None for one without an id."""
    record_id = text(row, "id")
    if record_id is None:
        return None
    payload = dict(row)
    if module.custom:
        payload[CUSTOM] = dict(custom_fields(connection, module))
    return SourceRecord(
        id=record_id, version=version_of(row), payload=payload, modified_at=moment(row, "Modified_Time")
    )


def gone(record_id: str, evidence: str, at: datetime | None = None) -> SourceRecord:
    """A record that is there no more."""
    deletion = Deletion(kind=DeletionKind.HARD_DELETED, evidence=evidence, at=at)
    return SourceRecord(record_id, GONE_VERSION, {}, deleted=deletion)


def _listing(connection: CrmConnection, module: Module, position: Position) -> Listing:
    client, fields = CrmClient(connection), read_fields(connection, module)
    if position.after is not None:
        return client.select(behind(module.api_name, fields, position.after, position.since, PER_PAGE))
    return client.page(module.api_name, fields, page=position.page, token=position.token, since=position.since)


def _next(position: Position, listing: Listing, digest: str) -> Position:
    """Behind this page: by token where there is one, by page number up to 2,000 rows, then by id."""
    following = replace(position, page=position.page + 1, token=listing.token, last=digest)
    if position.after is None and position.page * PER_PAGE < BY_TOKEN and (listing.token or following.page <= BY_PAGE):
        return following
    return replace(following, token=None, after=text(listing.rows[-1], "id"))


def _deleted(connection: CrmConnection, module: Module, position: Position, since: datetime) -> Page:
    """A page of what was deleted since; the header may have been ignored, so each row is checked again."""
    listing = CrmClient(connection).deleted(module.api_name, page=position.page, since=since)
    found = []
    for row in listing.rows:
        record_id, at = text(row, "id"), moment(row, "deleted_time")
        if record_id is not None and (at is None or at >= since):
            found.append(gone(record_id, "event", at))
    if listing.more and listing.rows:
        digest = _digest(listing.rows)
        if digest == position.last:
            raise TransientError(
                f"Zoho CRM sent a page of deleted {module.api_name} twice over; the pass starts again.",
                system=connection.system,
                connection=connection.name,
            )
        return Page(tuple(found), next_cursor=replace(position, page=position.page + 1, last=digest).text())
    return Page(tuple(found), watermark=_watermark(position))


def _records(
    connection: CrmConnection, module: Module, found: Iterable[Row], since: datetime | None
) -> Iterable[SourceRecord]:
    seen: set[str] = set()
    for row in found:
        record = source_record(connection, module, row)
        if record is None or record.id in seen or not belongs(module, row):
            continue
        if since is not None and record.modified_at is not None and record.modified_at < since:
            continue
        seen.add(record.id)
        yield record


def belongs(module: Module, row: Row) -> bool:
    """False for a note that is about something else."""
    return module.api_name != NOTES or (text(row, "Note_Title") or "").startswith(TITLE)


def _watermark(position: Position) -> str:
    return (position.start or datetime(2000, 1, 1, tzinfo=UTC)).isoformat()


def _start(at: datetime | None, since: datetime | None) -> datetime:
    """Where the next pass begins: Zoho's clock less the overlap; without its clock, where this one did."""
    if at is not None:
        return at - OVERLAP
    return since or datetime(2000, 1, 1, tzinfo=UTC)


def _digest(found: list[Row]) -> str:
    return hashlib.sha256(" ".join(str(row.get("id")) for row in found).encode()).hexdigest()[:16]


def _moment(stored: str | None) -> datetime | None:
    return datetime.fromisoformat(stored) if stored else None
