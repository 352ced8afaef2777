"""When a backfill would end: what waits, times what a record has cost in calls, against what a day gives backfills."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, func, select

from mlc.clock import stamp
from mlc.engine.states import RecordState
from mlc.http import BudgetLine
from mlc.store.schema import records, runs
from mlc.store.storedwindow import BACKFILL_MAX
from mlc.system import QuotaWindow

#: So many finished runs are looked at: older ones tell of other versions and other data.
RUNS = 50
#: What a run counts as records that went out.
DONE = ("created", "updated", "voided")
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Cost:
    """What finished runs spent on a side, per record that went out."""

    records: int
    calls: Mapping[str, int]
    """Kind of call (read, write) → how many."""

    def per_record(self, counts: str) -> float:
        """Calls per record as a window counts them."""
        return sum(number for kind, number in self.calls.items() if counts in ("all", kind)) / self.records


@dataclass(frozen=True, slots=True)
class Forecast:
    """When what waits in a pairing is done, as far as one connection's windows of a day decide it."""

    pairing: str
    connection: str
    waiting: int
    calls_per_record: float | None
    """None: no finished run has shown what a record costs."""
    ends_at: datetime | None

    @property
    def sentence(self) -> str:
        begin = f"{self.pairing}: {self.waiting} records wait"
        if self.calls_per_record is None:
            return f"{begin}; what one costs on {self.connection} is known after a first run."
        cost = f"{begin}, {self.calls_per_record:.1f} calls each on {self.connection}"
        if self.ends_at is None:
            return f"{cost}; no window of a day limits them."
        return f"{cost}; ends about {self.ends_at:%Y-%m-%d %H:%M} UTC."

    def as_dict(self) -> dict[str, object]:
        return {
            "pairing": self.pairing,
            "connection": self.connection,
            "waiting": self.waiting,
            "calls_per_record": None if self.calls_per_record is None else round(self.calls_per_record, 2),
            "ends_at": None if self.ends_at is None else stamp(self.ends_at),
        }


def waiting(connection: Connection, pairing: str) -> int:
    """Records that are to be pushed and have not been."""
    mine = (records.c.pairing == pairing) & (records.c.state == RecordState.PENDING.value)
    return int(connection.execute(select(func.count()).select_from(records).where(mine)).scalar_one())


def measured(connection: Connection, pairing: str, side: str) -> Cost | None:
    """The cost per record in the last finished runs that carried any; None before the first."""
    finished = (runs.c.pairing == pairing) & runs.c.finished_at.is_not(None) & runs.c.summary.is_not(None)
    last = connection.execute(select(runs.c.summary).where(finished).order_by(runs.c.id.desc()).limit(RUNS)).scalars()
    done, calls = 0, {"read": 0, "write": 0}
    for summary in map(json.loads, last):
        carried = sum(flow.get(what, 0) for flow in summary.get("flows", {}).values() for what in DONE)
        if carried == 0:
            continue  # what quiet runs cost is no cost of a record
        done += carried
        for kind, number in summary.get("calls", {}).get(side, {}).items():
            calls[kind] = calls.get(kind, 0) + number
    return Cost(done, calls) if done else None


def forecast(
    pairing: str, connection: str, *, waits: int, cost: Cost | None, lines: Sequence[BudgetLine], now: datetime
) -> Forecast:
    """The latest end that any window of a day or a month allows."""
    if cost is None:
        return Forecast(pairing, connection, waits, None, None)
    ends = [
        _end(math.ceil(waits * per_record), line, now)
        for line in lines
        if str(line.window) in (QuotaWindow.DAY, QuotaWindow.MONTH)
        and line.limit
        and (per_record := cost.per_record(line.counts)) > 0
    ]
    return Forecast(pairing, connection, waits, cost.per_record("all"), max(ends, default=None))


def _end(calls: int, line: BudgetLine, now: datetime) -> datetime:
    """Backfills get their share of a window bit by bit, as it passes; what others used of it is gone."""
    begin = start = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if str(line.window) == QuotaWindow.MONTH:
        start = begin.replace(day=1)
    used = line.used
    opens = now + timedelta(seconds=line.closed_for_s)
    while True:
        end = start + DAY if str(line.window) == QuotaWindow.DAY else (start + 32 * DAY).replace(day=1)
        share = (line.limit or 0) * BACKFILL_MAX
        left = max(0, math.floor(share) - used)
        if calls <= left:
            return max(opens, start + (end - start) * ((used + calls) / share))
        calls, used, start = calls - left, 0, end
