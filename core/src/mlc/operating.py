"""How this installation is operated: the broker, and the tables ``[serve]`` and ``[alerts]`` of ``mlc.toml``."""

import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from mlc.clock import parse_span
from mlc.errors import ConfigError
from mlc.pairings import validated

BROKERS = ("redis://", "rediss://", "unix://")
_Count = Annotated[int, Field(ge=1)]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Variable(_Table):
    """``{ env = "NAME" }``: read when it is needed, so that other commands run without it."""

    env: str


class ServeConfig(_Table):
    """The receiver. ``url`` is the public address that reaches it; vendors are told ``URL/webhooks/CONNECTION``."""

    listen: str = "127.0.0.1:8790"
    url: str | None = None
    inbox_limit: _Count = 10_000
    """Unread notices per connection; beyond, deliveries are refused with 503 and come again."""
    metrics_token: SecretStr | Variable | None = None
    """Whoever asks for /metrics or /health from elsewhere shows it as a bearer token."""

    def callback(self, connection: str) -> str | None:
        """Where a vendor sends what concerns a connection; None while no public address is configured."""
        return None if self.url is None else f"{self.url.rstrip('/')}/webhooks/{connection}"

    def address(self, listen: str | None = None) -> tuple[str, int]:
        """Host and port. Raises ConfigError."""
        text = self.listen if listen is None else listen
        host, colon, port = text.rpartition(":")
        if not colon or not port.isdigit() or int(port) > 65_535:
            raise ConfigError(f'listen = "{text}" is no address like 127.0.0.1:8790.')
        return host.strip("[]") or "127.0.0.1", int(port)


class AlertsConfig(_Table):
    """Where alerts go besides the log: a webhook, signed as standardwebhooks.com has it."""

    webhook: str | None = None
    secret: SecretStr | Variable | None = None


def hidden(value: SecretStr | Variable | None, environ: Mapping[str, str] = os.environ) -> str | None:
    """A secret as written or as its variable holds it. Raises ConfigError when the variable is not set."""
    if value is None:
        return None
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if not environ.get(value.env):
        raise ConfigError(f"The environment variable {value.env} is not set.")
    return environ[value.env]


def serve_table(values: object) -> ServeConfig:
    """``[serve]``, checked. Raises ConfigError."""
    serve: ServeConfig = validated(ServeConfig, _table("serve", values))
    if serve.url is not None and not serve.url.startswith(("https://", "http://")):
        raise ConfigError(f'url = "{serve.url}" is no address like https://hooks.example.com.')
    if serve.url is not None and serve.url.startswith("http://") and not _is_loopback(serve.url):
        raise ConfigError(f'url = "{serve.url}" is not encrypted; vendors need https://.')
    serve.address()
    return serve


def alerts_table(values: object) -> AlertsConfig:
    """``[alerts]``, checked. Raises ConfigError."""
    alerts: AlertsConfig = validated(AlertsConfig, _table("alerts", values))
    if (alerts.webhook is None) != (alerts.secret is None):
        raise ConfigError("It needs webhook and secret together, or neither.")
    return alerts


def _table(name: str, values: object) -> Mapping[str, Any]:
    if not isinstance(values, Mapping):
        raise ConfigError(f"[{name}] must be a table.")
    return values


def _is_loopback(url: str) -> bool:
    host = url.partition("://")[2].partition("/")[0].rpartition("@")[2]
    return host.startswith(("127.", "localhost", "[::1]"))


def broker_address(value: object, may_forget: object) -> str | None:
    """Where worker processes find their nudges, None when there is one process. Raises ConfigError."""
    if not isinstance(may_forget, bool):
        raise ConfigError("broker_may_forget must be true or false.")
    if value is not None and not str(value).startswith(BROKERS):
        raise ConfigError(f"broker must begin with {', '.join(BROKERS)}; leave it out to run in one process.")
    return None if value is None else str(value)


def plans_length(text: object) -> timedelta:
    """How long a plan in a file may be applied: ``24h``. Raises ConfigError."""
    length = parse_span(text) if isinstance(text, str) else None
    if not length:
        raise ConfigError(f'plans_expire = {text!r} is no length; write one like "24h" or "90m".')
    return length


def time_zone(data: Mapping[str, Any], path: Path) -> str:
    """What the hours of cron lines mean, checked. Raises ConfigError."""
    name = data.get("time_zone", "UTC")
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, TypeError, OSError) as error:
        raise ConfigError(
            f'{path}: time_zone = {name!r} is no time zone known here; write one like "Europe/Berlin" or "UTC" '
            "(where none is known, pip install tzdata)."
        ) from error
