"""Where alerts are told: the log, plugins, and a webhook signed as standardwebhooks.com has it."""

import base64
import binascii
import hashlib
import hmac
import json
import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from mlc.clock import stamp
from mlc.errors import ConfigError, MlcError
from mlc.http import BaseTransport, VendorClient
from mlc.operating import AlertsConfig, hidden
from mlc.store.alerts import AlertKind

if TYPE_CHECKING:
    from mlc.plugins import Plugins

log = logging.getLogger("mlc.alerts")
DEADLINE_S = 10.0
PREFIX = "whsec_"
#: Stands for the operator's host, scheme and port included.
HOST = "alerts.invalid"


@dataclass(frozen=True, slots=True)
class AlertNews:
    """One change of state of one alert. ``id`` is the same however often it is told."""

    id: str
    kind: AlertKind
    pairing: str | None
    code: str
    cause: str
    sentence: str
    at: datetime


class NotToldError(MlcError):
    """A sink did not take it; it is told again later."""


@dataclass(frozen=True, slots=True)
class Sink:
    """A name, kept in the database, and how to tell it. ``tell`` raises NotToldError when it was not taken."""

    name: str
    tell: Callable[[AlertNews], None]


def make_sinks(
    config: AlertsConfig,
    *,
    plugins: "Plugins",
    now: Callable[[], datetime],
    environ: Mapping[str, str] = os.environ,
    transport: BaseTransport | None = None,
    logged: bool = True,
) -> list[Sink]:
    """The log and the plugins always, the webhook where one is configured.

    Args:
        logged: False for a command that says by itself what is wrong: its log counts as told.

    Raises: ConfigError.
    """
    log_sink = Sink("log", _into_log if logged else _said_already)
    sinks = [log_sink, Sink("plugins", lambda news: _to_plugins(plugins, news))]
    if config.webhook is not None:
        secret = hidden(config.secret, environ)
        assert secret is not None
        sinks.append(Sink("webhook", _Webhook(config.webhook, webhook_key(secret), now=now, transport=transport)))
    return sinks


def webhook_key(secret: str) -> bytes:
    """The key of a secret like ``whsec_…``. Raises ConfigError."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(PREFIX) or not 24 <= len(key) <= 64:
        raise ConfigError(f"[alerts] secret must be {PREFIX} and the base64 of 24 to 64 random bytes.")
    return key


def signed_headers(key: bytes, message: str, moment: datetime, body: bytes) -> dict[str, str]:
    """The three headers of Standard Webhooks: id, time, and the signature over both and the body."""
    second = str(int(moment.timestamp()))
    digest = hmac.digest(key, f"{message}.{second}.".encode() + body, hashlib.sha256)
    return {
        "content-type": "application/json",
        "webhook-id": message,
        "webhook-timestamp": second,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def _into_log(news: AlertNews) -> None:
    level = logging.WARNING if news.kind is AlertKind.RAISED else logging.INFO
    facts: dict[str, Any] = {"pairing": news.pairing, "code": news.code, "alert": news.kind.value}
    log.log(level, "%s", news.sentence, extra=facts)


def _said_already(_news: AlertNews) -> None:
    """A command in the foreground ends with one sentence; nothing stands beside it."""


def _to_plugins(plugins: "Plugins", news: AlertNews) -> None:
    if news.kind is not AlertKind.RAISED:
        return
    try:
        plugins.broadcast("mlc_alert", pairing=news.pairing, code=news.code, sentence=news.sentence, at=news.at)
    except Exception as error:  # a stranger's code: whatever it raises is told again later
        raise NotToldError("A plugin failed on an alert.", repr(error)) from error


class _Webhook:
    """Posts to one address. A client of its own, with that host alone on its list."""

    def __init__(
        self, url: str, key: bytes, *, now: Callable[[], datetime], transport: BaseTransport | None = None
    ) -> None:
        parts = urlsplit(url)
        if parts.hostname is None or parts.scheme not in ("https", "http"):
            raise ConfigError("[alerts] webhook is no address like https://ops.example.com/alerts.")
        endpoint = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        self._url = f"https://{HOST}{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
        self._key = key
        self._now = now
        self._http = VendorClient(
            "alerts", "webhook", hosts=(HOST,), endpoint=endpoint, transport=transport, deadline_s=DEADLINE_S
        )

    def __call__(self, news: AlertNews) -> None:
        body = json.dumps(
            {
                "type": f"alert.{news.kind.value}",
                "timestamp": stamp(news.at),
                "data": {"pairing": news.pairing, "code": news.code, "cause": news.cause, "sentence": news.sentence},
            },
            ensure_ascii=False,
            separators=(",", ":"),
        ).encode()
        headers = signed_headers(self._key, news.id, self._now(), body)
        try:
            with self._http.permit(news.id, deadline_s=DEADLINE_S):
                answer = self._http.post(self._url, content=body, headers=headers)
        except MlcError as error:
            raise NotToldError(f"The alerts' webhook cannot be reached: {error.sentence}") from error
        if not 200 <= answer.status_code < 300:
            raise NotToldError(f"The alerts' webhook answered {answer.status_code}.")
