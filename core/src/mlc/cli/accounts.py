"""Whether a connection could be used: what it signs in with, and the hosts it calls. For ``mlc doctor``."""

import socket
from urllib.parse import urlsplit

from sqlalchemy import select

from mlc.cli.connect import REFRESH
from mlc.cli.options import Options
from mlc.clock import Clock
from mlc.errors import ConfigError
from mlc.oauth.replies import TOKEN
from mlc.pairings import validated
from mlc.store.credentials import Credentials
from mlc.store.refreshes import ConnectionState
from mlc.store.schema import connections

KNOCK_S = 5.0


def credentials(options: Options, name: str) -> str:
    """Whether a connection has what it signs in with, and whether the vendor has refused it; nothing is asked of it."""
    config = options.config.connections[name]
    holder = config.consent or name
    connection = options.connection(config)
    with options.database.read() as reading:
        stored = reading.execute(select(connections).where(connections.c.name == holder)).first()
    if stored is not None and stored.state != ConnectionState.READY.value:
        raise ConfigError(f"{stored.reason or f'{name} is {stored.state}.'} To go on: mlc connect {holder}")
    authorised = Credentials(options.database, options.keys, now=Clock().now).get(holder, TOKEN) is not None
    given = getattr(connection.secrets, REFRESH, None) is not None
    if options.plugins.system(config.system).consent is not None and not authorised and not given:
        raise ConfigError(f"Nobody has authorised {name} yet; run: mlc connect {holder}")
    if stored is None:
        return f"given, not tried yet: mlc ping {name} tries them"
    return "given, and accepted when they were used last"


def knock(options: Options, name: str) -> str:
    """Whether every host of a connection takes a connection; nothing is asked of it."""
    config = options.config.connections[name]
    system = options.plugins.system(config.system)
    settings = validated(system.settings, config.settings)
    urls = [settings.endpoint] if settings.endpoint else [f"https://{host}" for host in system.hosts(settings)]
    reached = []
    for url in urls:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        try:
            socket.create_connection((parts.hostname or "", port), timeout=KNOCK_S).close()
        except OSError as error:
            raise ConfigError(
                f"{parts.hostname} port {port} does not answer: {error}; check network and proxy."
            ) from error
        reached.append(f"{parts.hostname}:{port}")
    return f"{', '.join(reached)} answers"
