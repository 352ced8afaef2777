"""Sessions opened with a user's password: they end when idle, when old, and when another one takes their place."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from mlc_sandbox.toolkit.clock import Clock


@dataclass(slots=True)
class PasswordSession:
    """One open session. ``facts`` holds what was chosen at login, e.g. the organisation."""

    id: str
    user: str
    opened_at: datetime
    used_at: datetime
    facts: dict[str, str]


class SessionBook:
    """Open sessions by id.

    Args:
        users: User → password.
        idle_s: A session that is not used so long is gone.
        life_s: A session of this age is gone however busy it was; None: never.
        most: So many sessions of one user at once; one more ends the oldest. None: no limit.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        users: dict[str, str],
        idle_s: float = 2100.0,
        life_s: float | None = None,
        most: int | None = None,
    ) -> None:
        self.clock = clock
        self.users = dict(users)
        self.idle_s = idle_s
        self.life_s = life_s
        self.most = most
        self._open: dict[str, PasswordSession] = {}
        self._made = 0

    def open(self, user: str, password: str, **facts: str) -> PasswordSession | None:
        """A new session, None for a wrong user or password."""
        if user not in self.users or self.users[user] != password:
            return None
        self._made += 1
        id = hashlib.sha256(f"session:{self._made}".encode()).hexdigest()[:32]
        now = self.clock.now()
        session = self._open[id] = PasswordSession(id, user, now, now, facts)
        mine = [one for one in self._open.values() if one.user == user]
        for old in mine[: len(mine) - self.most] if self.most is not None else ():
            del self._open[old.id]
        return session

    def use(self, id: str | None) -> PasswordSession | None:
        """The session of an id, its idle time started anew; None when there is none any more."""
        session = self._open.get(id or "")
        if session is None:
            return None
        now = self.clock.now()
        idle = now - session.used_at >= timedelta(seconds=self.idle_s)
        old = self.life_s is not None and now - session.opened_at >= timedelta(seconds=self.life_s)
        if idle or old:
            del self._open[session.id]
            return None
        session.used_at = now
        return session

    def close(self, id: str | None = None) -> int:
        """End one session, or all; returns how many there were."""
        ended = [one for one in self._open if id is None or one == id]
        for one in ended:
            del self._open[one]
        return len(ended)
