"""Follows up what webhooks brought, between the runs of this process: one open session per pairing, so that the next
notice finds its connections warm."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from mlc.clock import parse_stamp
from mlc.engine.followup import FollowUp, follow_up
from mlc.engine.inboxsorting import sort_inbox
from mlc.engine.session import Session
from mlc.engine.standing import note_refusal
from mlc.engine.upkeep import recover_interrupted
from mlc.errors import AuthError, MlcError, OvertakenError, TransientError
from mlc.runner.embedded import Engine
from mlc.runner.work import Claim, claim_pairing, give_back
from mlc.store.inbox import has_unread
from mlc.store.schema import notices

#: A session is opened afresh after so long: secrets and settings of its connections may have changed.
SESSION_AGE = timedelta(minutes=5)
PAUSE = timedelta(seconds=30)
PAUSE_MAX = timedelta(minutes=15)
#: A read of a follow-up waits so long for its place in a quota, then is put off.
PATIENCE_S = 1.0


@dataclass
class _Opened:
    session: Session
    until: datetime
    stack: ExitStack


class Followers:
    """``follow`` does what is due. Not for several threads at once.

    Args:
        tell: hears of every error that a later try may cure.
        owner: of the claims under which pairings are followed up; None where nobody else works on them.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        stop: Callable[[], bool],
        tell: Callable[[MlcError], None] = lambda _error: None,
        owner: str | None = None,
    ) -> None:
        self._engine = engine
        self._owner = owner
        self._stop = stop
        self._tell = tell
        self._opened: dict[str, _Opened] = {}
        self._not_before: dict[str, datetime] = {}
        self._failures: dict[str, int] = {}
        self._wanted: dict[str, datetime] = {}
        self.done: list[FollowUp] = []

    def follow(self) -> datetime | None:
        """Sort the inbox, follow up every pairing that is due. Returns when something is due next, None: nothing is."""
        engine = self._engine
        with engine.database.read() as connection:
            unread = has_unread(connection)
        if unread:
            sort_inbox(engine.database, engine.config.pairings, engine.clock.now())
        due = self._due()
        now = engine.clock.now()
        for name, moment in due.items():
            if moment <= now and not self._stop():
                self._follow(name)
        return min(self._due().values(), default=None)

    def close(self) -> None:
        for name in list(self._opened):
            self._close(name)

    def close_pairing(self, name: str) -> None:
        """A run of this pairing begins: it opens connections of its own."""
        if name in self._opened:
            self._close(name)

    def _due(self) -> dict[str, datetime]:
        """Pairing → when it is due: a notice, or a write that waits for its time; not before its pause is over."""
        with self._engine.database.read() as connection:
            rows = connection.execute(select(notices.c.pairing, func.min(notices.c.due_at)).group_by(notices.c.pairing))
            due = {row[0]: parse_stamp(row[1]) for row in rows if row[0] in self._engine.config.pairings}
        for name, moment in self._wanted.items():
            due[name] = min(moment, due.get(name, moment))
        return {name: max(moment, self._not_before.get(name, moment)) for name, moment in due.items()}

    def _follow(self, name: str) -> None:
        """Follow a pairing up, unless somebody works on it now: then at the next look."""
        if self._owner is None:
            self._follow_claimed(name, None)
            return
        database, local = self._engine.database, self._engine.clock.now()
        claim = claim_pairing(database, name, owner=self._owner, local=local, early=True)
        if claim is None:
            return
        try:
            self._follow_claimed(name, claim)
        except OvertakenError:
            self.close_pairing(name)
        finally:
            give_back(database, claim, due_at=parse_stamp(claim.due_at), failures=claim.failures)

    def _follow_claimed(self, name: str, claim: Claim | None) -> None:
        now = self._engine.clock.now()
        self._wanted.pop(name, None)
        try:
            session = self._session(name, now)
            if claim is not None:
                session.database, session.fence = self._engine.database.fenced(claim.check), claim.fence
                recover_interrupted(session)
            try:
                done = follow_up(session)
            except AuthError as error:
                note_refusal(session, error)
                raise
        except (AuthError, TransientError) as error:
            failures = self._failures[name] = self._failures.get(name, 0) + 1
            self._not_before[name] = now + min(PAUSE * 2 ** (failures - 1), PAUSE_MAX)
            self.close_pairing(name)
            self._tell(error)
            return
        session.count_answers()
        self._failures.pop(name, None)
        self._not_before.pop(name, None)
        if done.not_before is not None:
            self._not_before[name] = done.not_before
        if done.next_due is not None:
            self._wanted[name] = max(done.next_due, self._engine.clock.now() + timedelta(milliseconds=200))
        self.done = [*self.done[-99:], done]

    def _session(self, name: str, now: datetime) -> Session:
        opened = self._opened.get(name)
        if opened is not None and now < opened.until:
            return opened.session
        if opened is not None:
            self._close(name)
        stack = ExitStack()
        session = stack.enter_context(self._engine.session(name, stop=self._stop))
        for connection in session.connections.values():
            connection.http.quota.be_patient(PATIENCE_S, stop=self._stop)
        if self._owner is None:
            recover_interrupted(session)
        self._opened[name] = _Opened(session, now + SESSION_AGE, stack)
        return session

    def _close(self, name: str) -> None:
        self._opened.pop(name).stack.close()
