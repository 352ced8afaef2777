"""The hooks of a folder of CSV files."""

import os
from collections.abc import Sequence
from hashlib import sha256
from typing import Any
from urllib.parse import quote

import mlc
from mlc import Capability, FetchMode, Page, SourceRecord, hookimpl
from mlc.errors import ConflictError, MappingError
from mlc.http import Auth
from mlc.records import Bill, Deletion, DeletionKind, ObjectType, Record

from mlc_csv import SYSTEM
from mlc_csv.columns import COLUMNS
from mlc_csv.folder import SIDE, START, open_folder, prepare, sync
from mlc_csv.mapping import is_asked, losses_of, to_record, to_rows, version_of
from mlc_csv.settings import CsvSettings
from mlc_csv.table import Row, parse, write

Files = mlc.Connection[CsvSettings, mlc.Secrets]
#: So many ids core can look up at once.
PAGE_ROWS = 5000
NATURAL_KEYS = {ObjectType.ACCOUNT: ("code",), ObjectType.VENDOR: ("vendor_code",),
                ObjectType.BILL: ("vendor", "bill_number"), ObjectType.PAYMENT: ("payment_number",)}  # fmt: skip
READ = frozenset({Capability.READ})
WRITE = frozenset({Capability.CREATE, Capability.UPDATE, Capability.FIND})


@hookimpl
def mlc_describe() -> mlc.System:
    objects = tuple(
        mlc.ObjectSupport(
            kind, READ if kind is ObjectType.ACCOUNT else READ | WRITE, NATURAL_KEYS[kind],
            strategy=mlc.Strategy.CALLER_KEY, applies_within_s=0.0, visible_within_s=0.0,
        )
        for kind in COLUMNS
    )  # fmt: skip
    return mlc.System(
        name=SYSTEM, title="CSV files in a folder", version="0.1.0", settings=CsvSettings, secrets=mlc.Secrets,
        grants=(), objects=objects, hosts=lambda settings: (), concurrency=1,
    )  # fmt: skip


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
    return [[_source(own_id, of) for own_id, of in rows.items() if is_asked(key, own_id, of[0])] for key in keys]


@hookimpl
def mlc_map(connection: Files, object_type: ObjectType, payload: dict[str, Any]) -> Record:
    return to_record(object_type, payload, connection.settings)


@hookimpl
def mlc_render(
    connection: Files, record: Record, binding: mlc.Binding | None, context: mlc.RenderContext
) -> mlc.Rendered:
    own_id = binding.main.external_id if binding else context.record_key
    if binding and binding.base:  # a file is written whole: what is not known of the record stays as it was
        record = binding.base.model_copy(update={name: getattr(record, name) for name in record.model_fields_set})
    content = write(to_rows(record, own_id), record.object_type, connection.settings)
    keys = tuple(line.key or "" for line in record.lines) if isinstance(record, Bill) else ()
    return mlc.Rendered((mlc.RenderedPart("main", context.operation, content, line_keys=keys),), losses_of(record))


@hookimpl
def mlc_push(connection: Files, object_type: ObjectType, writes: list[mlc.Write]) -> list[mlc.Outcome]:
    (order,) = writes
    name = f"{object_type}-{quote(order.record_key, safe='')}.csv"
    try:
        found = parse(order.payload, object_type, connection.settings, file=name)
        own_id, rows = next(iter(found.items()))
        seen = to_record(object_type, {"rows": rows}, connection.settings)
    except MappingError as error:
        return [mlc.Rejected(order.key, error.sentence, error.field)]
    if order.external_id not in (None, own_id):
        return [
            mlc.Rejected(order.key, f"{order.external_id} cannot become {own_id}; files know it by that.", "number")
        ]
    side = f"{sha256(order.payload).hexdigest()}  {name}\n".encode()
    with open_folder(connection.settings, connection.now()) as folder:
        there = folder.records(object_type).get(own_id) if order.expected_version else None
        if there and version_of(there) != order.expected_version:
            raise ConflictError(f"A newer file says something else of {own_id}.")
        filed, file = folder.place(object_type, name), folder.outbox / name
        wanted = {folder.outbox / (name + SIDE): side, file: order.payload, filed: order.payload}
        parts = {place: prepare(place, content) for place, content in wanted.items()}
        with connection.http.local_write(order.payload):
            for place, part in parts.items():
                os.replace(part, place)
            sync(folder.outbox, folder.archive)
    done = mlc.Created if order.external_id is None else mlc.Updated
    return [done(order.key, own_id, version_of(rows), seen)]


def _source(record_id: str, rows: list[Row]) -> SourceRecord:
    return SourceRecord(record_id, version_of(rows), {"rows": rows})
