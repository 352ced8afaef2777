"""The accounts server's rules for codes, refresh tokens and access tokens, its throttles and evictions."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from mlc_sandbox.toolkit.clock import Clock
from mlc_sandbox.toolkit.tokenserver import TokenRules, TokenServer

CLIENT_ID: Final = "1000.DEMO"
CLIENT_SECRET: Final = "demo-secret"  # noqa: S105 - the credential every stand-in accepts
REFRESH_TOKEN: Final = "1000.demo.refresh"  # noqa: S105
CODE: Final = "1000.demo.code"
ACCESS_LIFE_S: Final = 3600
#: What the accounts server calls each refusal.
ERRORS: Final = {
    "invalid_grant": "invalid_code",
    "spent": "invalid_code",
    "no_secret": "invalid_client_secret",
    "redirect_uri_mismatch": "invalid_redirect_uri",
}


class AccountsTokens(TokenServer):
    """Codes and tokens of one Zoho user. The eleventh refresh in ten minutes is refused.

    Args:
        granted: The scopes of the code and the refresh token that every stand-in starts with.
    """

    def __init__(
        self,
        clock: Clock,
        switches: dict[str, Any],
        *,
        granted: tuple[str, ...],
        topic: str,
        throttled: Callable[[], bool],
    ) -> None:
        def rules() -> TokenRules:
            return TokenRules(
                access_life_s=ACCESS_LIFE_S,
                code_life_s=float(switches["code_life_s"]),
                active_tokens=switches["active_tokens"],
                refresh_tokens=20,
                mints=10,
                mints_s=600.0,
                grants_a_minute=5,
                throttle_prolongs=switches["throttle_prolongs"],
            )

        clients = {CLIENT_ID: CLIENT_SECRET}
        invent = partial(_shaped, topic)
        super().__init__(clock, clients=clients, rules=rules, invent=invent, throttled=throttled)
        self.self_client(granted, life_s=float("inf"), code=CODE)
        self.enter(REFRESH_TOKEN, granted)
        self._consented: set[str] = set()

    def asked(self, scopes: tuple[str, ...], *, redirect_uri: str, offline: bool, asked_again: bool) -> str:
        """A code for the browser to take back; a refresh token follows only offline, and only on first consent."""
        first = redirect_uri not in self._consented
        self._consented.add(redirect_uri)
        return self.consent(scopes, redirect_uri=redirect_uri, refreshable=offline and (first or asked_again))


def _shaped(topic: str, number: int) -> str:
    """A token as the vendor shapes them; two stand-ins never hand out the same one."""
    digest = hashlib.sha256(f"{topic}:{number}".encode()).hexdigest()
    return f"1000.{digest[:32]}.{digest[32:]}"
