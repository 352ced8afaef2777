"""The hooks of a folder of CSV files. Everything is read; payments are also written."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from hashlib import sha256
from typing import Any
from urllib.parse import quote

import mlc
from mlc import Capability, FetchMode, Page, SourceRecord, hookimpl
from mlc.errors import MappingError
from mlc.http import Auth
from mlc.records import Deletion, DeletionKind, ObjectType, Payment, Record

from mlc_csv.mapping import Row, parse, text_of, to_record, to_rows
from mlc_csv.settings import CsvSettings, names

Files = mlc.Connection[CsvSettings, mlc.Secrets]
#: So many ids core can look up at once.
PAGE_ROWS = 5000
#: What tells records apart, in canonical words.
KEYS = {ObjectType.ACCOUNT: ("code",), ObjectType.VENDOR: ("vendor_code",),
        ObjectType.BILL: ("vendor", "bill_number"), ObjectType.PAYMENT: ("payment_number",)}  # fmt: skip
#: Fields of a payment that follow from others, or have columns of other names.
KEPT = frozenset({"source", "external_key", "party", "money_account", "allocations", "movement"})


@hookimpl
def mlc_describe() -> mlc.System:
    also = {ObjectType.PAYMENT: {Capability.CREATE, Capability.FIND}}
    objects = tuple(
        mlc.ObjectSupport(kind, frozenset({Capability.READ} | also.get(kind, set())), key, mlc.Strategy.CALLER_KEY,
                          applies_within_s=0.0, visible_within_s=0.0) for kind, key in KEYS.items()
    )  # fmt: skip
    return mlc.System("csv", "CSV files in a folder", "0.1.0", CsvSettings, mlc.Secrets, (), objects,
                      hosts=lambda settings: (), concurrency=1)  # fmt: skip


@hookimpl
def mlc_auth(connection: Files, tokens: mlc.TokenStore) -> Auth:
    return Auth()


@hookimpl
def mlc_ping(connection: Files) -> mlc.Identity:
    with _open(connection) as folder:
        return mlc.Identity(str(folder.path))


@hookimpl
def mlc_probe(connection: Files) -> mlc.Probe:
    return mlc.Probe(base_currency=connection.settings.currency)


@hookimpl
def mlc_fetch(connection: Files, object_type: ObjectType, cursor: str | None, mode: FetchMode) -> Page:
    page = cursor if cursor and ("|" in cursor or mode is FetchMode.CHANGES) else ""
    after, until, start = (*page.split("|"), "", "0")[:3]
    found = []
    if not until:
        with _open(connection) as folder:
            problems = folder.take_in(object_type, lambda *file: parse(object_type, connection.settings, *file))
            until = folder.newest()
        # A file that was left alone is a dead letter under its own name, until somebody has looked at it.
        found = [SourceRecord(name, why, {"problem": why}) for name, why in problems.items()]
    rows = _records(connection, object_type, after, until)
    end = int(start) + PAGE_ROWS
    shown = (*rows[int(start) : end], *found)
    return Page(shown, f"{after}|{until}|{end}") if end < len(rows) else Page(shown, watermark=until)


@hookimpl
def mlc_read(connection: Files, object_type: ObjectType, ids: Sequence[str]) -> list[SourceRecord]:
    rows = {row.id: row for row in _records(connection, object_type)}
    gone = Deletion(kind=DeletionKind.VANISHED, evidence="http_404")
    return [rows.get(one) or SourceRecord(one, "", {}, deleted=gone) for one in ids]


@hookimpl
def mlc_find(connection: Files, object_type: ObjectType, keys: Sequence[mlc.FindKey]) -> list[list[SourceRecord]]:
    rows = _records(connection, object_type)
    return [[row for row in rows if _is_asked(key, row)] for key in keys]


@hookimpl
def mlc_map(connection: Files, object_type: ObjectType, payload: dict[str, Any]) -> Record:
    return to_record(object_type, payload, connection.settings)


@hookimpl
def mlc_render(connection: Files, record: Record, context: mlc.RenderContext) -> mlc.Rendered:
    if not isinstance(record, Payment):
        raise MappingError(f"A {record.object_type} is only read from files.")
    content = text_of(to_rows(record, context.record_key), ObjectType.PAYMENT, connection.settings)
    lost = sorted(record.model_fields_set - KEPT.union(names(ObjectType.PAYMENT)))
    part = mlc.RenderedPart("main", context.operation, content)
    return mlc.Rendered((part,), tuple(mlc.Loss(name, "files have no column for it") for name in lost))


@hookimpl
def mlc_push(connection: Files, object_type: ObjectType, writes: list[mlc.Write]) -> list[mlc.Outcome]:
    (write,), settings = writes, connection.settings
    name = f"{object_type}-{quote(write.record_key, safe='')}.csv"
    try:
        ((own_id, rows),) = parse(object_type, settings, write.payload, name).items()
    except MappingError as error:
        return [mlc.Rejected(write.key, error.sentence, error.field)]
    with _open(connection) as folder:
        folder.write_out(object_type, name, write.payload, within=connection.http.local_write(write.payload))
    source = _source(own_id, rows)
    return [mlc.Created(write.key, own_id, source.version, to_record(object_type, source.payload, settings))]


def _open(connection: Files) -> AbstractContextManager[mlc.DropFolder]:
    said = connection.settings
    return mlc.open_drop_folder(said.folder, connection.now(), rest_s=said.rest_s, checksums=said.checksums)


def _records(connection: Files, kind: ObjectType, after: str = "", until: str = "~") -> list[SourceRecord]:
    """What stands in files that were filed after one moment and until another; the newest file wins."""
    found: dict[str, list[Row]] = {}
    with _open(connection) as folder:
        for content, name in folder.filed(kind, after, until):
            found |= parse(kind, connection.settings, content, name)
    return [_source(*one) for one in found.items()]


def _source(key: str, rows: list[Row]) -> SourceRecord:
    """The same rows are the same version, in whichever file they stand."""
    return SourceRecord(key, sha256(repr([sorted(row.items()) for row in rows]).encode()).hexdigest(), {"rows": rows})


def _is_asked(key: mlc.FindKey, row: SourceRecord) -> bool:
    """A payment is known by its number, else by its vendor and reference."""
    first = row.payload["rows"][0]
    told = key.reference is not None and key.reference == first.get("reference")
    return row.id in (key.external_id, key.record_key) or (told and key.party_id in (None, first["vendor_id"]))
