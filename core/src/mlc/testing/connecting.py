"""A connection for tests: no database, no quotas, every request seen by a tap."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.metadata import entry_points
from typing import Any

from pydantic import SecretStr

from mlc.connection import AnyConnection, Connection, Token
from mlc.errors import PluginError
from mlc.http import BaseTransport, ConnectError, MockTransport, Request, Response, VendorClient
from mlc.http.transport import SocketTransport
from mlc.plugins import SYSTEMS, Found, Plugins
from mlc.testing.tap import Tap

#: A test token is good until so shortly before its end, however careful its plugin is.
MARGIN_S = 60.0
Mint = Callable[[Token | None], Token]
Respond = Callable[[Request], Response]


class MemoryTokens:
    """A ``TokenStore`` in memory: one refresh at a time, the new token kept before it is handed out."""

    def __init__(self, now: Callable[[], datetime], token: Token | None = None) -> None:
        self.minted: list[Token] = []
        self._now = now
        self._token = token
        self._lock = threading.Lock()

    def current(self) -> Token | None:
        return self._token

    def obtain(self, mint: Mint, *, margin_s: float, stale: SecretStr | None = None) -> Token:
        with self._lock:
            held = self._token
            margin = timedelta(seconds=min(margin_s, MARGIN_S))
            if held is not None and held.access != stale and held.expires_at - self._now() > margin:
                return held
            self._token = mint(held)
            self.minted.append(self._token)
            return self._token

    def prolong(self, access: SecretStr, *, idle_s: float) -> None:
        with self._lock:
            held = self._token
            if held is not None and held.access == access:
                self._token = replace(held, expires_at=self._now() + timedelta(seconds=idle_s))

    def expire(self) -> None:
        """Make the kept token look as if its time were over."""
        held = self._token
        if held is not None:
            self._token = Token(
                held.access, datetime(2000, 1, 1, tzinfo=UTC), held.refresh, held.refresh_expires_at, held.extra
            )

    def __repr__(self) -> str:
        return "<MemoryTokens>"


class TappedClient(VendorClient):
    """The client of a test connection; token calls are marked, so that its tap tells them from writes."""

    def __init__(self, connection: str, system: str, *, tap: Tap, **options: Any) -> None:
        super().__init__(connection, system, transport=tap, sleep=_no_sleep, **options)
        self.tap = tap

    def mint(self, method: str, url: str, **options: Any) -> Response:
        self.tap.minting.now = True
        try:
            return super().mint(method, url, **options)
        finally:
            self.tap.minting.now = False


def open_test_connection(
    plugin: str | object,
    *,
    settings: Mapping[str, Any] | None = None,
    secrets: Mapping[str, Any] | None = None,
    respond: Respond | None = None,
    url: str | None = None,
    now: Callable[[], datetime] | None = None,
    token: Token | None = None,
    name: str = "tested",
) -> AnyConnection:
    """A connection of one plugin that is ready to call, without a database.

    Args:
        plugin: a system's name, or the object (usually a module) with its hooks, or a ``Plugins``.
        respond: answers every request; without it and without ``url`` every call fails as unreachable.
        url: a service to call instead of the vendor's hosts; becomes the setting ``endpoint``.
        now: the connection's clock; the real one when left out.

    ``connection.http`` is a ``TappedClient``, whose ``tap`` sees every request; its ``tokens`` are ``MemoryTokens``.

    Raises: PluginError, and what the plugin's settings and mlc_auth raise.
    """
    plugins = plugin if isinstance(plugin, Plugins) else plugins_of(plugin)
    (system,) = plugins.systems.values()
    given = dict(settings or {}) | ({} if url is None else {"endpoint": url})
    made = system.settings.model_validate(given)
    kept = system.secrets.model_validate(dict(secrets or {}))
    clock = _real_now if now is None else now
    tokens = MemoryTokens(clock, token)
    tap = Tap(_inner(respond, url))
    tap.kept = lambda: None if (held := tokens.current()) is None else held.access.get_secret_value()
    hidden = [value.get_secret_value() for value in dict(kept).values() if isinstance(value, SecretStr)]
    client = TappedClient(name, system.name, tap=tap, hosts=system.hosts(made), endpoint=made.endpoint, secrets=hidden)
    connection: AnyConnection = Connection(
        name=name, system=system.name, settings=made, secrets=kept, http=client, tokens=tokens, now=clock
    )
    client.use(plugins.call(system.name, "mlc_auth", connection=connection, tokens=tokens))
    return connection


def plugins_of(plugin: str | object) -> Plugins:
    """The registry of one plugin alone: an installed system's name, or the object with its hooks."""
    if not isinstance(plugin, str):
        described = getattr(plugin, "mlc_describe", None)
        if described is None:
            raise PluginError("The plugin has no mlc_describe.")
        return Plugins([Found(described().name, plugin)])
    found = [entry for entry in entry_points(group=SYSTEMS) if entry.name == plugin]
    if not found:
        raise PluginError(f"No plugin for the system {plugin!r} is installed; pip install it.")
    home = found[0].dist
    return Plugins(
        [
            Found(
                plugin,
                found[0].load(),
                found[0].value,
                None if home is None else home.name,
                None if home is None else home.version,
            )
        ]
    )


def tap_of(connection: AnyConnection) -> Tap:
    """The tap of a test connection."""
    client = connection.http
    assert isinstance(client, TappedClient)
    return client.tap


def tokens_of(connection: AnyConnection) -> MemoryTokens:
    """The tokens of a test connection."""
    tokens = connection.tokens
    assert isinstance(tokens, MemoryTokens)
    return tokens


def _inner(respond: Respond | None, url: str | None) -> BaseTransport:
    if respond is not None:
        return MockTransport(respond)
    return MockTransport(_unreachable) if url is None else SocketTransport()


def _unreachable(request: Request) -> Response:
    raise ConnectError(f"the test answers no request to {request.url.host}")


def _real_now() -> datetime:
    return datetime.now(UTC)


def _no_sleep(_seconds: float) -> None:
    """Tests do not wait."""
