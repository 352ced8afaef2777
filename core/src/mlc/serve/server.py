"""The receiver in this process: its parts put together, served by uvicorn in a thread of its own."""

import os
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from mlc.clock import Clock
from mlc.connection import AnyConnection
from mlc.connections import SECRETS, open_configured
from mlc.errors import ConfigError
from mlc.operating import hidden
from mlc.serve.counts import Counts
from mlc.serve.health import Health
from mlc.serve.letterbox import Letterbox
from mlc.serve.receiving import Receiver
from mlc.serve.refusals import Refusals
from mlc.store.credentials import Credentials, Keys
from mlc.store.subscriptions import Subscriptions

if TYPE_CHECKING:
    from mlc.config import Config
    from mlc.plugins import Plugins
    from mlc.store.database import Database

MISSING = "The receiver needs Starlette and uvicorn: pip install 'ml-connector[serve]'"
CONNECTIONS_AT_ONCE = 1_000
FLUSH_S = 30.0
STOP_WITHIN_S = 5


class Served:
    """A running receiver. ``url`` is where it listens."""

    def __init__(self, host: str, port: int, receiver: Receiver) -> None:
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        self.receiver = receiver


@contextmanager
def serving(
    config: "Config",
    *,
    plugins: "Plugins",
    database: "Database",
    keys: Keys,
    clock: Clock | None = None,
    listen: str | None = None,
    wake: Callable[[], None] = lambda: None,
    environ: Mapping[str, str] = os.environ,
) -> Iterator[Served]:
    """Receive while the block runs. Opens the port before it returns.

    Args:
        listen: instead of the configured address; port 0 takes a free one.
        wake: called after notices were stored.

    Raises: ConfigError when the address cannot be used, or the extra is missing.
    """
    try:
        import uvicorn
    except ModuleNotFoundError as error:
        raise ConfigError(MISSING) from error
    from mlc.serve.app import make_app

    clock = clock or Clock()
    credentials = Credentials(database, keys, now=clock.now)
    host, port = config.serve.address(listen)
    with ExitStack() as stack:
        listening = stack.enter_context(_bound(host, port))
        letterbox = Letterbox(database, limit=config.serve.inbox_limit, wake=wake)
        stack.callback(letterbox.close)
        refusals = Refusals(database, now=clock.now)
        stack.callback(refusals.finish)
        counts = Counts()
        receiver = Receiver(
            config,
            plugins=plugins,
            open_connection=lambda name: _opened(config, name, plugins, database, keys, clock, environ),
            version=lambda name: credentials.version(name, SECRETS),
            subscriptions=Subscriptions(credentials),
            letterbox=letterbox,
            refusals=refusals,
            counts=counts,
            now=clock.now,
        )
        stack.callback(receiver.close)
        app = make_app(
            receiver,
            health=Health(config, database, clock),
            metrics=_metrics(config, plugins, database, counts, clock),
            clock=clock,
            token=hidden(config.serve.metrics_token, environ),
        )
        server = uvicorn.Server(
            uvicorn.Config(
                app,
                http="h11",
                loop="asyncio",
                ws="none",
                lifespan="off",
                access_log=False,
                log_config=None,
                server_header=False,
                limit_concurrency=CONNECTIONS_AT_ONCE,
                timeout_graceful_shutdown=STOP_WITHIN_S,
            )
        )
        stack.enter_context(_ticking(refusals.flush))
        stack.enter_context(_running(server, listening))
        yield Served(host, listening.getsockname()[1], receiver)


@contextmanager
def _bound(host: str, port: int) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, port))
        except OSError as error:
            raise ConfigError(
                f"The receiver cannot listen on {host}:{port}: {error.strerror or error}. "
                "Name another address with listen under [serve], or with --listen."
            ) from error
        yield listening
    finally:
        listening.close()


@contextmanager
def _running(server: Any, listening: socket.socket) -> Iterator[None]:
    """uvicorn in a thread: it leaves signals to us there."""
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="mlc-serve", daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        thread.join(0.01)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(STOP_WITHIN_S + 5)


@contextmanager
def _ticking(work: Callable[[], None]) -> Iterator[None]:
    ended = threading.Event()

    def tick() -> None:
        while not ended.wait(FLUSH_S):
            work()

    thread = threading.Thread(target=tick, name="mlc-refusals", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _opened(
    config: "Config",
    name: str,
    plugins: "Plugins",
    database: "Database",
    keys: Keys,
    clock: Clock,
    environ: Mapping[str, str],
) -> AnyConnection:
    return open_configured(
        config.connections[name],
        plugins=plugins,
        database=database,
        keys=keys,
        clock=clock,
        limits=False,
        environ=environ,
        where=str(config.path),
    )


def _metrics(
    config: "Config", plugins: "Plugins", database: "Database", counts: Counts, clock: Clock
) -> Callable[[], bytes] | None:
    try:
        from mlc.serve.metrics import page_of
    except ModuleNotFoundError:
        return None
    page: Callable[[], bytes] = page_of(config, plugins=plugins, database=database, counts=counts, clock=clock)
    return page
