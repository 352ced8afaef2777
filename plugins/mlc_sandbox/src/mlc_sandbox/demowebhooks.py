"""The pass ``webhook`` of a demo: deliveries that come twice, late or never, and the run that polls afterwards."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlc_sandbox.company import Company
from mlc_sandbox.demopasses import Pass, run_pass
from mlc_sandbox.demostory import Story
from mlc_sandbox.scenarios import CaseResult
from mlc_sandbox.scenarios.contract import WebhookPass
from mlc_sandbox.served import Served

if TYPE_CHECKING:
    from mlc.plugins import Plugins
    from mlc.runner.embedded import Engine

NAME = "webhook"
QUIET_S = 2.0
WITHIN_S = 120.0
_SHARES = (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))


@dataclass(frozen=True, slots=True)
class Watched:
    """What the pass came to: its polling run, its cases, and how long a change took from accepted to sent."""

    poll: Pass
    cases: tuple[CaseResult, ...]
    delivered: int
    lost: int
    by_poll: int
    accepted_to_sent_s: tuple[float, ...]

    def as_dict(self) -> dict[str, Any]:
        """As ``--json`` prints it, times in milliseconds."""
        ordered = sorted(self.accepted_to_sent_s)
        times = {name: _at(ordered, share) for name, share in _SHARES} if ordered else {}
        return {
            "records_told_of": self.delivered,
            "records_lost_on_the_way": self.lost,
            "written_by_the_poll": self.by_poll,
            "accepted_to_sent_ms": times,
        }


def watch_pass(
    engine: Engine,
    plugins: Plugins,
    scenario: WebhookPass,
    company: Company,
    *,
    source: Served,
    target: Served,
    story: Story,
) -> Watched:
    """People change records while the receiver listens; then one polling run brings what no delivery told of."""
    before = set(scenario.written_of(target.get("log")))
    changes = scenario.changes(company)
    with _following(engine, plugins) as (url, settled):
        address = scenario.set_up(source.post, f"{url}/webhooks/{source.system}")
        if isinstance(address, str):
            _subscribe(engine, plugins, source.system, address)
        for fault in scenario.faults():
            source.post("faults", fault)
        for change in changes:
            source.post(f"objects/{change.type}", change.body)
        settled()
    delivered, times = _accepted(engine, source.system)
    at_once = set(scenario.written_of(target.get("log"))) - before
    poll = run_pass(engine, NAME, story)
    by_poll = set(scenario.written_of(target.get("log"))) - before - at_once
    log = source.get("log")
    lost = scenario.lost_of(log, delivered)
    cases = scenario.check(
        source.objects(), target.objects(), log, target.get("log"), lost=lost, by_poll=sorted(by_poll)
    )
    return Watched(poll, tuple(cases), len(delivered), len(lost), len(by_poll), tuple(times))


@contextmanager
def _following(engine: Engine, plugins: Plugins) -> Iterator[tuple[str, Any]]:
    """The receiver and the engine behind it, as ``mlc run --serve`` has them; gives its address and ``settled``."""
    from mlc.runner.followers import Followers
    from mlc.serve.server import serving

    came, ended = threading.Event(), threading.Event()

    def follow() -> None:
        followers = Followers(engine, stop=ended.is_set)
        while not ended.is_set():
            followers.follow()
            came.wait(0.25)
            came.clear()
        followers.close()

    def settled() -> None:
        """Wait until nothing came for a while and nothing is left to read."""
        until, seen, since = time.monotonic() + WITHIN_S, -1, time.monotonic()
        while time.monotonic() < until and (time.monotonic() - since < QUIET_S or _left(engine)):
            now = _count(engine)
            if now != seen:
                seen, since = now, time.monotonic()
            time.sleep(0.1)

    thread = threading.Thread(target=follow, name="demo-followers")
    with serving(
        engine.config,
        plugins=plugins,
        database=engine.database,
        keys=engine.keys,
        listen="127.0.0.1:0",
        wake=came.set,
    ) as receiver:
        thread.start()
        try:
            yield receiver.url, settled
        finally:
            ended.set()
            came.set()
            thread.join(WITHIN_S)


def _subscribe(engine: Engine, plugins: Plugins, name: str, address: str) -> None:
    """As ``mlc run --serve`` does for a connector that makes its subscriptions itself."""
    from mlc.connections import open_configured
    from mlc.engine.subscribing import subscribe
    from mlc.store.credentials import Credentials
    from mlc.store.subscriptions import Subscriptions

    now = engine.clock.now()
    connection = open_configured(
        engine.config.connections[name],
        plugins=plugins,
        database=engine.database,
        keys=engine.keys,
        clock=engine.clock,
        ledger=engine.ledger,
        limits=engine.limits,
        environ=engine.environ,
        where=str(engine.config.path),
    )
    kept = Subscriptions(Credentials(engine.database, engine.keys, now=engine.clock.now))
    try:
        subscribe(
            connection, plugins=plugins, database=engine.database, subscriptions=kept, callback_url=address, now=now
        )
    finally:
        connection.http.close()


def _left(engine: Engine) -> bool:
    """Whether something that was delivered still waits to be read."""
    from mlc.store.inbox import has_unread
    from mlc.store.schema import notices
    from sqlalchemy import select

    with engine.database.read() as connection:
        return has_unread(connection) or connection.execute(select(notices.c.id).limit(1)).first() is not None


def _count(engine: Engine) -> int:
    from mlc.store.schema import inbox
    from sqlalchemy import func, select

    with engine.database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(inbox)).scalar_one())


def _accepted(engine: Engine, connection_name: str) -> tuple[set[str], list[float]]:
    """Ids that deliveries told of, and the seconds from accepting the first of each to the write it led to."""
    from mlc.clock import parse_stamp
    from mlc.store.schema import inbox, intents
    from sqlalchemy import func, select

    with engine.database.read() as connection:
        came = connection.execute(
            select(inbox.c.external_id, func.min(inbox.c.received_at))
            .where(inbox.c.connection == connection_name, inbox.c.external_id != "")
            .group_by(inbox.c.external_id)
        ).all()
        sent = {
            row[0]: row[1]
            for row in connection.execute(
                select(intents.c.source_id, func.min(intents.c.sent_at))
                .where(intents.c.operation == "create", intents.c.sent_at.is_not(None))
                .group_by(intents.c.source_id)
            )
        }
    times = [
        (parse_stamp(sent[external_id]) - parse_stamp(received)).total_seconds()
        for external_id, received in came
        if external_id in sent
    ]
    return {external_id for external_id, _received in came}, [one for one in times if one >= 0]


def _at(ordered: Sequence[float], share: float) -> float:
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000, 1)
