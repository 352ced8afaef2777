"""What every command starts from: the global options, and what they lead to, each opened on first use."""

import os
from contextlib import ExitStack
from difflib import get_close_matches
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import click

from mlc.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlc.config import Config, ConfigFile, ConnectionConfig
    from mlc.connection import AnyConnection
    from mlc.plugins import Plugins
    from mlc.store.credentials import Keys
    from mlc.store.database import Database
    from mlc.store.quotas import Ledger

KEY_FILE = "key"
#: Commands that look at a connection wait so long for their place in its quota.
WAIT_S = 10.0


class Options:
    """Global options of one call. Closes what it opened when the command ends."""

    def __init__(self, *, config: Path | None = None, json: bool = False, debug: bool = False) -> None:
        self.path = config
        self.json = json
        self.debug = debug
        self._open = ExitStack()
        self._file: ConfigFile | None = None
        self._plugins: Plugins | None = None
        self._config: Config | None = None
        self._database: Database | None = None
        self._ledger: Ledger | None = None

    def __enter__(self) -> "Options":
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._open.close()

    @property
    def file(self) -> "ConfigFile":
        """The configuration as written: for commands that need no plugin. Raises ConfigError."""
        if self._file is None:
            from mlc.config import read_file

            self._file = read_file(self.path)
        return self._file

    @property
    def plugins(self) -> "Plugins":
        """Every installed plugin. Raises PluginError."""
        if self._plugins is None:
            from mlc.plugins import load_plugins

            self._plugins = load_plugins()
        return self._plugins

    @property
    def config(self) -> "Config":
        """The checked configuration; its warnings go to stderr once. Raises ConfigError, PluginError."""
        if self._config is None:
            from mlc.config import check

            self._config = check(self.file, plugins=self.plugins)
            for warning in self._config.warnings:
                click.echo(f"Warning: {warning}", err=True)
        return self._config

    @property
    def database(self) -> "Database":
        """The configured database, migrated. Raises StoreError."""
        if self._database is None:
            from mlc.store.database import open_database

            self._database = open_database(self.file.database)
            self._database.seal_with(lambda: self.keys)
            self._open.callback(self._database.close)
        return self._database

    @property
    def keys(self) -> "Keys":
        """The keys of ``MLC_KEY``, else of the file in the home folder, made when missing. Raises ConfigError."""
        from mlc.store.credentials import load_keys

        return load_keys(self.file.home / KEY_FILE, os.environ)

    @property
    def ledger(self) -> "Ledger":
        """One count of calls for all connections of this process."""
        if self._ledger is None:
            from mlc.clock import Clock
            from mlc.runner.sharing import open_sharing
            from mlc.store.quotas import Ledger

            database, now = self.database, Clock().now
            sharing = self._open.enter_context(open_sharing(database, broker=self.config.broker, now=now))
            self._ledger = Ledger(database, now=now, sharing=sharing)
            self._open.callback(self._ledger.release)
        return self._ledger

    def named(self, names: "Sequence[str]" = ()) -> "list[ConnectionConfig]":
        """The configured connections of these names, all without names. Raises ConfigError."""
        configured = self.config.connections
        for name in names:
            if name not in configured:
                near = get_close_matches(name, configured, n=1) or sorted(configured)
                hint = f"there is {', '.join(near)}." if near else "none is configured."
                raise ConfigError(f"{self.config.path}: there is no connection {name!r}; {hint}")
        return [configured[name] for name in names or sorted(configured)]

    def known_pairing(self, name: str | None) -> None:
        """Refuse a pairing that is not configured; None passes. Raises ConfigError."""
        pairings = self.config.pairings
        if name is not None and name not in pairings:
            there = ", ".join(sorted(pairings)) or "none"
            raise ConfigError(f"There is no pairing {name!r} in {self.config.path} (there are: {there}).")

    def pairings(self, names: "Sequence[str]") -> list[str]:
        """The configured pairings of these names, all without names. Raises ConfigError."""
        known = self.config.pairings
        unknown = [name for name in names if name not in known]
        if unknown or not known:
            there = ", ".join(sorted(known)) or "none; mlc init writes one"
            what = f"There is no pairing {unknown[0]!r}" if unknown else "There is no pairing"
            raise ConfigError(f"{what} in {self.config.path} (there are: {there}).")
        return list(dict.fromkeys(names)) or sorted(known)

    def connection(self, config: "ConnectionConfig") -> "AnyConnection":
        """A connection that is ready to call. Raises ConfigError, AuthError, PluginError."""
        from mlc.clock import Clock
        from mlc.connections import open_configured

        connection = open_configured(
            config,
            plugins=self.plugins,
            database=self.database,
            keys=self.keys,
            clock=Clock(),
            ledger=self.ledger,
            where=str(self.config.path),
        )
        self._open.callback(connection.http.close)
        connection.http.quota.be_patient(WAIT_S, stop=lambda: False)
        return connection


def log_of(options: Options) -> None:
    """Log as JSON from now on, with every secret masked that the configuration or the store holds."""
    from mlc.logs import log_as_json

    kept = (secret for config in options.named() for secret in config.secrets.values() if isinstance(secret, str))
    log_as_json("INFO", secrets=[*kept, *_stored_secrets(options)])


def _stored_secrets(options: Options) -> "list[str]":
    from mlc.clock import Clock
    from mlc.connections import SECRETS
    from mlc.store.credentials import Credentials

    credentials = Credentials(options.database, options.keys, now=Clock().now)
    found = [credentials.get(config.name, SECRETS) for config in options.named()]
    return [value for kept in found if kept is not None for value in kept.value.values() if isinstance(value, str)]


pass_options = click.make_pass_decorator(Options)
