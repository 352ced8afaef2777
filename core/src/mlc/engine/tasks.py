"""Accepted is not done: what became of writes whose result the target tells later (R9)."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from mlc.accounting.holdcodes import Hold, HoldCode, Waits
from mlc.clock import parse_stamp, stamp
from mlc.contract import Created, Outcome, Rejected, Task, Unknown, Updated
from mlc.engine.booking import Booking
from mlc.engine.intents import Change, Intent, load_intents
from mlc.engine.sending import Fate, Result
from mlc.engine.session import Session
from mlc.engine.settle import Settlement
from mlc.engine.states import IntentState, RecordState
from mlc.engine.tally import Tally
from mlc.recipes import Flow, Side
from mlc.store.schema import intents
from mlc.testing.steps import step

#: Accepted for longer than this is held for a person; it is still asked for, and settles itself when an answer comes.
HELD_AFTER_S = 3600.0
#: (older than, asked again after), in seconds: a target that is slow is not asked more often than it can answer.
_ASKED_AGAIN = ((600.0, 300.0), (60.0, 60.0), (10.0, 10.0), (0.0, 2.0))


class TaskSettler:
    """Asks the targets of one flow what became of accepted writes; silence and unknown words confirm nothing."""

    def __init__(self, session: Session, flow: Flow) -> None:
        self.session = session
        self.flow = flow
        self.tally = Tally()

    def run(self) -> Settlement:
        """Ask once for everything that is due, side by side, in one call of ``mlc_settle`` each."""
        waiting = self._waiting()
        now = self.session.clock.now()
        due = [one for one in waiting if one.due_at is None or parse_stamp(one.due_at) <= now]
        later = [parse_stamp(one.due_at) for one in waiting if one not in due and one.due_at is not None]
        settled = 0
        for side in Side:
            asked = [one for one in due if one.side is side]
            if asked and not self.session.stop():
                done, looks = self._ask(side, asked)
                settled += done
                later += looks
        return Settlement(settled, len(later), min(later, default=None))

    def _waiting(self) -> list[Intent]:
        with self.session.database.read() as connection:
            return load_intents(
                connection,
                intents.c.pairing == self.session.pairing.name,
                intents.c.object_type == self.flow.object.value,
                intents.c.source_side == self.flow.source.value,
                intents.c.state.in_([IntentState.ACCEPTED.value, IntentState.HELD.value]),
                intents.c.task.is_not(None),
            )

    def _ask(self, side: Side, asked: Sequence[Intent]) -> tuple[int, list[datetime]]:
        tasks = [
            Task(one.id, one.task or "", one.external_id, sent_at, one.object_type, one.record_key, one.action)
            for one in asked
            if one.sent_at is not None and (sent_at := parse_stamp(one.sent_at))
        ]
        answers: list[Outcome] = self.session.call(side, "mlc_settle", tasks=tasks)
        step("settle.asked")
        told = {answer.key: answer for answer in answers}
        now = self.session.clock.now()
        booking = Booking(self.session, now, self.tally)
        looks: list[datetime] = []
        for intent in asked:
            look = self._book(booking, intent, told.get(intent.id), now)
            if look is not None:
                looks.append(look)
        booking.commit()
        step("settle.committed")
        return len(asked) - len(looks), looks

    def _book(self, booking: Booking, intent: Intent, answer: Outcome | None, now: datetime) -> datetime | None:
        """Book one answer; None when it is settled, else when to ask again."""
        if isinstance(answer, Created | Updated):
            booking.confirm(intent, answer.external_id, answer.version, answer.seen, "late")
            booking.rows.answered.append(intent.record_id)
            return None
        if isinstance(answer, Rejected):
            booking.add(Result(intent, Fate.REJECTED, answer, answer.reason, request_id=answer.request_id))
            booking.rows.answered.append(intent.record_id)
            return None
        if isinstance(answer, Unknown) and intent.state is IntentState.ACCEPTED and intent.task:
            booking.add(Result(intent, Fate.UNCERTAIN, answer, answer.reason or "the target lost its task"))
            return None
        return self._keep_waiting(booking, intent, now)

    def _keep_waiting(self, booking: Booking, intent: Intent, now: datetime) -> datetime:
        since = parse_stamp(intent.sent_at) if intent.sent_at else now
        age = (now - since).total_seconds()
        look = now + timedelta(seconds=next(pause for older, pause in _ASKED_AGAIN if age >= older or older == 0.0))
        if age >= HELD_AFTER_S and intent.state is IntentState.ACCEPTED:
            sentence = (
                f"{intent.label} was accepted at "
                f"{since:%Y-%m-%d %H:%M} UTC and the target has not said since what became of it; look there, then "
                "`mlc held link` it or skip it. An answer that still comes settles it."
            )
            hold = Hold(HoldCode.QUARANTINE, sentence, Waits.PERSON, intent.record_key)
            booking.rows.changes.append(Change(intent, IntentState.HELD, {"due_at": stamp(look)}))
            booking.hold(intent.record_id, hold, intent)
            booking.record(intent.record_id, RecordState.HELD, reason=sentence)
        else:
            booking.rows.delayed.append({"b_id": intent.id, "due_at": stamp(look)})
        return look
