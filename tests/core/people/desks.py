"""Two invented systems that keep customers and people, one a ledger, one a sales desk. No HTTP, no waiting."""

import json
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any

from mlc import (
    Binding,
    Capability,
    Connection,
    Created,
    FetchMode,
    FindKey,
    GrantKind,
    Identity,
    ObjectSupport,
    Operation,
    Outcome,
    Page,
    Probe,
    RejectCause,
    Rejected,
    RenderContext,
    Rendered,
    RenderedPart,
    Secrets,
    Settings,
    SourceRecord,
    Strategy,
    System,
    TokenStore,
    Updated,
    Write,
    hookimpl,
)
from mlc.errors import MappingError, TransientError
from mlc.http import Auth, Request, Response
from mlc.records import (
    Address,
    AddressKind,
    Contact,
    Customer,
    Deal,
    Deletion,
    DeletionKind,
    ObjectType,
    Record,
    Ref,
    SourceMeta,
)

AnyConnection = Connection[Settings, Secrets]
Row = dict[str, Any]
CUSTOMER, CONTACT, DEAL = ObjectType.CUSTOMER, ObjectType.CONTACT, ObjectType.DEAL
FIELDS = {
    CUSTOMER: (
        *("name", "tax_number", "website", "billing", "shipping", "status"),
        *("category", "external_code", "synced_by"),
    ),
    CONTACT: ("first_name", "last_name", "email", "phone", "title", "customer", "external_code", "is_primary"),
    DEAL: ("name", "customer", "won"),
}
_ADDRESSES = {"billing": AddressKind.BILLING, "shipping": AddressKind.SHIPPING}
_KEPT = frozenset({Capability.READ, Capability.FIND, Capability.CREATE, Capability.UPDATE})


class NoAuth(Auth):
    def auth_flow(self, request: Request) -> Generator[Request, Response, None]:
        yield request


class Desk:
    """One system. People change ``rows`` by the methods; what calls did is in ``written``.

    ``batch``: writes per call. ``shows``: whether a reply says what it made of a write. ``normal``: what it makes of a
    text that it is sent. ``moves``: lists that a write of it moves. ``fetched``: lists that were read.
    """

    def __init__(
        self,
        name: str,
        *,
        batch: int = 1,
        shows: bool = True,
        normal: Callable[[str], str] = str.strip,
        moves: frozenset[ObjectType] | None = None,
    ) -> None:
        self.moves = moves
        self.name, self.batch, self.shows, self.normal = name, batch, shows, normal
        self.rows: dict[ObjectType, dict[str, Row]] = {kind: {} for kind in FIELDS}
        self.gone: list[tuple[int, ObjectType, str, Deletion]] = []
        self.written: list[tuple[str, ObjectType, str, Row]] = []
        self.pushes = 0
        self.fetched: list[ObjectType] = []
        self.insists_on: str | None = None
        """A field without which no customer is made here, though none of them has it."""
        self.lost = 0
        """So many answers get lost after the write was carried out."""
        self.meanwhile: Callable[[ObjectType, str], None] | None = None
        """What people do with each record of the next answer that gets lost, before anybody looks it up."""
        self.lists_deleted = True
        """Whether its lists tell what is gone; else only a reading of the very record does."""
        self._now = 0
        self._count = 0

    # ------------------------------------------------------------------ what people do

    def put(self, kind: ObjectType, **values: Any) -> str:
        self._count += 1
        key = f"{self.name[0]}{self._count}"
        self.rows[kind][key] = {"id": key, "version": self._tick(), **values}
        return key

    def edit(self, kind: ObjectType, key: str, **values: Any) -> None:
        self.rows[kind][key].update(values, version=self._tick())

    def delete(self, kind: ObjectType, key: str, *, into: str | None = None) -> None:
        del self.rows[kind][key]
        how = DeletionKind.HARD_DELETED if into is None else DeletionKind.MERGED
        self.gone.append((self._tick(), kind, key, Deletion(kind=how, evidence="event", moved_to=into)))

    def merge(self, winner: str, loser: str, *, told: bool) -> None:
        """One customer becomes another: its people and deals go along. ``told``: the vendor says into whom."""
        for kind in (CONTACT, DEAL):
            for key, row in self.rows[kind].items():
                if row.get("customer") == loser:
                    self.edit(kind, key, customer=winner)
        self.delete(CUSTOMER, loser, into=winner if told else None)

    @property
    def changes(self) -> int:
        """So many were made here, by people and by calls."""
        return self._now

    def people_of(self, customer: str) -> list[Row]:
        return [row for row in self.rows[CONTACT].values() if row.get("customer") == customer]

    def _tick(self) -> int:
        self._now += 1
        return self._now

    # ------------------------------------------------------------------ hooks

    @hookimpl
    def mlc_describe(self) -> System:
        kept = [
            ObjectSupport(
                kind,
                _KEPT,
                strategy=Strategy.UNIQUE_FIELD,
                batch_size=self.batch,
                framed=self.batch > 1,
                read_batch=100,
                applies_within_s=1.0,
                visible_within_s=1.0,
                moves=self.moves,
            )
            for kind in (CUSTOMER, CONTACT)
        ]
        deals = ObjectSupport(DEAL, frozenset({Capability.READ}))
        return System(
            name=self.name,
            title=self.name.capitalize(),
            version="1",
            settings=Settings,
            secrets=Secrets,
            grants=(GrantKind.API_TOKEN,),
            objects=tuple(kept) if self.name == "ledger" else (*kept, deals),
            hosts=lambda _settings: ("api.desks.example",),
            concurrency=1,
        )

    @hookimpl
    def mlc_auth(self, connection: AnyConnection, tokens: TokenStore) -> Auth:
        return NoAuth()

    @hookimpl
    def mlc_ping(self, connection: AnyConnection) -> Identity:
        return Identity(account=self.name)

    @hookimpl
    def mlc_probe(self, connection: AnyConnection) -> Probe:
        return Probe(unique_fields=frozenset({CUSTOMER, CONTACT}))

    @hookimpl
    def mlc_fetch(
        self, connection: AnyConnection, object_type: ObjectType, cursor: str | None, mode: FetchMode
    ) -> Page:
        self.fetched.append(object_type)
        since = int(cursor) if cursor is not None and mode is FetchMode.CHANGES else 0
        found = [self._record(row) for row in self.rows[object_type].values() if row["version"] > since]
        gone = [
            SourceRecord(key, "gone", {}, deleted=deleted)
            for at, kind, key, deleted in self.gone
            if kind is object_type and at > since and mode is FetchMode.CHANGES and cursor is not None
        ]
        gone = gone if self.lists_deleted else []
        return Page((*found, *gone), watermark=str(self._now))

    @hookimpl
    def mlc_read(self, connection: AnyConnection, object_type: ObjectType, ids: Sequence[str]) -> list[SourceRecord]:
        told = {key: deleted for _, kind, key, deleted in self.gone if kind is object_type}
        rows = self.rows[object_type]
        return [
            self._record(rows[key]) if key in rows else SourceRecord(key, "gone", {}, deleted=told[key]) for key in ids
        ]

    @hookimpl
    def mlc_map(self, connection: AnyConnection, object_type: ObjectType, payload: Mapping[str, Any]) -> Record:
        return self._mapped(object_type, payload)

    @hookimpl
    def mlc_find(
        self, connection: AnyConnection, object_type: ObjectType, keys: Sequence[FindKey]
    ) -> list[list[SourceRecord]]:
        rows = self.rows[object_type].values()
        return [[self._record(row) for row in rows if row.get("key") == key.record_key] for key in keys]

    @hookimpl
    def mlc_render(
        self, connection: AnyConnection, record: Record, binding: Binding | None, context: RenderContext
    ) -> Rendered:
        if self.insists_on is not None and binding is None and record.object_type is CUSTOMER:
            raise MappingError(f"A customer has to have {self.insists_on}; this one has none.", field=self.insists_on)
        wanted = {"billing", "shipping"} if context.fields and "addresses" in context.fields else set()
        wanted |= set(context.fields or FIELDS[record.object_type])
        body = {name: _plain(record, name) for name in FIELDS[record.object_type] if name in wanted}
        body.pop("is_primary", None)
        body.pop("category", None)
        body.pop("external_code", None)
        body.pop("synced_by", None)
        operation = Operation.CREATE if binding is None else Operation.UPDATE
        if not body:
            return Rendered(())
        return Rendered((RenderedPart("main", operation, json.dumps(body, sort_keys=True).encode()),))

    @hookimpl
    def mlc_push(self, connection: AnyConnection, object_type: ObjectType, writes: list[Write]) -> list[Outcome]:
        self.pushes += 1
        payloads = b",".join(write.payload for write in writes)
        with connection.http.local_write(payloads if self.batch == 1 else b"[" + payloads + b"]"):
            outcomes = [self._take(object_type, write) for write in writes]
            if self.lost:
                self.lost -= 1
                self._edited_meanwhile(object_type, writes)
                raise TransientError("the answer was lost")
        return outcomes

    # ------------------------------------------------------------------ within

    def _take(self, kind: ObjectType, write: Write) -> Outcome:
        told = {name: self.normal(value) if isinstance(value, str) else value
                for name, value in json.loads(write.payload).items()}  # fmt: skip
        rows = self.rows[kind]
        if write.external_id is not None and write.external_id not in rows:
            return Rejected(write.key, "there is none", cause=RejectCause.NOT_FOUND)
        known = next((row["id"] for row in rows.values() if row.get("key") == write.record_key), None)
        key = write.external_id or known
        if key is None:
            key = self.put(kind, key=write.record_key, **told | {"external_code": write.record_key})
            self.written.append(("create", kind, key, told))
            return Created(write.key, key, str(rows[key]["version"]), self._shown(kind, key))
        self.edit(kind, key, **told)
        self.written.append(("update", kind, key, told))
        return Updated(write.key, key, str(rows[key]["version"]), self._shown(kind, key))

    def _edited_meanwhile(self, kind: ObjectType, writes: Sequence[Write]) -> None:
        meanwhile, self.meanwhile = self.meanwhile, None
        wanted = {write.external_id for write in writes}, {write.record_key for write in writes}
        for key, row in list(self.rows[kind].items()) if meanwhile is not None else ():
            if meanwhile is not None and (key in wanted[0] or row.get("key") in wanted[1]):
                meanwhile(kind, key)

    def _shown(self, kind: ObjectType, key: str) -> Record | None:
        return self._mapped(kind, self.rows[kind][key]) if self.shows else None

    @staticmethod
    def _record(row: Row) -> SourceRecord:
        return SourceRecord(row["id"], str(row["version"]), dict(row))

    def _mapped(self, kind: ObjectType, row: Mapping[str, Any]) -> Record:
        source = SourceMeta(system=self.name, source_id=row["id"])
        known = {name: row[name] for name in FIELDS[kind] if row.get(name) is not None}
        customer = known.pop("customer", None)
        if kind is not CUSTOMER:
            known["customer"] = None if customer is None else Ref(record_type=CUSTOMER, source_id=customer)
        if kind is DEAL:
            return Deal(source=source, **known)
        if kind is CONTACT:
            name = " ".join(part for part in (row.get("first_name"), row.get("last_name")) if part)
            unset = dict.fromkeys(("email", "phone", "title", "first_name", "last_name"))
            return Contact(**{**unset, **known, "source": source, "name": name})
        places = [Address(kind=_ADDRESSES[one], line1=known.pop(one)) for one in _ADDRESSES if known.get(one)]
        unset = dict.fromkeys(("website", "tax_number"))
        return Customer(**{**unset, **known, "source": source, "addresses": tuple(places)})


def _plain(record: Record, name: str) -> Any:
    if name in _ADDRESSES and isinstance(record, Customer):
        return next((one.line1 for one in record.addresses if one.kind is _ADDRESSES[name]), None)
    value = getattr(record, name)
    return value.source_id if isinstance(value, Ref) else value
