"""One stand-in in this process and the engine in front of it, with clocks that are moved on instead of waited for."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

from mlc.clock import Clock
from mlc.config import Config, ConnectionConfig
from mlc.connections import store_secrets
from mlc.contract import FetchMode
from mlc.engine.holdstore import open_rows
from mlc.engine.run import run_pairing
from mlc.engine.session import Session
from mlc.errors import MlcError
from mlc.plugins import Plugins
from mlc.recipes import Flow, Pairing, Policy, Side
from mlc.records import ObjectType, Record
from mlc.runner.embedded import Engine, open_engine
from mlc.store.credentials import Credentials
from mlc.store.schema import intents, records

from mlc_sandbox.toolkit.standin import StandIn
from mlc_sandbox.torture.desk import NAME

PAIRING = "torture"
#: So far our clock is ahead from the start: what was written a moment ago is old enough to be believed.
AHEAD_S = 3.0
#: Further than the quarantine of an uncertain write.
FAR_S = 400.0
#: So long a run waits for a quota.
_SHORT_S = 3.0
_OPEN = ("planned", "sending", "accepted", "uncertain")


class AheadClock(Clock):
    """The real clock, some seconds ahead."""

    def __init__(self) -> None:
        self._ahead = timedelta(seconds=AHEAD_S)

    def skipped(self) -> timedelta:
        return self._ahead

    def advance(self, seconds: float) -> None:
        self._ahead += timedelta(seconds=seconds)


@dataclass
class Bench:
    """The engine, the stand-in, and the clocks of both."""

    engine: Engine
    standin: StandIn
    system: str
    clock: AheadClock
    runs: int = 0
    trouble: list[str] = field(default_factory=list)
    """What ended runs early; the next run goes on."""
    _patience: float = 0.0

    def configure(self, flows: Sequence[Flow], policy: Policy) -> None:
        """Set the pairing up, or anew."""
        pairing = Pairing(name=PAIRING, recipe=PAIRING, left=NAME, right=self.system, policy=policy, flows=tuple(flows))
        self.engine.config = self.engine.config.model_copy(update={"pairings": {PAIRING: pairing}})

    @contextmanager
    def session(self) -> Iterator[Session]:
        """One session. It does not wait long for a quota: it ends, and the clocks are moved before the next."""
        self._patience = _SHORT_S
        with self.engine.session(PAIRING, progress=self._progress, stop=lambda: self._patience < 0) as session:
            for connection in session.connections.values():
                connection.http.quota.be_patient(0.5, stop=lambda: False)
            yield session

    def run(self) -> None:
        """Run once. A vendor that cannot be read, or refuses credentials, ends a run and not the torture."""
        self.runs += 1
        try:
            with self.session() as session:
                run_pairing(session, accept=True, by="torture")
        except MlcError as error:
            self.trouble.append(error.sentence)

    def settle(self, *, late_s: float, rounds: int = 12) -> int:
        """Run until nothing is open; returns what still is. Late commits get their time before the clocks move."""
        for _round in range(rounds):
            before = len(self.trouble)
            self.run()
            if self.open() == 0 and len(self.trouble) == before:  # a run that ended early may not have looked at all
                return 0
            time.sleep(late_s)
            self.go_ahead(FAR_S)
        return self.open()

    def go_ahead(self, seconds: float) -> None:
        """Let time pass, here and at the vendor."""
        self.clock.advance(seconds)
        with self.standin.lock:
            self.standin.clock.advance(seconds)

    def open(self) -> int:
        """Writes and records that are not settled; those that wait for a person are."""
        with self.engine.database.read() as connection:
            waiting = connection.execute(intents.select().where(intents.c.state.in_(_OPEN))).all()
            states = records.c.state.in_(("pending", "writing"))
            due = connection.execute(records.select().where(states | (records.c.dirty == 1))).all()
        return len(waiting) + len(due)

    def held(self) -> dict[str, str]:
        """Source id → the sentence that a person gets to read."""
        with self.engine.database.read() as connection:
            return {str(row["external_id"]): str(row["sentence"]) for row in open_rows(connection, PAIRING)}

    def shown(self, kind: ObjectType, *, whole: bool) -> list[Record]:
        """Everything the target shows of a kind now; ``whole``: by detail calls where its list is a summary."""
        with self.session() as session:
            support = session.system(Side.RIGHT).support(kind)
            found: list[Record] = []
            cursor: str | None = None
            while True:
                page = session.fetch(Side.RIGHT, kind, cursor, FetchMode.CHANGES)
                rows = [row for row in page.records if row.deleted is None]
                if whole and support is not None and not support.complete_in_list:
                    rows = session.read(Side.RIGHT, kind, [row.id for row in rows])
                found += [session.map(Side.RIGHT, kind, row.payload) for row in rows if row.deleted is None]
                cursor = page.next_cursor
                if cursor is None:
                    return found

    def probe(self) -> Any:
        """What the target says of itself."""
        with self.session() as session:
            return session.call(Side.RIGHT, "mlc_probe")

    def _progress(self, event: str, **facts: object) -> None:
        if event == "wait":
            self._patience -= float(cast(float, facts["seconds"]))


@contextmanager
def open_bench(
    folder: Path,
    standin: StandIn,
    *,
    url: str,
    system: str,
    plugins: Plugins,
    settings: Mapping[str, Any],
    secrets: Mapping[str, str],
) -> Iterator[Bench]:
    """A home of its own in ``folder``, both connections configured, secrets stored. Raises ConfigError, StoreError."""
    clock = AheadClock()
    connections = {
        NAME: ConnectionConfig(name=NAME, system=NAME),
        system: ConnectionConfig(name=system, system=system, settings={**settings, "endpoint": url}),
    }
    config = Config(path=folder / "mlc.toml", home=folder, database=str(folder / "mlc.db"), connections=connections)
    with ExitStack() as stack:
        engine = stack.enter_context(open_engine(config, plugins=plugins, clock=clock, limits=False))
        credentials = Credentials(engine.database, engine.keys, now=clock.now)
        store_secrets(credentials, system, plugins.system(system).secrets.model_validate(dict(secrets)))
        yield Bench(engine, standin, system, clock)
