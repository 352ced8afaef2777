"""The accounts server's book of codes, refresh tokens and access tokens, with its throttles and evictions."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

CLIENT_ID: Final = "1000.DEMO"
CLIENT_SECRET: Final = "demo-secret"  # noqa: S105 - the credential every stand-in accepts
REFRESH_TOKEN: Final = "1000.demo.refresh"  # noqa: S105
CODE: Final = "1000.demo.code"
FULL_ACCESS: Final = "ZohoBooks.fullaccess.all"
ACCESS_LIFE_S: Final = 3600
WINDOW_S: Final = 600
MOST_MINTS: Final = 10
MOST_REFRESH_TOKENS: Final = 20
MOST_REFRESH_TOKENS_A_MINUTE: Final = 5


@dataclass(slots=True)
class Code:
    """A code waiting to be exchanged; without a redirect URI it is a self client's."""

    scopes: tuple[str, ...]
    expires_s: float
    redirect_uri: str = ""
    refreshable: bool = True


@dataclass(slots=True)
class Refresh:
    """A refresh token with what was minted from it."""

    token: str
    scopes: tuple[str, ...]
    active: deque[str] = field(default_factory=deque)
    minted: deque[float] = field(default_factory=deque)
    blocked_until: float = 0.0


@dataclass(slots=True)
class Access:
    """An access token."""

    scopes: frozenset[str]
    expires_s: float


class TokenRefused(Exception):
    """The ``error`` value of a failed token request; ``throttled`` has a body of its own."""

    def __init__(self, error: str, *, throttled: bool = False) -> None:
        super().__init__(error)
        self.error = error
        self.throttled = throttled


class TokenServer:
    """Codes and tokens of one Zoho user, by the vendor's clock."""

    def __init__(self, switches: dict[str, Any], *, throttled: Callable[[], bool]) -> None:
        self.switches = switches
        self.throttled = throttled
        self.clients = {CLIENT_ID: CLIENT_SECRET}
        self.codes = {CODE: Code((FULL_ACCESS,), float("inf"))}
        self.refresh = {REFRESH_TOKEN: Refresh(REFRESH_TOKEN, (FULL_ACCESS,))}
        self.access: dict[str, Access] = {}
        self.consented: set[str] = set()
        self._granted: deque[float] = deque()
        self._made = 0

    def invent(self) -> str:
        """A token as the vendor shapes them."""
        self._made += 1
        digest = hashlib.sha256(f"zoho-books:{self._made}".encode()).hexdigest()
        return f"1000.{digest[:32]}.{digest[32:]}"

    def check_client(self, client_id: str, secret: str) -> None:
        """Raises TokenRefused for an unknown client or a wrong secret."""
        if client_id not in self.clients:
            raise TokenRefused("invalid_client")
        if self.clients[client_id] != secret:
            raise TokenRefused("invalid_client_secret")

    def consent(
        self, scopes: tuple[str, ...], *, redirect_uri: str, offline: bool, asked_again: bool, now_s: float
    ) -> str:
        """A code for the browser to take back; a refresh token follows only offline, and only on first consent."""
        first = redirect_uri not in self.consented
        self.consented.add(redirect_uri)
        code = self.invent()
        life_s = float(self.switches["code_life_s"])
        self.codes[code] = Code(scopes, now_s + life_s, redirect_uri, offline and (first or asked_again))
        return code

    def exchange(self, code: str, *, redirect_uri: str, now_s: float) -> tuple[str, str, tuple[str, ...]]:
        """Access token, refresh token (may be empty) and scopes for a code, which is spent by it."""
        grant = self.codes.get(code)
        if grant is None or now_s >= grant.expires_s:
            self.codes.pop(code, None)
            raise TokenRefused("invalid_code")
        if grant.redirect_uri and grant.redirect_uri != redirect_uri:
            raise TokenRefused("invalid_redirect_uri")
        if not grant.refreshable:
            del self.codes[code]
            return self._mint(grant.scopes, now_s), "", grant.scopes
        while self._granted and self._granted[0] <= now_s - 60:
            self._granted.popleft()
        if self.throttled() and len(self._granted) >= MOST_REFRESH_TOKENS_A_MINUTE:
            raise TokenRefused("Access Denied", throttled=True)
        del self.codes[code]
        self._granted.append(now_s)
        made = Refresh(self.invent(), grant.scopes)
        self.refresh[made.token] = made
        while len(self.refresh) > MOST_REFRESH_TOKENS:
            self.revoke(next(iter(self.refresh)))
        return self.mint(made.token, now_s=now_s)[0], made.token, grant.scopes

    def mint(self, refresh_token: str, *, now_s: float) -> tuple[str, tuple[str, ...]]:
        """A further access token. The eleventh in ten minutes is refused, the eleventh alive kills the oldest."""
        grant = self.refresh.get(refresh_token)
        if grant is None:
            raise TokenRefused("invalid_code")
        if self.throttled():
            self._throttle(grant, now_s)
        token = self._mint(grant.scopes, now_s)
        grant.active.append(token)
        while len(grant.active) > self.switches["active_tokens"]:
            self.access.pop(grant.active.popleft(), None)
        return token, grant.scopes

    def revoke(self, token: str) -> bool:
        """Revokes a refresh token with its access tokens, or one access token."""
        grant = self.refresh.pop(token, None)
        if grant is None:
            return self.access.pop(token, None) is not None
        for access in grant.active:
            self.access.pop(access, None)
        return True

    def revoke_all(self, *, refresh: bool) -> None:
        """Kills every access token, and with ``refresh`` every refresh token too."""
        self.access.clear()
        if refresh:
            self.refresh.clear()

    def client_credentials(self, scopes: tuple[str, ...], *, now_s: float) -> str:
        """An access token without a refresh token."""
        return self._mint(scopes, now_s)

    def _mint(self, scopes: tuple[str, ...], now_s: float) -> str:
        token = self.invent()
        self.access[token] = Access(frozenset(scopes), now_s + ACCESS_LIFE_S)
        return token

    def _throttle(self, grant: Refresh, now_s: float) -> None:
        if now_s < grant.blocked_until:
            if self.switches["throttle_prolongs"]:
                grant.blocked_until = now_s + WINDOW_S
            raise TokenRefused("Access Denied", throttled=True)
        while grant.minted and grant.minted[0] <= now_s - WINDOW_S:
            grant.minted.popleft()
        if len(grant.minted) >= MOST_MINTS:
            grant.blocked_until = grant.minted[0] + WINDOW_S
            raise TokenRefused("Access Denied", throttled=True)
        grant.minted.append(now_s)


def allows(scopes: frozenset[str], module: str, operation: str) -> bool:
    """Whether granted scopes cover an operation on a module."""
    return bool(scopes & {FULL_ACCESS, f"ZohoBooks.{module}.ALL", f"ZohoBooks.{module}.{operation}"})
