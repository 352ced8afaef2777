"""The hooks of Procurify. It has no webhooks and nothing that answers later, so those hooks are not here."""

from collections.abc import Sequence

from mlc import (
    Attachment,
    Binding,
    FetchMode,
    FindKey,
    Identity,
    Outcome,
    Page,
    Probe,
    RenderContext,
    Rendered,
    SourceRecord,
    System,
    TokenStore,
    Write,
    hookimpl,
)
from mlc.http import Auth
from mlc.records import AttachmentRef, ObjectType, Record

from mlc_procurify import attachments, auth, lookups, mapping, pages, reads, rendering, system, tenant
from mlc_procurify import writes as pushes
from mlc_procurify.auth import ProcurifyConnection


@hookimpl
def mlc_describe() -> System:
    return system.describe()


@hookimpl
def mlc_auth(connection: ProcurifyConnection, tokens: TokenStore) -> Auth:
    return auth.bearer(connection, tokens)


@hookimpl
def mlc_ping(connection: ProcurifyConnection) -> Identity:
    return tenant.identity(connection)


@hookimpl
def mlc_probe(connection: ProcurifyConnection) -> Probe:
    return tenant.probe(connection)


@hookimpl
def mlc_fetch(connection: ProcurifyConnection, object_type: ObjectType, cursor: str | None, mode: FetchMode) -> Page:
    return pages.fetch_page(connection, object_type, cursor, mode)


@hookimpl
def mlc_read(connection: ProcurifyConnection, object_type: ObjectType, ids: Sequence[str]) -> list[SourceRecord]:
    return reads.read_records(connection, object_type, ids)


@hookimpl
def mlc_map(connection: ProcurifyConnection, object_type: ObjectType, payload: dict[str, object]) -> Record:
    return mapping.to_record(object_type, payload, settings=connection.settings, connection=connection.name)


@hookimpl
def mlc_attachment(connection: ProcurifyConnection, document_id: str, attachment: AttachmentRef) -> Attachment:
    return attachments.download(connection, document_id, attachment)


@hookimpl
def mlc_render(
    connection: ProcurifyConnection, record: Record, binding: Binding | None, context: RenderContext
) -> Rendered:
    return rendering.render(record, binding, context, settings=connection.settings)


@hookimpl
def mlc_push(connection: ProcurifyConnection, object_type: ObjectType, writes: list[Write]) -> list[Outcome]:
    return pushes.push(connection, object_type, writes)


@hookimpl
def mlc_find(
    connection: ProcurifyConnection, object_type: ObjectType, keys: Sequence[FindKey]
) -> list[list[SourceRecord]]:
    return lookups.find(connection, object_type, keys)
