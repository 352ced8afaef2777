"""Dispatch: intents leave in groups, noted as ``sending`` in one durable commit before the first byte of any (R2)."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import chain

from sqlalchemy import Connection, bindparam, literal, update

from mlc.clock import parse_stamp, stamp
from mlc.contract import Attachment, Operation
from mlc.engine import registers as register
from mlc.engine.batching import batches, numbered, send_batch
from mlc.engine.booking import Booking
from mlc.engine.drafting import intents_of, key_of, strategy_for
from mlc.engine.groupsize import GroupSize
from mlc.engine.images import fetched, image_part, wants_file
from mlc.engine.intents import Intent, insert_intents
from mlc.engine.lateevidence import kept_late
from mlc.engine.leaving import as_sending, mark_sending
from mlc.engine.marking import tell_of_marks
from mlc.engine.plans import Plan
from mlc.engine.refusals import exact_twin, is_duplicate_refusal
from mlc.engine.reportoutcomes import is_report
from mlc.engine.sending import LEAVE_WITHIN_S, Fate, Result, reserve
from mlc.engine.session import Session
from mlc.engine.states import RecordState
from mlc.engine.tally import Tally
from mlc.engine.turns import in_turn, sendable, too_soon
from mlc.http import Reservation
from mlc.recipes import Flow
from mlc.store.schema import intents, records
from mlc.store.statements import Statement
from mlc.testing.steps import step

#: A run that is only waiting for a quota window waits at most this long, in steps of a second.
PATIENCE_S = 65.0
TIMEOUTS_IN_A_ROW = 3


_WRITING = Statement(
    update(records)
    .where(records.c.id.in_(bindparam("b_ids", expanding=True)))
    .values(state=literal(RecordState.WRITING.value), dirty=literal(0))
)


@dataclass(frozen=True)
class _Made:
    """A plan with its intents, the document's own first."""

    plan: Plan
    intents: list[Intent]

    @property
    def first(self) -> Intent:
        return self.intents[0]


class Dispatcher:
    """Sends what one flow planned. ``stopped``, ``paused``: why no more leaves; ``conflicts``: to be read again."""

    def __init__(self, session: Session, flow: Flow, tally: Tally) -> None:
        self.session = session
        self.flow = flow
        self.tally = tally
        self.stopped: str | None = None
        self.paused: str | None = None
        self.conflicts: list[Intent] = []
        self.unanswered = 0
        self.groups = GroupSize(session, flow)
        self._counter: int | None = None
        self._pending: Booking | None = None
        self._put_off: set[str] = set()  # intents whose file cannot be had in this run
        self._meanwhile: Callable[[], None] | None = None
        self._caps: dict[str, int] = {}  # intents refused in a larger request → how many may be in their next one (R8)

    @property
    def ended(self) -> bool:
        return self.stopped is not None or self.paused is not None or self.session.stop()

    # ---------------------------------------------------------------- fresh plans

    def write(self, plans: Sequence[Plan], *, meanwhile: Callable[[], None] | None = None) -> None:
        """Send every plan's document, then the parts that come after it. ``meanwhile``: done while the last are out."""
        # What is bound is written to both sides; one group is one connection's.
        batch = [_Made(plan, self._intents(plan)) for plan in sorted(plans, key=lambda plan: plan.side.value)]
        with kept_late(self.session, lambda: self._pending):
            while batch and not self.ended:
                side = batch[0].plan.side
                group = [one for one in batch[: self.groups.on(side)] if one.plan.side is side]
                batch = batch[len(group) :]
                self._meanwhile = None if batch else meanwhile
                self._pending = self._send_fresh(group, self._pending)
            self._meanwhile = None
            self._finish()
        if plans:
            self.send_ready()

    def _intents(self, plan: Plan) -> list[Intent]:
        support = self.session.system(plan.side).support(self.flow.object)
        assert support is not None
        fields = self.session.probe(plan.side).unique_fields
        strategy = strategy_for(self.flow.object, declared=support.strategy, unique_fields=fields)
        image = image_part(self.session, self.flow, plan)
        if image is not None:
            plan = replace(plan, parts=(*plan.parts, image))
        key = key_of(self.session.system(plan.entry.side).name, plan)
        version = self.session.mapper_version(self.flow)
        return intents_of(plan, key=key, strategy=strategy, mapper_version=version, in_turn=support.answers_later)

    def _send_fresh(self, group: Sequence[_Made], before: Booking | None) -> Booking:
        spaced = too_soon(self.session, [made.first for made in group])
        able = [one.first for one in group if one.first.id not in spaced and not wants_file(self.session, one.first)]
        cut = batches(self.session, in_turn(self.session, able), self._caps)
        reservations, refused = reserve(self.session, cut)
        step("intent.sending.before")
        leave_before = self.session.clock.boottime() + LEAVE_WITHIN_S
        now = self.session.clock.now()
        text = stamp(now)
        leaving = numbered(cut[: len(reservations)])
        gone = {one.id for one in chain.from_iterable(leaving)}
        due = stamp(now + timedelta(seconds=refused.retry_after_s)) if refused is not None else None
        held_back = [
            replace(one.first, due_at=spaced.get(one.first.id, due)) for one in group if one.first.id not in gone
        ]
        later = [part for one in group for part in one.intents[1:]]
        with self.session.database.write() as tx:
            if before is not None:
                before.write(tx)
            leaving = as_sending(tx, leaving, now=text, clock=self.session.clock)
            self._insert(tx, [*chain.from_iterable(leaving), *held_back, *later], text)
            _WRITING.run(tx, {"b_ids": [one.plan.entry.id for one in group]})
            register.put_rows(tx, [row for one in group for row in self._provisional(one, text)])
            self._counter = self.session.guard.advance(tx)
            if before is not None:
                before.write_audit(tx)
        step("intent.sending.committed")
        booking = Booking(self.session, now, self.tally)
        for one in group:
            self.tally.lost_fields += len(one.plan.losses)
            booking.tell_plan(one.plan)
        if refused is not None:
            self._watch(refused)
        return self._leave(leaving, reservations, booking, leave_before, files={})

    def _insert(self, tx: Connection, made: Sequence[Intent], now: str) -> None:
        insert_intents(
            tx,
            made,
            pairing=self.session.pairing.name,
            connection=self.session.pairing.connection(made[0].side),
            run_id=self.session.run_id,
            now=now,
        )

    def _provisional(self, made: _Made, now: str) -> list[dict[str, object]]:
        """What is about to stand in the target's register, so that its twin in the next slice is seen."""
        plan = made.plan
        if plan.operation is not Operation.CREATE or plan.rendered is None or is_report(made.first):
            return []
        return [
            dict(plan.listed or register.describe(plan.rendered))
            | {
                "pairing": self.session.pairing.name,
                "side": plan.side.value,
                "object_type": self.flow.object.value,
                "external_id": register.provisional_id(made.first.id),
                "version": None,
                "seen_at": now,
                "record_id": plan.entry.id,
            }
        ]

    # ---------------------------------------------------------------- what waits as planned

    def send_ready(self) -> None:
        """Send planned intents whose time has come: later parts, and writes that surely were not sent before."""
        waited = 0.0
        while not self.ended:
            ready = in_turn(self.session, sendable(self.session, self.flow, self.tally, but=self._put_off))
            if not ready:
                return
            now = self.session.clock.now()
            due = [intent for intent in ready if intent.due_at is None or parse_stamp(intent.due_at) <= now]
            if due:
                self._send_planned(due)
                continue
            first = min(parse_stamp(intent.due_at) for intent in ready if intent.due_at is not None)
            pause = (first - now).total_seconds()
            if self.session.slice is not None and pause <= PATIENCE_S:
                self.session.slice.put_back(first)
                return
            if waited + pause > PATIENCE_S:
                self.stopped = f"{len(ready)} writes wait for a quota until {first:%H:%M:%S} UTC; run again then."
                return
            self.session.progress("wait", seconds=pause)
            nap = min(1.0, max(0.02, pause))
            time.sleep(nap)
            waited += nap

    def _send_planned(self, due: Sequence[Intent]) -> None:
        with kept_late(self.session, lambda: self._pending):
            while due and not self.ended:
                size = self.groups.on(due[0].side)
                group, due = due[:size], due[size:]
                with fetched(self.session, self.flow, group, self.tally, self._put_off) as files:
                    able = [one for one in group if one.id in files or not wants_file(self.session, one)]
                    if able:
                        self._pending = self._send_again(able, files, self._pending)
            self._finish()

    def _send_again(self, group: Sequence[Intent], files: dict[str, Attachment], before: Booking | None) -> Booking:
        cut = numbered(batches(self.session, group, self._caps))
        reservations, refused = reserve(self.session, cut)
        step("intent.sending.before")
        leave_before = self.session.clock.boottime() + LEAVE_WITHIN_S
        now = self.session.clock.now()
        with self.session.database.write() as tx:
            if before is not None:
                before.write(tx)
            leaving = mark_sending(tx, cut[: len(reservations)], now=stamp(now), clock=self.session.clock)
            if refused is not None:
                due = stamp(now + timedelta(seconds=refused.retry_after_s))
                waiting = [intent.id for batch in cut[len(reservations) :] for intent in batch]
                tx.execute(update(intents).where(intents.c.id.in_(waiting)).values(due_at=due))
            self._counter = self.session.guard.advance(tx)
            if before is not None:
                before.write_audit(tx)
        step("intent.sending.committed")
        if refused is not None:
            self._watch(refused)
        return self._leave(leaving, reservations, Booking(self.session, now, self.tally), leave_before, files=files)

    # ---------------------------------------------------------------- leaving

    def _leave(
        self,
        leaving: Sequence[Sequence[Intent]],
        reservations: Sequence[Reservation],
        booking: Booking,
        leave_before: float,
        *,
        files: dict[str, Attachment],
    ) -> Booking:
        def one(pair: tuple[Sequence[Intent], Reservation]) -> list[Result]:
            within = {"leave_before": leave_before, "deadline_s": self.flow.request_deadline_s}
            return send_batch(self.session, pair[0], reservation=pair[1], files=files, **within)

        results: list[Result] = []
        if leaving:
            pairs = list(zip(leaving, reservations, strict=True))
            began = self.session.clock.boottime()
            answered = self.session.in_parallel(leaving[0][0].side, one, pairs, meanwhile=self._meanwhile)
            self.groups.took(leaving[0][0].side, len(pairs), self.session.clock.boottime() - began)
            results = [result for batch in answered for result in batch]
        step("outcome.before")
        booking.now = self.session.clock.now()
        for result in results:
            twin = exact_twin(self.session, result.intent) if is_duplicate_refusal(result) else None
            if twin is not None:
                booking.adopt_refused(result, *twin)
            else:
                booking.add(result)
            self._watch(result)
        return booking

    def _watch(self, result: Result) -> None:
        """Stop hammering: refused credentials pause the flow, time-outs in a row open the breaker (R34)."""
        tell_of_marks(self.session, result)
        if result.fate is Fate.PAUSED:
            self.paused = result.reason
        if result.late:
            self.groups.late()
        if result.broken:
            self.stopped = f"{result.reason} Nothing was sent; the plugin has to be mended."
        if result.bisected is not None:
            self._caps[result.intent.id] = result.bisected
        if result.fate is Fate.CONFLICT:
            self.conflicts.append(result.intent)
        self.unanswered = self.unanswered + 1 if result.fate is Fate.UNCERTAIN else 0
        if self.unanswered >= TIMEOUTS_IN_A_ROW:
            name = self.session.pairing.connection(result.intent.side)
            self.stopped = (
                f"{name} left {self.unanswered} writes in a row without an answer; "
                "the flow goes on at the next run, after each of them was looked up."
            )

    def _finish(self) -> None:
        if self._pending is not None:
            self._pending.commit()
            self._pending = None
            step("outcome.committed")
        if self._counter is not None:
            self.session.guard.note(self._counter)
            self._counter = None
