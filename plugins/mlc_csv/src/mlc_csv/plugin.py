"""The hooks of a folder of CSV files."""

import os
from collections.abc import Sequence
from hashlib import sha256
from typing import Any
from urllib.parse import quote

import mlc
from mlc import Capability, FetchMode, Page, SourceRecord, hookimpl
from mlc.errors import MappingError
from mlc.http import Auth
from mlc.records import Deletion, DeletionKind, ObjectType, Payment, Record

from mlc_csv.columns import COLUMNS, KEYS
from mlc_csv.folder import START, open_folder
from mlc_csv.mapping import to_record, to_rows
from mlc_csv.settings import CsvSettings
from mlc_csv.table import Row, parse, text_of, version_of

Files = mlc.Connection[CsvSettings, mlc.Secrets]
#: So many ids core can look up at once.
PAGE_ROWS = 5000
READ = frozenset({Capability.READ})
WRITE = READ | {Capability.CREATE, Capability.FIND}
#: Fields of a payment that are columns, follow from them, or are not for files.
WRITTEN = {field.partition(".")[0] for field in COLUMNS[ObjectType.PAYMENT].values()} | {
    "source", "amount", "movement", "external_key"}  # fmt: skip


@hookimpl
def mlc_describe() -> mlc.System:
    objects = tuple(
        mlc.ObjectSupport(
            kind, WRITE if kind is ObjectType.PAYMENT else READ, tuple(COLUMNS[kind][name] for name in keys),
            strategy=mlc.Strategy.CALLER_KEY, applies_within_s=0.0, visible_within_s=0.0,
        )
        for kind, keys in KEYS.items()
    )  # fmt: skip
    return mlc.System("csv", "CSV files in a folder", "0.1.0", CsvSettings, mlc.Secrets, (), objects,
                      hosts=lambda settings: (), concurrency=1)  # fmt: skip


@hookimpl
def mlc_auth(connection: Files, tokens: mlc.TokenStore) -> Auth:
    return Auth()


@hookimpl
def mlc_ping(connection: Files) -> mlc.Identity:
    with open_folder(connection.settings, connection.now()) as folder:
        locked = [place.name for place in folder.places if not os.access(place, os.W_OK | os.X_OK)]
    return mlc.Identity(str(connection.settings.folder), permissions_missing=tuple(f"write to {one}" for one in locked))


@hookimpl
def mlc_probe(connection: Files) -> mlc.Probe:
    return mlc.Probe(base_currency=connection.settings.currency)


@hookimpl
def mlc_fetch(connection: Files, object_type: ObjectType, cursor: str | None, mode: FetchMode) -> Page:
    page = cursor if cursor and ("|" in cursor or mode is FetchMode.CHANGES) else START
    after, until, start = (*page.split("|"), "", "0")[:3]
    problems: dict[str, str] = {}
    with open_folder(connection.settings, connection.now()) as folder:
        if not until:
            problems, until = folder.take_in(object_type), folder.newest()
        rows = list(folder.records(object_type, after, until).items())
    end = int(start) + PAGE_ROWS
    found = [_source(record_id, of) for record_id, of in rows[int(start) : end]]
    # A file that was left alone is a dead letter under its own name, until somebody has looked at it.
    found += [SourceRecord(name, sha256(why.encode()).hexdigest(), {"problem": why}) for name, why in problems.items()]
    return Page(tuple(found), f"{after}|{until}|{end}") if end < len(rows) else Page(tuple(found), watermark=until)


@hookimpl
def mlc_read(connection: Files, object_type: ObjectType, ids: Sequence[str]) -> list[SourceRecord]:
    with open_folder(connection.settings, connection.now()) as folder:
        rows = folder.records(object_type)
    gone = Deletion(kind=DeletionKind.VANISHED, evidence="http_404")
    return [_source(one, rows[one]) if one in rows else SourceRecord(one, "", {}, deleted=gone) for one in ids]


@hookimpl
def mlc_find(connection: Files, object_type: ObjectType, keys: Sequence[mlc.FindKey]) -> list[list[SourceRecord]]:
    with open_folder(connection.settings, connection.now()) as folder:
        rows = folder.records(object_type)
    asked = [dict.fromkeys((key.external_id, key.number, key.record_key)) for key in keys]
    return [[_source(one, rows[one]) for one in names if one in rows] for names in asked]


@hookimpl
def mlc_map(connection: Files, object_type: ObjectType, payload: dict[str, Any]) -> Record:
    return to_record(object_type, payload, connection.settings)


@hookimpl
def mlc_render(connection: Files, record: Record, context: mlc.RenderContext) -> mlc.Rendered:
    if not isinstance(record, Payment):
        raise MappingError(f"A file of {record.object_type}s is only read.")
    content = text_of(to_rows(record, context.record_key), ObjectType.PAYMENT, connection.settings)
    lost = [mlc.Loss(name, "files have no column for it") for name in sorted(record.model_fields_set - WRITTEN)]
    return mlc.Rendered((mlc.RenderedPart("main", context.operation, content),), tuple(lost))


@hookimpl
def mlc_push(connection: Files, object_type: ObjectType, writes: list[mlc.Write]) -> list[mlc.Outcome]:
    return [_push(connection, object_type, write) for write in writes]


def _push(connection: Files, kind: ObjectType, write: mlc.Write) -> mlc.Outcome:
    name, settings = f"{kind}-{quote(write.record_key, safe='')}.csv", connection.settings
    try:
        ((own_id, rows),) = parse(write.payload, kind, settings, file=name).items()
        seen = to_record(kind, {"rows": rows}, settings)
    except MappingError as error:
        return mlc.Rejected(write.key, error.sentence, error.field)
    with open_folder(settings, connection.now()) as folder:
        folder.write_out(kind, name, write.payload, connection.http.local_write(write.payload))
    return mlc.Created(write.key, own_id, version_of(rows), seen)


def _source(record_id: str, rows: list[Row]) -> SourceRecord:
    return SourceRecord(record_id, version_of(rows), {"rows": rows})
