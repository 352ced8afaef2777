"""``mlc.toml``: connections, pairings, the database. No secret in clear unless the operator insists."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from mlc.errors import ConfigError
from mlc.forms import refuse_settings
from mlc.oauth.shared import named_consent, share_consents
from mlc.operating import AlertsConfig, ServeConfig, alerts_table, broker_address, plans_length, serve_table, time_zone
from mlc.pairings import KEYS, build_pairing, refuse_unknown, validated
from mlc.recipes import Pairing, Recipe, Side
from mlc.system import Settings, System

if TYPE_CHECKING:
    from mlc.plugins import Plugins

FILE = "mlc.toml"
DATABASE = "mlc.db"
TOP = (
    "home",
    "database",
    "broker",
    "broker_may_forget",
    "time_zone",
    "serve",
    "alerts",
    "plans_expire",
    "connections",
    "pairings",
)


class ConnectionConfig(BaseModel):
    """One connection: its system, the plugin's settings, secrets as ``{ env = "NAME" }`` or (warned) in clear."""

    model_config = ConfigDict(frozen=True)
    name: str
    system: str
    settings: dict[str, Any] = {}
    secrets: dict[str, Any] = {}
    consent: str | None = None
    """The connection in whose custody the token is (``consent_system``: of that system)."""
    consent_system: str | None = None


class Config(BaseModel):
    """The whole file, checked, with recipes resolved. ``warnings`` are sentences for the operator."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)
    path: Path
    home: Path
    database: str
    broker: str | None = None
    """Where worker processes find their nudges, ``redis://…``; None: there is one process."""
    broker_may_forget: bool = False
    """A Redis that keeps nothing over a restart is accepted."""
    time_zone: str = "UTC"
    """What the hours of cron lines and of the night mean to the operator."""
    plans_expire: timedelta = timedelta(hours=24)
    """How long a plan that was written to a file may be applied."""
    serve: ServeConfig = ServeConfig()
    alerts: AlertsConfig = AlertsConfig()
    connections: dict[str, ConnectionConfig] = {}
    pairings: dict[str, Pairing] = {}
    warnings: tuple[str, ...] = ()

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """The file as written, found but not yet checked against plugins: enough to open the database."""

    path: Path
    home: Path
    database: str
    data: Mapping[str, Any]


def default_home(environ: Mapping[str, str] = os.environ) -> Path:
    """``MLC_HOME``, else the platform's place for an application's data."""
    if environ.get("MLC_HOME"):
        return Path(environ["MLC_HOME"]).expanduser().absolute()
    from platformdirs import user_data_path

    return user_data_path("ml-connector")


def find_file(path: Path | None = None, environ: Mapping[str, str] = os.environ) -> Path:
    """Where the configuration is: given, ``MLC_CONFIG``, ``./mlc.toml``, ``MLC_HOME``.

    Raises: ConfigError that lists where it looked.
    """
    if path is None and environ.get("MLC_CONFIG"):
        path = Path(environ["MLC_CONFIG"])
    if path is not None:
        if path.expanduser().is_dir():
            raise ConfigError(f"{path} is a folder; name the file in it: --config {path / FILE}.")
        if not path.expanduser().is_file():
            raise ConfigError(f"There is no configuration at {path}; mlc --config {path} init writes one.")
        return path.expanduser().absolute()
    places = (Path(FILE).absolute(), default_home(environ) / FILE)
    for place in places:
        if place.is_file():
            return place
    looked = " and ".join(dict.fromkeys(map(str, places)))
    raise ConfigError(f"There is no configuration: looked at {looked}; mlc init writes one.")


def read_file(path: Path | None = None, environ: Mapping[str, str] = os.environ) -> ConfigFile:
    """Find and parse the configuration. Needs no plugin.

    Raises: ConfigError.
    """
    found = find_file(path, environ)
    try:
        data = tomllib.loads(found.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"{found} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigError(f"{found} cannot be read: line {line} is not UTF-8; save the file as UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{found} cannot be read: {error}.") from error
    with _naming(found):
        refuse_unknown(data, TOP)
        try:
            where = resolve(data.get("database", ""), environ)
        except ConfigError as error:
            raise ConfigError(f"database: {error.sentence}.") from error
        for key, value in (("home", data.get("home", "")), ("database", where)):
            if not isinstance(value, str):
                raise ConfigError(f"{key} must be text (it is {value!r}).")
    home = found.parent / Path(data["home"]).expanduser() if data.get("home") else default_home(environ)
    database = where or str(home / DATABASE)
    if "://" not in database:
        database = str(found.parent / Path(database).expanduser())
    return ConfigFile(found, home, database, data)


def load_config(path: Path | None = None, *, plugins: "Plugins", environ: Mapping[str, str] = os.environ) -> Config:
    """The configuration, every connection and pairing checked against the installed plugins.

    Raises: ConfigError with the file, the key and the remedy.
    """
    return check(read_file(path, environ), plugins=plugins, environ=environ)


def check(file: ConfigFile, *, plugins: "Plugins", environ: Mapping[str, str] = os.environ) -> Config:
    """Resolve what was read: settings by the plugins' models, pairings by their recipes. Raises ConfigError."""
    warnings: list[str] = []
    with _naming(file.path, "serve"):
        serve = serve_table(file.data.get("serve", {}))
    with _naming(file.path, "alerts"):
        alerts = alerts_table(file.data.get("alerts", {}))
    with _naming(file.path):
        broker = broker_address(resolve(file.data.get("broker"), environ), file.data.get("broker_may_forget", False))
        expire = plans_length(file.data.get("plans_expire", "24h"))
    connections = {}
    for name, table in _tables(file, "connections"):
        with _naming(file.path, f"connections.{name}"):
            system = _known("system", table, plugins.systems)
            connections[name] = _connection(name, table, system, environ)
            for key, value in connections[name].secrets.items():
                if isinstance(value, str):
                    warnings.append(
                        f"{file.path}: [connections.{name}] {key} stands in clear; "
                        f'write {key} = {{ env = "…" }}, or leave it out and run mlc connect {name}.'
                    )
    with _naming(file.path):
        connections = share_consents(connections, plugins.systems)
    pairings = {}
    for name, table in _tables(file, "pairings"):
        with _naming(file.path, f"pairings.{name}"):
            refuse_unknown(table, KEYS)
            recipe = _known("recipe", table, plugins.recipes)
            left = _side(table, "left", recipe.left, recipe, connections)
            right = _side(table, "right", recipe.right, recipe, connections)
            sides = {Side.LEFT: connections[left], Side.RIGHT: connections[right]}
            refuse_settings(recipe, table, sides, plugins.systems)
            pairings[name] = build_pairing(name, table, recipe, left=left, right=right, folder=file.path.parent)
    return Config(
        path=file.path,
        home=file.home,
        database=file.database,
        broker=broker,
        broker_may_forget=file.data.get("broker_may_forget", False),
        time_zone=time_zone(file.data, file.path),
        plans_expire=expire,
        serve=serve,
        alerts=alerts,
        connections=connections,
        pairings=pairings,
        warnings=tuple(warnings),
    )


def resolve(value: Any, environ: Mapping[str, str] = os.environ) -> Any:
    """A value as written, or what the environment variable of ``{ env = "NAME" }`` holds.

    Raises: ConfigError when it is not set.
    """
    if not (isinstance(value, Mapping) and value.keys() == {"env"}):
        return value
    name = str(value["env"])
    if not environ.get(name):
        raise ConfigError(f"the environment variable {name} is not set")
    return environ[name]


def _connection(name: str, table: Mapping[str, Any], system: System, environ: Mapping[str, str]) -> ConnectionConfig:
    secret_names = frozenset(system.secrets.model_fields)
    refuse_unknown(table, {"system", "consent", *system.settings.model_fields, *secret_names})
    secrets = {key: value for key, value in table.items() if key in secret_names}
    for key, value in secrets.items():
        if not isinstance(value, str) and not (isinstance(value, Mapping) and value.keys() == {"env"}):
            raise ConfigError(f'{key} must be text or {{ env = "NAME" }}.')
    settings = {}
    for key in table.keys() - secret_names - {"system", "consent"}:
        try:
            settings[key] = resolve(table[key], environ)
        except ConfigError as error:
            raise ConfigError(f"{key}: {error.sentence}.") from error
    _settings(system, settings)
    return ConnectionConfig(
        name=name, system=system.name, settings=settings, secrets=secrets, consent=named_consent(table)
    )


def _settings(system: System, values: Mapping[str, Any]) -> Settings:
    for key, field in system.settings.model_fields.items():
        if field.is_required() and key not in values:
            what = f": {field.description}" if field.description else ""
            raise ConfigError(f"{key} is missing{what.rstrip('.')}.")
    return validated(system.settings, values)


def _side(
    table: Mapping[str, Any], side: str, system: str, recipe: Recipe, connections: Mapping[str, ConnectionConfig]
) -> str:
    fitting = [connection.name for connection in connections.values() if connection.system == system]
    name = table.get(side)
    if name is None:
        if len(fitting) == 1:
            return fitting[0]
        raise ConfigError(
            f"{side} is missing: name the connection to {system} ({', '.join(fitting) or 'there is none'})."
        )
    if name not in connections:
        refuse_unknown([str(name)], connections or ("(no connection is configured)",), where=f"{side} = ")
    if connections[name].system != system:
        raise ConfigError(
            f"{side} = {name!r} is a connection to {connections[name].system}; {recipe.name} has {system} on that side."
        )
    return str(name)


def _known(key: str, table: Mapping[str, Any], known: Mapping[str, Any]) -> Any:
    if key not in table:
        raise ConfigError(f"{key} is missing; installed are {', '.join(sorted(known)) or 'none'}.")
    if table[key] not in known:
        refuse_unknown([str(table[key])], known or ("(nothing is installed)",), where=f"{key} = ")
    return known[table[key]]


def _tables(file: ConfigFile, key: str) -> list[tuple[str, Mapping[str, Any]]]:
    tables = file.data.get(key, {})
    if not isinstance(tables, Mapping) or not all(isinstance(table, Mapping) for table in tables.values()):
        raise ConfigError(f"{file.path}: {key} must hold one table each, e.g. [{key}.main].")
    return list(tables.items())


class _naming:
    """Puts file and table before a ConfigError's sentence."""

    def __init__(self, path: Path, table: str | None = None) -> None:
        self.where = f"{path}: [{table}] " if table else f"{path}: "

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, ConfigError):
            raise ConfigError(self.where + error.sentence, error.detail) from error
