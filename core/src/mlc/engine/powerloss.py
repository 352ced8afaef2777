"""What a power loss may have taken: planned writes that have left already, though no table says so (R2).

A commit outlives the process that made it, and it outlives the power where the disk keeps its word. A disk that does
not, or a server whose replica took over too early, forgets the last of them: a write that was noted as sending, and was
sent, is planned again. Both begin with another start of the machine or of the server, and that shows.
"""

import uuid
from collections.abc import Sequence
from datetime import timedelta
from functools import cache

from sqlalchemy import Connection, func, select, text, update

from mlc.clock import Clock, stamp
from mlc.contract import Operation, Strategy
from mlc.engine.booking import Booking
from mlc.engine.intents import Change, Intent, load_intents
from mlc.engine.quarantine import longest_quarantine
from mlc.engine.session import Session
from mlc.engine.states import IntentState, RecordState
from mlc.engine.tally import Tally
from mlc.engine.turns import READY, in_turn
from mlc.errors import TransientError
from mlc.store.schema import intents, runs

WHY = "the machine or the database server was started anew: it may have been sent, and the note of it been lost"
#: What these decided may be decided again at no cost: an exact twin that is there by now is bound, not written again.
_DECIDED_AGAIN = (Strategy.SEARCH, Strategy.UNIQUE_FIELD, Strategy.CALLER_KEY)


def boot_of(connection: Connection, clock: Clock) -> str:
    """Which start this is: the server's, on SQLite the machine's. No commit is lost as long as it stays the same."""
    if connection.dialect.name == "sqlite":
        return clock.boot_id() or _this_process()
    return str(connection.execute(text("SELECT extract(epoch FROM pg_postmaster_start_time())")).scalar_one())


@cache
def _this_process() -> str:
    """Where the platform names no start of the machine, every process is taken for a new one."""
    return uuid.uuid4().hex


def is_same_boot(session: Session) -> bool:
    """Whether the pairing's latest run began under the start of now; its stages may be gone on with."""
    return _is_same_boot(session) is True


def started_anew(session: Session) -> bool:
    """Whether the machine or the server was started since the pairing's latest run began: what that sent may be
    forgotten, until a run has doubted what is planned and read the lists."""
    return _is_same_boot(session) is False


def _is_same_boot(session: Session) -> bool | None:
    latest = select(runs.c.boot).where(runs.c.pairing == session.pairing.name).order_by(runs.c.id.desc()).limit(1)
    with session.database.read() as connection:
        row = connection.execute(latest).first()
        return None if row is None else row.boot == boot_of(connection, session.clock)


def wait_after_start(session: Session) -> None:
    """What left just before this machine was started anew, and was forgotten with the power, is in no list yet: nobody
    reads, or sends, until the machine is up for the longest quarantine of the pairing. A command waits: on a machine
    that is started for each run, it would never come to it.

    Raises: TransientError in a slice, which is begun again later, and when a command is told to stop.
    """
    up, now = session.clock.uptime(), session.clock.now()
    left = longest_quarantine(session) - up
    if left <= timedelta() or not started_anew(session):
        return
    sentence = (
        f"This machine was started at {now - up:%H:%M:%S} UTC; what was sent shortly before may not be shown yet where "
        f"it went. {session.pairing.name} goes on at {now + left:%H:%M:%S} UTC."
    )
    if session.slice is None:
        session.progress("waits", sentence=sentence)
        if session.wait_until(now + left):
            return
    raise TransientError(sentence)


def doubt_planned(session: Session) -> int:
    """Before a new run: whatever is planned may have left. Returns how many writes that were.

    A create that was never sent, as far as is known, is decided again from what the run reads first. Everything else is
    uncertain, and looked up before it is sent; a repetition under a key that the vendor still knows is harmless.
    """
    count, after = 0, ""
    while some := _planned(session, after):
        count, after = count + len(some), some[-1].id
        for side, kind in {(intent.side, intent.object_type) for intent in some}:
            _doubt(session, [intent for intent in some if (intent.side, intent.object_type) == (side, kind)])
    return count


def _planned(session: Session, after: str) -> list[Intent]:
    with session.database.read() as connection:
        ids = (
            select(intents.c.id)
            .where(
                intents.c.pairing == session.pairing.name,
                intents.c.state == IntentState.PLANNED.value,
                intents.c.id > after,
            )
            .order_by(intents.c.id)
            .limit(READY)
        )
        some = load_intents(connection, intents.c.id.in_(ids))
    return sorted(some, key=lambda intent: intent.id)


def _doubt(session: Session, some: Sequence[Intent]) -> None:
    """Of one side and type: natural keys are of that."""
    now = session.clock.now()
    # Without its mark, the quarantine begins with the first look.
    doubted_now = {"due_at": None, "sent_at": stamp(now), "sent_mark": None, "looked_at": stamp(now), "error": WHY}
    booking = Booking(session, now, Tally())
    keyed = [intent for intent in some if _is_create(intent) and intent.strategy is Strategy.REPLAY_KEY]
    afresh = [intent for intent in some if _is_decided_again(intent)]
    doubted = [intent for intent in some if intent not in keyed and intent not in afresh]
    # The store lets one create per natural key be uncertain; what waited behind it is decided again.
    turn = in_turn(session, doubted)
    for intent in [*afresh, *(one for one in doubted if one not in turn and one.plan_item is None)]:
        booking.supersede(intent, WHY)
        booking.record(intent.record_id, RecordState.PENDING)
    for intent in turn:
        booking.rows.changes.append(Change(intent, IntentState.UNCERTAIN, doubted_now))
        booking.note("uncertain", record_id=intent.record_id, intent=intent.id, part=intent.part, reason=WHY)
    with session.database.write() as tx:
        tx.execute(
            update(intents)
            .where(intents.c.id.in_([intent.id for intent in keyed]))
            .values(sent_at=func.coalesce(intents.c.sent_at, intents.c.created_at))
        )
        booking.write(tx)
        booking.write_audit(tx)


def _is_create(intent: Intent) -> bool:
    return intent.operation is Operation.CREATE and intent.part == "main"


def _is_decided_again(intent: Intent) -> bool:
    """A line of a plan is done as it is: it is looked up instead."""
    never_sent = intent.attempt == 0 and intent.plan_item is None
    return _is_create(intent) and never_sent and intent.strategy in _DECIDED_AGAIN
