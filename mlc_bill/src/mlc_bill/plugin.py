"""BILL's answers to core's hooks."""

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

from mlc_bill import description, fetch, find, mapping, probe, push, reading, render, watching, webhooks
from mlc_bill.auth import BillAuth, BillConnection
from mlc_bill.parts import MapContext


@hookimpl
def mlc_describe() -> System:
    return description.system()


@hookimpl
def mlc_auth(connection: BillConnection, tokens: TokenStore) -> Auth:
    return BillAuth(connection, tokens)


@hookimpl
def mlc_ping(connection: BillConnection) -> Identity:
    return probe.ping(connection)


@hookimpl
def mlc_probe(connection: BillConnection) -> Probe:
    return probe.probe(connection)


@hookimpl
def mlc_fetch(connection: BillConnection, object_type: ObjectType, cursor: str | None, mode: FetchMode) -> Page:
    return fetch.fetch(connection, object_type, cursor, mode)


@hookimpl
def mlc_read(connection: BillConnection, object_type: ObjectType, ids: Sequence[str]) -> list[SourceRecord]:
    return reading.read(connection, object_type, ids)


@hookimpl
def mlc_map(connection: BillConnection, object_type: ObjectType, payload: dict[str, object]) -> Record:
    return mapping.to_record(object_type, payload, _context(connection))


@hookimpl
def mlc_render(connection: BillConnection, record: Record, binding: Binding | None, context: RenderContext) -> Rendered:
    return render.to_parts(record, binding, context, settings=connection.settings)


@hookimpl
def mlc_push(connection: BillConnection, object_type: ObjectType, writes: list[Write]) -> list[Outcome]:
    return push.push(connection, object_type, writes, _context(connection))


@hookimpl
def mlc_find(connection: BillConnection, object_type: ObjectType, keys: Sequence[FindKey]) -> list[list[SourceRecord]]:
    return find.find(connection, object_type, keys)


@hookimpl
def mlc_verify_webhook(connection: BillConnection, request: WebhookRequest) -> list[Notice]:
    return webhooks.verify(connection, request)


@hookimpl
def mlc_watch(
    connection: BillConnection, callback_url: str | None, watches: Sequence[Watch], renew_before: datetime
) -> Watching:
    return watching.watch(connection, callback_url, watches)


def _context(connection: BillConnection) -> MapContext:
    settings = connection.settings
    return MapContext(
        connection.name,
        settings.organization_id,
        settings.base_currency,
        settings.time_zone,
        settings.spend_account_field,
    )
