"""``/metrics``: what Prometheus asks for. Read from the database when asked, so that any process may be asked."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Connection, func, select

from mlc.clock import Clock, parse_stamp
from mlc.engine.states import OPEN_INTENTS, RecordState
from mlc.serve.counts import Counts
from mlc.store.quotas import Ledger
from mlc.store.schema import alerts, answers, holds, inbox, intents, records, runs, watches

if TYPE_CHECKING:
    from mlc.config import Config
    from mlc.plugins import Plugins
    from mlc.store.database import Database

_BACKLOG = (RecordState.PENDING.value, RecordState.WRITING.value)
Row = tuple[Sequence[str], float]


def page_of(
    config: "Config", *, plugins: "Plugins", database: "Database", counts: Counts, clock: Clock
) -> Callable[[], bytes]:
    """A function that writes the page."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures(config, plugins, database, counts, clock))
    return lambda: generate_latest(registry)


class _Figures(Collector):
    """Asked once per scrape; one read transaction."""

    def __init__(
        self, config: "Config", plugins: "Plugins", database: "Database", counts: Counts, clock: Clock
    ) -> None:
        self._config = config
        self._plugins = plugins
        self._database = database
        self._counts = counts
        self._clock = clock

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterator[Metric]:
        with self._database.read() as connection:
            yield from self._work(connection)
            yield from self._vendors(connection)
            yield from self._webhooks(connection)
        yield from self._quotas()

    def _work(self, connection: Connection) -> Iterator[Metric]:
        finished = connection.execute(
            select(runs.c.pairing, func.max(runs.c.finished_at))
            .where(runs.c.finished_at.is_not(None))
            .group_by(runs.c.pairing)
        )
        yield _gauge(
            "mlc_lag_seconds",
            "Since the last run of a pairing ended.",
            ["pairing"],
            (([row[0]], self._since(row[1])) for row in finished),
        )
        standing = connection.execute(
            select(records.c.pairing, records.c.object_type, records.c.state, func.count()).group_by(
                records.c.pairing, records.c.object_type, records.c.state
            )
        ).all()
        keys = ["pairing", "object_type"]
        backlog: dict[tuple[str, str], int] = {}
        for row in standing:
            waits = row[3] if row[2] in _BACKLOG else 0
            backlog[row[0], row[1]] = backlog.get((row[0], row[1]), 0) + waits
        yield _gauge("mlc_backlog_records", "Records that wait to be delivered.", keys, backlog.items())
        dead = ((row[:2], row[3]) for row in standing if row[2] == RecordState.DEAD.value)
        yield _gauge("mlc_dead_records", "Records given up on.", keys, dead)
        held = connection.execute(
            select(holds.c.pairing, holds.c.code, func.count(holds.c.record_id.distinct()))
            .where(holds.c.cleared_at.is_(None))
            .group_by(holds.c.pairing, holds.c.code)
        )
        rows = ((row[:2], row[2]) for row in held)
        yield _gauge("mlc_held_records", "Records that wait for something, by what.", ["pairing", "code"], rows)
        open_states = [state.value for state in OPEN_INTENTS]
        written = connection.execute(
            select(intents.c.pairing, intents.c.state, func.count())
            .where(intents.c.state.in_(open_states))
            .group_by(intents.c.pairing, intents.c.state)
        )
        found = {(row[0], row[1]): row[2] for row in written}
        every = ((pairing, state) for pairing in self._config.pairings for state in open_states)
        rows = ((key, found.get(key, 0)) for key in every)
        yield _gauge("mlc_open_intents", "Writes that are not settled yet, by state.", ["pairing", "state"], rows)
        raised = connection.execute(
            select(alerts.c.code, func.count()).where(alerts.c.cleared_at.is_(None)).group_by(alerts.c.code)
        )
        yield _gauge("mlc_open_alerts", "Alerts that stand.", ["code"], (([row[0]], row[1]) for row in raised))

    def _vendors(self, connection: Connection) -> Iterator[Metric]:
        counted = connection.execute(select(answers)).all()
        calls = (([row.connection, row.system, row.kind], row.count) for row in counted if row.kind != "status")
        yield _counter("mlc_vendor_calls", "Calls made to a vendor.", ["connection", "system", "kind"], calls)
        replies = (([row.connection, row.system, row.status], row.count) for row in counted if row.kind == "status")
        yield _counter("mlc_vendor_answers", "Answers of a vendor.", ["connection", "system", "status"], replies)

    def _webhooks(self, connection: Connection) -> Iterator[Metric]:
        came = self._counts.snapshot().items()
        rows: Iterable[Row] = (([name, outcome.value], count) for (name, outcome), count in came)
        yield _counter(
            "mlc_webhook_deliveries", "Deliveries to this receiver since it started.", ["connection", "outcome"], rows
        )
        unread = connection.execute(
            select(inbox.c.connection, func.count()).where(inbox.c.read_at.is_(None)).group_by(inbox.c.connection)
        )
        yield _gauge(
            "mlc_inbox_unread", "Notices not read yet.", ["connection"], (([row[0]], row[1]) for row in unread)
        )
        heard = connection.execute(
            select(inbox.c.connection, func.max(inbox.c.received_at)).group_by(inbox.c.connection)
        )
        rows = (([row[0]], self._since(row[1])) for row in heard)
        yield _gauge("mlc_webhook_silence_seconds", "Since the last genuine delivery.", ["connection"], rows)
        lapsing = connection.execute(select(watches).where(watches.c.expires_at.is_not(None)))
        rows = (([row.connection, row.watch_id], -self._since(row.expires_at, least=None)) for row in lapsing)
        yield _gauge("mlc_subscription_seconds_left", "Until it lapses.", ["connection", "subscription"], rows)

    def _quotas(self) -> Iterator[Metric]:
        """Stored windows are true for all processes; short ones are over before anybody looks."""
        ledger = Ledger(self._database, now=self._clock.now)
        rows: list[Row] = []
        for name, config in self._config.connections.items():
            for line in ledger.gate(name, self._plugins.system(config.system)).budget():
                if line.remaining is not None and str(line.window) in ("day", "month"):
                    rows.append(([name, str(line.window), line.counts], line.remaining))
        yield _gauge("mlc_quota_left_calls", "Calls left.", ["connection", "window", "counts"], rows)

    def _since(self, moment: str, *, least: float | None = 0.0) -> float:
        age = (self._clock.now() - parse_stamp(moment)).total_seconds()
        return age if least is None else max(least, age)


def _gauge(name: str, what: str, labels: Sequence[str], rows: Iterable[Any]) -> Metric:
    family = GaugeMetricFamily(name, what, labels=labels)
    for values, number in rows:
        family.add_metric(list(values), number)
    return family


def _counter(name: str, what: str, labels: Sequence[str], rows: Iterable[Any]) -> Metric:
    family = CounterMetricFamily(name, what, labels=labels)
    for values, number in rows:
        family.add_metric(list(values), number)
    return family
