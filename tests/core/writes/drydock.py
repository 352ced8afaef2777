"""Drydock, invented: takes arrays of suppliers, says later what became of each, and knows its callers' keys."""

import json
from collections.abc import Generator, Mapping, Sequence
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
    Outcome,
    Page,
    Probe,
    Quota,
    QuotaScope,
    QuotaWindow,
    Rejected,
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
    Unknown,
    Updated,
    Write,
    hookimpl,
)
from mlc.errors import RejectedError, TransientError
from mlc.http import Auth, Request, Response, decode
from mlc.records import ObjectType, PartyStatus, Record, SourceMeta, Vendor
from mlc_sandbox.toolkit import http
from mlc_sandbox.toolkit.clock import wire_time
from mlc_sandbox.toolkit.faults import Kind
from mlc_sandbox.toolkit.routing import route
from mlc_sandbox.toolkit.standin import StandIn

API = "https://api.drydock.example"
AnyConnection = Connection[Settings, Secrets]


class NoAuth(Auth):
    def auth_flow(self, request: Request) -> Generator[Request, Response, None]:
        yield request


class Yard:
    """The source: rows that a test puts there."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Any]] = {}

    def put(self, id: str, name: str) -> None:
        version = int(self.rows[id]["version"]) + 1 if id in self.rows else 1
        self.rows[id] = {"id": id, "name": name, "version": str(version)}

    @hookimpl
    def mlc_describe(self) -> System:
        support = ObjectSupport(ObjectType.VENDOR, frozenset({Capability.READ}), natural_key=("name",))
        return _system("yard", support)

    @hookimpl
    def mlc_auth(self, connection: AnyConnection, tokens: TokenStore) -> Auth:
        return NoAuth()

    @hookimpl
    def mlc_ping(self, connection: AnyConnection) -> Identity:
        return Identity(account="yard")

    @hookimpl
    def mlc_probe(self, connection: AnyConnection) -> Probe:
        return Probe()

    @hookimpl
    def mlc_fetch(self, connection: AnyConnection, object_type: ObjectType, cursor: str, mode: FetchMode) -> Page:
        return Page(tuple(SourceRecord(row["id"], row["version"], row) for row in self.rows.values()), watermark="now")

    @hookimpl
    def mlc_read(self, connection: AnyConnection, object_type: ObjectType, ids: Sequence[str]) -> list[SourceRecord]:
        return [SourceRecord(id, self.rows[id]["version"], self.rows[id]) for id in ids]

    @hookimpl
    def mlc_map(self, connection: AnyConnection, object_type: ObjectType, payload: Mapping[str, Any]) -> Record:
        return _vendor("yard", payload)


class DrydockStandIn(StandIn):
    """The target. A name with ``!`` is refused later, one with ``?`` refuses the whole array. Not ``keyed``, it heeds
    no key: every create makes another supplier."""

    name = "drydock"
    title = "Drydock"
    SWITCHES = {"slow": False, "tasks_lost": False, "keyed": True, "shows_refused": False}

    def __init__(self) -> None:
        super().__init__()
        self.router.collect(DrydockStandIn)
        self.tasks: dict[str, list[dict[str, Any]]] = {}
        self.replies: dict[str, http.Response] = {}
        self.sent: list[list[str]] = []

    @route("POST", "/suppliers")
    def take(self, request: http.Request) -> http.Response:
        rows = json.loads(request.body)
        key = request.headers.get("x-replay-key")
        if key is not None and key in self.replies:
            return self.replies[key]
        self.sent.append([row["key"] for row in rows])
        if any("?" in row["name"] for row in rows):
            return http.json_response(400, {"error": "one of the names has a ?"})
        task = f"T{len(self.tasks) + 1}"
        self.tasks[task] = [self._decide(row, request) for row in rows]
        told = [row | {"id": decided.get("id")} for row, decided in zip(rows, self.tasks[task], strict=True)]
        reply = http.json_response(200, {"task": task, "rows": told})
        if key is not None:
            self.replies[key] = reply
        return reply

    def _decide(self, row: dict[str, Any], request: http.Request) -> dict[str, Any]:
        knows = self.switches["keyed"] and request.headers.get("x-replay-key") is None
        id = row.pop("id", None) or (f"D-{row['key']}" if knows else f"D-{self.next_number()}")
        before = self.store.get("suppliers", id)
        refused = {"key": row["key"], "word": "refused", "message": "the name has a !"} if "!" in row["name"] else None
        if refused is not None and not self.switches["shows_refused"]:
            return refused
        if before is None or any(before[name] != row[name] for name in row):
            cause = request.cause()
            self.store.put("suppliers", id, row | {"id": id, "at": wire_time(self.clock.stamp())}, cause)
        return refused or {"key": row["key"], "word": "done", "id": id}

    @route("GET", "/outcomes")
    def outcomes(self, request: http.Request) -> http.Response:
        """The last word of every supplier."""
        last = {row["key"]: row for rows in self.tasks.values() for row in rows}
        return http.json_response(200, {"rows": [] if self.switches["slow"] else list(last.values())})

    @route("GET", "/tasks/{id}")
    def task(self, request: http.Request, id: str) -> http.Response:
        if self.switches["tasks_lost"]:
            return http.json_response(404, {"error": "no such task"})
        if self.switches["slow"]:
            return http.json_response(200, {"rows": []})
        return http.json_response(200, {"rows": self.tasks[id]})

    @route("GET", "/suppliers")
    def suppliers(self, request: http.Request) -> http.Response:
        return http.json_response(200, {"rows": self.store.all("suppliers")})


class Drydock:
    """The target's plugin, as strict or as simple as a test wants it."""

    def __init__(
        self,
        *,
        strategy: Strategy = Strategy.CALLER_KEY,
        batch: int = 1,
        later: bool = True,
        shows_refused: bool = False,
        daily: int | None = None,
    ) -> None:
        self.quotas = () if daily is None else (Quota(QuotaWindow.DAY, daily, scope=QuotaScope.APP),)
        can = frozenset({Capability.READ, Capability.CREATE, Capability.UPDATE, Capability.FIND})
        self.support = ObjectSupport(
            ObjectType.VENDOR,
            can,
            natural_key=("name",),
            strategy=strategy,
            batch_size=batch,
            framed=True,
            answers_later=later,
            shows_refused=shows_refused,
            spacing_s=2.0 if later else 0.0,
            replay_valid_s=100.0,
        )

    @hookimpl
    def mlc_describe(self) -> System:
        return _system("drydock", self.support, self.quotas)

    @hookimpl
    def mlc_auth(self, connection: AnyConnection, tokens: TokenStore) -> Auth:
        return NoAuth()

    @hookimpl
    def mlc_ping(self, connection: AnyConnection) -> Identity:
        return Identity(account="drydock")

    @hookimpl
    def mlc_probe(self, connection: AnyConnection) -> Probe:
        return Probe()

    @hookimpl
    def mlc_fetch(self, connection: AnyConnection, object_type: ObjectType, cursor: str, mode: FetchMode) -> Page:
        rows = _answered(connection.http.get(f"{API}/suppliers"))["rows"]
        return Page(tuple(SourceRecord(row["id"], row["at"], row) for row in rows), watermark="now")

    @hookimpl
    def mlc_read(self, connection: AnyConnection, object_type: ObjectType, ids: Sequence[str]) -> list[SourceRecord]:
        rows = _answered(connection.http.get(f"{API}/suppliers"))["rows"]
        return [SourceRecord(row["id"], row["at"], row) for row in rows if row["id"] in ids]

    @hookimpl
    def mlc_find(
        self, connection: AnyConnection, object_type: ObjectType, keys: Sequence[FindKey]
    ) -> list[list[SourceRecord]]:
        rows = _answered(connection.http.get(f"{API}/suppliers"))["rows"]
        return [[SourceRecord(row["id"], row["at"], row) for row in rows if row["name"] == key.name] for key in keys]

    @hookimpl
    def mlc_map(self, connection: AnyConnection, object_type: ObjectType, payload: Mapping[str, Any]) -> Record:
        return _vendor("drydock", payload | {"version": payload.get("at")})

    @hookimpl
    def mlc_render(
        self, connection: AnyConnection, record: Record, binding: Binding | None, context: RenderContext
    ) -> Rendered:
        assert isinstance(record, Vendor)
        row = {"key": context.record_key, "name": record.name, "touch": context.refusals}
        if binding is not None:
            row["id"] = binding.main.external_id
        return Rendered((RenderedPart("main", context.operation, json.dumps(row).encode()),))

    @hookimpl
    def mlc_push(
        self, connection: AnyConnection, object_type: ObjectType, writes: Sequence[Write]
    ) -> Sequence[Outcome]:
        headers = {"Content-Type": "application/json"}
        if writes[0].replay_key is not None:
            headers["X-Replay-Key"] = writes[0].replay_key
        body = b"[" + b",".join(write.payload for write in writes) + b"]"
        answer = _answered(connection.http.post(f"{API}/suppliers", content=body, headers=headers))
        if self.support.answers_later:
            return [Accepted(write.key, answer["task"]) for write in writes]
        told = {row["key"]: row for row in answer["rows"]}
        return [Created(write.key, told[write.record_key]["id"]) for write in writes]

    @hookimpl
    def mlc_settle(self, connection: AnyConnection, tasks: Sequence[Task]) -> Sequence[Outcome]:
        outcomes: list[Outcome] = []
        for name in sorted({task.task for task in tasks}):
            response = connection.http.get(f"{API}/tasks/{name}" if name else f"{API}/outcomes")
            mine = [task for task in tasks if task.task == name]
            if response.status_code == 404:
                outcomes += [Unknown(task.key, "Drydock has lost the task") for task in mine]
                continue
            rows = {row["key"]: row for row in decode(response)["rows"]}
            for task in mine:
                row = rows.get(task.record_key)
                if row is None:
                    continue
                if row["word"] == "refused":
                    outcomes.append(Rejected(task.key, row["message"]))
                else:
                    kind = Created if task.external_id is None else Updated
                    outcomes.append(kind(task.key, row["id"]))
        return outcomes


def _system(name: str, support: ObjectSupport, quotas: tuple[Quota, ...] = ()) -> System:
    return System(
        name=name,
        title=name.capitalize(),
        version="1",
        settings=Settings,
        secrets=Secrets,
        grants=(GrantKind.API_TOKEN,),
        objects=(support,),
        quotas=quotas,
        hosts=lambda settings: (f"api.{name}.example",),
    )


def _vendor(system: str, row: Mapping[str, Any]) -> Vendor:
    source = SourceMeta(system=system, source_id=row["id"], source_version=row["version"])
    return Vendor(source=source, name=row["name"], status=PartyStatus.ACTIVE)


def _answered(response: Response) -> Any:
    if response.status_code == 400:
        raise RejectedError(f"Drydock refuses: {decode(response)['error']}.", system="drydock")
    if not response.is_success:
        raise TransientError(f"Drydock answered {response.status_code}.", system="drydock")
    return decode(response)


__all__ = ["Drydock", "DrydockStandIn", "Kind", "Yard"]
