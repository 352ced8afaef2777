"""Intuit's token server: chains of refresh tokens with two clocks, whose value changes once a day."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from mlc_sandbox.toolkit.clock import Clock
from mlc_sandbox.toolkit.oauth import Grant, TokenBook

CLIENT_ID: Final = "ABdemoClient"
CLIENT_SECRET: Final = "demo-secret"  # noqa: S105 - the credential that the stand-in accepts
REFRESH_TOKEN: Final = "RT1-demo-refresh"  # noqa: S105
SCOPE: Final = "com.intuit.quickbooks.accounting"
ACCESS_LIFE_S: Final = 3600


class TokenRefused(Exception):
    """A failed token request: the ``error`` of the body and its description."""

    def __init__(self, error: str, description: str = "") -> None:
        super().__init__(error)
        self.error = error
        self.description = description


@dataclass(slots=True)
class Chain:
    """All tokens of one consent for one company."""

    realm: str
    scopes: tuple[str, ...]
    consented_at: datetime
    value: str
    value_since: datetime
    used_at: datetime
    spent: set[str] = field(default_factory=set)
    access: list[str] = field(default_factory=list)
    dead: bool = False


@dataclass(slots=True)
class Code:
    """What the browser takes back."""

    realm: str
    scopes: tuple[str, ...]
    redirect_uri: str
    expires_at: datetime
    chain: Chain | None = None


@dataclass(frozen=True, slots=True)
class Minted:
    """What a token request gives; seconds are left of each life."""

    access: str
    refresh: str
    refresh_s: int
    hard_s: int


class IntuitTokens:
    """Codes, chains and access tokens of one app."""

    def __init__(self, clock: Clock, switches: dict[str, Any]) -> None:
        self.clock = clock
        self.switches = switches
        self.clients = {CLIENT_ID: CLIENT_SECRET}
        self.chains: dict[str, Chain] = {}
        """Every value that ever was, good or spent."""
        self.codes: dict[str, Code] = {}
        self.book = TokenBook()
        self._made = 0

    def invent(self, prefix: str) -> str:
        """The text of a token that was never used before."""
        self._made += 1
        return f"{prefix}{hashlib.sha256(f'quickbooks:{self._made}'.encode()).hexdigest()[:40]}"

    def check_client(self, given: tuple[str, str] | None) -> None:
        """Raises TokenRefused for a bad key pair."""
        if given is None or self.clients.get(given[0]) != given[1]:
            raise TokenRefused("invalid_client")

    def enter(self, value: str, realm: str, scopes: tuple[str, ...] = (SCOPE,)) -> Chain:
        """A chain that begins now, with this refresh token."""
        now = self.clock.now()
        made = self.chains[value] = Chain(realm, scopes, now, value, now, now)
        return made

    def consent(self, realm: str, scopes: tuple[str, ...], redirect_uri: str) -> str:
        """A code for a company that a person chose."""
        code = self.invent("AB11")
        ends = self.clock.now() + timedelta(seconds=float(self.switches["code_life_s"]))
        self.codes[code] = Code(realm, scopes, redirect_uri, ends)
        return code

    def exchange(self, code: str, redirect_uri: str) -> Minted:
        """Tokens for a code. One that comes twice kills what came of it. Raises TokenRefused."""
        found = self.codes.get(code)
        if found is None or self.clock.now() >= found.expires_at or found.redirect_uri != redirect_uri:
            raise TokenRefused("invalid_grant", "Invalid authorization code")
        if found.chain is not None:
            self.kill(found.chain)
            raise TokenRefused("invalid_grant", "Invalid authorization code")
        found.chain = self.enter(self.invent("RT1-"), found.realm, found.scopes)
        return self._mint(found.chain)

    def refresh(self, value: str, *, together: bool = False) -> Minted:
        """A further access token; the refresh token changes a day after it last did.

        Args:
            together: Another request with the same value is under way and was answered already.

        Raises: TokenRefused; a spent value, and two at once, end the whole chain.
        """
        chain = self.chains.get(value)
        if chain is None or chain.dead:
            raise TokenRefused("invalid_grant", "Token invalid")
        if self._ended(chain):
            self.kill(chain)
            raise TokenRefused("invalid_grant", "Token has been expired or revoked.")
        if together or value in chain.spent:
            if self.switches["reuse_kills_chain"]:
                self.kill(chain)
            raise TokenRefused("invalid_grant", "Token invalid")
        now = self.clock.now()
        chain.used_at = now
        after = timedelta(seconds=float(self.switches["rotate_after_s"]))
        if self.switches["every_refresh_rotates"] or now - chain.value_since >= after:
            chain.spent.add(chain.value)
            chain.value, chain.value_since = self.invent("RT1-"), now
            self.chains[chain.value] = chain
        return self._mint(chain)

    def good(self, token: str) -> Grant | None:
        """The grant of an access token that is neither revoked nor expired; its subject is the realm."""
        return self.book.good(token, self.clock.now())

    def known(self, token: str) -> bool:
        """Whether this access token was ever issued."""
        return self.book.find(token) is not None

    def revoke(self, token: str) -> bool:
        """End the app's permission for a company, by either of its tokens; False when nobody knows it."""
        named = self.chains.get(token) or next((one for one in self.all() if token in one.access), None)
        if named is None or named.dead:
            return False
        self.kill(named)
        return True

    def kill(self, chain: Chain) -> None:
        """End a chain with all its access tokens."""
        chain.dead = True
        self.end_access(chain)

    def end_access(self, chain: Chain) -> None:
        """End the access tokens of a chain; a refresh brings another."""
        for token in chain.access:
            self.book.revoke(token=token)

    def all(self) -> list[Chain]:
        """Every chain, once."""
        return list({id(chain): chain for chain in self.chains.values()}.values())

    def connected(self, realm: str) -> bool:
        """Whether the app still has the permission of a company."""
        return any(chain.realm == realm and not chain.dead and not self._ended(chain) for chain in self.all())

    def _ends(self, chain: Chain) -> tuple[datetime, datetime]:
        idle = chain.used_at + timedelta(days=float(self.switches["idle_days"]))
        return idle, chain.consented_at + timedelta(days=float(self.switches["hard_cap_days"]))

    def _ended(self, chain: Chain) -> bool:
        return self.clock.now() >= min(self._ends(chain))

    def _mint(self, chain: Chain) -> Minted:
        now = self.clock.now()
        token = self.invent("eyJlbmMi.")
        self.book.issue(token, subject=chain.realm, at=now, life_s=ACCESS_LIFE_S, claims={"scopes": chain.scopes})
        chain.access.append(token)
        idle, hard = (int((end - now).total_seconds()) for end in self._ends(chain))
        return Minted(token, chain.value, min(idle, hard), hard)
