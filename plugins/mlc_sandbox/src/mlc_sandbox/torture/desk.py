"""The source of a torture: a system in this process, whose records stand in a dict and change when they are told to."""

from __future__ import annotations

import json
from collections.abc import Generator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from mlc import (
    Capability,
    Connection,
    FetchMode,
    GrantKind,
    Identity,
    ObjectSupport,
    Page,
    Probe,
    Secrets,
    Settings,
    SourceRecord,
    System,
    TokenStore,
    hookimpl,
)
from mlc.http import Auth, Request, Response
from mlc.records import ObjectType, Record, SourceMeta, dump_record, load_record

NAME = "torture-desk"


class _NoAuth(Auth):
    def auth_flow(self, request: Request) -> Generator[Request, Response, None]:
        yield request


class Desk:
    """The plugin and its data in one object. Every change counts the record's version up."""

    def __init__(self, kinds: Sequence[ObjectType]) -> None:
        self._kinds = tuple(kinds)
        self._rows: dict[ObjectType, dict[str, tuple[int, str]]] = {kind: {} for kind in kinds}
        self._changes = 0

    def put(self, record: Record) -> None:
        """Create or change a record; its version is made here."""
        self._changes += 1
        id, now = record.source.source_id, datetime.now(UTC)
        source = SourceMeta(
            system=NAME, source_id=id, source_version=str(self._changes), source_updated_at=now, fetched_at=now
        )
        self._rows[record.object_type][id] = (self._changes, dump_record(record.model_copy(update={"source": source})))

    def all(self, kind: ObjectType) -> list[Record]:
        """Every record of a kind as it stands."""
        return [load_record(kind, text) for _change, text in self._rows[kind].values()]

    # --- hooks -----------------------------------------------------------------------------------------------------

    @hookimpl
    def mlc_describe(self) -> System:
        can = frozenset({Capability.READ})
        return System(
            name=NAME,
            title="Torture desk",
            version="1",
            settings=Settings,
            secrets=Secrets,
            grants=(GrantKind.API_TOKEN,),
            objects=tuple(ObjectSupport(kind, can) for kind in self._kinds),
            hosts=lambda settings: ("desk.invalid",),
        )

    @hookimpl
    def mlc_auth(self, connection: Connection[Any, Any], tokens: TokenStore) -> Auth:
        return _NoAuth()

    @hookimpl
    def mlc_ping(self, connection: Connection[Any, Any]) -> Identity:
        return Identity(account="torture")

    @hookimpl
    def mlc_probe(self, connection: Connection[Any, Any]) -> Probe:
        return Probe()

    @hookimpl
    def mlc_fetch(
        self, connection: Connection[Any, Any], object_type: ObjectType, cursor: str | None, mode: FetchMode
    ) -> Page:
        since = int(cursor or 0) if mode is FetchMode.CHANGES else 0
        found = [(change, text) for change, text in self._rows[object_type].values() if change > since]
        return Page(tuple(_shown(change, text) for change, text in sorted(found)), watermark=str(self._changes))

    @hookimpl
    def mlc_read(
        self, connection: Connection[Any, Any], object_type: ObjectType, ids: Sequence[str]
    ) -> list[SourceRecord]:
        return [_shown(*self._rows[object_type][id]) for id in ids]

    @hookimpl
    def mlc_map(self, connection: Connection[Any, Any], object_type: ObjectType, payload: dict[str, Any]) -> Record:
        return load_record(object_type, json.dumps(payload, default=_exactly))


def _shown(change: int, text: str) -> SourceRecord:
    payload = json.loads(text, parse_float=Decimal)
    return SourceRecord(payload["source"]["source_id"], str(change), payload)


def _exactly(value: object) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    raise TypeError(f"{type(value).__name__} does not come from a record")
