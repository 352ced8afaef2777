"""One run's surroundings: the pairing, both connections, what their tenants can do, the store and the clock."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar, cast

from mlc.contract import FetchMode, Page, SourceRecord
from mlc.errors import MlcError, RateLimitedError
from mlc.recipes import Flow, Pairing, Side
from mlc.records import ObjectType, Record
from mlc.store.audit import AuditGroup
from mlc.system import System
from mlc.tenants import Probe

if TYPE_CHECKING:
    from mlc.clock import Clock
    from mlc.connection import AnyConnection
    from mlc.plugins import Plugins
    from mlc.store.database import Database
    from mlc.store.instance import InstanceGuard

T = TypeVar("T")
R = TypeVar("R")


def quiet(_event: str, **_facts: object) -> None:
    """Report progress to nobody."""


@dataclass
class Session:
    """Everything a run needs, made once and handed down; no part of the engine reaches for a global."""

    pairing: Pairing
    database: "Database"
    plugins: "Plugins"
    connections: dict[Side, "AnyConnection"]
    clock: "Clock"
    digests: dict[str, str]
    """Flow name → mapper version: plugin versions and the digest of the flow's configuration (R18)."""
    guard: "InstanceGuard"
    """Counts writes in the database and beside the key, so that a restored database shows (R36)."""
    run_id: int | None = None
    probes: dict[Side, Probe] = field(default_factory=dict)
    progress: Callable[..., None] = quiet
    stop: Callable[[], bool] = lambda: False
    """Read between writes; True ends the run in order."""
    planned: dict[tuple[ObjectType, str], str] = field(default_factory=dict)
    """While only planning: records that would be bound, by type and source id → the target's id or ``planned``."""
    pools: dict[Side, ThreadPoolExecutor] = field(default_factory=dict)

    def system(self, side: Side) -> System:
        return self.plugins.system(self.connections[side].system)

    def probe(self, side: Side) -> Probe:
        return self.probes[side]

    def call(self, side: Side, hook: str, **arguments: Any) -> Any:
        """An addressed hook of one side's system."""
        connection = self.connections[side]
        try:
            return self.plugins.call(connection.system, hook, connection=connection, **arguments)
        except MlcError as error:
            error.connection = error.connection or connection.name
            # A vendor may quote what it was sent: nothing of that reaches a log, the audit or a screen.
            error.sentence = connection.http.redact(error.sentence)
            error.detail = connection.http.redact(error.detail) if error.detail else None
            if isinstance(error, RateLimitedError):
                connection.http.quota.heed(error)
            raise

    def fetch(self, side: Side, object_type: ObjectType, cursor: str | None, mode: FetchMode) -> Page:
        return cast(Page, self.call(side, "mlc_fetch", object_type=object_type, cursor=cursor, mode=mode))

    def map(self, side: Side, object_type: ObjectType, payload: Any) -> Record:
        return cast(Record, self.call(side, "mlc_map", object_type=object_type, payload=payload))

    def read(self, side: Side, object_type: ObjectType, ids: Sequence[str]) -> list[SourceRecord]:
        """Read records whole, as many at once as the system allows."""
        found = self.in_parallel(
            side,
            lambda one: cast(list[SourceRecord], self.call(side, "mlc_read", object_type=object_type, ids=[one])),
            list(ids),
        )
        return [record for records in found for record in records]

    def in_parallel(self, side: Side, work: Callable[[T], R], items: list[T]) -> list[R]:
        """Run ``work`` over items in up to as many threads as the system takes requests at once, in order."""
        width = self.system(side).concurrency
        if width <= 1 or len(items) <= 1:
            return [work(item) for item in items]
        pool = self.pools.get(side)
        if pool is None:
            pool = self.pools[side] = ThreadPoolExecutor(max_workers=width, thread_name_prefix=f"mlc-{side.value}")
        return list(pool.map(work, items))

    def close(self) -> None:
        """End the threads. Connections and the database belong to whoever opened them."""
        for pool in self.pools.values():
            pool.shutdown(wait=True)

    def audit(self) -> AuditGroup:
        return AuditGroup(run_id=self.run_id, pairing=self.pairing.name)

    def mapper_version(self, flow: Flow) -> str:
        return self.digests[flow.name]

    def source_flow(self, side: Side, read_type: ObjectType, object_type: ObjectType) -> Flow | None:
        """The flow that carries what this side reads as ``read_type`` and maps to ``object_type``."""
        for flow in self.pairing.flows:
            if flow.source is side and flow.reads is read_type and flow.object is object_type and flow.creates:
                return flow
        return None
