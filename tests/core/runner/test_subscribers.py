"""However many schedulers there are, a connection's subscriptions are looked after by one of them at a time."""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from mlc import Capability, Connection, Notice, ObjectSupport, Watch, WatchChange, Watching, WebhookRequest, hookimpl
from mlc.clock import Clock
from mlc.config import ServeConfig
from mlc.errors import TransientError
from mlc.plugins import Found, Plugins
from mlc.records import ObjectType
from mlc.runner.embedded import open_engine
from mlc.runner.subscribers import RETRY_S, Subscribers
from mlc.store.schema import alerts, looks
from mlc.system import System
from sqlalchemy import select

from benchmarks.quiet import NAME, Quiet, config_of

DAY = timedelta(days=1)


class Loud(Quiet):
    """Sends webhooks to those who subscribe by API; a subscription lasts two days."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.clock = clock
        self.asked: Counter[str] = Counter()
        self.broken = False
        self.disabled: set[str] = set()
        """Connections whose subscription the vendor has switched off."""

    @hookimpl
    def mlc_describe(self) -> System:
        can = frozenset({Capability.READ, Capability.WEBHOOKS})
        return replace(super().mlc_describe(), objects=(ObjectSupport(ObjectType.VENDOR, can),))

    @hookimpl
    def mlc_verify_webhook(self, connection: Connection[Any, Any], request: WebhookRequest) -> list[Notice]:
        return []

    @hookimpl
    def mlc_watch(
        self,
        connection: Connection[Any, Any],
        callback_url: str | None,
        watches: Sequence[Watch],
        renew_before: datetime,
    ) -> Watching:
        self.asked[connection.name] += 1
        if self.broken:
            raise TransientError("Loud does not answer.")
        if connection.name in self.disabled:
            self.disabled.remove(connection.name)
            return Watching(tuple(watches), WatchChange.REPAIRED)
        if watches and watches[0].expires_at is not None and watches[0].expires_at > renew_before:
            return Watching(tuple(watches))
        return Watching((Watch("one", None, self.clock.now() + 2 * DAY, ("vendor",)),), WatchChange.MADE)


class Moved(Clock):
    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        return super().now() + self.ahead


def test_of_two_schedulers_one_makes_and_renews_each_subscription(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, barrier = Moved(), threading.Barrier(2)
    monkeypatch.setattr("mlc.runner.subscribers.shared_now", lambda _database, local: local)
    loud = Loud(clock)
    config = config_of(tmp_path, ["main"], database=postgres_url)
    config = config.model_copy(update={"serve": ServeConfig(url="https://hooks.example.com")})
    with ExitStack() as stack:
        opening = [open_engine(config, plugins=Plugins([Found(NAME, loud)]), clock=clock) for _ in range(2)]
        both = [Subscribers(stack.enter_context(one)) for one in opening]
        database = both[0]._engine.database

        def together(ask: Callable[..., bool]) -> Callable[..., bool]:
            """Both have seen what is due before either takes it."""

            def asked(*about: Any) -> bool:
                due = ask(*about)
                barrier.wait(30)
                return due

            return asked

        for one in both:
            monkeypatch.setattr(one, "_is_due", together(one._is_due))

        def look() -> list[tuple[str, int]]:
            """What the plugin was asked for, and failures in a row, when both look at once."""
            before = loud.asked.copy()
            threads = [threading.Thread(target=one.look) for one in both]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            with database.read() as connection:
                failures = {row.connection: row.failures for row in connection.execute(select(looks))}
            return [(name, failures[name]) for name in sorted((loud.asked - before).elements())]

        assert look() == [("main-left", 0)] * 2 + [("main-right", 0)] * 2, "each made, and found made"
        assert look() == [], "nothing is due"
        clock.ahead += timedelta(hours=1)
        assert look() == [("main-left", 0), ("main-right", 0)], "looked at: nothing to renew"
        loud.broken = True
        clock.ahead += timedelta(hours=1)
        assert look() == [("main-left", 1), ("main-right", 1)]
        assert look() == [], "not again at once"
        loud.broken = False
        clock.ahead += timedelta(seconds=RETRY_S)
        assert look() == [("main-left", 0), ("main-right", 0)]
        clock.ahead += timedelta(days=1)
        assert len(look()) == 4, "renewed, and found renewed"


def test_a_look_whose_process_died_is_taken_again_a_minute_later(tmp_path: Path) -> None:
    clock = Moved()
    loud = Loud(clock)
    config = config_of(tmp_path, ["main"]).model_copy(update={"serve": ServeConfig(url="https://hooks.example.com")})
    with open_engine(config, plugins=Plugins([Found(NAME, loud)]), clock=clock) as engine:
        one = Subscribers(engine)
        for name in ("main-left", "main-right"):
            url = config.serve.callback(name)
            assert one._subscriptions.take_look(name, clock.now(), callback_url=url, before=None)
            assert not one._subscriptions.take_look(name, clock.now(), callback_url=url, before=None)
        one.look()
        assert not loud.asked
        clock.ahead += timedelta(seconds=RETRY_S)
        one.look()
        assert set(loud.asked) == {"main-left", "main-right"}


def test_a_subscription_that_the_vendor_had_disabled_is_told_once_and_taken_back(tmp_path: Path) -> None:
    clock = Moved()
    loud = Loud(clock)
    config = config_of(tmp_path, ["main"]).model_copy(update={"serve": ServeConfig(url="https://hooks.example.com")})
    with open_engine(config, plugins=Plugins([Found(NAME, loud)]), clock=clock) as engine:
        one = Subscribers(engine)

        def told() -> list[tuple[str, bool]]:
            """Sentences about what was put right, and whether each still stands."""
            one.look()
            clock.ahead += timedelta(hours=1)
            found = select(alerts.c.sentence, alerts.c.cleared_at).where(alerts.c.code == "webhooks_repaired")
            with engine.database.read() as connection:
                return [(row.sentence, row.cleared_at is None) for row in connection.execute(found)]

        assert told() == []
        loud.disabled = {"main-left", "main-right"}
        first = told()
        assert [standing for _, standing in first] == [True, True], "one for each connection"
        assert all("switched off or changed at the vendor. They are switched on again" in said for said, _ in first)
        assert [standing for _, standing in told()] == [False, False]
