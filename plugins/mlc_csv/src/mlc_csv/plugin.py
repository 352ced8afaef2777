"""The hooks of a folder of CSV files."""

import os
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import mlc
from mlc import Capability, FetchMode, Page, SourceRecord, hookimpl
from mlc.http import Auth
from mlc.records import Deletion, DeletionKind, ObjectType, Record

from mlc_csv import SYSTEM, writing
from mlc_csv.folder import START, open_folder
from mlc_csv.mapping import is_asked, to_record, version_of
from mlc_csv.settings import CsvSettings
from mlc_csv.table import Row

Files = mlc.Connection[CsvSettings, mlc.Secrets]
#: So many ids core can look up at once.
PAGE_ROWS = 5000
READ = frozenset({Capability.READ})
PAY = READ | {Capability.CREATE, Capability.FIND}
KEEP = PAY | {Capability.UPDATE}
CAN = {ObjectType.ACCOUNT: (READ, ("code",)), ObjectType.VENDOR: (KEEP, ("vendor_code",)),
       ObjectType.BILL: (KEEP, ("vendor", "bill_number")), ObjectType.PAYMENT: (PAY, ("payment_number",))}  # fmt: skip


@hookimpl
def mlc_describe() -> mlc.System:
    objects = tuple(
        mlc.ObjectSupport(
            kind, can, natural_key, strategy=mlc.Strategy.CALLER_KEY, applies_within_s=0.0, visible_within_s=0.0
        )
        for kind, (can, natural_key) in CAN.items()
    )
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
    return writing.render(record, binding, context, connection.settings)


@hookimpl
def mlc_push(connection: Files, object_type: ObjectType, writes: list[mlc.Write]) -> list[mlc.Outcome]:
    return [writing.push(connection, object_type, order) for order in writes]


def _source(record_id: str, rows: list[Row]) -> SourceRecord:
    return SourceRecord(record_id, version_of(rows), {"rows": rows})
