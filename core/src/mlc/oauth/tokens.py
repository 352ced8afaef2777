"""Custody of one connection's token: one refresh at a time, stored before it is used (R35)."""

import os
import secrets as randomness
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from pydantic import SecretStr
from sqlalchemy import Connection as Transaction
from sqlalchemy.exc import IntegrityError

from mlc.clock import Clock, stamp
from mlc.connection import Token
from mlc.errors import AccessSuspendedError, AuthError, MlcError, RateLimitedError, TransientError
from mlc.http import VendorClient
from mlc.oauth.replies import REPLY, TOKEN, Attempt, ReplyWatch
from mlc.oauth.rows import PROLONGED, Held, fingerprint, from_row, prolonged, to_row
from mlc.store.credentials import Credentials
from mlc.store.refreshes import (
    ConnectionState,
    RefreshOutcome,
    count_refreshes,
    finish_refresh,
    lease_now,
    release_lease,
    set_standing,
    standing,
    start_refresh,
    take_lease,
    withdraw_refresh,
)
from mlc.testing.steps import step

Mint = Callable[[Token | None], Token]

LEASE_S = 60.0
WAIT_S = 25.0
POLL_S = 0.1
#: The strictest vendor we know of blocks the eleventh token in ten minutes.
MINTS_MAX = 9
MINTS_SPAN_S = 600.0
#: A token that lives shortly is replaced in the last quarter of its life, however large the margin.
MARGIN_SHARE = 0.25
#: A prolonged life is written down when it grew by this share, so that a busy session costs few commits.
PROLONG_SHARE = 0.125


class StoredTokens:
    """The ``TokenStore`` over the encrypted credentials row. Threads share one; processes meet in the database.

    ``on_paused(sentence)`` is called once when the vendor refuses the grant for good.
    """

    def __init__(
        self,
        connection: str,
        system: str,
        *,
        credentials: Credentials,
        client: VendorClient,
        clock: Clock,
        on_paused: Callable[[str], None] | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.connection = connection
        self.system = system
        self._credentials = credentials
        self._database = credentials.database
        self._client = client
        self._clock = clock
        self._on_paused = on_paused
        self._sleep = sleep
        self._renewing = threading.Lock()
        self._cached: Held | None = None
        self._lease = f"refresh:{connection}"

    def current(self) -> Token | None:
        """The token this process knows, else the stored one; a newer one of another process is found by ``obtain``."""
        held = self._cached
        if held is None or held.token is None:
            held = self._cached = self._load()
        return held.token

    def obtain(self, mint: Mint, *, margin_s: float, stale: SecretStr | None = None) -> Token:
        """See ``TokenStore``. Also raises RateLimitedError when tokens were minted too often of late."""
        token = self._usable(self._cached, margin_s, stale)
        if token is not None:
            return token
        with self._renewing:
            return self._usable(self._cached, margin_s, stale) or self._renew(mint, margin_s, stale)

    def prolong(self, access: SecretStr, *, idle_s: float) -> None:
        """See ``TokenStore``. Kept beside the token, whose own row belongs to refreshes."""
        held = self._cached
        if held is None or held.token is None or held.token.access != access:
            return
        until = self._clock.now() + timedelta(seconds=idle_s)
        if (until - held.token.expires_at).total_seconds() < idle_s * PROLONG_SHARE:
            return
        self._credentials.put(
            self.connection, PROLONGED, {"token": fingerprint(access), "expires_at": stamp(until), "life_s": idle_s}
        )
        self._cached = Held(replace(held.token, expires_at=until), held.version, idle_s)

    def store(self, token: Token) -> None:
        """Keep a token that a person's consent brought, whatever was there; the connection is ready again."""
        with self._database.write() as transaction:
            version = self._credentials.put_in(transaction, self.connection, TOKEN, self._to_row(token))
            self._credentials.remove_in(transaction, self.connection, REPLY)
            set_standing(
                transaction,
                self.connection,
                system=self.system,
                state=ConnectionState.READY,
                reason=None,
                now=self._clock.now(),
            )
        assert version is not None
        self._cached = Held(token, version, self._life_s(token))

    def mints(self, *, since: datetime) -> int:
        """How many token calls were made since a moment, crashed ones included."""
        with self._database.read() as transaction:
            return count_refreshes(transaction, self.connection, since=since)

    def _renew(self, mint: Mint, margin_s: float, stale: SecretStr | None) -> Token:
        give_up = self._clock.boottime() + WAIT_S
        while True:
            held = self._cached = self._load()
            token = self._usable(held, margin_s, stale)
            if token is not None:
                return token
            attempt = self._begin()
            if attempt is not None:
                break
            if self._clock.boottime() > give_up:
                raise TransientError(
                    f"Another process has been refreshing the token of {self.connection} for too long.",
                    system=self.system,
                    connection=self.connection,
                )
            self._sleep(POLL_S)
        fresh = self._load()
        token = self._usable(fresh, margin_s, stale)
        if token is not None:  # it came between our reading and our lease
            with self._database.write() as transaction:
                withdraw_refresh(transaction, attempt.refresh_id)
                release_lease(transaction, self._lease, fence=attempt.fence)
            self._cached = fresh
            return token
        return self._mint(mint, fresh, attempt)

    def _begin(self) -> Attempt | None:
        """Take the lease and note the attempt, in one durable commit; None while somebody else has it.

        Raises: AuthError while the connection is paused, RateLimitedError after too many tokens.
        """
        began = self._clock.boottime()
        owner = f"{os.getpid()}:{randomness.token_hex(8)}"
        now = self._clock.now()
        try:
            with self._database.write() as transaction:
                self._refuse_when_paused(transaction)
                at = lease_now(transaction, now)
                fence = take_lease(transaction, self._lease, owner=owner, now=at, ttl_s=LEASE_S)
                if fence is None:
                    return None
                since = now - timedelta(seconds=MINTS_SPAN_S)
                self._refuse_too_many(count_refreshes(transaction, self.connection, since=since))
                return Attempt(start_refresh(transaction, self.connection, now), fence, began)
        except IntegrityError:  # another process made the lease's row in the same instant
            return None

    def _mint(self, mint: Mint, held: Held, attempt: Attempt) -> Token:
        step("refresh.begun")
        watch = ReplyWatch(self._credentials, self._clock, self.connection, attempt, version=held.version)
        try:
            with self._client.watching(watch):
                token = mint(held.token)
        except AuthError as error:
            self._end(attempt, RefreshOutcome.REFUSED, refused=error)
            raise
        except MlcError:  # the plugin read the answer and made sense of it: nothing in it is worth keeping
            self._end(attempt, RefreshOutcome.UNKNOWN)
            raise
        except BaseException as error:  # the answer may be the only copy of a new refresh token: it is read once more
            hopeless = watch.replayed and isinstance(error, Exception)
            self._end(attempt, RefreshOutcome.UNKNOWN, keep_reply=not hopeless)
            raise
        step("refresh.minted")
        return self._keep(token, held, attempt)

    def _keep(self, token: Token, held: Held, attempt: Attempt) -> Token:
        """Store the token before anybody uses it; when another one came first, that one counts."""
        self._hide(token)
        with self._database.write() as transaction:
            version = self._credentials.put_in(
                transaction, self.connection, TOKEN, self._to_row(token), expected=held.version
            )
            self._finish_in(transaction, attempt, RefreshOutcome.STORED)
        step("refresh.stored")
        if version is None:
            self._cached = self._load()
            return self._cached.token or token
        self._cached = Held(token, version, self._life_s(token))
        return token

    def _end(
        self,
        attempt: Attempt,
        outcome: RefreshOutcome,
        *,
        refused: AuthError | None = None,
        keep_reply: bool = False,
    ) -> None:
        news = False
        with self._database.write() as transaction:
            self._finish_in(transaction, attempt, outcome, keep_reply=keep_reply)
            if refused is not None:
                suspended = isinstance(refused, AccessSuspendedError)
                news = set_standing(
                    transaction,
                    self.connection,
                    system=self.system,
                    state=ConnectionState.SUSPENDED if suspended else ConnectionState.PAUSED,
                    reason=self._client.redact(refused.sentence),
                    now=self._clock.now(),
                )
        if refused is not None:
            step("refresh.refused")
        if news and self._on_paused is not None:
            reason = "" if refused is None else f" {self._client.redact(refused.sentence)}"
            self._on_paused(f"{self.connection} is paused.{reason} To go on: mlc connect {self.connection}")

    def _finish_in(
        self, transaction: Transaction, attempt: Attempt, outcome: RefreshOutcome, *, keep_reply: bool = False
    ) -> None:
        finish_refresh(transaction, attempt.refresh_id, outcome, self._clock.now())
        if not keep_reply:
            self._credentials.remove_in(transaction, self.connection, REPLY)
        release_lease(transaction, self._lease, fence=attempt.fence)

    def _refuse_when_paused(self, transaction: Transaction) -> None:
        found = standing(transaction, self.connection)
        if found is not None and found.state is not ConnectionState.READY:
            reason = f" {found.reason}" if found.reason else ""
            raise AuthError(
                f"{self.connection} is {found.state}.{reason} To go on: mlc connect {self.connection}",
                found.reason,
                system=self.system,
                connection=self.connection,
            )

    def _refuse_too_many(self, count: int) -> None:
        if count >= MINTS_MAX:
            raise RateLimitedError(
                f"{self.connection} was given {count} tokens within ten minutes; the next one waits.",
                retry_after_s=MINTS_SPAN_S / 4,
                window="mint",
                system=self.system,
                connection=self.connection,
            )

    def _usable(self, held: Held | None, margin_s: float, stale: SecretStr | None) -> Token | None:
        if held is None or held.token is None or held.token.access == stale:
            return None
        margin = timedelta(seconds=min(margin_s, held.life_s * MARGIN_SHARE))
        return held.token if held.token.expires_at - margin > self._clock.now() else None

    def _load(self) -> Held:
        kept = self._credentials.get(self.connection, TOKEN)
        if kept is None:
            return Held(None, 0)
        held = prolonged(from_row(kept), self._credentials.get(self.connection, PROLONGED))
        self._hide(held.token)
        return held

    def _hide(self, token: Token | None) -> None:
        if token is not None:
            values = (token.access, token.refresh)
            self._client.hide("token", [value.get_secret_value() for value in values if value is not None])

    def _to_row(self, token: Token) -> Mapping[str, Any]:
        return to_row(token, life_s=self._life_s(token))

    def _life_s(self, token: Token) -> float:
        return max(0.0, (token.expires_at - self._clock.now()).total_seconds())

    def __repr__(self) -> str:
        return f"<StoredTokens {self.connection}>"
