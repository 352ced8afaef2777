"""Two invented systems: one keeps accounts, terms, rates and bills, the other is sent them. No HTTP, no waiting."""

import json
from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mlc import (
    Accepted,
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
    RenderContext,
    Rendered,
    RenderedPart,
    Secrets,
    Settings,
    SourceRecord,
    Strategy,
    System,
    Task,
    TokenStore,
    Updated,
    Write,
    hookimpl,
)
from mlc.errors import TransientError
from mlc.http import Auth, Request, Response
from mlc.records import Deletion, DeletionKind, ObjectType, Record, record_model

AnyConnection = Connection[Settings, Secrets]
ACCOUNT, DIMENSION, TAX, TERM, RATE, VENDOR, ORDER = (
    ObjectType.ACCOUNT,
    ObjectType.DIMENSION,
    ObjectType.TAX_RATE,
    ObjectType.PAYMENT_TERM,
    ObjectType.EXCHANGE_RATE,
    ObjectType.VENDOR,
    ObjectType.PURCHASE_ORDER,
)
KINDS = (ACCOUNT, DIMENSION, TAX, TERM, RATE, VENDOR, ORDER)
READS = frozenset({Capability.READ, Capability.FIND})


class NoAuth(Auth):
    def auth_flow(self, request: Request) -> Generator[Request, Response, None]:
        yield request


@dataclass
class Chest:
    """One system. People change ``rows`` by the methods; what calls did is in ``written``.

    ``batch``: writes per call. ``later``: writes are accepted at first. ``updates``: entries can be changed.
    ``owned``: what its probe says that somebody else keeps.
    """

    name: str
    batch: int = 1
    later: bool = False
    updates: bool = True
    strategy: Strategy = Strategy.CALLER_KEY
    code_max: int | None = None
    owned: dict[ObjectType, str] = field(default_factory=dict)
    rows: dict[ObjectType, dict[str, dict[str, Any]]] = field(default_factory=lambda: {kind: {} for kind in KINDS})
    written: list[tuple[str, ObjectType, str, dict[str, Any]]] = field(default_factory=list)
    pushes: list[int] = field(default_factory=list)
    lost: int = 0
    """So many answers get lost after the write was carried out."""
    silent: bool = False
    """What was accepted is not told of yet."""
    fetched: Counter[ObjectType] = field(default_factory=Counter)
    """How often each list was read."""
    now: int = 0
    tasks: dict[str, str] = field(default_factory=dict)

    # ------------------------------------------------------------------ what people do

    def put(self, kind: ObjectType, key: str, /, **values: Any) -> str:
        self.now += 1
        before = self.rows[kind].get(key, {})
        self.rows[kind][key] = {**before, **values, "id": key, "version": str(self.now)}
        return key

    def remove(self, kind: ObjectType, key: str) -> None:
        del self.rows[kind][key]

    def shown(self, kind: ObjectType, *names: str) -> list[Any]:
        """The rows' values, by id; of one name the bare values."""
        rows = [self.rows[kind][key] for key in sorted(self.rows[kind])]
        return [row.get(names[0]) if len(names) == 1 else tuple(row.get(name) for name in names) for row in rows]

    # ------------------------------------------------------------------ hooks

    @hookimpl
    def mlc_describe(self) -> System:
        can = READS | {Capability.CREATE} | ({Capability.UPDATE} if self.updates else set())
        objects = [
            ObjectSupport(
                kind,
                can if self.name == "target" else READS,
                strategy=self.strategy,
                batch_size=self.batch,
                framed=self.batch > 1,
                answers_later=self.later,
                number_max=self.code_max if kind is not ORDER else None,
                has_change_filter=False,
                applies_within_s=1.0,
                visible_within_s=1.0,
            )
            for kind in KINDS
        ]
        return System(
            name=self.name,
            title=self.name.capitalize(),
            version="1",
            settings=Settings,
            secrets=Secrets,
            grants=(GrantKind.API_TOKEN,),
            objects=tuple(objects),
            hosts=lambda _settings: ("api.chests.example",),
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
        return Probe(base_currency="EUR", owned=self.owned)

    @hookimpl
    def mlc_fetch(
        self, connection: AnyConnection, object_type: ObjectType, cursor: str | None, mode: FetchMode
    ) -> Page:
        self.fetched[object_type] += 1
        return Page(tuple(self._record(row) for row in self.rows[object_type].values()), watermark="now")

    @hookimpl
    def mlc_read(self, connection: AnyConnection, object_type: ObjectType, ids: Sequence[str]) -> list[SourceRecord]:
        gone = Deletion(kind=DeletionKind.HARD_DELETED, evidence="http_404")
        rows = self.rows[object_type]
        return [self._record(rows[key]) if key in rows else SourceRecord(key, "gone", {}, deleted=gone) for key in ids]

    @hookimpl
    def mlc_map(self, connection: AnyConnection, object_type: ObjectType, payload: Mapping[str, Any]) -> Record:
        return self._mapped(object_type, payload)

    @hookimpl
    def mlc_find(
        self, connection: AnyConnection, object_type: ObjectType, keys: Sequence[FindKey]
    ) -> list[list[SourceRecord]]:
        rows = list(self.rows[object_type].values())
        return [[self._record(row) for row in rows if _answers(row, key)] for key in keys]

    @hookimpl
    def mlc_render(
        self, connection: AnyConnection, record: Record, binding: Binding | None, context: RenderContext
    ) -> Rendered:
        body = record.model_dump(mode="json", exclude_unset=True, exclude={"source"})
        if context.fields is not None:
            body = {name: value for name, value in body.items() if name in context.fields}
        operation = Operation.CREATE if binding is None else Operation.UPDATE
        payload = json.dumps({"values": body, "key": context.record_key, "touch": context.refusals}, sort_keys=True)
        return Rendered((RenderedPart("main", operation, payload.encode()),))

    @hookimpl
    def mlc_push(self, connection: AnyConnection, object_type: ObjectType, writes: list[Write]) -> list[Outcome]:
        self.pushes.append(len(writes))
        payloads = b",".join(write.payload for write in writes)
        with connection.http.local_write(payloads if self.batch == 1 else b"[" + payloads + b"]"):
            outcomes = [self._take(object_type, write) for write in writes]
            if self.lost:
                self.lost -= 1
                raise TransientError("the answer was lost")
        return outcomes

    @hookimpl
    def mlc_settle(self, connection: AnyConnection, tasks: Sequence[Task]) -> Sequence[Outcome]:
        if self.silent:
            return []
        made = [(task, self.tasks[task.task]) for task in tasks]
        return [Created(task.key, key) if task.external_id is None else Updated(task.key, key) for task, key in made]

    # ------------------------------------------------------------------ within

    def _take(self, kind: ObjectType, write: Write) -> Outcome:
        told = json.loads(write.payload)
        key = write.external_id or f"t-{told['key'].rpartition(':')[2]}"
        if write.external_id is None and self.strategy is Strategy.SEARCH:
            key = f"t{self.now}"
        values = {**told["values"], "number": told["values"].get("code")}
        self.put(kind, key, **values)
        self.written.append((write.operation.value, kind, key, told["values"]))
        if self.later:
            self.tasks[write.key] = key
            return Accepted(write.key, write.key)
        seen = self._mapped(kind, self.rows[kind][key])
        made = Created if write.external_id is None else Updated
        return made(write.key, key, self.rows[kind][key]["version"], seen)

    @staticmethod
    def _record(row: Mapping[str, Any]) -> SourceRecord:
        return SourceRecord(row["id"], row["version"], dict(row))

    def _mapped(self, kind: ObjectType, row: Mapping[str, Any]) -> Record:
        known = {name: value for name, value in row.items() if name in record_model(kind).model_fields}
        return record_model(kind).model_validate({**known, "source": {"system": self.name, "source_id": row["id"]}})


def _answers(row: Mapping[str, Any], key: FindKey) -> bool:
    if key.kind is not None and row.get("kind") != key.kind:
        return False
    by_key = row["id"] == f"t-{key.record_key.rpartition(':')[2]}"
    return by_key or (key.number is not None and row.get("code") == key.number) or row.get("name") == key.name
