"""One process, one database: everything a run needs, opened in the right order and closed again."""

import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from importlib.metadata import PackageNotFoundError, version

from mlc.clock import Clock
from mlc.config import Config
from mlc.connection import Memory
from mlc.connections import open_configured
from mlc.engine.alerts import raise_alert
from mlc.engine.formkeeping import keep_form
from mlc.engine.session import Session, quiet
from mlc.errors import ConfigError
from mlc.pairings import flow_digest
from mlc.plugins import Plugins, load_plugins
from mlc.recipes import Pairing, Side
from mlc.runner.alone import alone
from mlc.runner.sharing import open_sharing
from mlc.runner.work import Claim
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
        database.seal_with(lambda: load_keys(config.home / KEY_FILE, environ))
        sharing = stack.enter_context(open_sharing(database, broker=config.broker, now=clock.now))
        ledger = Ledger(database, now=clock.now, sharing=sharing)
        stack.callback(ledger.release)
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
        self._memories: defaultdict[str, Memory] = defaultdict(Memory)

    @contextmanager
    def session(
        self,
        pairing_name: str,
        *,
        progress: Callable[..., None] = quiet,
        stop: Callable[[], bool] = lambda: False,
        patience_s: float = READS_WAIT_S,
        claim: Claim | None = None,
    ) -> Iterator[Session]:
        """Both connections of a pairing, ready to call; closed when the block ends.

        Args:
            patience_s: How long a read may wait for its place in a quota.
            claim: Under which the pairing is worked on; every write is refused once somebody has taken it over.
        """
        pairing = self._pairing(pairing_name)
        keep_form(self.database, pairing, self.clock.now())
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
                    memory=self._memories[name],
                )
                stack.callback(connection.http.close)
                connection.http.quota.be_patient(patience_s, stop=stop)
                connections[side] = connection
            session = Session(
                pairing=pairing,
                database=self.database if claim is None else self.database.fenced(claim.check),
                plugins=self.plugins,
                connections=connections,
                clock=self.clock,
                digests=self._digests(pairing),
                guard=self.guard,
                progress=progress,
                stop=stop,
                fence=None if claim is None else claim.fence,
                unfenced=self.database,
            )
            try:
                yield session
            finally:
                session.close()
                session.count_answers()
                for name, sentence in paused:
                    raise_alert(session, "credentials", name, sentence)

    @contextmanager
    def session_alone(
        self, pairing_name: str, *, progress: Callable[..., None] = quiet, stop: Callable[[], bool] = lambda: False
    ) -> Iterator[Session]:
        """A session for a whole run of its own, while nobody else works on the pairing.

        Raises: TransientError when a worker of another process does.
        """
        self._pairing(pairing_name)
        with (
            alone(self.database, pairing_name, clock=self.clock, stop=stop) as claim,
            self.session(pairing_name, progress=progress, stop=stop, claim=claim) as session,
        ):
            yield session

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
    writes: bool = True,
) -> Iterator[Session]:
    """One pairing's session in an engine of its own.

    Args:
        writes: False for a command that only looks: workers may be at work on the pairing meanwhile.
    """
    with (
        open_engine(config, plugins=plugins, clock=clock, limits=limits, environ=environ) as engine,
        (engine.session_alone if writes else engine.session)(pairing_name, progress=progress, stop=stop) as session,
    ):
        yield session


def _own_version() -> str:
    try:
        return version("ml-connector")
    except PackageNotFoundError:
        return "unknown"
