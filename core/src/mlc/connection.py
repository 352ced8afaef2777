"""A connection as plugins see it: settings, secrets, the one HTTP client, the clock."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from pydantic import SecretStr

from mlc.system import Secrets, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mlc.http import VendorClient

SettingsT = TypeVar("SettingsT", bound=Settings, covariant=True)
SecretsT = TypeVar("SecretsT", bound=Secrets, covariant=True)


@dataclass(frozen=True, slots=True)
class Token:
    """An access token and what came with it. ``extra`` holds harmless facts of the grant, e.g. the API host."""

    access: SecretStr
    expires_at: datetime
    refresh: SecretStr | None = None
    refresh_expires_at: datetime | None = None
    extra: "Mapping[str, str] | None" = None


class TokenStore(Protocol):
    """Custody of one connection's token. One refresh at a time, across threads and processes (R35)."""

    def current(self) -> Token | None:
        """The stored token, None when there is none yet."""
        ...

    def obtain(
        self, mint: "Callable[[Token | None], Token]", *, margin_s: float, stale: SecretStr | None = None
    ) -> Token:
        """The stored token if it lives for ``margin_s`` more and is not ``stale``; else what ``mint`` returns.

        ``mint`` makes the one token request (it gets the stored token, with its refresh token); the reply is stored
        before it is returned. Other callers wait and then use that token.

        Raises: whatever mint raises; AuthError is remembered: the connection is paused until it is connected again.
        """
        ...

    def prolong(self, access: SecretStr, *, idle_s: float) -> None:
        """The vendor has just answered to this token, and lets it live ``idle_s`` from each call: note it for all.

        Written down seldom, and never in the way of another refresh. Unknown or replaced tokens are left alone.
        """
        ...


class Memory:
    """Under which a plugin may keep, in a ``WeakKeyDictionary`` of its own, what it has learned of a tenant.

    It lives as long as the process works with the connection's configuration, however often the connection is opened.
    """

    __slots__ = ("__weakref__",)


@dataclass(frozen=True, slots=True)
class Connection(Generic[SettingsT, SecretsT]):
    """One configured, credentialed account on a system. ``base_url`` replaces the vendor's hosts when
    ``settings.endpoint`` is set."""

    name: str
    system: str
    settings: SettingsT
    secrets: SecretsT
    http: "VendorClient"
    tokens: TokenStore
    now: "Callable[[], datetime]"
    memory: Memory = field(default_factory=Memory)


AnyConnection = Connection[Any, Any]
