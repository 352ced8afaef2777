"""A token server's book: clients, codes, refresh tokens, access tokens, by the stand-in's clock.

It knows every grant that vendors use and none of their wire formats; ``tokencalls`` answers as RFC 6749 has it, and a
stand-in whose vendor answers otherwise calls this one itself.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from mlc_sandbox.toolkit.clock import Clock
from mlc_sandbox.toolkit.limits import Throttle
from mlc_sandbox.toolkit.oauth import Grant, TokenBook

FOREVER_S = 100 * 365 * 86_400.0


@dataclass(frozen=True, slots=True)
class TokenRules:
    """How a vendor deals with tokens. None says: no limit.

    Attributes:
        rotates: Every refresh hands out a new refresh token and spends the old one.
        grace_s: How long a spent refresh token is still taken, answered with the tokens that followed it.
        reuse_revokes: A spent refresh token that comes after its grace revokes all that descends from it.
        active_tokens: So many access tokens of one refresh token live at once; one more kills the oldest.
        refresh_tokens: So many refresh tokens live at once; one more kills the oldest.
        mints, mints_s: So many refreshes of one refresh token within so many seconds.
        grants_a_minute: So many codes are exchanged for refresh tokens within a minute.
        throttle_prolongs: A refresh while throttled starts the waiting anew.
    """

    access_life_s: float = 3600.0
    refresh_life_s: float | None = None
    code_life_s: float = 60.0
    rotates: bool = False
    grace_s: float = 0.0
    reuse_revokes: bool = True
    active_tokens: int | None = None
    refresh_tokens: int | None = None
    mints: int | None = None
    mints_s: float = 600.0
    grants_a_minute: int | None = None
    throttle_prolongs: bool = False


@dataclass(slots=True)
class Code:
    """A code waiting to be exchanged; without a redirect URI it is a self client's."""

    scopes: tuple[str, ...]
    expires_at: datetime | None
    redirect_uri: str = ""
    refreshable: bool = True


@dataclass(slots=True)
class Refresh:
    """A refresh token with what was minted from it; ``family`` names the code or seed it descends from."""

    token: str
    scopes: tuple[str, ...]
    family: str
    expires_at: datetime | None = None
    active: deque[str] = field(default_factory=deque)
    mints: Throttle = field(default_factory=Throttle)
    spent_at: datetime | None = None
    follower: Minted | None = None


@dataclass(frozen=True, slots=True)
class Minted:
    """What a token request gave; ``refresh`` is empty where none came along."""

    access: str
    life_s: float
    scopes: tuple[str, ...]
    refresh: str = ""


class TokenRefused(Exception):
    """A failed token request; ``error`` is the name that RFC 6749 gives it, or ``throttled``, ``spent``, ``no_secret``.

    ``no_secret``: the client exists, its secret is another. ``spent``: a refresh token that was rotated away.
    """

    def __init__(self, error: str, *, wait_s: float = 0.0) -> None:
        super().__init__(error)
        self.error = error
        self.wait_s = wait_s

    @property
    def standard(self) -> str:
        """The error as RFC 6749 knows it."""
        return {"spent": "invalid_grant", "no_secret": "invalid_client"}.get(self.error, self.error)


class TokenServer:
    """Codes and tokens of one account.

    Args:
        clients: Client id → secret.
        rules: Asked on every use, so that switches may change them.
        invent: Makes the text of the n-th token; the default is the same for every run.
        throttled: Whether mint limits hold just now; a stand-in gives ``lambda: self.limits_enabled``.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        clients: dict[str, str],
        rules: Callable[[], TokenRules] = TokenRules,
        invent: Callable[[int], str] | None = None,
        throttled: Callable[[], bool] = lambda: True,
    ) -> None:
        self.clock = clock
        self.clients = dict(clients)
        self.rules = rules
        self.throttled = throttled
        self.codes: dict[str, Code] = {}
        self.refreshes: dict[str, Refresh] = {}
        self.access = TokenBook()
        self._grants = Throttle()
        self._invent = invent or (lambda number: hashlib.sha256(f"token:{number}".encode()).hexdigest()[:40])
        self._made = 0

    def invent(self) -> str:
        """The text of a token that was never used before."""
        self._made += 1
        return self._invent(self._made)

    def check_client(self, client_id: str, secret: str) -> None:
        """Raises TokenRefused: ``invalid_client`` for an unknown one, ``no_secret`` for a wrong secret."""
        if client_id not in self.clients:
            raise TokenRefused("invalid_client")
        if self.clients[client_id] != secret:
            raise TokenRefused("no_secret")

    # --- ways to an access token -----------------------------------------------------------------------------------

    def client_credentials(self, scopes: tuple[str, ...] = (), *, subject: str = "", text: str = "") -> Minted:
        """An access token without a refresh token; ``text`` is the token where the vendor shapes it (a JWT)."""
        return self._minted(scopes, subject=subject, text=text)

    def api_token(self, token: str, *, subject: str = "", scopes: tuple[str, ...] = ()) -> None:
        """Enter a token that a person made on a screen: it lives until it is revoked."""
        claims = {"scopes": scopes}
        self.access.issue(token, subject=subject, at=self.clock.now(), life_s=FOREVER_S, claims=claims)

    def self_client(self, scopes: tuple[str, ...], *, life_s: float | None = None, code: str = "") -> str:
        """A code that a person made in the vendor's console; no redirect, no browser.

        Args:
            life_s: None: as long as any code; infinite: until it is exchanged.
        """
        code = code or self.invent()
        life_s = self.rules().code_life_s if life_s is None else life_s
        self.codes[code] = Code(scopes, None if life_s == float("inf") else self._ends(life_s))
        return code

    def consent(self, scopes: tuple[str, ...], *, redirect_uri: str, refreshable: bool = True) -> str:
        """A code for the browser to take back to ``redirect_uri``."""
        code = self.invent()
        self.codes[code] = Code(scopes, self._ends(self.rules().code_life_s), redirect_uri, refreshable)
        return code

    def exchange(self, code: str, *, redirect_uri: str = "") -> Minted:
        """Tokens for a code, which is spent by it.

        Raises: TokenRefused (``invalid_grant``, ``redirect_uri_mismatch``, ``throttled``).
        """
        found = self.codes.get(code)
        if found is None or (found.expires_at is not None and self.clock.now() >= found.expires_at):
            self.codes.pop(code, None)
            raise TokenRefused("invalid_grant")
        if found.redirect_uri and found.redirect_uri != redirect_uri:
            raise TokenRefused("redirect_uri_mismatch")
        rules = self.rules()
        if found.refreshable and rules.grants_a_minute is not None and self.throttled():
            wait = self._grants.take(self.clock.now(), limit=rules.grants_a_minute, seconds=60.0)
            if wait is not None:
                raise TokenRefused("throttled", wait_s=wait)
        del self.codes[code]
        if not found.refreshable:
            return self._minted(found.scopes)
        made = self.enter(self.invent(), found.scopes, family=code)
        while rules.refresh_tokens is not None and len(self.refreshes) > rules.refresh_tokens:
            self.revoke(next(iter(self.refreshes)))
        return self._mint_from(made, refresh=made.token)

    def enter(self, token: str, scopes: tuple[str, ...], *, family: str = "") -> Refresh:
        """Enter a refresh token, e.g. the one that every test starts with."""
        life_s = self.rules().refresh_life_s
        made = self.refreshes[token] = Refresh(token, scopes, family or token)
        made.expires_at = None if life_s is None else self._ends(life_s)
        return made

    def refresh(self, token: str) -> Minted:
        """A further access token, with a new refresh token where the vendor rotates them.

        Raises: TokenRefused (``invalid_grant``, ``spent``, ``throttled``).
        """
        found = self.refreshes.get(token)
        now, rules = self.clock.now(), self.rules()
        if found is None or (found.expires_at is not None and now >= found.expires_at):
            raise TokenRefused("invalid_grant")
        if found.spent_at is not None:
            if found.follower is not None and now < found.spent_at + timedelta(seconds=rules.grace_s):
                return found.follower
            if rules.reuse_revokes:
                self.revoke_family(found.family)
            raise TokenRefused("spent")
        if rules.mints is not None and self.throttled():
            wait = found.mints.take(now, limit=rules.mints, seconds=rules.mints_s, prolongs=rules.throttle_prolongs)
            if wait is not None:
                raise TokenRefused("throttled", wait_s=wait)
        if not rules.rotates:
            return self._mint_from(found)
        made = self.enter(self.invent(), found.scopes, family=found.family)
        found.spent_at = now
        found.follower = self._mint_from(made, refresh=made.token)
        return found.follower

    # --- the end of a token ----------------------------------------------------------------------------------------

    def good(self, token: str | None) -> Grant | None:
        """The grant of an access token that is neither revoked nor expired."""
        return None if token is None else self.access.good(token, self.clock.now())

    def revoke(self, token: str) -> bool:
        """Revoke a refresh token with its access tokens, or one access token; False when there is none."""
        found = self.refreshes.pop(token, None)
        if found is None:
            return self.access.revoke(token=token) > 0
        for access in found.active:
            self.access.revoke(token=access)
        return True

    def revoke_family(self, family: str) -> None:
        """Revoke every refresh token that descends from one code."""
        for token in [one.token for one in self.refreshes.values() if one.family == family]:
            self.revoke(token)

    def revoke_all(self, *, refresh: bool = False) -> int:
        """Revoke every access token, and with ``refresh`` every refresh token; returns how many were good."""
        if refresh:
            self.refreshes.clear()
        return self.access.revoke()

    # --- minting ---------------------------------------------------------------------------------------------------

    def _ends(self, life_s: float) -> datetime:
        return self.clock.now() + timedelta(seconds=life_s)

    def _minted(self, scopes: tuple[str, ...], *, subject: str = "", text: str = "", refresh: str = "") -> Minted:
        token, life_s = text or self.invent(), self.rules().access_life_s
        self.access.issue(token, subject=subject, at=self.clock.now(), life_s=life_s, claims={"scopes": scopes})
        return Minted(token, life_s, scopes, refresh)

    def _mint_from(self, made: Refresh, *, refresh: str = "") -> Minted:
        minted = self._minted(made.scopes, refresh=refresh)
        made.active.append(minted.access)
        most = self.rules().active_tokens
        while most is not None and len(made.active) > most:
            self.access.revoke(token=made.active.popleft())
        return minted
