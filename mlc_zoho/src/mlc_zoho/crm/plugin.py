"""Zoho CRM's answers to core's hooks."""

from collections.abc import Sequence
from datetime import datetime

from mlc import (
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
    Watch,
    Watching,
    WebhookRequest,
    Write,
    hookimpl,
)
from mlc.http import Auth
from mlc.records import ObjectType, Record

from mlc_zoho.auth import bearer
from mlc_zoho.crm import description, fetch, find, mapping, probe, products, push, reading, render, watching, webhooks
from mlc_zoho.crm.client import CrmConnection
from mlc_zoho.crm.errors import is_dead
from mlc_zoho.crm.mapping import MapContext


@hookimpl
def mlc_describe() -> System:
    return description.system()


@hookimpl
def mlc_auth(connection: CrmConnection, tokens: TokenStore) -> Auth:
    return bearer(connection, tokens, is_dead=is_dead)


@hookimpl
def mlc_ping(connection: CrmConnection) -> Identity:
    return probe.ping(connection)


@hookimpl
def mlc_probe(connection: CrmConnection) -> Probe:
    return probe.probe(connection)


@hookimpl
def mlc_fetch(connection: CrmConnection, object_type: ObjectType, cursor: str | None, mode: FetchMode) -> Page:
    return fetch.fetch(connection, object_type, cursor, mode)


@hookimpl
def mlc_read(connection: CrmConnection, object_type: ObjectType, ids: Sequence[str]) -> list[SourceRecord]:
    return reading.read(connection, object_type, ids)


@hookimpl
def mlc_map(connection: CrmConnection, object_type: ObjectType, payload: dict[str, object]) -> Record:
    return mapping.to_record(object_type, payload, _context(connection))


@hookimpl
def mlc_render(connection: CrmConnection, record: Record, binding: Binding | None, context: RenderContext) -> Rendered:
    return render.to_parts(record, binding, context, settings=connection.settings)


@hookimpl
def mlc_push(connection: CrmConnection, object_type: ObjectType, writes: list[Write]) -> list[Outcome]:
    return push.push(connection, object_type, writes, _context(connection))


@hookimpl
def mlc_find(connection: CrmConnection, object_type: ObjectType, keys: Sequence[FindKey]) -> list[list[SourceRecord]]:
    return find.find(connection, object_type, keys)


@hookimpl
def mlc_make(connection: CrmConnection, object_type: ObjectType) -> str:
    return products.make(connection)


@hookimpl
def mlc_verify_webhook(connection: CrmConnection, request: WebhookRequest) -> list[Notice]:
    return webhooks.verify(connection, request)


@hookimpl
def mlc_watch(
    connection: CrmConnection, callback_url: str | None, watches: Sequence[Watch], renew_before: datetime
) -> Watching:
    return watching.watch(connection, callback_url, watches, renew_before)


def _context(connection: CrmConnection) -> MapContext:
    return MapContext(connection.system, connection.name, connection.settings)
