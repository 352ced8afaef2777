"""Basware's answers to core's hooks."""

from collections.abc import Sequence
from datetime import datetime

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
    Task,
    TokenStore,
    Watch,
    Watching,
    WebhookRequest,
    Write,
    hookimpl,
)
from mlc.http import Auth
from mlc.records import AttachmentRef, ObjectType, Record

from mlc_basware import (
    attachments,
    description,
    fetch,
    find,
    mapping,
    probe,
    push,
    reading,
    render,
    settle,
    watching,
    webhooks,
)
from mlc_basware.auth import BaswareAuth, BaswareConnection
from mlc_basware.parts import MapContext


@hookimpl
def mlc_describe() -> System:
    return description.system()


@hookimpl
def mlc_auth(connection: BaswareConnection, tokens: TokenStore) -> Auth:
    return BaswareAuth(connection, tokens)


@hookimpl
def mlc_ping(connection: BaswareConnection) -> Identity:
    return probe.ping(connection)


@hookimpl
def mlc_probe(connection: BaswareConnection) -> Probe:
    return probe.probe(connection)


@hookimpl
def mlc_fetch(connection: BaswareConnection, object_type: ObjectType, cursor: str | None, mode: FetchMode) -> Page:
    return fetch.fetch(connection, object_type, cursor, mode)


@hookimpl
def mlc_read(connection: BaswareConnection, object_type: ObjectType, ids: Sequence[str]) -> list[SourceRecord]:
    return reading.read(connection, object_type, ids)


@hookimpl
def mlc_map(connection: BaswareConnection, object_type: ObjectType, payload: dict[str, object]) -> Record:
    return mapping.to_record(object_type, payload, _context(connection))


@hookimpl
def mlc_attachment(connection: BaswareConnection, document_id: str, attachment: AttachmentRef) -> Attachment:
    return attachments.download(connection, document_id, attachment)


@hookimpl
def mlc_render(
    connection: BaswareConnection, record: Record, binding: Binding | None, context: RenderContext
) -> Rendered:
    return render.to_parts(record, binding, context, settings=connection.settings)


@hookimpl
def mlc_push(connection: BaswareConnection, object_type: ObjectType, writes: list[Write]) -> list[Outcome]:
    return push.push(connection, object_type, writes)


@hookimpl
def mlc_find(
    connection: BaswareConnection, object_type: ObjectType, keys: Sequence[FindKey]
) -> list[list[SourceRecord]]:
    return find.find(connection, object_type, keys)


@hookimpl
def mlc_settle(connection: BaswareConnection, tasks: Sequence[Task]) -> list[Outcome]:
    return settle.settle(connection, tasks, _context(connection))


@hookimpl
def mlc_verify_webhook(connection: BaswareConnection, request: WebhookRequest) -> list[Notice]:
    return webhooks.verify(connection, request)


@hookimpl
def mlc_watch(
    connection: BaswareConnection, callback_url: str | None, watches: Sequence[Watch], renew_before: datetime
) -> Watching:
    return watching.watch(connection, callback_url, watches)


def _context(connection: BaswareConnection) -> MapContext:
    return MapContext(connection.name, connection.settings)
