"""Keeps subscriptions alive: looked at now and then, renewed well before they lapse, switched on again, and missed
when they go quiet."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.exc import DBAPIError

from mlc.clock import parse_stamp, span
from mlc.connections import open_configured
from mlc.deliveries import WatchChange, Webhooks
from mlc.engine.subscribing import HOOK, subscribe
from mlc.errors import MlcError
from mlc.runner.embedded import Engine
from mlc.runner.work import bring_forward, shared_now
from mlc.store.alerts import raise_in, take_back_in
from mlc.store.audit import AuditGroup
from mlc.store.credentials import Credentials
from mlc.store.inbox import heard
from mlc.store.refreshes import lease_now
from mlc.store.schema import looks
from mlc.store.subscriptions import Subscriptions
from mlc.system import Capability

log = logging.getLogger("mlc.subscriptions")
TICK_S = 5.0
RETRY_S = 60.0
RETRY_MAX_S = 3_600.0
BROKEN, QUIET, REPAIRED = "subscription", "webhooks_quiet", "webhooks_repaired"


class Subscribers:
    """``look`` does what is due of every connection. Any number may: of each look one of them makes it its own."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._subscriptions = Subscriptions(
            Credentials(engine.database, engine.keys, now=engine.clock.now),
        )
        systems = engine.plugins.systems
        self._listening = [
            name
            for name, config in engine.config.connections.items()
            if any(Capability.WEBHOOKS in support.can for support in systems[config.system].objects)
        ]
        self._by_api = [
            name for name in self._listening if engine.plugins.answers(engine.config.connections[name].system, HOOK)
        ]

    def look(self) -> None:
        """Look at the subscriptions that are due; say which sources have gone quiet, and which came back."""
        now = shared_now(self._engine.database, self._engine.clock.now())
        silent = self._judge_silence(now)
        for name in self._by_api:
            last = self._last(name)
            if self._engine.config.serve.url is None or not (name in silent or self._is_due(name, last, now)):
                continue
            before, url = None if last is None else str(last.looked_at), self._engine.config.serve.callback(name)
            if self._subscriptions.take_look(name, now, callback_url=url, before=before):
                self._look(name, now, failures=0 if last is None else int(last.failures))

    def _last(self, name: str) -> Any:
        with self._engine.database.read() as connection:
            return connection.execute(select(looks).where(looks.c.connection == name)).first()

    def _is_due(self, name: str, last: Any, now: datetime) -> bool:
        if last is None or last.callback_url != self._engine.config.serve.callback(name):
            return True
        if last.failures:
            wait_s = min(RETRY_S * 2.0 ** (last.failures - 1), RETRY_MAX_S)
        else:
            wait_s = self._declared(name).look_after_s
        return now >= parse_stamp(last.looked_at) + timedelta(seconds=wait_s)

    def _look(self, name: str, now: datetime, *, failures: int) -> None:
        engine, url = self._engine, self._engine.config.serve.callback(name)
        try:
            connection = open_configured(
                engine.config.connections[name],
                plugins=engine.plugins,
                database=engine.database,
                keys=engine.keys,
                clock=engine.clock,
                ledger=engine.ledger,
                limits=engine.limits,
                environ=engine.environ,
                where=str(engine.config.path),
            )
            try:
                done = subscribe(
                    connection,
                    plugins=engine.plugins,
                    database=engine.database,
                    subscriptions=self._subscriptions,
                    callback_url=url,
                    now=now,
                )
            finally:
                connection.http.close()
        except MlcError as error:
            self._failed(name, url, error, now, failures=failures + 1)
            return
        for change in done.changes:
            log.info("%s: a subscription was %s.", name, change.value)
        self._subscriptions.looked(name, now, callback_url=url)
        repaired = WatchChange.REPAIRED in done.changes
        if repaired:
            sentence = (
                f"{name}: its webhooks had been switched off or changed at the vendor. They are switched on again, and "
                "what was missed is looked for now; if this comes again, see why deliveries fail: mlc connections"
            )
            self._raise(REPAIRED, name, sentence, now)
        with engine.database.write() as tx:
            take_back_in(tx, BROKEN, [name], now)
            if not repaired:
                take_back_in(tx, REPAIRED, [name], now)
            if repaired or WatchChange.MADE in done.changes:
                self._catch_up(tx, name, now)

    def _catch_up(self, tx: Connection, name: str, now: datetime) -> None:
        """Until it was made nobody told of anything: what was changed meanwhile is looked for at once."""
        for pairing in self._engine.config.pairings.values():
            if name in (pairing.left, pairing.right):
                bring_forward(tx, pairing.name, lease_now(tx, now))

    def _failed(self, name: str, url: str | None, error: MlcError, now: datetime, *, failures: int) -> None:
        self._subscriptions.looked(name, now, callback_url=url, problem=error.sentence, failures=failures)
        sentence = f"{name}: its webhooks cannot be looked after: {error.sentence} Changes still come with every look."
        self._raise(BROKEN, name, sentence, now)

    def _judge_silence(self, now: datetime) -> set[str]:
        """Sources that were heard before and are silent for longer than expected; each is told of once."""
        with self._engine.database.read() as connection:
            last = heard(connection, self._listening)
        silent = {
            name for name, moment in last.items() if (now - moment).total_seconds() > self._declared(name).quiet_after_s
        }
        for name in silent:
            quiet = span((now - last[name]).total_seconds())
            sentence = (
                f"{name}: no webhook has come for {quiet}. Changes come with every look until they return; "
                f"to test them: mlc connect {name} --webhooks"
            )
            self._raise(QUIET, name, sentence, now)
        with self._engine.database.write() as tx:
            take_back_in(tx, QUIET, sorted(last.keys() - silent), now)
        return {name for name in silent if self._is_stale(name, now)}

    def _is_stale(self, name: str, now: datetime) -> bool:
        """A silent source is looked at at once, but not again and again."""
        last = self._last(name)
        return last is None or now - parse_stamp(last.looked_at) > timedelta(seconds=RETRY_MAX_S)

    def _declared(self, name: str) -> Webhooks:
        return self._engine.plugins.system(self._engine.config.connections[name].system).webhooks

    def _raise(self, code: str, name: str, sentence: str, now: datetime) -> None:
        with self._engine.database.write() as tx:
            audit = AuditGroup()
            raise_in(tx, audit, code=code, cause=name, sentence=sentence, now=now)
            audit.write(tx, now)


@contextmanager
def looking_after(work: Callable[[], None]) -> Iterator[None]:
    """Do it now and then, in a thread, while the block runs."""
    ended = threading.Event()

    def tick() -> None:
        while True:
            try:
                work()
            except (MlcError, DBAPIError) as error:
                log.warning("Subscriptions cannot be looked at now: %s", type(error).__name__)
            if ended.wait(TICK_S):
                return

    thread = threading.Thread(target=tick, name="mlc-subscriptions", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
