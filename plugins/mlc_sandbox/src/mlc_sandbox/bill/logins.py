"""Who may log in, and the sessions that are open: one organisation each, valid with one developer key only."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from mlc_sandbox.toolkit.clock import Clock

DEVELOPER_KEY: Final = "01DEMODEVKEY"
SYNC_NAME: Final = "mlc-sync"
SYNC_VALUE: Final = "tok_demo_1"
USER_NAME: Final = "ap@harbour.example"
PASSWORD: Final = "Harbour-4711"  # noqa: S105 - accepted by a stand-in on loopback, nowhere else
SPEND_TOKEN: Final = "se_demo_1"  # noqa: S105 - the same


@dataclass(slots=True)
class Login:
    """A name and what it opens. ``sync`` is an AP & AR sync token: never trusted, no payments."""

    name: str
    password: str
    user_id: str
    organizations: set[str]
    sync: bool = False
    revoked: bool = False
    failures: int = 0
    remembered: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    """rememberMeId → device, since when."""
    challenges: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Session:
    """One open session."""

    id: str
    login: Login
    developer_key: str
    organization_id: str
    opened_at: datetime
    used_at: datetime
    trusted: bool = False


class Logins:
    """Developer keys, users, sync tokens, Spend & Expense tokens, and open sessions."""

    def __init__(self, clock: Clock, switches: dict[str, Any]) -> None:
        self.clock = clock
        self.switches = switches
        self.developer_keys: dict[str, bool] = {DEVELOPER_KEY: True}
        self.by_name: dict[str, Login] = {}
        self.spend_tokens: dict[str, tuple[str, str]] = {}
        """Token → organisation, Spend & Expense user."""
        self.sessions: dict[str, Session] = {}
        self._made = 0

    def secret(self, prefix: str) -> str:
        """A random-looking text that was never given out."""
        self._made += 1
        return prefix + hashlib.sha256(f"{prefix}:{self._made}".encode()).hexdigest()[:28]

    def open(self, login: Login, developer_key: str, organization_id: str, *, trusted: bool) -> Session:
        """A new session."""
        now = self.clock.now()
        made = Session(
            self.secret("sess_"), login, developer_key, organization_id, now, now, trusted and not login.sync
        )
        self.sessions[made.id] = made
        return made

    def use(self, id: str) -> Session | None:
        """The session of an id, its idle time started anew; None when it has ended."""
        session = self.sessions.get(id)
        if session is None:
            return None
        now = self.clock.now()
        idle_s = self.switches["token_idle_s" if session.login.sync else "user_idle_s"]
        life_s = self.switches["session_life_s"]
        old = life_s is not None and now - session.opened_at >= timedelta(seconds=life_s)
        if session.login.revoked or old or now - session.used_at >= timedelta(seconds=idle_s):
            del self.sessions[id]
            return None
        session.used_at = now
        return session

    def end(self, *, login: Login | None = None) -> int:
        """End the sessions of a login, or all; returns how many there were."""
        ended = [one.id for one in self.sessions.values() if login is None or one.login is login]
        for id in ended:
            del self.sessions[id]
        return len(ended)

    def remembered(self, login: Login, remember_me: str | None, device: str | None) -> bool:
        """Whether a device passed MFA before and is still remembered."""
        known = login.remembered.get(remember_me or "")
        if known is None or known[0] != device or login.sync:
            return False
        return self.clock.now() < known[1] + timedelta(seconds=self.switches["remember_me_s"])

    def remember(self, login: Login, device: str) -> str:
        """A rememberMeId for a device that has just passed MFA."""
        made = self.secret("rem_")
        login.remembered[made] = (device, self.clock.now())
        return made
