"""QuickBooks' answers to core's hooks."""

from collections.abc import Sequence

from mlc import (
    Binding,
    FetchMode,
    FindKey,
    Identity,
    Notice,
    Outcome,
    Page,
    Probe,
    QuotaWindow,
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
from mlc.records import ObjectType, Record

from mlc_quickbooks import description, fetch, find, mapping, probe, push, reading, render, webhooks
from mlc_quickbooks.auth import QuickBooksConnection, bearer
from mlc_quickbooks.parts import MapContext
from mlc_quickbooks.settings import monthly_reads


@hookimpl
def mlc_describe() -> System:
    return description.system()


@hookimpl
def mlc_auth(connection: QuickBooksConnection, tokens: TokenStore) -> Auth:
    connection.http.quota.resize(QuotaWindow.MONTH, monthly_reads(connection.settings))
    return bearer(connection, tokens)


@hookimpl
def mlc_ping(connection: QuickBooksConnection) -> Identity:
    return probe.ping(connection)


@hookimpl
def mlc_probe(connection: QuickBooksConnection) -> Probe:
    return probe.probe(connection)


@hookimpl
def mlc_fetch(connection: QuickBooksConnection, object_type: ObjectType, cursor: str | None, mode: FetchMode) -> Page:
    return fetch.fetch(connection, object_type, cursor, mode)


@hookimpl
def mlc_read(connection: QuickBooksConnection, object_type: ObjectType, ids: Sequence[str]) -> list[SourceRecord]:
    return reading.read(connection, object_type, ids)


@hookimpl
def mlc_map(connection: QuickBooksConnection, object_type: ObjectType, payload: dict[str, object]) -> Record:
    return mapping.to_record(object_type, payload, _context(connection))


@hookimpl
def mlc_render(
    connection: QuickBooksConnection, record: Record, binding: Binding | None, context: RenderContext
) -> Rendered:
    return render.to_parts(record, binding, context, settings=connection.settings)


@hookimpl
def mlc_push(connection: QuickBooksConnection, object_type: ObjectType, writes: list[Write]) -> list[Outcome]:
    return push.push(connection, object_type, writes, _context(connection))


@hookimpl
def mlc_find(
    connection: QuickBooksConnection, object_type: ObjectType, keys: Sequence[FindKey]
) -> list[list[SourceRecord]]:
    return find.find(connection, object_type, keys)


@hookimpl
def mlc_verify_webhook(connection: QuickBooksConnection, request: WebhookRequest) -> list[Notice]:
    return webhooks.verify(connection, request)


def _context(connection: QuickBooksConnection) -> MapContext:
    return MapContext(connection.system, connection.name)
