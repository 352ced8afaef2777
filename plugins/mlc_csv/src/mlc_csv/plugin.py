"""The hooks of a folder of CSV files. Everything is read; payments are also written."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any
from urllib.parse import quote

import mlc
from mlc import Capability, FetchMode, Page, SourceRecord, hookimpl
from mlc.errors import MappingError
from mlc.http import Auth
from mlc.records import Deletion, DeletionKind, ObjectType, Payment, Record

from mlc_csv.folder import open_folder
from mlc_csv.mapping import to_record, to_rows
from mlc_csv.settings import CsvSettings, names
from mlc_csv.table import Row, parse, text_of

Files = mlc.Connection[CsvSettings, mlc.Secrets]
#: So many ids core can look up at once.
PAGE_ROWS = 5000
READ = frozenset({Capability.READ})
#: What tells records apart, in canonical words.
KEYS = {ObjectType.ACCOUNT: ("code",), ObjectType.VENDOR: ("vendor_code",),
        ObjectType.BILL: ("vendor", "bill_number"), ObjectType.PAYMENT: ("payment_number",)}  # fmt: skip
#: Fields of a payment that follow from others, or have columns of other names.
KEPT = frozenset({"source", "external_key", "party", "money_account", "allocations", "movement"})


@hookimpl
def mlc_describe() -> mlc.System:
    can = {ObjectType.PAYMENT: READ | {Capability.CREATE, Capability.FIND}}
    objects = tuple(
        mlc.ObjectSupport(kind, can.get(kind, READ), key, mlc.Strategy.CALLER_KEY,
                          applies_within_s=0.0, visible_within_s=0.0) for kind, key in KEYS.items()
    )  # fmt: skip
    return mlc.System("csv", "CSV files in a folder", "0.1.0", CsvSettings, mlc.Secrets, (), objects,
                      hosts=lambda settings: (), concurrency=1)  # fmt: skip


@hookimpl
def mlc_auth(connection: Files, tokens: mlc.TokenStore) -> Auth:
    return Auth()


@hookimpl
def mlc_ping(connection: Files) -> mlc.Identity:
    with open_folder(connection.settings, connection.now()):
        return mlc.Identity(str(connection.settings.folder))


@hookimpl
def mlc_probe(connection: Files) -> mlc.Probe:
    return mlc.Probe(base_currency=connection.settings.currency)


@hookimpl
def mlc_fetch(connection: Files, object_type: ObjectType, cursor: str | None, mode: FetchMode) -> Page:
    page = cursor if cursor and ("|" in cursor or mode is FetchMode.CHANGES) else ""
    after, until, start = (*page.split("|"), "", "0")[:3]
    problems: dict[str, str] = {}
    with open_folder(connection.settings, connection.now()) as folder:
        if not until:
            problems, until = folder.take_in(object_type), folder.newest()
        rows = list(folder.records(object_type, after, until).items())
    end = int(start) + PAGE_ROWS
    found = [_source(one, of) for one, of in rows[int(start) : end]]
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
    return [[_source(one, of) for one, of in rows.items() if _is_asked(key, one, of[0])] for key in keys]


@hookimpl
def mlc_map(connection: Files, object_type: ObjectType, payload: dict[str, Any]) -> Record:
    return to_record(object_type, payload, connection.settings)


@hookimpl
def mlc_render(connection: Files, record: Record, context: mlc.RenderContext) -> mlc.Rendered:
    if not isinstance(record, Payment):
        raise MappingError(f"A {record.object_type} is only read from files.")
    content = text_of(to_rows(record, context.record_key), ObjectType.PAYMENT, connection.settings)
    lost = sorted(record.model_fields_set - KEPT.union(names(ObjectType.PAYMENT)))
    losses = tuple(mlc.Loss(name, "files have no column for it") for name in lost)
    return mlc.Rendered((mlc.RenderedPart("main", context.operation, content),), losses)


@hookimpl
def mlc_push(connection: Files, object_type: ObjectType, writes: list[mlc.Write]) -> list[mlc.Outcome]:
    (write,), settings = writes, connection.settings
    name = f"{object_type}-{quote(write.record_key, safe='')}.csv"
    try:
        ((own_id, rows),) = parse(write.payload, object_type, settings, file=name).items()
    except MappingError as error:
        return [mlc.Rejected(write.key, error.sentence, error.field)]
    with open_folder(settings, connection.now()) as folder:
        folder.write_out(object_type, name, write.payload, connection.http.local_write(write.payload))
    source = _source(own_id, rows)
    return [mlc.Created(write.key, own_id, source.version, to_record(object_type, source.payload, settings))]


def _source(record_id: str, rows: list[Row]) -> SourceRecord:
    """The same rows are the same version, in whichever file they stand."""
    said = repr([sorted(row.items()) for row in rows])
    return SourceRecord(record_id, sha256(said.encode()).hexdigest(), {"rows": rows})


def _is_asked(key: mlc.FindKey, one: str, row: Row) -> bool:
    """A payment is known by its number, else by its vendor and reference."""
    told = key.reference is not None and key.reference == row.get("reference")
    return one in (key.external_id, key.record_key) or (told and key.party_id in (None, row["vendor_id"]))
