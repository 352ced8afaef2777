"""Builds a ``Connection`` from its configuration: settings and secrets checked, tokens in custody, one gated client."""

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr, ValidationError

from mlc.clock import Clock
from mlc.connection import AnyConnection, Connection, Memory
from mlc.errors import AuthError, ConfigError
from mlc.http import BaseTransport, QuotaGate, VendorClient
from mlc.http.transport import open_transport
from mlc.oauth.shared import CLIENT_SECRETS
from mlc.oauth.tokens import StoredTokens
from mlc.pairings import validated
from mlc.store.credentials import Credentials, Keys
from mlc.store.quotas import Ledger
from mlc.system import QuotaScope, Secrets, Settings, System

if TYPE_CHECKING:
    from mlc.config import ConnectionConfig
    from mlc.plugins import Plugins
    from mlc.store.database import Database

SECRETS = "secrets"
_OUR_KEYS = frozenset({"system", "consent", "consent_system"})
PROXY = ("HTTPS_PROXY", "https_proxy")


def open_connection(
    name: str,
    table: Mapping[str, Any],
    *,
    plugins: "Plugins",
    database: "Database",
    keys: Keys,
    clock: Clock,
    transport: BaseTransport | None = None,
    ledger: Ledger | None = None,
    limits: bool = True,
    environ: Mapping[str, str] = os.environ,
    on_paused: Callable[[str], None] | None = None,
    where: str = "mlc.toml",
    memory: Memory | None = None,
) -> AnyConnection:
    """A connection that is ready to call; nothing is called yet.

    Args:
        table: ``system``, the plugin's settings, and secrets as text or ``{ env = "NAME" }``; others are stored ones.
        ledger: shared by all connections of a process, so that they keep one count; None makes one for this connection.
        limits: False lets every call pass at once, for benchmarks against a stand-in.
        on_paused: told once, in a sentence, when the vendor refuses the credentials for good.
        where: the configuration's path, for errors.
        memory: what this process knew of the tenant before; None: nothing.

    Raises: ConfigError naming the file and the key, AuthError when secrets are missing, PluginError.
    """
    at = f"{where}: [connections.{name}] "
    if not isinstance(table.get("system"), str):
        raise ConfigError(f"{at}system is missing.")
    system = plugins.system(table["system"])
    own = set(system.secrets.model_fields)
    try:
        given = {key: value for key, value in table.items() if key not in own and key not in _OUR_KEYS}
        settings = validated(system.settings, given)
    except ConfigError as error:
        raise ConfigError(at + error.sentence, error.detail) from error
    credentials = Credentials(database, keys, now=clock.now)
    secrets = _secrets(name, system, table, credentials, environ, at)
    if not limits:
        gate = QuotaGate(system=system.name, connection=name)
    else:
        ledger = Ledger(database, now=clock.now) if ledger is None else ledger
        gate = ledger.gate(name, system, **shares(system, settings))
    proxy = next((environ[key] for key in PROXY if environ.get(key)), None)
    client = VendorClient(
        name,
        system.name,
        hosts=system.hosts(settings),
        endpoint=settings.endpoint,
        transport=open_transport(None if settings.endpoint else proxy) if transport is None else transport,
        quota=gate,
        secrets=[value.get_secret_value() for value in dict(secrets).values() if isinstance(value, SecretStr)],
    )
    holder, of_system = table.get("consent") or name, table.get("consent_system") or system.name
    tokens = StoredTokens(holder, of_system, credentials=credentials, client=client, clock=clock, on_paused=on_paused)
    connection: AnyConnection = Connection(
        name=name,
        system=system.name,
        settings=settings,
        secrets=secrets,
        http=client,
        tokens=tokens,
        now=clock.now,
        memory=Memory() if memory is None else memory,
    )
    client.use(plugins.call(system.name, "mlc_auth", connection=connection, tokens=tokens))
    return connection


def open_configured(
    config: "ConnectionConfig",
    *,
    plugins: "Plugins",
    database: "Database",
    keys: Keys,
    clock: Clock,
    transport: BaseTransport | None = None,
    ledger: Ledger | None = None,
    limits: bool = True,
    environ: Mapping[str, str] = os.environ,
    on_paused: Callable[[str], None] | None = None,
    where: str = "mlc.toml",
    memory: Memory | None = None,
) -> AnyConnection:
    """``open_connection`` for a table that the configuration has read."""
    return open_connection(
        config.name,
        {"system": config.system, **config.settings, **config.secrets, **_consent(config)},
        plugins=plugins,
        database=database,
        keys=keys,
        clock=clock,
        transport=transport,
        ledger=ledger,
        limits=limits,
        environ=environ,
        on_paused=on_paused,
        where=where,
        memory=memory,
    )


def _consent(config: "ConnectionConfig") -> dict[str, str]:
    if config.consent is None or config.consent_system is None:
        return {}
    return {"consent": config.consent, "consent_system": config.consent_system}


def shares(system: System, settings: Settings) -> dict[str, str]:
    """Which tenant and app a connection shares limits with others of, as ``Ledger.gate`` wants them."""
    named = {} if system.shared is None else system.shared(settings)
    keys = {QuotaScope.TENANT: "tenant", QuotaScope.APP: "app"}
    return {keys[scope]: name for scope, name in named.items() if scope in keys}


def store_secrets(credentials: Credentials, connection: str, secrets: Secrets) -> None:
    """Keep what an operator entered for a connection."""
    values = {key: _plain(value) for key, value in dict(secrets).items()}
    credentials.put(connection, SECRETS, values)


def stored_secrets(credentials: Credentials, name: str, consent: str | None) -> dict[str, Any]:
    """What is stored for a connection; its OAuth client is that of the one to whose consent it refers."""
    kept = credentials.get(name, SECRETS)
    values: dict[str, Any] = {} if kept is None else dict(kept.value)
    if consent is None:
        return values
    client = credentials.get(consent, SECRETS)
    own = {key: value for key, value in values.items() if key not in CLIENT_SECRETS}
    theirs = {} if client is None else {key: one for key, one in client.value.items() if key in CLIENT_SECRETS}
    return theirs | own


def _secrets(
    name: str, system: System, table: Mapping[str, Any], credentials: Credentials, environ: Mapping[str, str], at: str
) -> Secrets:
    """Stored secrets, overlaid by those of the configuration. No error ever quotes a value."""
    values = stored_secrets(credentials, name, table.get("consent"))
    for key in system.secrets.model_fields.keys() & table.keys():
        values[key] = _from_environment(table[key], environ, f"{at}{key}")
    try:
        return system.secrets.model_validate(values)
    except ValidationError as error:
        problems = error.errors(include_input=False, include_url=False, include_context=False)
        wrong = ", ".join(sorted({".".join(map(str, problem["loc"])) for problem in problems}))
        raise AuthError(
            f"{name} has no usable {wrong}; run: mlc connect {table.get('consent') or name}",
            system=system.name,
            connection=name,
        ) from None


def _from_environment(value: Any, environ: Mapping[str, str], at: str) -> Any:
    if not (isinstance(value, Mapping) and value.keys() == {"env"}):
        return value
    variable = str(value["env"])
    if not environ.get(variable):
        raise ConfigError(f"{at}: the environment variable {variable} is not set.")
    return environ[variable]


def _plain(value: Any) -> Any:
    return value.get_secret_value() if isinstance(value, SecretStr) else value
