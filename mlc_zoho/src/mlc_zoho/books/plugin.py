"""Zoho Books' answers to core's hooks."""

from collections.abc import Sequence

from mlc import (
    Attachment,
    Binding,
    FetchMode,
    FindKey,
    Identity,
    Notice,
    Outcome,
    Page,
    Probe,
    RenderContext,
    Rendered,
    SourceRecord,
    System,
    TokenStore,
    WebhookRequest,
    Write,
    hookimpl,
)
from mlc.http import Auth
from mlc.records import AttachmentRef, ObjectType, Record

from mlc_zoho.auth import bearer
from mlc_zoho.books import description, fetch, find, mapping, probe, push, reading, render, webhooks
from mlc_zoho.books.client import BooksConnection
from mlc_zoho.books.parts import MapContext


@hookimpl
def mlc_describe() -> System:
    return description.system()


@hookimpl
def mlc_auth(connection: BooksConnection, tokens: TokenStore) -> Auth:
    return bearer(connection, tokens)


@hookimpl
def mlc_ping(connection: BooksConnection) -> Identity:
    return probe.ping(connection)


@hookimpl
def mlc_probe(connection: BooksConnection) -> Probe:
    return probe.probe(connection)


@hookimpl
def mlc_fetch(connection: BooksConnection, object_type: ObjectType, cursor: str | None, mode: FetchMode) -> Page:
    return fetch.fetch(connection, object_type, cursor, mode)


@hookimpl
def mlc_read(connection: BooksConnection, object_type: ObjectType, ids: Sequence[str]) -> list[SourceRecord]:
    return reading.read(connection, object_type, ids)


@hookimpl
def mlc_map(connection: BooksConnection, object_type: ObjectType, payload: dict[str, object]) -> Record:
    return mapping.to_record(object_type, payload, _context(connection))


@hookimpl
def mlc_attachment(connection: BooksConnection, document_id: str, attachment: AttachmentRef) -> Attachment:
    return reading.download(connection, document_id, attachment)


@hookimpl
def mlc_render(
    connection: BooksConnection, record: Record, binding: Binding | None, context: RenderContext
) -> Rendered:
    return render.to_parts(record, binding, context, settings=connection.settings)


@hookimpl
def mlc_push(connection: BooksConnection, object_type: ObjectType, writes: list[Write]) -> list[Outcome]:
    return push.push(connection, object_type, writes, _context(connection))


@hookimpl
def mlc_find(connection: BooksConnection, object_type: ObjectType, keys: Sequence[FindKey]) -> list[list[SourceRecord]]:
    return find.find(connection, object_type, keys)


@hookimpl
def mlc_verify_webhook(connection: BooksConnection, request: WebhookRequest) -> list[Notice]:
    return webhooks.verify(connection, request)


def _context(connection: BooksConnection) -> MapContext:
    settings = connection.settings
    return MapContext(
        connection.system,
        connection.name,
        settings.unique_field,
        settings.issue_date_field,
        reimburse_field=settings.reimburse_field,
        employee_field=settings.employee_field,
        budget_field=settings.budget_field,
        deal_field=settings.deal_field,
    )
