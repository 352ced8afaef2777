"""One run's surroundings: the pairing, both connections, what their tenants can do, the store and the clock."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar, cast

from mlc.collector import Sweep
from mlc.contract import FetchMode, Page, SourceRecord
from mlc.engine.outlook import Outlook
from mlc.engine.slices import NAP_S, PUT_BACK_S, Slice
from mlc.errors import MlcError, RateLimitedError
from mlc.http import CallCount, Purpose
from mlc.recipes import Flow, Pairing, Side
from mlc.records import ObjectType, Record
from mlc.store.answers import count_answers
from mlc.store.audit import AuditGroup
from mlc.system import System
from mlc.tenants import Probe

if TYPE_CHECKING:
    from mlc.clock import Clock
    from mlc.connection import AnyConnection
    from mlc.engine.planitems import PlanItem
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
    planned: Outlook = field(default_factory=Outlook)
    """While only planning: records that would be bound."""
    only: "Mapping[int, PlanItem] | None" = None
    """While a stored plan is applied: the records that may be written, each with the line that says how (R38)."""
    purpose: Purpose = Purpose.ORDINARY
    """What the calls of this session are for, in whatever thread they are made."""
    probed_at: datetime | None = None
    counted: dict[Side, CallCount] = field(default_factory=dict)
    pools: dict[Side, ThreadPoolExecutor] = field(default_factory=dict)
    slice: Slice | None = None
    """What may be done at once; None: everything, and waiting for a quota is part of it."""
    fence: int | None = None
    """The number of the claim under which this pairing is worked on, kept with every audit event."""
    wrote: set[tuple[Side, ObjectType]] = field(default_factory=set)
    """Types that were sent to a side since the run looked last, whatever became of it, where the answers may not have
    told all of it."""
    departed: dict[tuple[Side, str], set[str | None]] = field(default_factory=dict)
    """Customers that people or deals were seen to leave in this run → for whom."""
    unfenced: "Database | None" = None
    """The same database for evidence, which is stored whoever holds the claim now (R4)."""
    sweep: Sweep = field(default_factory=Sweep)
    """Keeps memory flat however many records a run has."""

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

    @contextmanager
    def calls_for(self, purpose: Purpose) -> Iterator[None]:
        """Calls of both connections inside the block are for this: their share of a quota depends on it (R34)."""
        before, self.purpose = self.purpose, purpose
        try:
            with ExitStack() as stack:
                for connection in self.connections.values():
                    stack.enter_context(connection.http.quota.purpose(purpose))
                yield
        finally:
            self.purpose = before

    def wait_until(self, moment: datetime) -> bool:
        """True when it has come. A run in slices is put back instead of waiting, and then it is False."""
        left = moment - self.clock.now()
        if left <= timedelta(0):
            return True
        if self.slice is not None:
            self.slice.put_back(moment)
            return False
        give_up = time.monotonic() + left.total_seconds()
        while (nap := give_up - time.monotonic()) > 0 and not self.stop():
            time.sleep(min(nap, NAP_S / 2))
        return not self.stop()

    def puts_back(self, error: RateLimitedError) -> bool:
        """True when the slice ends here and the run goes on once the quota's window opens."""
        if self.slice is None or error.retry_after_s > PUT_BACK_S:
            return False
        self.slice.put_back(self.clock.now() + timedelta(seconds=error.retry_after_s))
        return True

    def read_until_refused(
        self, side: Side, object_type: ObjectType, ids: Sequence[str]
    ) -> tuple[list[SourceRecord], bool, RateLimitedError | None]:
        """As ``read``, but what was read before a quota refused us, or the slice was over, is not lost.

        Returns what was read, whether that is all, and the refusal.
        """
        refused: list[RateLimitedError] = []
        left_out: list[list[str]] = []

        def one(batch: list[str]) -> list[SourceRecord]:
            if refused or (self.slice is not None and self.slice.over()):
                left_out.append(batch)
                return []
            try:
                return cast(list[SourceRecord], self.call(side, "mlc_read", object_type=object_type, ids=batch))
            except RateLimitedError as error:
                refused.append(error)
                return []

        batches = self._read_batches(side, object_type, ids)
        # The first is read whatever the time: a slice always gets on.
        first = batches[:1] if self.slice is not None else []
        found = self.read(side, object_type, first[0]) if first else []
        for records in self.in_parallel(side, one, batches[len(first) :]):
            found.extend(records)
        return found, not (refused or left_out), refused[0] if refused else None

    def _read_batches(self, side: Side, object_type: ObjectType, ids: Sequence[str]) -> list[list[str]]:
        support = self.system(side).support(object_type)
        size = 1 if support is None else support.read_batch
        return [list(ids[start : start + size]) for start in range(0, len(ids), size)]

    def read(self, side: Side, object_type: ObjectType, ids: Sequence[str]) -> list[SourceRecord]:
        """Read records whole, as many in one call and as many calls at once as the system allows."""
        batches = self._read_batches(side, object_type, ids)
        found = self.in_parallel(
            side,
            lambda some: cast(list[SourceRecord], self.call(side, "mlc_read", object_type=object_type, ids=some)),
            batches,
        )
        return [record for records in found for record in records]

    def in_parallel(
        self, side: Side, work: Callable[[T], R], items: list[T], *, meanwhile: Callable[[], None] | None = None
    ) -> list[R]:
        """Run ``work`` over items in up to as many threads as the system takes requests at once, in order.

        ``meanwhile`` is what this thread does instead of waiting, where it would; it does not raise.
        """
        width = self.system(side).concurrency
        if width <= 1 or len(items) <= 1:
            return [work(item) for item in items]
        results: list[Any] = [None] * len(items)
        turns = iter(range(len(items)))
        quota, purpose = self.connections[side].http.quota, self.purpose

        def take_turns() -> None:
            try:
                with quota.purpose(purpose):
                    for turn in turns:  # one iterator for all threads: each index is handed out once
                        results[turn] = work(items[turn])
            finally:
                end()

        def end() -> None:
            """After a failure, or when the run is interrupted, nobody begins another item."""
            for _turn in turns:
                pass

        # A future per thread, not per item: handing over and waking up took a third of what sending a write takes.
        threads = [self._pool(side, width).submit(take_turns) for _ in range(min(width, len(items)))]
        try:
            if meanwhile is not None:
                meanwhile()
            wait(threads)
        finally:
            end()
        for thread in threads:
            thread.result()
        return results

    def _pool(self, side: Side, width: int) -> ThreadPoolExecutor:
        pool = self.pools.get(side)
        if pool is None:
            pool = self.pools[side] = ThreadPoolExecutor(max_workers=width, thread_name_prefix=f"mlc-{side.value}")
        return pool

    def close(self) -> None:
        """End the threads and forget what was planned. Connections and the database belong to whoever opened them."""
        for pool in self.pools.values():
            pool.shutdown(wait=True)
        self.pools.clear()
        self.planned.clear()

    def count_answers(self) -> None:
        """Add what both vendors answered since the last time to the counters that outlive this process."""
        with (self.unfenced or self.database).write() as tx:
            for side, connection in self.connections.items():
                now = connection.http.calls.snapshot()
                news = now - self.counted.get(side, CallCount())
                self.counted[side] = now
                calls = {"read": news.reads, "write": news.writes, "mint": news.mints}
                count_answers(tx, connection.name, connection.system, calls=calls, statuses=news.statuses)

    def audit(self) -> AuditGroup:
        return AuditGroup(run_id=self.run_id, pairing=self.pairing.name, fence=self.fence)

    def mapper_version(self, flow: Flow) -> str:
        return self.digests[flow.name]

    def source_flow(self, side: Side, read_type: ObjectType, object_type: ObjectType) -> Flow | None:
        """The flow that carries what this side reads as ``read_type`` and maps to ``object_type``."""
        for flow in self.pairing.flows:
            if flow.source is side and flow.reads is read_type and flow.object is object_type and flow.creates:
                return flow
        return None
