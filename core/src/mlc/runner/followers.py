"""Follows up what webhooks brought, between the runs of this process: one open session per pairing, so that the next
notice finds its connections warm."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from mlc.clock import parse_stamp
from mlc.engine.followup import FollowUp, follow_up
from mlc.engine.inboxsorting import sort_inbox
from mlc.engine.session import Session
from mlc.engine.slices import Slice
from mlc.engine.standing import note_refusal
from mlc.engine.upkeep import recover_interrupted
from mlc.errors import AuthError, MlcError, OvertakenError, StoreError
from mlc.runner.claims import Claims
from mlc.runner.crew import unexpected
from mlc.runner.embedded import Engine
from mlc.runner.work import Claim, bring_forward
from mlc.store.inbox import has_unread
from mlc.store.refreshes import lease_now
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
    """``follow`` does what is due, of each pairing a slice and then of the next. Not for several threads at once.

    Args:
        tell: hears of every error that a later try may cure.
        claims: under which pairings are followed up; None where nobody else works on them.
        threads: so many pairings at once; None: ``follow`` returns when all are done.
        share: whether there is a place at a pairing's connections, and keeps it meanwhile.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        stop: Callable[[], bool],
        tell: Callable[[MlcError], None] = lambda _error: None,
        claims: Claims | None = None,
        threads: int | None = None,
        share: Callable[[str], AbstractContextManager[bool]] = lambda _pairing: nullcontext(True),
    ) -> None:
        self._engine = engine
        self._claims = claims
        self._stop = stop
        self._tell = tell
        self._opened: dict[str, _Opened] = {}
        self._not_before: dict[str, datetime] = {}
        self._failures: dict[str, int] = {}
        self._wanted: dict[str, datetime] = {}
        self._share = share
        self._pool = None if threads is None else ThreadPoolExecutor(threads, thread_name_prefix="mlc-follow")
        self._busy: dict[str, Future[None]] = {}
        self.done: list[FollowUp] = []

    def follow(self) -> datetime | None:
        """Sort the inbox, follow up every pairing that is due. Returns when something is due next, None: nothing is."""
        engine = self._engine
        with engine.database.read() as connection:
            unread = has_unread(connection)
        if unread:
            sort_inbox(engine.database, engine.config.pairings, engine.clock.now())
        self._look_after_pool()
        now = engine.clock.now()
        for name, moment in sorted(self._due().items(), key=lambda item: item[1]):
            if moment > now or self._stop() or name in self._busy:
                continue
            if self._pool is None:
                self._follow(name)
            else:
                self._busy[name] = self._pool.submit(self._follow, name)
        return min(self._due().values(), default=None)

    def _look_after_pool(self) -> None:
        """Let go of what has ended, and of sessions that nobody needed for long."""
        for name, future in list(self._busy.items()):
            if future.done():
                del self._busy[name]
                future.result()
        now = self._engine.clock.now()
        for name in [name for name, opened in self._opened.items() if opened.until < now and name not in self._busy]:
            self._close(name)

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True)
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
        for name, moment in list(self._wanted.items()):
            due[name] = min(moment, due.get(name, moment))
        return {name: max(moment, self._not_before.get(name, moment)) for name, moment in due.items()}

    def _follow(self, name: str) -> None:
        """Follow a pairing up, unless somebody works on it or calls its systems now: then at the next look."""
        with self._share(name) as is_free:
            if is_free:
                self._follow_alone(name)

    def _follow_alone(self, name: str) -> None:
        if self._claims is None:
            self._follow_claimed(name, None)
            return
        claim = self._claims.take(name, early=True)
        if claim is None:
            return
        try:
            self._follow_claimed(name, claim)
        except OvertakenError:
            self.close_pairing(name)
        finally:
            self._claims.give_back(claim, due_at=parse_stamp(claim.due_at), failures=claim.failures)

    def _follow_claimed(self, name: str, claim: Claim | None) -> None:
        now = self._engine.clock.now()
        self._wanted.pop(name, None)
        try:
            session = self._session(name, now)
            if claim is not None:
                session.database, session.fence = self._engine.database.fenced(claim.check), claim.fence
                recover_interrupted(session)
            session.slice = Slice(stop=self._stop, writes=lambda: _writes(session))
            session.stop = session.slice.over
            try:
                done = follow_up(session)
            except AuthError as refused:
                note_refusal(session, refused)
                raise
        except (OvertakenError, StoreError, SQLAlchemyError):
            raise
        except Exception as raised:  # noqa: BLE001 - R30: whatever goes wrong in one pairing, the others go on
            error = raised if isinstance(raised, MlcError) else unexpected(name, raised)
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
        if done.run_first and claim is not None and not claim.failures:  # else it goes when its pause is over
            with self._engine.database.write() as tx:
                bring_forward(tx, name, lease_now(tx, now))
        if session.slice.over():
            self._wanted[name] = session.slice.resume_at or self._engine.clock.now()
        elif done.next_due is not None:
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
        if self._claims is None:
            recover_interrupted(session)
        self._opened[name] = _Opened(session, now + SESSION_AGE, stack)
        return session

    def _close(self, name: str) -> None:
        self._opened.pop(name).stack.close()


def _writes(session: Session) -> int:
    return sum(connection.http.calls.snapshot().writes for connection in session.connections.values())
