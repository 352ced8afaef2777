"""One consent for several connections: each but one refers to the other's custody of the token.

The one that holds it has the token, its refreshes and its pause; a connection that refers to it (``consent = "…"``) has
the same OAuth client, and its scopes are asked for together with the holder's.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from mlc.errors import ConfigError
from mlc.system import System

if TYPE_CHECKING:
    from mlc.config import ConnectionConfig

#: What belongs to the OAuth client and its grant, in the words of OAuth; any other secret is a connection's own.
CLIENT_SECRETS = frozenset({"client_id", "client_secret", "refresh_token"})


def named_consent(table: Mapping[str, Any]) -> str | None:
    """To whose consent a ``[connections.…]`` table refers. Raises ConfigError."""
    consent = table.get("consent")
    if consent is None or isinstance(consent, str):
        return consent
    raise ConfigError('consent must be the name of a connection, e.g. consent = "books".')


def share_consents(
    connections: Mapping[str, "ConnectionConfig"], systems: Mapping[str, System]
) -> dict[str, "ConnectionConfig"]:
    """Connections with the client of the one to whose consent they refer.

    Raises: ConfigError naming the connection whose reference cannot be.
    """
    return {name: _shared(one, connections, systems) for name, one in connections.items()}


def _shared(
    one: "ConnectionConfig", connections: Mapping[str, "ConnectionConfig"], systems: Mapping[str, System]
) -> "ConnectionConfig":
    if one.consent is None:
        return one
    holder = connections.get(one.consent)
    at = f'[connections.{one.name}] consent = "{one.consent}"'
    if holder is None or holder.name == one.name:
        raise ConfigError(f"{at} names no other connection.")
    if holder.consent is not None:
        raise ConfigError(f'{at}: {holder.name} has none of its own; write consent = "{holder.consent}".')
    mine, theirs = systems[one.system].consent, systems[holder.system].consent
    if mine is None or theirs is None or mine.exchange is not theirs.exchange:
        raise ConfigError(f"{at}: {one.system} and {holder.system} are not authorised in one place.")
    own = sorted(CLIENT_SECRETS & one.secrets.keys())
    if own:
        raise ConfigError(f"{at}: {', '.join(own)} is that of {holder.name}; leave it out here.")
    client = {key: value for key, value in holder.secrets.items() if key in CLIENT_SECRETS}
    return one.model_copy(update={"secrets": {**client, **one.secrets}, "consent_system": holder.system})


def guests_of(name: str, connections: Iterable["ConnectionConfig"]) -> list["ConnectionConfig"]:
    """The connections that refer to the consent of this one."""
    return [one for one in connections if one.consent == name]


def with_scopes(url: str, others: Iterable[str]) -> str:
    """An address of authorisation that asks for the scopes of the others, too; separated as its own are."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    between = "," if "," in query.get("scope", "") else " "
    scopes: dict[str, None] = {}
    for one in (url, *others):
        stated = dict(parse_qsl(urlsplit(one).query)).get("scope", "")
        scopes |= dict.fromkeys(scope for scope in stated.replace(",", " ").split() if scope)
    return urlunsplit(parts._replace(query=urlencode(query | {"scope": between.join(scopes)})))
