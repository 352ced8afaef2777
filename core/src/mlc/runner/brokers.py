"""Which queue a process uses, and whether it can be relied on."""

import hashlib
from typing import TYPE_CHECKING

from sqlalchemy import select

from mlc.config import Config
from mlc.errors import ConfigError
from mlc.store.database import Database
from mlc.store.schema import instance

if TYPE_CHECKING:
    from mlc.runner.localbroker import LocalBroker
    from mlc.runner.redisbroker import BellBroker

EXTRA = "Redis needs its driver: pip install 'ml-connector[redis]'."


def local_broker() -> "LocalBroker":
    """The queue inside this process."""
    from mlc.runner.localbroker import LocalBroker

    return LocalBroker()


def redis_broker(config: Config, database: Database) -> "BellBroker":
    """The queue that processes share, with names of this database's own.

    Raises: ConfigError when it does not answer, or keeps nothing over a restart and nobody said that it may.
    """
    url = distributed(config)
    try:
        from mlc.runner.redisbroker import BellBroker
    except ModuleNotFoundError as error:
        raise ConfigError(EXTRA) from error
    problem = forgets(url)
    if problem is not None and not config.broker_may_forget:
        raise ConfigError(problem)
    return BellBroker(url, namespace=namespace(database))


def distributed(config: Config) -> str:
    """The broker's address, where the configuration is one for several processes.

    Raises: ConfigError that says what is missing.
    """
    if config.broker is None:
        raise ConfigError(
            f'{config.path}: several processes need a broker; write broker = "redis://host:6379/0", '
            "or use mlc run, which needs none."
        )
    if not config.database.startswith("postgres"):
        raise ConfigError(
            f"{config.path}: several processes need PostgreSQL; write database = "
            '"postgresql+psycopg://user@host/name", or use mlc run, which works with a file.'
        )
    return config.broker


def forgets(url: str) -> str | None:
    """Why this Redis cannot be relied on, in a sentence; None when it keeps what it is given.

    Raises: ConfigError when it does not answer.
    """
    shown = shown_url(url)
    try:
        import redis
    except ModuleNotFoundError as error:
        raise ConfigError(EXTRA) from error
    client = redis.Redis.from_url(url, socket_connect_timeout=3, socket_timeout=5)
    try:
        kept = client.info("persistence")
    except (redis.RedisError, OSError) as error:
        raise ConfigError(
            f"The broker {shown} does not answer: {str(error).rstrip('.')}; look at broker in mlc.toml."
        ) from error
    finally:
        client.close()
    if isinstance(kept, dict) and str(kept.get("aof_enabled", "0")) == "1":
        return None
    return (
        f"The broker {shown} keeps nothing over a restart (appendonly is off); set appendonly yes there, or write "
        "broker_may_forget = true: what it forgets is found again within a second."
    )


def shown_url(url: str) -> str:
    """An address without its password."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"


def namespace(database: Database) -> str:
    """Two databases that share a Redis have queues of their own."""
    with database.read() as connection:
        fingerprint = connection.execute(select(instance.c.fingerprint)).scalar()
    return f"mlc-{hashlib.sha256(str(fingerprint).encode()).hexdigest()[:12]}"
