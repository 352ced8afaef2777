"""Fetch one page of a list, and crawl a whole one. Rows become source records here."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from mlc import FetchMode, Page, SourceRecord
from mlc.errors import PluginError, TransientError
from mlc.records import Deletion, DeletionKind, ObjectType

from mlc_procurify import SYSTEM
from mlc_procurify.auth import ProcurifyConnection
from mlc_procurify.client import Client, next_query
from mlc_procurify.cursors import Cursor, digest, read_cursor, write_cursor, write_watermark
from mlc_procurify.parts import LOOKED_UP
from mlc_procurify.schemas import ListReply
from mlc_procurify.settings import ProcurifySettings
from mlc_procurify.sources import CURRENCIES, Source, sources
from mlc_procurify.values import as_text, instant

Query = tuple[tuple[str, str], ...]


def fetch_page(connection: ProcurifyConnection, object_type: ObjectType, cursor: str | None, mode: FetchMode) -> Page:
    """Read one page. The last page of the last list carries the watermark.

    Raises: AccessSuspendedError, AuthError, RateLimitedError, RejectedError, TransientError.
    """
    lists = sources(object_type, connection.settings)
    at = read_cursor(cursor)
    if at.part >= len(lists):
        raise PluginError(f"Procurify has no list number {at.part} of {object_type}.", system=SYSTEM)
    source, client = lists[at.part], Client(connection)
    since = at.since if mode is FetchMode.CHANGES and source.changed_since else None
    query = at.query or first_query(source, connection.settings, at if mode is FetchMode.CHANGES else Cursor())
    reply = client.page(source.path, query, what=source.what)
    at = replace(at, start=at.start or reply.answered_at)
    if source.needs_currencies and at.currencies is None:
        at = replace(at, currencies=currency_names(client, connection.settings, reply.rows))
    mark = _unrepeated(source, reply, at)
    records = tuple(
        record(source, row, currencies=at.currencies)
        for row in reply.rows
        if source.identify(row) is not None and source.keeps(row) and not source.is_older(row, since)
    )
    following = next_query(reply)
    total = reply.pagination.count if len(lists) == 1 else None
    if following is not None:
        return Page(records, next_cursor=write_cursor(replace(at, query=tuple(following), last=mark)), total=total)
    if at.part + 1 < len(lists):
        return Page(records, next_cursor=write_cursor(replace(at, part=at.part + 1, query=None, last=None)))
    return Page(records, watermark=write_watermark(at, overlap=source.overlap), total=total)


def first_query(source: Source, settings: ProcurifySettings, at: Cursor) -> Query:
    """Filters of the first page, then ``page`` and ``page_size``."""
    filters = source.changed_since(at.since) if source.changed_since and at.since else ()
    return (*source.fixed, *filters, ("page", "1"), ("page_size", str(settings.page_size)))


def crawl(client: Client, source: Source, settings: ProcurifySettings, extra: Query = ()) -> Iterator[dict[str, Any]]:
    """Every row of a list, page after page; stops at a page that repeats the one before.

    Raises: as ``Client.page``.
    """
    query: Query | None = (*extra, *first_query(source, settings, Cursor()))
    at = Cursor()
    while query is not None:
        reply = client.page(source.path, query, what=source.what)
        at = replace(at, last=_unrepeated(source, reply, at))
        yield from reply.rows
        following = next_query(reply)
        query = None if following is None else tuple(following)


def currency_names(
    client: Client, settings: ProcurifySettings, rows: tuple[Mapping[str, Any], ...]
) -> dict[str, str] | None:
    """Currency ids to names, asked for only when a row has a bare id."""
    if all(isinstance(row.get("currency"), Mapping | None) for row in rows):
        return None
    found = {}
    for row in crawl(client, CURRENCIES, settings):
        number, name = as_text(row.get("id")), as_text(row.get("name"))
        if number is not None and name is not None:
            found[number] = name
    return found


def record(
    source: Source, row: Mapping[str, Any], *, complete: bool | None = None, currencies: dict[str, str] | None = None
) -> SourceRecord:
    """A row as a source record; what map needs beside it goes under one key of its own."""
    whole = source.complete if complete is None else complete
    looked_up: dict[str, Any] = {"complete": whole}
    if source.kind is not None:
        looked_up["kind"] = str(source.kind)
    number = as_text(row.get("currency"))
    if currencies is not None and number in currencies:
        looked_up["currencies"] = {number: currencies[number]}
    return SourceRecord(
        id=source.identify(row) or "",
        version=source.version(row),
        payload={**row, LOOKED_UP: looked_up},
        complete=whole,
        modified_at=instant(row.get(source.modified)) if source.modified else None,
    )


def gone(record_id: str, *, evidence: str) -> SourceRecord:
    """What says that a record is not there."""
    deleted = Deletion(kind=DeletionKind.VANISHED, evidence=evidence)
    return SourceRecord(id=record_id, version="", payload={}, deleted=deleted)


def _unrepeated(source: Source, reply: ListReply, at: Cursor) -> str | None:
    """The page's digest. Raises TransientError when it is the page before once more."""
    mark = digest([source.identify(row) or "" for row in reply.rows])
    if mark is not None and mark == at.last:
        raise TransientError(
            f"Procurify gave the same page of {source.what} twice in a row; reading stopped so that it does not go "
            "in circles.",
            system=SYSTEM,
        )
    return mark
