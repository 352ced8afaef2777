"""One process, one database: everything a run needs, opened in the right order and closed again."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from importlib.metadata import PackageNotFoundError, version

from mlc.clock import Clock
from mlc.config import Config
from mlc.connections import open_configured
from mlc.engine.alerts import raise_alert
from mlc.engine.session import Session, quiet
from mlc.errors import ConfigError
from mlc.pairings import flow_digest
from mlc.plugins import Plugins, load_plugins
from mlc.recipes import Pairing, Side
from mlc.store.credentials import Keys, load_keys
from mlc.store.database import Database, open_database
from mlc.store.instance import InstanceGuard
from mlc.store.lock import engine_lock
from mlc.store.quotas import Ledger

KEY_FILE = "key"
#: A read waits this long for a quota's window before the run gives up: longer than a minute's window.
READS_WAIT_S = 65.0


@contextmanager
def open_engine(
    config: Config,
    *,
    plugins: Plugins | None = None,
    clock: Clock | None = None,
    limits: bool = True,
    environ: Mapping[str, str] = os.environ,
) -> Iterator["Engine"]:
    """The database locked for this process, its keys, its quota ledger; sessions come from it.

    Args:
        limits: False opens the vendors' quotas, for benchmarks against stand-ins.

    Raises: StoreError when another process works on the database, or it was restored or copied.
    """
    clock = clock or Clock()
    with ExitStack() as stack:
        database = open_database(config.database)
        stack.callback(database.close)
        stack.enter_context(engine_lock(database))
        guard = InstanceGuard(database, config.home)
        guard.check()
        keys = load_keys(config.home / KEY_FILE, environ)
        ledger = Ledger(database, now=clock.now)
        yield Engine(
            config=config,
            plugins=plugins or load_plugins(),
            database=database,
            guard=guard,
            keys=keys,
            ledger=ledger,
            clock=clock,
            limits=limits,
            environ=environ,
        )


class Engine:
    """What outlives a run: the process's database, plugins and keys."""

    def __init__(
        self,
        *,
        config: Config,
        plugins: Plugins,
        database: Database,
        guard: InstanceGuard,
        keys: Keys,
        ledger: Ledger,
        clock: Clock,
        limits: bool,
        environ: Mapping[str, str],
    ) -> None:
        self.config = config
        self.plugins = plugins
        self.database = database
        self.guard = guard
        self.keys = keys
        self.ledger = ledger
        self.clock = clock
        self.limits = limits
        self.environ = environ

    @contextmanager
    def session(
        self,
        pairing_name: str,
        *,
        progress: Callable[..., None] = quiet,
        stop: Callable[[], bool] = lambda: False,
    ) -> Iterator[Session]:
        """Both connections of a pairing, ready to call; closed when the block ends."""
        pairing = self._pairing(pairing_name)
        with ExitStack() as stack:
            connections = {}
            paused: list[tuple[str, str]] = []
            for side in Side:
                name = pairing.connection(side)
                connection = open_configured(
                    self.config.connections[name],
                    plugins=self.plugins,
                    database=self.database,
                    keys=self.keys,
                    clock=self.clock,
                    ledger=self.ledger,
                    limits=self.limits,
                    environ=self.environ,
                    on_paused=lambda sentence, name=name: paused.append((name, sentence)),  # type: ignore[misc]
                    where=str(self.config.path),
                )
                stack.callback(connection.http.close)
                connection.http.quota.be_patient(READS_WAIT_S, stop=stop)
                connections[side] = connection
            session = Session(
                pairing=pairing,
                database=self.database,
                plugins=self.plugins,
                connections=connections,
                clock=self.clock,
                digests=self._digests(pairing),
                guard=self.guard,
                progress=progress,
                stop=stop,
            )
            try:
                yield session
            finally:
                session.close()
                for name, sentence in paused:
                    raise_alert(session, "credentials", name, sentence)

    def _pairing(self, name: str) -> Pairing:
        if name not in self.config.pairings:
            known = ", ".join(sorted(self.config.pairings)) or "none"
            raise ConfigError(f"There is no pairing {name!r} in {self.config.path} (there are: {known}).")
        return self.config.pairings[name]

    def _digests(self, pairing: Pairing) -> dict[str, str]:
        """Mapper version per flow: both systems' versions, core's, and the flow's configuration (R18)."""
        systems = [self.plugins.system(self.config.connections[pairing.connection(side)].system) for side in Side]
        versions = "+".join([_own_version(), *(f"{system.name}-{system.version}" for system in systems)])
        return {flow.name: f"{versions}:{flow_digest(pairing, flow)}" for flow in pairing.flows}


@contextmanager
def open_session(
    config: Config,
    pairing_name: str,
    *,
    plugins: Plugins | None = None,
    clock: Clock | None = None,
    limits: bool = True,
    environ: Mapping[str, str] = os.environ,
    progress: Callable[..., None] = quiet,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[Session]:
    """One pairing's session in an engine of its own."""
    with (
        open_engine(config, plugins=plugins, clock=clock, limits=limits, environ=environ) as engine,
        engine.session(pairing_name, progress=progress, stop=stop) as session,
    ):
        yield session


def _own_version() -> str:
    try:
        return version("ml-connector")
    except PackageNotFoundError:
        return "unknown"
